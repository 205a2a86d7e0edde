"""A URL, or a part of one, that one of the systems fills in."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from trackform.documents.yaml_document import Steps
from trackform.urls import parse

Filler = Literal["Digistore24", "RedTrack", "The channel", "Nobody"]
DECIDES = {"postbacks": ("clickid", "sum", "type"), "offers": ("cid",)}
"""Parameters that have a rule of their own."""
CREDITS = ("aff", "cam")
"""What Digistore24's script reads behind `#`, on a page of the vendor's (its help)."""


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

    @cached_property
    def behind_hash(self) -> tuple[str, ...]:
        """The parts of what stands behind `#`, which stays in the browser, or is sent by nobody."""
        if self.is_text or self.by == "The channel" or "#" not in self.url:
            return ()
        pieces = self.url.partition("#")[2].split("&")
        return tuple(piece for piece in pieces if self.section != "offers" or piece.partition("=")[0] not in CREDITS)

    @cached_property
    def sent(self) -> str:
        """The URL as a server sees it, with what is known to be read behind `#`."""
        if not self.behind_hash:
            return self.url
        plain, _, fragment = self.url.partition("#")
        kept = [piece for piece in fragment.split("&") if piece not in self.behind_hash]
        return f"{plain}#{'&'.join(kept)}" if kept else plain

    def undecided(self) -> str:
        """What is sent, without the values of parameters that have a rule of their own."""
        if self.section not in DECIDES:
            return self.sent
        parts = parse(self.sent)
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        # Where the query is joined wrongly, that is told, and nothing of it is a parameter.
        return f"{parts.host}{parts.path}?{'&'.join(f'{key}={value}' for key, value in self.parameters())}{fragment}"
