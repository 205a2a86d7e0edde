"""Kinds of objects: their models, rows, differences, and the services that hold them. Pure."""
