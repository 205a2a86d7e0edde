"""Who holds the objects, and how to reach it with a stack's settings."""

from providers.digistore24.client import Digistore24
from providers.http import Key, ServiceError
from providers.kind import Service
from providers.operator.bridge import Bridge
from providers.operator.client import LedgerClient
from providers.redtrack.client import RedTrack
from providers.session import Settings


def _needs(service: str, key: Key, variable: str) -> Key:
    if not key.text:
        setting = key.source.rpartition(":")[2]
        raise ServiceError(
            service,
            "unauthorized",
            f"no API key: set {variable}, or run `pulumi config set --secret trackform:{setting}`",
        )
    return key


def _redtrack(settings: Settings) -> RedTrack:
    return RedTrack(settings.redtrack_url, _needs("RedTrack", settings.redtrack_key, "REDTRACK_API_KEY"))


def _digistore24(settings: Settings) -> Digistore24:
    key = _needs("Digistore24", settings.digistore24_key, "DIGISTORE24_API_KEY")
    return Digistore24(settings.digistore24_url, key)


def _redtrack_bridge(settings: Settings) -> Bridge | LedgerClient:
    if not settings.bridge_url:
        return LedgerClient(settings.account)
    return Bridge(settings.bridge_url, _needs("RedTrack", settings.redtrack_key, "REDTRACK_API_KEY"))


def _digistore24_bridge(settings: Settings) -> Bridge | LedgerClient:
    if not settings.bridge_url:
        return LedgerClient(settings.account)
    return Bridge(settings.bridge_url, _needs("Digistore24", settings.digistore24_key, "DIGISTORE24_API_KEY"))


REDTRACK = Service("RedTrack", _redtrack)
DIGISTORE24 = Service("Digistore24", _digistore24)
REDTRACK_BRIDGE = Service("the bridge to RedTrack", _redtrack_bridge, acts_for=REDTRACK)
DIGISTORE24_BRIDGE = Service("the bridge to Digistore24", _digistore24_bridge, acts_for=DIGISTORE24)
