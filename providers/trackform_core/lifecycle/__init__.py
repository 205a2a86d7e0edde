"""Check, create, read, diff, update and delete, over any kind. Knows no Pulumi."""
