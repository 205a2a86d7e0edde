"""Accepting drift: live values are written into the account file, where the declared ones stand."""
