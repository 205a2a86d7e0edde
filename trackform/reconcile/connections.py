"""The postback connections of an account file, and the macro values that their conversions carry."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from trackform.reconcile.model import ZERO
from trackform.urls import macros, param
from trackform_digistore24.marker import SUB, marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trackform.account_file.compose import Composition
    from trackform.reconcile.model import Booking, Conversion

SUBS = range(1, SUB + 1)
EVENT_ID = "rdtk_event_id"
FALSE = ("", "0", "false", "n", "no")


@dataclass(frozen=True)
class DeclaredConnection:
    """One connection: what fires it, what it books, and which parameter of its URL carries what."""

    name: str
    type: str
    """What its URL sends as `type`: one macro, in braces, or a constant."""
    events: frozenset[str]
    products: frozenset[str]
    books: Decimal | None = None
    """A fixed amount; ``None`` is what the order event is worth."""
    currency: str = ""
    """Digistore24 converts to it; empty leaves the currency of the sale."""
    offer_source: str = ""
    active: bool = True
    event_id: re.Pattern[str] | None = None
    subs: Mapping[str, int] = field(default_factory=dict)
    """Macro -> the sub that carries it, and nothing else."""

    def covers(self, booking: Booking) -> bool:
        """Whether it should fire. A product that is not known is not held against it."""
        known = booking.product_id or booking.main_product_id
        return self.active and booking.kind in self.events and (not known or known in self.products)

    def macro_value(self, conversion: Conversion, macro: str) -> str | None:
        """The value that a macro had in the postback; ``None`` where this URL does not carry it."""
        sub = self.subs.get(macro)
        if sub is not None and conversion.subs.get(sub) is not None:
            return conversion.subs[sub]
        match = self.event_id.fullmatch(conversion.event_id) if self.event_id else None
        return match.groupdict().get(macro) if match else None

    def type_sent(self, conversion: Conversion) -> str:
        """The type that the postback carried, as far as the conversion shows it."""
        macro = _only_macro(self.type)
        return (self.macro_value(conversion, macro) or "") if macro else self.type

    def type_of(self, booking: Booking) -> str:
        """The type that will be sent for an order event; empty where that cannot be known beforehand."""
        match _only_macro(self.type):
            case "":
                return self.type
            case "transaction_type":
                return booking.kind
            case "billing_type":
                return booking.billing_type
            case "order_type" if booking.upsell is not None:
                return "upsell" if booking.upsell else "initial_sale"
        return ""


def connections_of(composition: Composition) -> list[DeclaredConnection]:
    """Every postback connection of an account file, those that book nothing included."""
    file = composition.account.file
    connections = []
    for wanted in composition.objects:
        if wanted.section != "postbacks":
            continue
        entry = file.postbacks[wanted.name]
        # Read from the URL itself: the file may give it whole.
        url = str(wanted.fields.get("url", ""))
        texts = {number: param(url, f"sub{number}") or "" for number in SUBS}
        source = entry.offer_source or next(iter(file.offer_sources), "")
        connections.append(
            DeclaredConnection(
                name=wanted.name,
                type=param(url, "type") or "",
                events=frozenset(map(str, wanted.fields.get("events", []))),
                products=frozenset(map(str, wanted.fields.get("product_ids", []))),
                books=_fixed(param(url, "sum") or ""),
                currency=str(wanted.fields.get("currency") or ""),
                offer_source=composition.title_of("offer_sources", source) if source in file.offer_sources else "",
                active=entry.active,
                event_id=_inverse(param(url, EVENT_ID) or ""),
                subs={name: number for number, text in texts.items() if (name := _only_macro(text))},
            )
        )
    return connections


def connection_behind(conversion: Conversion, connections: list[DeclaredConnection]) -> DeclaredConnection | None:
    """The connection whose marker the conversion carries."""
    marker = conversion.subs.get(SUB, "")
    return next((connection for connection in connections if marker == marked(connection.name)), None)


def is_test(conversion: Conversion, connection: DeclaredConnection) -> bool:
    """Whether the postback said that it was a test: ``1``, else empty or ``0`` (both were seen by receivers)."""
    return (connection.macro_value(conversion, "is_test") or "").lower() not in FALSE


def _fixed(text: str) -> Decimal | None:
    """The amount that a URL's `sum` always books; ``None`` where a macro decides. Without one, 0 is to be hoped for."""
    try:
        return None if macros(text) else Decimal(text or "0")
    except InvalidOperation:
        return ZERO


def _only_macro(text: str) -> str:
    """The name of the macro that a text consists of; empty where it is anything else."""
    return text.strip("{}") if macros(text) == [text] else ""


def _inverse(template: str) -> re.Pattern[str] | None:
    """A pattern that reads the macros back out of a filled template; ``None`` where there is nothing to read."""
    pattern, at, names = "", 0, set()
    for macro in macros(template):
        start = template.index(macro, at)
        name = macro.strip("{}")
        pattern += re.escape(template[at:start])
        usable = name.isidentifier() and name not in names
        pattern += f"(?P<{name}>{_shape(name)})" if usable else _shape(name)
        names.add(name)
        at = start + len(macro)
    return re.compile(pattern + re.escape(template[at:])) if names else None


def _shape(name: str) -> str:
    # Ids are digits: in `{transaction_id}-{billing_type}` it is clear where one ends.
    return r"\d+" if name in ("transaction_id", "product_id", "upsell_no") else r".*?"
