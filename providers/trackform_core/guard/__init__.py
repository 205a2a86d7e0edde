"""Whether a change may be made at all."""
