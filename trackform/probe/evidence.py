"""What is there already in both accounts of a stack, read once, when a probe first asks for it. Writes nothing."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trackform.account_file.compose import Composition
from trackform.flow.build import Flow
from trackform.probe.attempts import DELETED, LeftBehind, ProbeObject, is_ours
from trackform.probe.sales import Sales
from trackform.reconcile import rows
from trackform_core.http.exchange import Exchange
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_core.session.session import Session
from trackform_digistore24.bookings import Bookings, Clock
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.client import RedTrack
from trackform_redtrack.conversions import Logs
from trackform_redtrack.service import REDTRACK

if TYPE_CHECKING:
    from trackform.probe.answer import Sign

Row = Mapping[str, Any]

LISTINGS = ("campaigns", "offers", "networks", "sources", "landings", "streams", "domains")
"""Paths of RedTrack's listings that take pages (published spec)."""

NOBODYS_KEY = "not-a-key-of-anybody"
"""A key that no account has, to see what is answered to one."""

NEVER_WAS = "0" * 24
"""An id in RedTrack's form that no object has."""


@dataclass(frozen=True)
class Answered:
    """One answer of RedTrack as it came."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The JSON; ``None`` for anything else."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class AccountEvidence:
    """The evidence of one stack. ``tell`` hears of progress and waits; ``known`` are answers found so far.

    ``attempted``: setting -> the signs of attempts that were made before.

    ``hear_of_nobody`` hears of what is asked with a key that nobody has.
    """

    def __init__(
        self, composition: Composition, session: Session, days: int, tell: Callable[[str], None],
        hear_of_nobody: Callable[[Exchange], None] | None = None,
    ) -> None:  # fmt: skip
        self.composition = composition
        self.session = session
        self.days = days
        self.tell = tell
        self._hear_of_nobody = hear_of_nobody
        self.known: dict[str, str] = {}
        self.attempted: Mapping[str, list[Sign]] = {}
        self._asked: dict[tuple[str, str], Answered] = {}

    @cached_property
    def _books(self) -> Bookings:
        return Bookings(self.session.client(DIGISTORE24), self.tell)

    @cached_property
    def clock(self) -> Clock:
        """The time of Digistore24's account; this machine's where it tells none."""
        if self.has_digistore24:
            with contextlib.suppress(ServiceError):
                return self._books.clock()
        return Clock(datetime.now(UTC), UTC)

    @property
    def today(self) -> date:
        return self.clock.now.date()

    @cached_property
    def flow(self) -> Flow:
        return Flow(self.composition)

    @property
    def has_digistore24(self) -> bool:
        return bool(self.session.settings.key(DIGISTORE24).text)

    @cached_property
    def redtrack(self) -> RedTrack:
        client: RedTrack = self.session.client(REDTRACK)
        return client

    @cached_property
    def envelope(self) -> Row:
        """What Digistore24 puts around its answers; empty where this is none.

        Raises:
            ServiceError: there is no answer.
        """
        client = self.session.client(DIGISTORE24)
        body = client.json(client.called("ping"))
        return body if isinstance(body, dict) else {}

    def digistore24(self, function: str) -> Any:
        """What Digistore24 answers to a function that reads.

        Raises:
            ServiceError: it says no, or there is no answer.
        """
        return self.session.client(DIGISTORE24).ask(function)

    def get(self, path: str, **params: Any) -> Answered:
        """One answer of RedTrack, whatever its status; asked for once."""
        at = (path, repr(sorted(params.items())))
        if at not in self._asked:
            self.tell(f"RedTrack: {path}")
            self._asked[at] = _answered(self.redtrack, path, params)
        return self._asked[at]

    def with_nobodys_key(self) -> Answered:
        """What RedTrack answers to a key that nobody has."""
        client = RedTrack(self.redtrack.url, Key(NOBODYS_KEY, "trackform probe"))
        if self._hear_of_nobody:
            client.observe(self._hear_of_nobody)
        try:
            return _answered(client, "me/settings", {})
        finally:
            client.close()

    def listing(self, path: str) -> list[Row]:
        """All rows of a listing."""
        return self._listings.get(path) or self._listings.setdefault(path, self._read(path))

    @cached_property
    def _listings(self) -> dict[str, list[Row]]:
        return {}

    def left_by_probes(self) -> list[LeftBehind]:
        """What an interrupted run left, as far as the listings show that were read anyway."""
        rows = ((path, row) for path, listed in self._listings.items() for row in listed if is_ours(dict(row)))
        return [
            LeftBehind(ProbeObject(path, str(row.get("id")), str(row["title"])), "an interrupted run left it")
            for path, row in rows
        ]

    def _read(self, path: str) -> list[Row]:
        self.tell(f"RedTrack: all {path}")
        return [row for page, _ in self.redtrack.pages(path) for row in page]

    @cached_property
    def sales(self) -> Sales:
        """What Digistore24 booked beside RedTrack's conversion log.

        Raises:
            ServiceError: one of them cannot be read.
        """
        books, clock = self._books, self.clock
        first = clock.now - timedelta(days=self.days)
        start, end = clock.written(first), clock.written(clock.now)
        transactions = books.transactions(start, end)
        commissions = books.commissions(start, end)
        purchases = books.purchases(str(row.get("purchase_id") or "") for row in transactions)
        return Sales(
            flow=self.flow,
            bookings=rows.bookings(transactions, commissions, purchases, clock.read),
            currencies={str(row.get("id")): str(row.get("currency") or "") for row in transactions},
            positions={str(row.get("id")): str(row.get("upsell_no", "")) for row in transactions},
            conversions=self.conversions,
            payouts={str(row.get("id")): _payout(row) for row in self.listing("offers")},
            links={str(row.get("id")): str(row.get("url") or "") for row in self.listing("offers")},
            expirations={str(row.get("id")): row.get("click_expiration") for row in self.listing("networks")},
            now=clock.now,
            since=self._log_begins,
        )

    @cached_property
    def conversions(self) -> list[Row]:
        """Rows of RedTrack's conversion log."""
        logs = Logs(self.redtrack, self.tell)
        return logs.conversions(self._log_begins, self.today + timedelta(days=1))

    @property
    def _log_begins(self) -> date:
        """A day before the first booking, whosever midnight begins a day there."""
        return self.today - timedelta(days=self.days + 1)

    def ipn_info(self, domain_id: str) -> str:
        """What ipnInfo says of a connection: its ``have_settings``, or ``error``.

        Raises:
            ServiceError: the key may not ask, or there is no answer.
        """
        try:
            info = self.session.client(DIGISTORE24).ask("ipnInfo", domain_id=domain_id)
        except ServiceError as error:
            if error.reason in ("not_found", "refused"):
                return "error"
            raise
        return str((info if isinstance(info, dict) else {}).get("have_settings") or "")

    def deleted(self) -> Iterator[tuple[str, str]]:
        """Paths and ids of offers and campaigns that were deleted, where the listing tells them."""
        for path in ("offers", "campaigns"):
            body = self.get(path, status=3, page=1, per=100).body
            for row in body if isinstance(body, list) else ():
                if isinstance(row, dict) and row.get("status") == DELETED and row.get("id"):
                    yield path, str(row["id"])


def _payout(row: Row) -> Any:
    payment = row.get("payment")
    return payment.get("amount") if isinstance(payment, dict) else None


def _answered(client: RedTrack, path: str, params: Mapping[str, Any]) -> Answered:
    response = client.send("GET", path, params=params)
    headers = {name.lower(): text for name, text in response.headers.items()}
    return Answered(response.status_code, headers, response.text)
