"""How much of what takes long is tried: a chosen part in `make test`, all of it in `make torture`."""

import os

THOROUGH = bool(os.environ.get("TRACKFORM_THOROUGH"))


def examples(few: int, *, thorough: int) -> int:
    """Of a property that takes long: examples are drawn anew when a test changes, and are the same until then."""
    return thorough if THOROUGH else few
