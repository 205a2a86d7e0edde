"""What is true of a stack right now: its campaigns and links, what was changed outside, and what is left to do."""
