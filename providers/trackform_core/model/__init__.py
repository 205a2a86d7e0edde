"""What one sort of object is: its model, its rows, what differs, who holds it. Pure."""
