"""Our contract for objects that neither vendor publishes an API for; not an API of RedTrack or Digistore24."""
