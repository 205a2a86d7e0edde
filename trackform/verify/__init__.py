"""Checks an account file against a conversion log, of the live services or of a sandbox."""
