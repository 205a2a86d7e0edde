"""Numbers of things in words."""

from collections.abc import Sequence

BY_HAND = 40
"""Of what a person is to go through one by one, about as many as anybody does by hand."""


def counted(number: int, thing: str) -> str:
    """``1 sale``, ``2 sales``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def first_few(names: Sequence[str], most: int = 5, between: str = ", ") -> str:
    """``a, b and 3 more``: as many names as may be said, and how many others there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more
