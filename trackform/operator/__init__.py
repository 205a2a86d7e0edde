"""What only a person can do in the two web applications, as steps; the ledger keeps what was done."""
