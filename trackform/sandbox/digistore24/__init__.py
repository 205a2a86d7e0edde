"""The sandbox's Digistore24: an affiliate network as its published API and its clients describe it."""
