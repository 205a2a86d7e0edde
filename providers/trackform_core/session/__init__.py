"""Sessions: what one process knows about one account."""
