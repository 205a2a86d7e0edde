"""Reading what `pulumi preview --json` prints: every step of it is seen, or it is an error."""
