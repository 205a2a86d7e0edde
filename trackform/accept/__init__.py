"""The other answer to drift: write what is live into the account file, where the declared value came from."""
