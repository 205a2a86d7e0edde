"""The two ways to a service: over the vendor's API, and over a bridge that acts for it."""

import os
from collections.abc import Callable

from trackform_core.http.api import JsonApi
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_core.model.service import Service
from trackform_core.no_api.bridge import Bridge
from trackform_core.no_api.ledger_client import LedgerClient
from trackform_core.session.settings import Settings, give_a_key, variable_suffix


def api(client: type[JsonApi], *, pin: str, pin_in_file: str, description_url: str) -> Service:
    """A vendor's own API, which tells whose account a key is of."""

    def connect(settings: Settings, _: Callable[[], str]) -> JsonApi:
        return client(settings.url(service), _needed_key(settings, service))

    endpoint = client.endpoint
    service = Service(
        endpoint.title, endpoint, connect, pin=pin, pin_in_file=pin_in_file, description_url=description_url
    )
    return service


def bridge_to(vendor: Service) -> Service:
    """A bridge to one vendor, else the ledger. It never gets the vendor's key, which only tells whose account it is."""

    def connect(settings: Settings, account: Callable[[], str]) -> Bridge | LedgerClient:
        if not settings.url(service):
            return LedgerClient(settings.account)
        _needed_key(settings, vendor)
        return Bridge(settings.url(service), _needed_key(settings, service), account)

    service = Service(f"the bridge to {vendor.name}", Bridge.endpoint, connect, acts_for=vendor)
    return service


def _needed_key(settings: Settings, service: Service) -> Key:
    key, endpoint = settings.key(service), service.endpoint
    if not key.text:
        raise ServiceError(
            endpoint.title,
            "no_key",
            f"no API key: {give_a_key(settings.account, endpoint)}" + _of_another_name(settings, endpoint.key_variable),
        )
    return key


def _of_another_name(settings: Settings, variable: str) -> str:
    """A hint for a stack that was renamed: what is read before the program runs goes by the name in the state."""
    mine = variable + variable_suffix(settings.account)
    given = (name for name, text in os.environ.items() if name.startswith(f"{variable}__") and text.strip())
    others = ", ".join(sorted(name for name in given if name != mine))
    if not others:
        return ""
    return (
        f". There is {others}: if it is the key of this stack, which was renamed from '{settings.account}', set {mine} "
        "to the same for one `pulumi up`"
    )
