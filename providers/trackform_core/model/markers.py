"""What is known of a declared field beyond its type and its wire: markers, beside it in ``Annotated``. Pure data."""

from dataclasses import dataclass


class Initial:
    """Field marker: sent at create and when the declared value changes; steered by people in between."""


class Secret:
    """Field marker: never shown, encrypted in the state."""


class WriteOnly:
    """Field marker: the service does not tell it back; what was declared stands for what is live."""


@dataclass(frozen=True)
class RefTo:
    """Field marker: the ``object_id`` of another object, or a list of them.

    ``kind`` is the name of the other's kind: kinds refer to each other across files, and a name needs no import.
    """

    kind: str
