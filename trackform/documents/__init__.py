"""YAML files and reports: reading with line numbers, mistakes, merging, and files that are safely replaced."""
