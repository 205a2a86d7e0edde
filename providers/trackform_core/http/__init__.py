"""Requests: addresses, keys, waits and retries."""
