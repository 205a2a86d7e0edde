"""Order events of the sandbox's Digistore24, and the postback connections that they fire."""
