"""The account file: its models, what it declares, and what cannot be in it. No Pulumi, no HTTP."""
