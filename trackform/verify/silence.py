"""Silent connections: which of them should have been heard, as their offers have sales or clicks."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from trackform.flow.build import Flow
from trackform.flow.setup import Connection
from trackform.reconcile.connections import connection_behind, connections_of, is_test
from trackform.reconcile.model import Booking
from trackform.reconcile.rows import conversions
from trackform.verify.log import SIGNED, only_returns

CLICK_ID = re.compile(r"[0-9a-f]{24}")
"""The form of RedTrack's click ids (seen in client code)."""

PRECISION = timedelta(seconds=1)
"""Digistore24's times have no fractions (published examples)."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class SilentPeriod:
    """What happened on an account while a connection was silent.

    Attributes:
        since: connection -> since when it is confirmed to be there.
        settled: the connections that are there for so long that clicks alone speak against their silence.
        sales: what Digistore24 booked.
        clicks: offer -> its clicks in RedTrack.
        checks: those of them that came through check campaigns: nobody who buys clicks there.
        strangers: click ids that RedTrack does not know: another tracker's, or another account's.
    """

    since: Mapping[str, datetime]
    settled: Collection[str] = ()
    sales: Sequence[Booking] = ()
    clicks: Mapping[str, int] = field(default_factory=dict)
    checks: int = 0
    strangers: Collection[str] = ()


def unheard(
    flow: Flow, silent: Collection[str], rows: Sequence[Row], traffic: SilentPeriod, live: Mapping[str, str]
) -> dict[str, str]:
    """Connection -> what should have made itself heard, for those that are silent all the same.

    ``live``: what the policy takes as given; where negative sums are never booked, returns leave no row.
    """
    said = {}
    for connection in flow.connections:
        swallowed = live.get("negative_sum") == "ignored" and only_returns(connection)
        if connection.name not in silent or connection.name not in traffic.since:
            continue
        if swallowed and str(connection.params.get("sum") or "").startswith((SIGNED, "-")):
            continue
        if facts := list(_facts(flow, connection, rows, traffic)):
            said[connection.name] = " and ".join(facts)
    return said


def sales_of(connection: Connection, traffic: SilentPeriod) -> list[Booking]:
    """The order events that should have fired it: of RedTrack's clicks, and since it is there."""
    return [
        sale
        for sale in traffic.sales
        if sale.kind in connection.events
        and not sale.test
        and sale.at >= traffic.since[connection.name] - PRECISION
        and CLICK_ID.fullmatch(sale.click_id)
        and sale.click_id not in traffic.strangers
        and connection.covers(sale.product_id or sale.main_product_id)
    ]


def _facts(flow: Flow, connection: Connection, rows: Sequence[Row], traffic: SilentPeriod) -> Iterator[str]:
    if sales := sales_of(connection, traffic):
        kinds = sorted({sale.kind for sale in sales})
        yield f"Digistore24 booked {_many(len(sales), 'order event')} of its products ({', '.join(kinds)})"
    others = _heard_instead(flow, connection, rows, traffic.since[connection.name])
    if others and not sales:
        yield f"the same order events arrived over {', '.join(others)}"
    if "payment" not in connection.events or connection.name not in traffic.settled or sales or others:
        return
    clicked = {name: traffic.clicks[name] for name in _offers(flow, connection) if traffic.clicks.get(name)}
    if sum(clicked.values()) > traffic.checks:
        counts = " and ".join(f"offer '{name}' had {_many(count, 'click')}" for name, count in clicked.items())
        yield f"{counts}. Perhaps nothing was sold"


def _heard_instead(flow: Flow, connection: Connection, rows: Sequence[Row], since: datetime) -> list[str]:
    """Other connections over which something arrived that should have fired this one, too."""
    declared = [other for other in connections_of(flow.composition) if other.name != connection.name]
    heard = set()
    for conversion in conversions(row for row in rows if row.get("created_at") or row.get("conv_time")):
        other = connection_behind(conversion, declared)
        if other is None or not other.events <= connection.events or conversion.at < since:
            continue
        product = other.macro_value(conversion, "product_id")
        if all(map(connection.covers, [product] if product else other.products)) and not is_test(conversion, other):
            heard.add(other.name)
    return sorted(heard)


def _offers(flow: Flow, connection: Connection) -> Iterator[str]:
    """The offers whose sales it reports."""
    for offer in flow.offers:
        name = flow.product_named(offer)
        if name and connection.covers(flow.file.products[name].id):
            yield offer


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
