"""The services over which Digistore24's objects are reached."""

from trackform_core.session.connect import api, bridge_to
from trackform_digistore24.client import Digistore24

DIGISTORE24 = api(
    Digistore24,
    pin="digistore24_account",
    pin_in_file="digistore24.account",
    # Linked from its API reference.
    description_url="https://digistore24.com/api/docs/openapi.yaml",
)
DIGISTORE24_BRIDGE = bridge_to(DIGISTORE24)
