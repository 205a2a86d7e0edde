"""The sandbox's bridge: our own API for objects that neither RedTrack nor Digistore24 publishes an API for."""
