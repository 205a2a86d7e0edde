"""RedTrack's objects as Pulumi resources, one pair of classes a kind.

Their names and this module's path stand in every state: they stay.
"""

import pulumi

from trackform_core.dynamic import KindProvider, KindResource
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


class TrackingDomainProvider(KindProvider):
    kind = tracking_domain.KIND


class TrackingDomain(KindResource, module="redtrack", name="TrackingDomain"):
    """A custom domain for tracking links and postbacks."""

    provider = TrackingDomainProvider()


class TrafficChannelProvider(KindProvider):
    kind = traffic_channel.KIND


class TrafficChannel(KindResource, module="redtrack", name="TrafficChannel"):
    """Where clicks are bought."""

    provider = TrafficChannelProvider()


class OfferSourceProvider(KindProvider):
    kind = offer_source.KIND


class OfferSource(KindResource, module="redtrack", name="OfferSource"):
    """The marketplace that pays."""

    provider = OfferSourceProvider()
    postback_url: pulumi.Output[str]
    """What RedTrack shows for this marketplace, without the protection token. Unknown in a preview that changes it."""


class ConversionTypeProvider(KindProvider):
    kind = conversion_type.KIND


class ConversionType(KindResource, module="redtrack", name="ConversionType"):
    """A named slot for conversions. No public API: entered by hand, or over a bridge."""

    provider = ConversionTypeProvider()
    status: pulumi.Output[str]
    """`confirmed`, `awaiting operator`, or `over the bridge`."""


class OfferProvider(KindProvider):
    kind = offer.KIND


class Offer(KindResource, module="redtrack", name="Offer"):
    """One product with its promolink."""

    provider = OfferProvider()


class LandingProvider(KindProvider):
    kind = landing.KIND


class Landing(KindResource, module="redtrack", name="Landing"):
    """A page between the ad and the offer."""

    provider = LandingProvider()


class FunnelProvider(KindProvider):
    kind = funnel.KIND


class Funnel(KindResource, module="redtrack", name="Funnel"):
    """The offers that visitors are split among."""

    provider = FunnelProvider()


class CampaignProvider(KindProvider):
    kind = campaign.KIND


class Campaign(KindResource, module="redtrack", name="Campaign"):
    """Traffic of one channel through a funnel."""

    provider = CampaignProvider()
    tracking_link: pulumi.Output[str]
    """What ads point at. Unknown in a preview that changes the campaign."""
    impression_link: pulumi.Output[str]
    """What ads load to have their impressions counted."""


class ScriptProvider(KindProvider):
    kind = script.KIND


class Script(KindResource, module="redtrack", name="Script"):
    """Tracking code for pages that visitors reach over no tracking link."""

    provider = ScriptProvider()
    script_code: pulumi.Output[str]
    """What stands on the pages. Unknown in a preview that changes the script."""


RESOURCES: tuple[type[KindResource], ...] = (
    TrackingDomain,
    TrafficChannel,
    OfferSource,
    ConversionType,
    Offer,
    Landing,
    Funnel,
    Campaign,
    Script,
)
"""Every kind, in the order in which a set-up is built."""
