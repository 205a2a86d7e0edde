"""The services over which RedTrack's objects are reached."""

from trackform_core.session.connect import api, bridge_to
from trackform_redtrack.client import RedTrack

REDTRACK = api(
    RedTrack,
    pin="redtrack_user",
    pin_in_file="account.redtrack_user",
    # Linked from its Swagger page.
    description_url="https://api.redtrack.io/docs/doc.json",
)
REDTRACK_BRIDGE = bridge_to(REDTRACK)
