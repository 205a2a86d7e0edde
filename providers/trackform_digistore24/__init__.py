"""Digistore24: how it is reached, and one file for each kind of object."""
