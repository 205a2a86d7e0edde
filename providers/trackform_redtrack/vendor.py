"""RedTrack, as trackform finds it: an entry point names this value."""

from trackform_core.model.vendors import Vendor
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
from trackform_redtrack.service import REDTRACK, REDTRACK_BRIDGE

VENDOR = Vendor(
    "redtrack",
    rank=1,
    services=(REDTRACK, REDTRACK_BRIDGE),
    kinds=(
        tracking_domain.KIND,
        traffic_channel.KIND,
        offer_source.KIND,
        conversion_type.KIND,
        offer.KIND,
        landing.KIND,
        funnel.KIND,
        campaign.KIND,
        script.KIND,
    ),
)
