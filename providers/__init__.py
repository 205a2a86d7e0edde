"""RedTrack and Digistore24 as Pulumi resources: the same that the account file is turned into, for Python programs."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from providers.account import Account
    from providers.resources import (
        Campaign,
        ConversionType,
        Funnel,
        IpnConnection,
        Landing,
        Offer,
        OfferSource,
        PostbackConnection,
        TrackingDomain,
        TrafficChannel,
    )

__all__ = [
    "Account",
    "Campaign",
    "ConversionType",
    "Funnel",
    "IpnConnection",
    "Landing",
    "Offer",
    "OfferSource",
    "PostbackConnection",
    "TrackingDomain",
    "TrafficChannel",
]


def __getattr__(name: str) -> Any:
    """Pulumi takes most of a second to import, and whoever only checks a file has no use for it."""
    if name not in __all__:
        raise AttributeError(f"module 'providers' has no attribute {name!r}")
    return getattr(import_module("providers.account" if name == "Account" else "providers.resources"), name)
