"""The project's folder: its stacks and their settings, their live accounts, and Pulumi's command line."""
