"""Who holds the objects, and how to reach it with a stack's settings."""

import os
from collections.abc import Callable

from providers.digistore24.client import Digistore24
from providers.http import Key, ServiceError
from providers.kind import Service
from providers.operator.bridge import Bridge
from providers.operator.client import LedgerClient
from providers.redtrack.client import RedTrack
from providers.session import Settings, variable_suffix


def _needs(service: str, settings: Settings, key: Key, variable: str) -> Key:
    if not key.text:
        raise ServiceError(
            service,
            "unauthorized",
            f"no API key: set {variable}, or run `pulumi config set --secret trackform:{key.setting}`"
            + _of_another_name(settings, variable),
        )
    return key


def _of_another_name(settings: Settings, variable: str) -> str:
    """A hint for a stack that was renamed: what is read before the program runs goes by the name in the state."""
    others = ", ".join(sorted(name for name in os.environ if name.startswith(f"{variable}__")))
    if not others:
        return ""
    mine = variable + variable_suffix(settings.account)
    return (
        f". There is {others}: if it is the key of this stack, which was renamed from '{settings.account}', set {mine} "
        "to the same for one `pulumi up`"
    )


def _redtrack_key(settings: Settings) -> Key:
    return _needs("RedTrack", settings, settings.redtrack_key, "REDTRACK_API_KEY")


def _digistore24_key(settings: Settings) -> Key:
    return _needs("Digistore24", settings, settings.digistore24_key, "DIGISTORE24_API_KEY")


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
        key = _needs("bridge", settings, settings.bridge_key, "TRACKFORM_BRIDGE_KEY")
        return Bridge(settings.bridge_url, key, account)

    return connect


REDTRACK = Service("RedTrack", _redtrack, pin="redtrack_user")
DIGISTORE24 = Service("Digistore24", _digistore24, pin="digistore24_account")
REDTRACK_BRIDGE = Service("the bridge to RedTrack", _bridge(_redtrack_key), acts_for=REDTRACK)
DIGISTORE24_BRIDGE = Service("the bridge to Digistore24", _bridge(_digistore24_key), acts_for=DIGISTORE24)
