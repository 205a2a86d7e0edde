"""The operator: steps that only a person can do in the web applications, and the ledger of what was confirmed."""
