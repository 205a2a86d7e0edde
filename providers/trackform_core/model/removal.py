"""What a delete did."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Removal:
    """The outcome of a delete: what it did, in a few words, and whether the object is gone."""

    said: str
    gone: bool
