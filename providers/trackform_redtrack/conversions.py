"""RedTrack's conversion log and click log, read within their rate limit."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from trackform_core.http import api as http
from trackform_core.http.paging import Page, Walk
from trackform_core.http.service_error import Reason, ServiceError
from trackform_redtrack.client import RedTrack

PER_PAGE = 10_000
"""The most rows of a page (published spec)."""

WINDOW = timedelta(days=31)
"""The longest period asked for at once: on long ones the service gave up by itself (seen in client code)."""

PER_MINUTE = 10
"""Requests per calendar minute. The limit was measured as 20, with many requests counted twice (client code)."""

SPACING = 0.5
"""Seconds between two requests: the limit was also measured as 2 a second (client code)."""

COOKIE = timedelta(days=181)
"""How long before an order its click may be: Digistore24's cookie lasts 180 days (its help centre)."""

CANNOT_TELL: frozenset[Reason] = frozenset({"not_json", "not_found", "forbidden", "refused"})
"""Answers to a call that this plan, or this service, does not offer."""

Row = Mapping[str, Any]


class Pace:
    """Lets so many requests pass in a calendar minute, and says aloud when it holds one back."""

    def __init__(
        self,
        tell: Callable[[str], None],
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tell = tell
        self._sleep = sleep or http.NETWORK.sleep
        self._clock = clock
        self._minute = -1
        self._count = 0
        self._last = float("-inf")

    def wait(self) -> None:
        now = self._clock()
        if int(now // 60) == self._minute and self._count >= PER_MINUTE:
            seconds = 60 - now % 60
            self._tell(f"RedTrack: waiting {seconds:.0f} s, its logs take {PER_MINUTE} requests a minute")
            self._sleep(seconds)
            now = max(self._clock(), now + seconds)
        elif now - self._last < SPACING:
            self._sleep(SPACING - (now - self._last))
            now = max(self._clock(), self._last + SPACING)
        if int(now // 60) != self._minute:
            self._minute, self._count = int(now // 60), 0
        self._count += 1
        self._last = now


class Logs:
    """The logs of one RedTrack account. ``tell`` hears of progress and waits; ``note`` of what stays to be known."""

    def __init__(
        self,
        client: RedTrack,
        tell: Callable[[str], None],
        pace: Pace | None = None,
        note: Callable[[str], None] | None = None,
    ) -> None:
        self._client = client
        self._tell = tell
        self._note = note or tell
        self._pace = pace or Pace(tell)

    def conversions(self, first: date, last: date) -> list[Row]:
        """All rows of these days, both included, each once. Whose midnight begins a day is not known.

        Raises:
            ServiceError: also where fewer rows came than the service counts: half a log looks like lost money.
        """
        row_of: dict[str, Row] = {}
        periods = list(windows(first, last))
        for number, (start, end) in enumerate(periods, 1):
            if len(periods) > 1:
                self._tell(f"RedTrack conversions: period {number} of {len(periods)}")
            for row in self._pages("conversions", start, end):
                row_of.setdefault(str(row.get("id") or f"row {len(row_of)}"), row)
        return list(row_of.values())

    def known_clicks(self, clicks: Iterable[tuple[str, date]]) -> dict[str, bool]:
        """For (click id, day of its order): whether RedTrack counted this click. One request each.

        A click that is missing in the answer could not be asked for: its log is not offered here.
        """
        is_known: dict[str, bool] = {}
        asked = list(clicks)
        for click_id, day in asked:
            period = {"date_from": str(day - COOKIE), "date_to": str(day + timedelta(days=1))}
            self._pace.wait()
            try:
                body = self._client.get("tracks", clickid=click_id, per=1, page=1, **period)
            except ServiceError as error:
                if error.reason in CANNOT_TELL:
                    self._note("RedTrack: the click log cannot be read, so unknown clicks count as missing sales")
                    return is_known
                raise
            rows, _ = _page(body, "tracks")
            is_known[click_id] = any(str(row.get("id") or click_id) == click_id for row in rows)
            self._tell(f"RedTrack clicks: {len(is_known)} of {len(asked)} looked up")
        return is_known

    def _pages(self, path: str, first: date, last: date) -> Iterator[Row]:
        def read(number: int) -> Page:
            self._pace.wait()
            period = {"date_from": str(first), "date_to": str(last)}
            return _page(self._client.get(path, **period, page=number, per=PER_PAGE), path)

        seen, total = 0, None
        for number, (rows, total) in enumerate(Walk(read), 1):
            yield from rows
            seen += len(rows)
            of_all = f" of {total:,}" if total is not None else ""
            self._tell(f"RedTrack {path} {first} to {last}: page {number}, {seen:,}{of_all} rows")
            if total is not None and seen >= total:
                break
        if total is not None and seen < total:
            raise ServiceError(
                "RedTrack", "refused", f"it counts {total:,} rows and gave {seen:,} of them", request=f"GET /{path}"
            )


def windows(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days from first to last in pieces, each with both ends included."""
    while first <= last:
        end = min(last, first + WINDOW - timedelta(days=1))
        yield first, end
        first = end + timedelta(days=1)


def _page(body: Any, path: str) -> Page:
    """(rows, number of all rows): ``{items, total}`` in the published spec; ``null`` or a bare array were seen, too."""
    rows = body.get("items", False) if isinstance(body, dict) else body
    rows = [] if rows is None else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ServiceError("RedTrack", "not_json", "the answer is not a listing", request=f"GET /{path}")
    total = body.get("total") if isinstance(body, dict) else None
    return rows, total if isinstance(total, int) else None
