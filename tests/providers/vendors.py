"""Every function that the vendors' clients call, for the tables of what the vendors may answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from trackform_core.http.api import JsonApi, Network
from trackform_core.http.attempt import here
from trackform_core.http.keys import Key
from trackform_core.no_api.bridge import Bridge
from trackform_digistore24.bookings import Bookings
from trackform_digistore24.client import Digistore24
from trackform_digistore24.ipn_connection import KIND as IPN
from trackform_digistore24.postback_connection import KIND as POSTBACK
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.client import RedTrack
from trackform_redtrack.conversions import Logs, Pace
from trackform_redtrack.offer_source import KIND as SOURCE
from trackform_redtrack.tracking_domain import KIND as DOMAIN

KEY = Key("canary+key/0f1e2d==", "the variable X")
URLS: dict[type[JsonApi], str] = {
    RedTrack: "http://127.0.0.1", Digistore24: "http://localhost/api/call", Bridge: "http://[::1]/b",
}  # fmt: skip
IPN_BODY = {"domain_id": "acme-1", "name": "acme", "ipn_url": "https://ipn.acme.test/", "product_ids": "1"}


@dataclass(frozen=True)
class Function:
    """One function of a vendor, as our code calls it.

    Attributes:
        repeats: whether a service that is down, or busy, is asked again.
        absent: what a 404 means to it, where it is no error.
        waits: whether it belongs to the books, which wait for a busy service by themselves.
    """

    client: type[JsonApi]
    call: Callable[[Any], Any]
    repeats: bool = True
    absent: Any = "an error"
    waits: bool = False


def books(name: str, *arguments: Any) -> Callable[[Any], Any]:
    return lambda client: getattr(Bookings(client, lambda _line: None), name)(*arguments)


def logs(client: Any) -> Logs:
    return Logs(client, lambda _line: None, Pace(lambda _line: None, lambda _seconds: None, lambda: 0.0))


DAY = date(2026, 11, 1)
FUNCTIONS: dict[str, Function] = {
    "RedTrack list": Function(RedTrack, lambda c: list(SOURCE.pages(c))),
    "RedTrack get": Function(RedTrack, lambda c: SOURCE.get(c, "1"), absent=None),
    "RedTrack create": Function(RedTrack, lambda c: SOURCE.create(c, {"title": "t"}), repeats=False),
    "RedTrack create a domain": Function(RedTrack, lambda c: DOMAIN.create(c, {"url": "t.test"}), repeats=False),
    "RedTrack update": Function(RedTrack, lambda c: SOURCE.update(c, "1", {"title": "t"})),
    "RedTrack delete": Function(RedTrack, lambda c: c.delete("networks/1"), absent=None),
    "RedTrack status": Function(RedTrack, lambda c: c.patch("offers/status", ids="1", status=3)),
    "RedTrack clicks": Function(RedTrack, lambda c: CAMPAIGN.clicked(c, "1")),
    "RedTrack user_id": Function(RedTrack, lambda c: c.user_id()),
    "RedTrack conversions": Function(RedTrack, lambda c: logs(c).conversions(DAY, DAY)),
    "Digistore24 user_id": Function(Digistore24, lambda c: c.user_id()),
    "Digistore24 ping": Function(Digistore24, lambda c: c.ask("ping")),
    "Digistore24 ipnSetup": Function(Digistore24, lambda c: IPN.create(c, IPN_BODY)),
    "Digistore24 ipnSetup again": Function(Digistore24, lambda c: IPN.update(c, "acme-1", IPN_BODY)),
    "Digistore24 ipnInfo": Function(Digistore24, lambda c: IPN.get(c, "acme-1"), absent=None),
    "Digistore24 ipnDelete": Function(
        Digistore24, lambda c: IPN.delete(c, "acme-1", {}, "delete").said, absent="was deleted"
    ),
    "Digistore24 listTransactions": Function(Digistore24, books("transactions", "start", "now"), waits=True),
    "Digistore24 listCommissions": Function(Digistore24, books("commissions", "start", "now"), waits=True),
    "Digistore24 listPurchases": Function(Digistore24, books("purchases", ["A1"]), waits=True),
    "Digistore24 listCurrencies": Function(Digistore24, books("rates", "USD"), waits=True),
    "Digistore24 clock": Function(Digistore24, books("clock"), waits=True),
    "bridge list": Function(Bridge, lambda c: list(POSTBACK.pages(c))),
    "bridge get": Function(Bridge, lambda c: POSTBACK.get(c, "17"), absent=None),
    "bridge create": Function(Bridge, lambda c: POSTBACK.create(c, {"url": "u"}), repeats=False),
    "bridge update": Function(Bridge, lambda c: POSTBACK.update(c, "17", {"url": "u"})),
    "bridge delete": Function(Bridge, lambda c: POSTBACK.delete(c, "17", {}, "delete").said, absent="was deleted"),
}


def of(client: type[JsonApi]) -> list[str]:
    return [name for name, function in FUNCTIONS.items() if function.client is client]


class Vendor:
    """A service that gives one answer for ever; ``naps`` are the waits, on a clock that the naps move."""

    def __init__(self, answer: httpx.Response) -> None:
        self.naps: list[float] = []
        self.asked: list[httpx.Request] = []
        self._answer = answer

    def network(self) -> Network:
        return Network(lambda _url: httpx.MockTransport(self._handle), sleep=self.naps.append, watch=here)

    def client(self, function: Function) -> Any:
        if function.client is Bridge:
            return Bridge(URLS[Bridge], KEY, lambda: "1", self.network())
        return function.client(URLS[function.client], KEY, self.network())

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(self._answer.status_code, headers=self._answer.headers, content=self._answer.content)
