"""RedTrack and Digistore24 as Pulumi resources: the same that the account file is turned into, for Python programs."""

from trackform_core.account import Account
from trackform_core.dynamic import KindResource
from trackform_digistore24 import resources as of_digistore24
from trackform_digistore24.resources import IpnConnection, PostbackConnection
from trackform_redtrack import resources as of_redtrack
from trackform_redtrack.resources import (
    Campaign,
    ConversionType,
    Funnel,
    Landing,
    Offer,
    OfferSource,
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

RESOURCES: tuple[type[KindResource], ...] = (*of_redtrack.RESOURCES, *of_digistore24.RESOURCES)
"""Every kind, in the order in which a set-up is built."""
