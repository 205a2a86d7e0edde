"""Computed fields of answers: counts, titles and URLs that depend on other objects."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from time import time_ns
from typing import Any, TypeVar

from trackform.sandbox.accounts import dedicated_domain
from trackform.sandbox.clock import moment
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.store import Row
from trackform.sandbox.world import Sandbox

DELETED = 3
CLICK_FIELD = {"campaign": "campaign_id", "offer": "offer_id", "network": "network_id", "source": "source_id"}
EARNED = ("conversions", "revenue", "total_conversions", "total_revenue")
CONVERSION_FIELD = {**CLICK_FIELD, "network": "program_id"}
T = TypeVar("T")


def day(text: str | None) -> date | None:
    """A ``date_from`` or ``date_to``: a calendar day in UTC.

    Raises:
        Problem: 400, it is no date.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise RedTrackProblem(400, f"wrong date {text!r}: expected YYYY-MM-DD") from error


def within(rows: Iterable[Row], since: date | None, until: date | None) -> list[Row]:
    """Rows created on these days, both included."""
    if since is None and until is None:
        return list(rows)
    days = ((row, moment(row["created_at"]).date()) for row in rows)
    return [row for row, on in days if (since is None or since <= on) and (until is None or on <= until)]


@dataclass
class View:
    """One account as one request sees it. What it looks up is read once."""

    sandbox: Sandbox
    account: str
    date_from: date | None = None
    date_to: date | None = None
    _looked_up: dict[tuple[str, str], Row | None] = field(default_factory=dict)
    _once: dict[str, Any] = field(default_factory=dict)

    def rows(self, kind: str) -> list[Row]:
        return self.sandbox.store.rows(self.account, kind)

    def _kept(self, name: str, look_up: Callable[[], T]) -> T:
        """What a look-up found, made on first use.

        Not `functools.cached_property`: before Python 3.12 that takes a lock of all views while it looks up, and who
        waits for the store with it holds up the one who has the store.
        """
        if name not in self._once:
            self._once[name] = look_up()
        kept: T = self._once[name]
        return kept

    @property
    def domains(self) -> dict[str, str]:
        return self._kept("domains", lambda: {row["id"]: row["url"] for row in self.rows("domain")})

    def find(self, kind: str, row_id: object) -> Row | None:
        """The object behind an id. One look-up each: an account has many more objects than an answer refers to."""
        key = (kind, str(row_id))
        if key not in self._looked_up:
            self._looked_up[key] = self.sandbox.store.get(self.account, *key)
        return self._looked_up[key]

    def _count_clicks(self) -> dict[str, Counter[str]]:
        rows = within(self.rows("click"), self.date_from, self.date_to)
        return {kind: Counter(str(row.get(name)) for row in rows) for kind, name in CLICK_FIELD.items()}

    def _add_up(self) -> dict[tuple[str, str], Row]:
        """What was booked, approved, for each object, by kind and id."""
        earned: dict[tuple[str, str], Row] = defaultdict(lambda: dict.fromkeys(EARNED, 0))
        for row in within(self.rows("conversion"), self.date_from, self.date_to):
            if row["status"] != "approved":
                continue
            for kind, name in CONVERSION_FIELD.items():
                sums = earned[kind, str(row.get(name))]
                sums["total_conversions"] += 1
                sums["total_revenue"] += row["payout"]
                sums["conversions"] += row["default_type"]
                sums["revenue"] += row["payout"] if row["default_type"] else 0
        return earned

    def _count_members(self) -> dict[str, Counter[str]]:
        alive = {kind: [r for r in self.rows(kind) if r.get("status") != DELETED] for kind in ("offer", "campaign")}
        return {
            "offer_count": Counter(str(row.get("program_id")) for row in alive["offer"]),
            "campaign_count": Counter(str(row.get("source_id")) for row in alive["campaign"]),
        }

    def member_count(self, name: str, row_id: str) -> int:
        return self._kept("members", self._count_members)[name][row_id]

    def domain(self, domain_id: str | None = None) -> str:
        """The host of a tracking domain; the first custom one, or the dedicated one, when none is meant."""
        chosen = self.domains.get(domain_id or "")
        return chosen or next(iter(self.domains.values()), dedicated_domain(self.account))

    def stat(self, kind: str, row_id: str) -> dict[str, Any]:
        """The statistics of one object; everything beside clicks and conversions differs from request to request.

        ``conversions`` and ``revenue`` count the default conversion only, the totals every type (seen in client code).
        """
        clicks = self._kept("clicks", self._count_clicks)
        earned = self._kept("earned", self._add_up).get((kind, row_id)) or dict.fromkeys(EARNED, 0)
        return {
            "clicks": clicks[kind][row_id] if kind in clicks else 0,
            **{name: round(value, 2) for name, value in earned.items()},
            "impressions": time_ns() // 1000 % 100_000,
        }
