"""What one process knows about one account."""
