"""The reference pages, made from models, rules and commands."""
