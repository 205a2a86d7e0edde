"""The RedTrack side of the sandbox: its HTTP API, tracking links and the booking of conversions."""
