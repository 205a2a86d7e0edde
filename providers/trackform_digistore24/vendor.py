"""Digistore24, as trackform finds it: an entry point names this value."""

from trackform_core.model.vendors import Vendor
from trackform_digistore24 import ipn_connection, postback_connection
from trackform_digistore24.service import DIGISTORE24, DIGISTORE24_BRIDGE

VENDOR = Vendor(
    "digistore24",
    rank=2,
    services=(DIGISTORE24, DIGISTORE24_BRIDGE),
    kinds=(postback_connection.KIND, ipn_connection.KIND),
)
