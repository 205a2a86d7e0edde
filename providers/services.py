"""Who holds the objects, and how to reach it with a stack's settings."""

from collections.abc import Callable

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


def _redtrack_key(settings: Settings) -> Key:
    return _needs("RedTrack", settings.redtrack_key, "REDTRACK_API_KEY")


def _digistore24_key(settings: Settings) -> Key:
    return _needs("Digistore24", settings.digistore24_key, "DIGISTORE24_API_KEY")


def _redtrack(settings: Settings, _: Callable[[], str]) -> RedTrack:
    return RedTrack(settings.redtrack_url, _redtrack_key(settings))


def _digistore24(settings: Settings, _: Callable[[], str]) -> Digistore24:
    return Digistore24(settings.digistore24_url, _digistore24_key(settings))


def _bridge(of_vendor: Callable[[Settings], Key]) -> Callable[[Settings, Callable[[], str]], Bridge | LedgerClient]:
    """A bridge to one vendor, else the ledger. It never gets the vendor's key, which only tells whose account it is."""

    def connect(settings: Settings, account: Callable[[], str]) -> Bridge | LedgerClient:
        if not settings.bridge_url:
            return LedgerClient(settings.account)
        of_vendor(settings)
        return Bridge(settings.bridge_url, _needs("bridge", settings.bridge_key, "TRACKFORM_BRIDGE_KEY"), account)

    return connect


REDTRACK = Service("RedTrack", _redtrack)
DIGISTORE24 = Service("Digistore24", _digistore24)
REDTRACK_BRIDGE = Service("the bridge to RedTrack", _bridge(_redtrack_key), acts_for=REDTRACK)
DIGISTORE24_BRIDGE = Service("the bridge to Digistore24", _bridge(_digistore24_key), acts_for=DIGISTORE24)
