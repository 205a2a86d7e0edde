"""How much of what takes long is tried: a chosen part in `make test`, all of it in `make torture`."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

THOROUGH = bool(os.environ.get("TRACKFORM_THOROUGH"))


def examples(few: int, *, thorough: int) -> int:
    """Of a property that takes long: examples are drawn anew when a test changes, and are the same until then."""
    return thorough if THOROUGH else few


def half(of: Sequence[T], number: int) -> Sequence[T]:
    """Every second one, and the others for the next ``number``: each is tried, though not with everything."""
    return of if THOROUGH else of[number % 2 :: 2]
