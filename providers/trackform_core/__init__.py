"""What an object is, and all that is the same for every object. Names no vendor."""
