"""Actions of people in the sandbox: edit in the "web application", click an ad, buy, and look at the conversion log."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import click
import httpx

from trackform.account_file.sections import SECTIONS
from trackform.documents.problems import did_you_mean
from trackform.verify.edits import edited
from trackform.verify.log import APPROVED, status_of
from trackform_core.errors import TrackformError
from trackform_core.http.hosts import is_loopback
from trackform_core.no_api.base import BridgeKind
from trackform_digistore24.marker import PREFIX, marker
from trackform_redtrack.base import RedTrackKind

KINDS = [kind for kind in SECTIONS.values() if isinstance(kind, RedTrackKind | BridgeKind)]
"""What is listed at a path. An IPN connection is not: Digistore24 has no function that lists them."""
PATHS = {kind.name: f"{kind.service.endpoint.name}/{kind.path}" for kind in KINDS}


def _called(path: str) -> str:
    """The sandbox's name for the objects listed at a path: `networks` holds a network."""
    return path.removesuffix("s").removeprefix("postback-").replace("-", "_")


WEBAPP_KINDS = {_called(kind.path): (PATHS[kind.name], kind.fields[kind.known_by or kind.key].name) for kind in KINDS}
"""The sandbox's kinds: where they are listed, and by what people know them."""

WORDS = {
    section.removesuffix("s"): _called(kind.path)
    for section, kind in SECTIONS.items()
    if isinstance(kind, RedTrackKind | BridgeKind)
}
"""What the account file calls them -> what the sandbox does."""
KIND_OF = {_called(kind.path): kind for kind in KINDS}

SWITCH = "refund_amount"
"""What the sandbox alone can tell."""

BRIDGE_KEY = {"authorization": "Bearer of-the-sandbox"}
"""A sandbox takes any key of a bridge, so none that counts is shown to it."""


def on_this_machine(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    """Check an option that names a sandbox: it is shown the keys, so it must be on this machine.

    Raises:
        click.BadParameter: it is, or may be, somebody else's machine.
    """
    if url is not None and not is_on_this_machine(url):
        raise click.BadParameter(f"{url}: keys are shown to a sandbox on this machine alone: 127.0.0.1, ::1, localhost")
    return url


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads nowhere else."""
    try:
        return is_loopback(httpx.URL(url))
    except httpx.InvalidURL:
        return False


def digistore24_account(http: httpx.Client, key: str) -> str:
    """The account of a Digistore24 key, as the sandbox tells it."""
    signed = {"x-ds-api-key": key}
    answer = http.get("digistore24/api/call/getUserInfo", params={"language": "en"}, headers=signed)
    if answer.is_error:
        raise TrackformError(f"the sandbox refused: {answer.json().get('error')}")
    return str(answer.json()["data"]["user_id"])


@contextmanager
def sandbox_at(url: str, timeout: float = 10) -> Iterator[httpx.Client]:
    """A client of the sandbox there, which is shown no key before it is known to be one.

    Raises:
        TrackformError: nothing answers there, or something else.
    """
    start = "start one with `trackform sandbox serve`"
    try:
        with httpx.Client(base_url=url, timeout=timeout) as http:
            if not _is_sandbox(http.get("_control/switches")):
                raise TrackformError(f"what answers at {url} is no sandbox: {start}")
            yield http
    except httpx.TransportError as error:
        raise TrackformError(f"no sandbox at {url} ({error}): {start}") from error


def _is_sandbox(answer: httpx.Response) -> bool:
    try:
        switches = answer.json()
    except ValueError:
        return False
    return answer.is_success and isinstance(switches, dict) and SWITCH in switches


FOLLOW_UPS = frozenset((
    "upsell", "rebill", "instalment", "refund", "partial_refund", "chargeback", "chargeback_reversed", "refund_request",
    "missed_payment", "payment_denial", "rebill_cancelled", "rebill_resumed", "last_paid_day",
))  # fmt: skip
"""Order events of an order that is there."""
EVENTS = ("sale", "add_on", "repeat", "test_order", *sorted(FOLLOW_UPS))
OF_THEIR_OWN = ("upsell", "add_on")
"""What is sold beside, a product of its own."""
PRICED = ("sale", "upsell", "add_on", "rebill", "instalment", "partial_refund", "test_order")
"""What an amount can be said of."""
ALL = 100


@dataclass(frozen=True)
class Happening:
    """One order event: of a product, and where it takes one an amount, such as ``10.00``, or a share, ``50%``."""

    event: str
    product: str = ""
    amount: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """As the sandbox takes it."""
        given = {"event": self.event, "product_id": self.product, "amount": self.amount}
        if self.amount.endswith("%"):
            given |= {"amount": "", "share": str(Decimal(self.amount.removesuffix("%")) / 100)}
        elif self.event == "partial_refund" and not self.amount:
            given["share"] = "0.5"
        return {name: value for name, value in given.items() if value}


def happening(text: str) -> Happening:
    """An order event as a command line says it.

    Raises:
        TrackformError: there is no such event, it lacks its product, or its amount is none.
    """
    event, _, rest = text.partition(":")
    product, _, amount = rest.partition(":")
    if event not in EVENTS:
        hint = did_you_mean(event, EVENTS) or f"known: {', '.join(EVENTS)}"
        raise TrackformError(f"{text}: there is no order event {event!r}; {hint}")
    if event in OF_THEIR_OWN and not product:
        raise TrackformError(f"{text}: says no product: write {event}:PRODUCT, by its id at Digistore24")
    if amount:
        _refuse_amount(text, event, amount)
    return Happening(event, product, amount)


def _refuse_amount(text: str, event: str, amount: str) -> None:
    if not AMOUNT.fullmatch(amount):
        raise TrackformError(f"{text}: {amount!r} is no amount: 10.00, or a share such as 50%")
    number = Decimal(amount.removesuffix("%"))
    if not number:
        raise TrackformError(f"{text}: {amount} is no money: write more than 0, or leave it out")
    if event not in PRICED:
        raise TrackformError(f"{text}: a {event} takes no amount: write {text.rpartition(':')[0]}")
    if amount.endswith("%") and event != "partial_refund":
        raise TrackformError(f"{text}: a share is for a partial_refund alone: write an amount, such as 10.00")
    if amount.endswith("%") and number > ALL:
        raise TrackformError(f"{text}: {amount} is more than was paid: write 100% at most")


AMOUNT = re.compile(r"\d+(\.\d+)?%?")


@dataclass(frozen=True)
class Played:
    """One click, and the conversions and amounts that came of it."""

    redirect: str
    conversions: list[dict[str, Any]]
    booked: float
    earned: float


class Hands:
    """A person at the sandbox, with the keys of one RedTrack and one Digistore24 account."""

    def __init__(self, http: httpx.Client, redtrack_key: str, digistore24_key: str) -> None:
        self.redtrack_key = redtrack_key
        self.digistore24_key = digistore24_key
        self._http = http

    def rows(self, path: str) -> list[dict[str, Any]]:
        signed: dict[str, Any] = (
            {"headers": BRIDGE_KEY | {"x-account": self._account("postback" in path)}}
            if path.startswith("bridge")
            else {"params": {"api_key": self.redtrack_key}}
        )
        body = self._answer(self._http.get(path, **signed))
        rows = body["items"] if isinstance(body, dict) else body
        return list(rows or [])

    def _account(self, of_digistore24: bool) -> str:
        if of_digistore24:
            return digistore24_account(self._http, self.digistore24_key)
        (settings,) = self._answer(self._http.get("redtrack/me/settings", params={"api_key": self.redtrack_key}))
        return str(settings["user_id"])

    def find(self, kind: str, name: str) -> dict[str, Any]:
        path, known_by = WEBAPP_KINDS[kind]
        rows = self.rows(path)
        for row in rows:
            if row[known_by] == name or (kind == "connection" and marker(row["url"]) == name.removeprefix(PREFIX)):
                return row
        known = [marker(row["url"]) or row["url"] if kind == "connection" else str(row[known_by]) for row in rows]
        there = f"there are: {', '.join(known)}" if known else "there is none"
        raise TrackformError(f"no {kind} '{name}'; {there}")

    def edit(self, kind: str, name: str, fields: dict[str, Any]) -> None:
        """Change fields behind trackform's back, said in the account file's words or in the service's.

        Raises:
            TrackformError: there is no such object or field, or the field takes no such value.
        """
        row = self.find(kind, name)
        changed = edited(KIND_OF[kind], row, fields)
        self._control("webapp", {"key": self._key(kind), "kind": kind, "id": row["id"], "set": changed})

    def put(self, kind: str, identity: str, fields: dict[str, Any]) -> None:
        """Fill in a web form: that of the row of this identity where there is one, else a new one."""
        row = self._identified(kind, identity)
        self._control(
            "webapp", {"key": self._key(kind), "kind": kind, "set": fields} | ({"id": row["id"]} if row else {})
        )

    def remove(self, kind: str, identity: str) -> bool:
        """Remove the row of this identity; False where there is none."""
        row = self._identified(kind, identity)
        if row:
            self._control("webapp", {"key": self._key(kind), "kind": kind, "id": row["id"], "delete": True})
        return row is not None

    def _identified(self, kind: str, identity: str) -> dict[str, Any] | None:
        """The row of a slot (`type3`), or of a marker (`tf.sales`)."""
        rows = self.rows(WEBAPP_KINDS[kind][0])
        names = {"id": identity} if kind == "conversion_type" else {}
        fitting = (row for row in rows if names.items() <= row.items() and (names or _carries(row, identity)))
        return next(fitting, None)

    def _key(self, kind: str) -> str:
        return self.digistore24_key if kind == "connection" else self.redtrack_key

    def play(self, campaign: str, events: Sequence[Happening]) -> Played:
        """Click the campaign's ad and let the events happen one after the other.

        Raises:
            TrackformError: the ad leads nowhere, or to a page by which no sale can be booked; or an event cannot be.
        """
        row = self.find("campaign", campaign)
        clicked = self._http.get(f"t/{row['id']}", params={"sub1": "ad-1"})
        redirect = clicked.headers.get("location", "")
        if not redirect:
            raise TrackformError(
                f"the tracking link answers {clicked.status_code}, and leads nowhere: the campaign is paused or ended, "
                "or all that it leads to is"
            )
        click_id = httpx.URL(redirect).params.get("cid", "")
        if not click_id:
            raise TrackformError(
                f"the ad leads to {redirect}, which has no cid: Digistore24 does not learn of the click, and nothing "
                "of it can be booked"
            )
        earned = 0.0
        for at, happening in enumerate(events):
            if not at and happening.event in FOLLOW_UPS:
                raise TrackformError(f"{happening.event} follows a sale: begin with sale:PRODUCT")
            order = {**happening.fields, "promolink": redirect, "key": self.digistore24_key}
            earned = self._control("orders", order)["purchase"]["total_affiliate_amount"]
        conversions = [row for row in self.conversions() if row["clickid"] == click_id]
        booked = sum(row.get("payout") or 0 for row in conversions if status_of(row) == APPROVED)
        return Played(redirect, conversions, round(booked, 2), round(earned, 2))

    def conversions(self) -> list[dict[str, Any]]:
        """Today's conversion log, oldest first."""
        today = str(datetime.now(UTC).date())
        params = {"api_key": self.redtrack_key, "date_from": today, "date_to": today}
        body = self._answer(self._http.get("redtrack/conversions", params=params))
        return sorted(body["items"] or [], key=lambda row: str(row["created_at"]))

    def _control(self, path: str, body: dict[str, Any]) -> Any:
        return self._answer(self._http.post(f"_control/{path}", json=body))

    def _answer(self, response: httpx.Response) -> Any:
        body = response.json()
        if response.is_error:
            raise TrackformError(f"the sandbox refused: {body.get('error')}")
        return body


def _carries(row: dict[str, Any], identity: str) -> bool:
    return marker(row.get("url")) == identity.removeprefix(PREFIX)


HEADS = ("type", "payout", "product", "event id", "connection")


def conversion_rows(played: Played) -> list[tuple[str, ...]]:
    """The conversions of a click, under `HEADS`."""
    rows: list[tuple[str, ...]] = []
    for row in played.conversions:
        payout = f"{row.get('payout') or 0:z.2f}"
        event_id = str(row.get("deduplicate_token") or "")
        # A connection that somebody made by hand sends neither.
        product, sender = (str(row.get(sub) or "") for sub in ("p_sub1", "p_sub20"))
        rows.append((str(row.get("type") or ""), payout, product, event_id, sender))
    return rows
