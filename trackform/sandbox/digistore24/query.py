"""The parameters that Digistore24's listings share: periods, pages, searches."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from trackform.sandbox.digistore24.errors import ApiError, Code

Entry = TypeVar("Entry")

AGO = re.compile(r"-(\d+)([hdw])")
UNITS = {"h": "hours", "d": "days", "w": "weeks"}
FACETS = {
    "product_id": "product_id",
    "affiliate_name": "affiliate_name",
    "order_type": "order_type",
    "pay_method": "pay_method",
    "billing_type": "billing_type",
    "transaction_type": "transaction_type",
    "currency": "currency",
}
BUYER_FIELDS = ("first_name", "last_name", "email")
YES = {"1", "y", "yes", "t", "true"}
NO = {"0", "n", "no", "f", "false"}


def flag(value: Any) -> bool:
    """Digistore24's booleans: 1, Y, yes, T, true and their opposites, in any case."""
    text = str(value).strip().lower()
    if text in YES | NO:
        return text in YES
    raise ApiError(Code.BAD_FUNCTION_PARAMS, f"not a yes or no: {value}")


def listed(value: Any) -> set[str]:
    """A comma-separated list as a set; a real list is taken, too."""
    items = value if isinstance(value, list) else str(value).split(",")
    return {str(item).strip() for item in items} - {""}


@dataclass(frozen=True)
class SearchPeriod:
    """From and to, both included, to the second: answers show no more."""

    start: datetime
    end: datetime

    def holds(self, moment: str) -> bool:
        at = datetime.fromisoformat(moment).replace(microsecond=0)
        return self.start <= at <= self.end


@dataclass(frozen=True)
class Page:
    """A page, from 1; size 0 is everything."""

    number: int
    size: int


def point_of_time(text: str, now: datetime) -> datetime:
    """``now``, ``start``, ``-24h``, ``-3d``, ``2014-02-28 23:11:24`` or ISO 8601; UTC without an offset."""
    if text == "now":
        return now.replace(microsecond=0)
    if text == "start":
        return datetime(2012, 1, 1, tzinfo=UTC)
    if ago := AGO.fullmatch(text):
        return (now - timedelta(**{UNITS[ago[2]]: int(ago[1])})).replace(microsecond=0)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ApiError(Code.BAD_FUNCTION_PARAMS, f"not a point of time: {text}") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def period(parameters: Mapping[str, Any], now: datetime) -> SearchPeriod:
    """The published default is the last 24 hours."""
    start, end = (str(parameters.get(name) or default) for name, default in (("from", "-24h"), ("to", "now")))
    return SearchPeriod(point_of_time(start, now), point_of_time(end, now))


def page(parameters: Mapping[str, Any], *, size: int, least: int, most: int | None = None) -> Page:
    """``page_no`` and ``page_size`` with a listing's own default and limits."""
    number = _whole(parameters, "page_no", 1)
    asked = _whole(parameters, "page_size", size)
    if number < 1 or asked < least or (most is not None and asked > most):
        raise ApiError(Code.BAD_FUNCTION_PARAMS, "page_no or page_size is out of range")
    return Page(number, asked)


def page_of(entries: Sequence[Entry], page: Page) -> tuple[Sequence[Entry], int]:
    """(the entries of the page, the number of pages)."""
    if not page.size:
        return (entries if page.number == 1 else entries[:0]), 1
    first = (page.number - 1) * page.size
    return entries[first : first + page.size], math.ceil(len(entries) / page.size)


def sorting(parameters: Mapping[str, Any]) -> tuple[str, str]:
    by, order = (str(parameters.get(name) or default) for name, default in (("sort_by", "date"), ("sort_order", "asc")))
    if by not in ("date", "earning", "amount") or order not in ("asc", "desc"):
        raise ApiError(Code.BAD_FUNCTION_PARAMS, "sort_by is date, earning or amount; sort_order is asc or desc")
    return by, order


def chosen(view: Mapping[str, Any], search: Mapping[str, Any]) -> bool:
    """Whether a row fits a search. A field may hold a set of values: one of them is enough."""
    for name, wanted in search.items():
        if wanted in ("", None):
            continue
        if name in FACETS:
            held = view.get(FACETS[name])
            values = set(map(str, held)) if isinstance(held, set) else {str(held)}
            if not values & listed(wanted):
                return False
        elif name == "purchase_id":
            if str(view.get("purchase_id", view["id"])) not in listed(wanted):
                return False
        elif name == "has_affiliate":
            if not flag(wanted):
                return False
        elif name in BUYER_FIELDS and view["buyer"][name].lower() != str(wanted).lower():
            return False
    return True


def _whole(parameters: Mapping[str, Any], name: str, default: int) -> int:
    value = parameters.get(name)
    if value in (None, ""):
        return default
    try:
        return int(str(value))
    except ValueError:
        raise ApiError(Code.BAD_FUNCTION_PARAMS, f"{name} is not a whole number: {value}") from None
