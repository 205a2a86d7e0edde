"""The Digistore24 side of the sandbox: an affiliate network as its published API and its clients describe it."""
