"""Digistore24's objects as Pulumi resources, one pair of classes a kind.

Their names and this module's path stand in every state: they stay.
"""

import pulumi

from trackform_core.dynamic import KindProvider, KindResource
from trackform_digistore24 import ipn_connection, postback_connection


class PostbackConnectionProvider(KindProvider):
    kind = postback_connection.KIND


class PostbackConnection(KindResource, module="digistore24", name="PostbackConnection"):
    """An S2S postback of an affiliate account. No public API: entered by hand, or over a bridge."""

    provider = PostbackConnectionProvider()
    status: pulumi.Output[str]
    """`confirmed`, `awaiting operator`, or `over the bridge`."""


class IpnConnectionProvider(KindProvider):
    kind = ipn_connection.KIND


class IpnConnection(KindResource, module="digistore24", name="IpnConnection"):
    """A vendor's IPN, over Digistore24's published functions. Not an affiliate's S2S postback."""

    provider = IpnConnectionProvider()


RESOURCES: tuple[type[KindResource], ...] = (
    PostbackConnection,
    IpnConnection,
)
"""Every kind, in the order in which a set-up is built."""
