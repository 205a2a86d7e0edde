"""What people write, as files: where everything stands in them, what is wrong, and how they are merged and replaced."""
