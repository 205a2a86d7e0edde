"""Pulumi's URNs, which say what a step is about."""

from dataclasses import dataclass
from typing import Any

PREFIX = "urn:pulumi:"
PARTS = 4


class UrnError(ValueError):
    """The text is no URN of Pulumi."""


@dataclass(frozen=True)
class Urn:
    """`urn:pulumi:<stack>::<project>::<type>::<name>`.

    Attributes:
        parents: types of the components that it is inside, outermost first.
        type: its own.
        name: any text, `::` included.
    """

    stack: str
    project: str
    type: str
    name: str
    parents: tuple[str, ...] = ()

    def __str__(self) -> str:
        return PREFIX + "::".join([self.stack, self.project, "$".join([*self.parents, self.type]), self.name])


def read_urn(text: Any) -> Urn:
    """A URN in its parts.

    Raises:
        UrnError: it is none.
    """
    parts = text.removeprefix(PREFIX).split("::", PARTS - 1) if isinstance(text, str) else []
    if len(parts) != PARTS or not text.startswith(PREFIX) or not all(parts):
        raise UrnError(f"{text!r} is no URN: urn:pulumi:<stack>::<project>::<type>::<name>")
    stack, project, types, name = parts
    *parents, own = types.split("$")
    return Urn(stack, project, own, name, tuple(parents))
