"""Text that others wrote: read within bounds, shown without control characters and without secrets."""
