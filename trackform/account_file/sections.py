"""What an account file is turned into: the objects that should exist, by the sections of the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.account_file.models import Account
from trackform_core.model.kind import Kind
from trackform_digistore24 import ipn_connection, postback_connection
from trackform_redtrack import (
    campaign,
    conversion_type,
    funnel,
    landing,
    offer,
    offer_source,
    tracking_domain,
    traffic_channel,
)

SECTIONS: dict[str, Kind[Any]] = {
    "domains": tracking_domain.KIND,
    "conversion_types": conversion_type.KIND,
    "offer_sources": offer_source.KIND,
    "traffic_channels": traffic_channel.KIND,
    "offers": offer.KIND,
    "postbacks": postback_connection.KIND,
    "landings": landing.KIND,
    "funnels": funnel.KIND,
    "campaigns": campaign.KIND,
    "ipn_connections": ipn_connection.KIND,
}
"""Section of the account file -> kind, in the order in which a set-up is built."""

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
    """All objects of a set-up, and what people want to see of it."""

    account: Account
    objects: list[Wanted] = field(default_factory=list)
    offer_urls: dict[str, str] = field(default_factory=dict)
    postback_urls: dict[str, str] = field(default_factory=dict)
