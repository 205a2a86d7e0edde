"""A URL, or a part of one, that one of the systems fills in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from trackform.documents.yaml_document import Steps
from trackform.urls import parse

Filler = Literal["Digistore24", "RedTrack", "The channel", "Nobody"]
DECIDES = {"postbacks": ("clickid", "sum", "type"), "offers": ("cid",)}
"""Parameters that have a rule of their own."""


@dataclass(frozen=True)
class FilledUrl:
    """A URL, or a part of one, as it is filled in.

    Attributes:
        is_text: it is a page's code or a message's body with URLs in it, and no URL itself.
        for_channel: it only decides what a channel or a report is told, not where money goes.
    """

    by: Filler
    path: Steps
    url: str
    for_channel: bool = False
    is_text: bool = False

    @property
    def section(self) -> str:
        return str(self.path[0])

    @property
    def name(self) -> str:
        return str(self.path[1])

    def parameters(self) -> Iterator[tuple[str, str]]:
        """Name and value as written; those that have a rule of their own are left out."""
        decides = DECIDES.get(self.section, ())
        return ((key, value or "") for key, value in parse(self.url).params if key not in decides)

    def undecided(self) -> str:
        """The URL without the values of parameters that have a rule of their own."""
        if self.section not in DECIDES:
            return self.url
        parts = parse(self.url)
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        # Where the query is joined wrongly, that is told, and nothing of it is a parameter.
        return f"{parts.host}{parts.path}?{'&'.join(f'{key}={value}' for key, value in self.parameters())}{fragment}"
