"""The simulator's input: connections, conversion types and products of a set-up, independent of any account file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from types import MappingProxyType
from urllib.parse import quote, unquote_plus

from trackform.urls import parse

CENT = Decimal("0.01")
CLICK_ID = "{clickid}"
"""RedTrack's macro for the click id, as an offer's link has it."""
ALL = "all"
"""In place of products: a connection of each of them."""
MACRO = re.compile(r"\{([A-Za-z0-9_]+)\}")
USUAL_RATES: Mapping[str, Decimal] = MappingProxyType(
    {"USD": Decimal(1), "EUR": Decimal("0.80"), "GBP": Decimal("0.50"), "CHF": Decimal("0.90")}
)
"""Units per US dollar. Not anybody's rates: they only must differ, so that a missing conversion shows."""


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def convert(amount: Decimal, source: str, target: str, rates: Mapping[str, Decimal]) -> Decimal:
    """An amount in another currency, to the cent. Without a rate it stays as it is."""
    if source == target or source not in rates or target not in rates:
        return amount
    return cents(amount / rates[source] * rates[target])


@dataclass(frozen=True)
class Connection:
    """One S2S postback connection of a Digistore24 account. ``currency`` empty: amounts stay in the order's."""

    name: str
    url: str
    events: frozenset[str]
    products: frozenset[str]
    currency: str = ""
    active: bool = True
    token: str = ""

    @cached_property
    def params(self) -> dict[str, str]:
        """Name -> value as written, the first where a name is repeated."""
        params: dict[str, str] = {}
        for name, value in parse(self.url).params:
            if name:
                params.setdefault(unquote_plus(name), value or "")
        return params

    @cached_property
    def repeated(self) -> dict[str, list[str]]:
        """The values of each parameter that has several."""
        values: dict[str, list[str]] = {}
        for name, value in parse(self.url).params:
            if name:
                values.setdefault(unquote_plus(name), []).append(value or "")
        return {name: given for name, given in values.items() if len(set(given)) > 1}

    @cached_property
    def target(self) -> tuple[str, str]:
        """Host and path."""
        parts = parse(self.url)
        return parts.host.lower(), parts.path

    def covers(self, product: str) -> bool:
        return product in self.products or ALL in self.products

    def sent(self, name: str, values: Mapping[str, str], *, last: bool = False) -> str | None:
        """The value of a parameter as it arrives. An unknown macro stays as it is; a ``{utm_…}`` is empty.

        ``last``: of a repeated parameter its last value.
        """
        pieces = None if last else self._pieces.get(name)
        if pieces is not None:
            filled, macros = pieces
            for macro, unknown, after in macros:
                filled += values.get(macro, unknown) + after
            return filled
        raw = self.params.get(name)
        if raw is None:
            return None
        if last and name in self.repeated:
            raw = self.repeated[name][-1].replace("+", "%20")

        def value(match: re.Match[str]) -> str:
            macro = match[1]
            if macro in values or macro.startswith("utm_"):
                return quote(values.get(macro, ""), safe="")
            return match[0]

        return unquote_plus(MACRO.sub(value, raw))

    @cached_property
    def _pieces(self) -> dict[str, tuple[str, list[tuple[str, str, str]]]]:
        """Of each parameter without percent-encoding, as most of the many are that a proof tries, what it consists of.

        What stands before its first macro; each macro, with its value if it is unknown, and what stands behind it.
        """
        pieces = {}
        for name, raw in self.params.items():
            if "%" not in raw:
                before, *others = MACRO.split(raw.replace("+", " "))
                macros = [
                    (macro, "" if macro.startswith("utm_") else f"{{{macro}}}", after)
                    for macro, after in zip(others[::2], others[1::2], strict=True)
                ]
                pieces[name] = (before, macros)
        return pieces


@dataclass(frozen=True)
class DeclaredType:
    """A conversion type as the file declares it.

    ``forward``: event by channel; empty tells no channel; None tells all of them its own name.
    """

    name: str
    duplicates: str = "create_new"
    forward: Mapping[str, str] | None = None


@dataclass(frozen=True)
class SoldProduct:
    """A product as a click sells it. Amounts are those of one payment, in major units of ``currency``.

    ``upsells``: the products that its thank-you pages sell, in the same order of the buyer.
    """

    id: str
    billing: str = "single"
    gross: Decimal = Decimal("47.00")
    net: Decimal = Decimal("47.00")
    commission: Decimal = Decimal("23.50")
    currency: str = "USD"
    guarantee_days: int = 60
    upsells: tuple["SoldProduct", ...] = ()


@dataclass(frozen=True)
class Source:
    """RedTrack's offer source. ``expiration``: days after which a click takes no conversions; 0 is never."""

    currency: str = ""
    mode: str = ""
    expiration: int = 0
    token: str = ""


@dataclass(frozen=True)
class Setup:
    """One account as a click on one of its offers meets it.

    ``cid``: what the offer URL hands to Digistore24 as the click id. ``hosts``: the account's tracking domains; without
    any, every postback arrives. ``keeps_cid``: whether a link of this form is known to carry ``cid`` to the order.
    ``default_status``: that of conversions that tell none; empty is RedTrack's own.
    """

    connections: tuple[Connection, ...]
    types: Mapping[str, DeclaredType]
    source: Source = Source()
    account_currency: str = "USD"
    offer_payout: Decimal = Decimal(0)
    channels: tuple[str, ...] = ()
    cid: str = CLICK_ID
    hosts: frozenset[str] = frozenset()
    rates: Mapping[str, Decimal] = field(default_factory=lambda: USUAL_RATES)
    default_status: str = ""
    keeps_cid: bool = True

    def receives(self, connection: Connection) -> bool:
        """Whether what a connection sends comes to RedTrack at all."""
        host, path = connection.target
        return not self.hosts or (host in self.hosts and path == "/postback")
