"""Digistore24's bookings for an affiliate: transactions, commissions, purchases. Read only."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trackform_core.http import api as http
from trackform_core.http.paging import Page, Walk
from trackform_core.http.service_error import ServiceError
from trackform_digistore24.client import Digistore24

PAGE_SIZE = 1000
"""The most rows of a page of listTransactions (published OpenAPI)."""

ORDERS_PER_CALL = 100
"""Order ids asked for at once. The published OpenAPI takes a comma-separated list and names no limit."""

WAITS = (15, 30, 60)
"""Seconds before asking again: there is an error code for too many requests, but no limit is published."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Clock:
    """The account's time: what its answers without an offset mean."""

    now: datetime
    zone: tzinfo

    def read(self, text: str) -> datetime:
        """A time of an answer. One without an offset, of the hour that the end of daylight saving repeats: the first.

        Raises:
            ValueError: it is no time.
        """
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=self.zone)

    def written(self, at: datetime) -> str:
        """A time as the published examples of ``from`` and ``to`` write it."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")


class Bookings:
    """The books of one Digistore24 account, in its role as an affiliate. ``tell`` hears of progress and waits."""

    def __init__(
        self, client: Digistore24, tell: Callable[[str], None], sleep: Callable[[float], None] | None = None
    ) -> None:
        self._client = client
        self._tell = tell
        self._sleep = sleep or http.NETWORK.sleep

    def clock(self) -> Clock:
        """The account's present time and time zone, from the envelope that every answer has (published)."""
        sent = self._client.called("ping")
        envelope = self._client.json(sent)
        if not isinstance(envelope, dict) or envelope.get("result") != "success":
            # Asked once more for the client's own words on what is wrong.
            self._ask("ping")
            envelope = {}
        offset = str(envelope.get("utc_offset") or "")
        zone = zone_of(str(envelope.get("timezone") or ""), offset)
        try:
            now = datetime.fromisoformat(str(envelope.get("current_time")))
        except ValueError:
            return Clock(datetime.now(UTC), zone)
        here = now if now.tzinfo else now.replace(tzinfo=zone)
        again = here.replace(fold=1)
        # In an hour that repeats, the offset tells which of the two it is.
        return Clock(again if again.utcoffset() == _shift(offset) else here, zone)

    def transactions(self, start: str, end: str) -> list[Row]:
        """Rows of listTransactions; ``start`` and ``end`` as ``Clock.written`` makes them."""
        search = {"search[role]": "affiliate", "sort_by": "date", "sort_order": "asc"}
        return list(self._pages("listTransactions", "transaction_list", {"from": start, "to": end, **search}))

    def commissions(self, start: str, end: str) -> list[Row]:
        """Rows of listCommissions: an affiliate's earnings by transaction. They stand nowhere else per transaction."""
        return list(self._pages("listCommissions", "items", {"from": start, "to": end}))

    def purchases(self, order_ids: Iterable[str]) -> dict[str, Row]:
        """Rows of listPurchases by order id: they carry the click id. An order may be years older than its rebill."""
        wanted = sorted(set(order_ids))
        row_of: dict[str, Row] = {}
        for at in range(0, len(wanted), ORDERS_PER_CALL):
            ids = ",".join(wanted[at : at + ORDERS_PER_CALL])
            arguments = {"from": "start", "to": "now", "search[role]": "affiliate", "search[purchase_id]": ids}
            for row in self._pages("listPurchases", "purchase_list", arguments):
                row_of[str(row.get("id") or row.get("purchase_id"))] = row
            self._tell(f"Digistore24 orders: {min(at + ORDERS_PER_CALL, len(wanted)):,} of {len(wanted):,}")
        return row_of

    def rates(self, target: str) -> dict[str, Decimal]:
        """Currency -> what one unit of it is worth in ``target``; empty where the service tells no rates.

        That listCurrencies tells rates is published, the name of their field is not: any map by currency is taken.
        """
        rows = self._ask("listCurrencies", convert_to=target)
        rates: dict[str, Decimal] = {}
        for row in rows if isinstance(rows, list) else []:
            code = row.get("code") if isinstance(row, dict) else None
            maps = [value for value in row.values() if isinstance(value, dict)] if code else []
            for rate in (by_currency[target] for by_currency in maps if target in by_currency):
                # A zero, or none, is no rate: without one, amounts in this currency are not converted.
                if type(rate) in (int, float) and 0 < rate < math.inf:
                    rates[str(code)] = Decimal(str(rate))
        return rates

    def _pages(self, function: str, name: str, arguments: Mapping[str, Any]) -> Iterator[Row]:
        def read(number: int) -> Page:
            data = self._ask(function, **arguments, page_no=number, page_size=PAGE_SIZE)
            rows = data.get(name, False) if isinstance(data, dict) else False
            rows = [] if rows is None else rows
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ServiceError("Digistore24", "not_json", f"{function} answered no listing", request=function)
            page_count = str(data.get("page_count"))
            return rows, int(page_count) if page_count.isdecimal() else None

        seen = 0
        for number, (rows, pages) in enumerate(Walk(read), 1):
            yield from rows
            seen += len(rows)
            of_all = f" of {pages}" if pages else ""
            self._tell(f"Digistore24 {function}: page {number}{of_all}, {seen:,} rows")
            if len(rows) < PAGE_SIZE if pages is None else number >= pages:
                return

    def _ask(self, function: str, **arguments: Any) -> Any:
        for seconds in WAITS:
            try:
                return self._client.ask(function, **arguments)
            except ServiceError as error:
                if error.reason != "busy":
                    raise
            self._tell(f"Digistore24: waiting {seconds} s, it takes no more requests now")
            self._sleep(seconds)
        return self._client.ask(function, **arguments)


def zone_of(name: str, offset: str) -> tzinfo:
    """The time zone of an envelope: by its name, else its offset such as ``+02:00``, else UTC."""
    try:
        if name:
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    return timezone(_shift(offset) or timedelta(0))


def _shift(offset: str) -> timedelta | None:
    try:
        return datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").utcoffset()
    except ValueError:
        return None
