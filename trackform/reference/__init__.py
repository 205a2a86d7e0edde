"""Generates the reference pages in `docs/` from models, rules and commands."""
