"""The account file: its models, the objects that it declares, and its mistakes. No Pulumi, no HTTP."""
