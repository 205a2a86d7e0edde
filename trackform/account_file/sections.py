"""Sections of the account file, and the objects that should exist, which it is turned into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trackform.account_file.models import ReadAccount
from trackform_core.model.kind import Kind
from trackform_digistore24 import ipn_connection, postback_connection
from trackform_redtrack import (
    campaign,
    conversion_type,
    funnel,
    landing,
    offer,
    offer_source,
    script,
    tracking_domain,
    traffic_channel,
)


@dataclass(frozen=True)
class Section:
    """One section of the account file.

    Attributes:
        column: where its objects stand on the way of a click and its sale, from the left; None for what belongs to the
            account and to no such way.
        own_words: fields that the file says in its own words though an entry has a key of their name.
    """

    kind: Kind[Any]
    column: int | None = None
    own_words: frozenset[str] = frozenset()


DESCRIPTORS: dict[str, Section] = {
    "domains": Section(tracking_domain.KIND, own_words=frozenset({"url"})),
    "conversion_types": Section(conversion_type.KIND, column=9),
    "offer_sources": Section(offer_source.KIND, column=7),
    "traffic_channels": Section(traffic_channel.KIND, column=1),
    "offers": Section(offer.KIND, column=6, own_words=frozenset({"url"})),
    "postbacks": Section(postback_connection.KIND, column=8, own_words=frozenset({"url", "token"})),
    "landings": Section(landing.KIND, column=5),
    "funnels": Section(funnel.KIND, column=4),
    "campaigns": Section(campaign.KIND, column=3),
    "scripts": Section(script.KIND, column=2),
    "ipn_connections": Section(ipn_connection.KIND),
}
"""In the order in which a set-up is built."""

SECTIONS: dict[str, Kind[Any]] = {name: section.kind for name, section in DESCRIPTORS.items()}
"""Section -> kind, in the same order."""

EMBEDDED = "embedded"
"""In place of a funnel's name: the funnel lives inside the campaign, where the public API cannot edit it."""
NO_DOMAIN = "none"
"""In place of a domain's name: the campaign uses RedTrack's own domain, or whatever it is given."""


@dataclass(frozen=True)
class Ref:
    """Another object of the set-up, by section and name."""

    section: str
    name: str


@dataclass(frozen=True)
class Wanted:
    """One object that should exist."""

    section: str
    name: str
    fields: Mapping[str, Any]
    """Values; a `Ref` or a `SecretRef` where the value is another object's id or a config secret."""
    where: tuple[str | int, ...]
    was: str | None = None
    """Its former name, under which Pulumi may know it."""
    protect: bool = False

    @property
    def kind(self) -> Kind[Any]:
        return SECTIONS[self.section]


@dataclass
class Composition:
    """All objects of a set-up, and what people want to see of it.

    Attributes:
        templates: the folder that it was made with.
        rendered: what its templates made, by template and variables, for whoever composes it once more with edits.
    """

    account: ReadAccount
    templates: Path
    objects: list[Wanted] = field(default_factory=list)
    offer_urls: dict[str, str] = field(default_factory=dict)
    postback_urls: dict[str, str] = field(default_factory=dict)
    rendered: dict[tuple[str, str], str] = field(default_factory=dict, repr=False, compare=False)

    def title_of(self, section: str, name: str) -> str:
        """The title by which RedTrack knows an object of the file, whether or not this stack manages it."""
        entry = getattr(self.account.file, section)[name]
        return str(entry.existing or entry.title or name)
