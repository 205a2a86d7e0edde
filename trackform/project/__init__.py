"""A project's folder: its stacks, their settings and live accounts, and the Pulumi CLI."""
