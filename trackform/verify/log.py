"""Judges a conversion log by an account file: what is as declared, what differs, which open questions it answers."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from trackform.flow.build import Flow
from trackform.flow.orders import RETURNS
from trackform.flow.setup import Connection
from trackform.policy import POLICY
from trackform.rules.conversion_types import GOOD_MODE, values_sent
from trackform.urls import macros
from trackform_core.text.counted import counted
from trackform_digistore24.marker import PREFIX, SUB

Row = Mapping[str, Any]
SIGNED = "{amount_affiliate}"
APPROVED = "approved"
"""The status that counts as revenue (RedTrack's help center)."""

UNSEEN = (
    "what Digistore24 earned (that is `trackform reconcile`)",
    "postbacks that RedTrack refused: they leave no row",
    "what the channels were told",
)
"""What a conversion log cannot show."""


@dataclass
class Judged:
    """The verdict on a log, as texts; ``seen``: setting -> how the live service behaved, where all rows agree.

    ``silent`` are all connections that brought nothing; ``unheard`` those of them of which something was to be heard,
    and ``waiting`` those of which nobody has confirmed that they are there.
    """

    good: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    unheard: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def judge(flow: Flow, rows: Sequence[Row], live: Mapping[str, str] | None = None) -> Judged:
    """Judge a conversion log: what it shows as declared, and what it shows otherwise.

    ``live``: what the policy takes as given about the live services; a log that shows otherwise differs.
    """
    judged = Judged()
    connections = {connection.name: connection for connection in flow.connections}
    of: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of[marker_of(row)].append(row)
    for who in sorted(of):
        connection = connections.get(who)
        # What has another status than planned is told by its status, and is nothing that is as declared.
        planned = [row for row in of[who] if connection is None or status_of(row) == _planned(flow, connection, row)]
        _types(flow, connection, who, planned, judged)
    for connection in flow.connections:
        own = of.get(connection.name, [])
        judged.bad += _amounts(flow, connection, own)
        judged.bad += _doubles(flow, connection, own)
        if connection.active and not own:
            judged.silent.append(connection.name)
    for name, values in _behaviour(flow, of).items():
        if len(values) > 1:
            judged.bad.append(f"{name} is {' and '.join(sorted(values))}: the service does not always behave alike")
            continue
        (value,) = values
        if (given := (live or {}).get(name, value)) != value:
            judged.bad.append(f"{POLICY} says live: {{{name}: {given}}}, and the log shows {value}")
        else:
            judged.seen[name] = value
    return judged


def status_of(row: Row) -> str:
    """The status of a conversion; RedTrack shows none for what was approved all along."""
    return str(row.get("status") or APPROVED).lower()


def marker_of(row: Row) -> str:
    """The connection that a row names; empty where it came without a marker."""
    return str(row.get(f"p_sub{SUB}") or "").removeprefix(PREFIX)


def amount_of(row: Row) -> Decimal:
    """The amount that arrived; what is no number counts as 0."""
    amount = next((row[name] for name in ("payout_network", "payout") if row.get(name) is not None), 0)
    try:
        number = Decimal(str(amount))
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def _types(flow: Flow, connection: Connection | None, who: str, rows: list[Row], judged: Judged) -> None:
    for kind, count in sorted(Counter(str(row.get("type") or "") for row in rows).items()):
        text = f"{kind or 'no type'} by {who or 'a postback without marker'}, {counted(count, 'time')}"
        if connection is None:
            judged.bad.append(f"{text}: no connection of the file has this marker in sub{SUB}")
        elif kind not in flow.types:
            names = {str(row.get("event") or "") for row in rows if str(row.get("type") or "") == kind} - {"", kind}
            sent = f" ({', '.join(sorted(names))} was sent)" if names else ""
            judged.bad.append(f"{text}: no conversion type of the file is called so{sent}")
        elif kind not in values_sent(connection):
            judged.bad.append(f"{text}: {connection.params.get('type')} is not known to send it")
        else:
            judged.good.append(text)


def _statuses(flow: Flow, connection: Connection, rows: list[Row]) -> Iterator[str]:
    """Statuses other than the plan of bookings has: as the URL sends it, else as the offer has it, else approved."""
    for (status, planned), count in Counter((status_of(row), _planned(flow, connection, row)) for row in rows).items():
        if status != planned:
            lost = ", which does not count" if status != APPROVED else ""
            plan = f", and the file plans {planned}" if planned != APPROVED else ""
            yield f"{connection.name}: {counted(count, 'conversion')} with the status {status}{lost}{plan}"


def _planned(flow: Flow, connection: Connection, row: Row) -> str:
    """The status that a conversion should have. What a macro sends as a status is none of RedTrack's."""
    sent = connection.params.get("status", "")
    if sent and not macros(sent):
        return sent.lower()
    titles = {flow.composition.title_of("offers", name): name for name in flow.file.offers}
    name = titles.get(str(row.get("offer") or ""))
    return str((flow.fields("offers", name).get("default_conversion_status") if name else None) or APPROVED).lower()


def _amounts(flow: Flow, connection: Connection, rows: list[Row]) -> Iterator[str]:
    name = connection.name
    if count := sum(not row.get("deduplicate_token") for row in rows):
        yield f"{name}: {counted(count, 'conversion')} without event id"
    yield from _statuses(flow, connection, rows)
    if connection.params.get("sub1") == "{product_id}":
        strange = dict.fromkeys(str(row.get("p_sub1") or "") for row in rows)
        for product in (each for each in strange if each and not connection.covers(each)):
            yield f"{name} sent product {product}, which it does not cover in the file"
    fixed = _number(connection.params.get("sum", ""))
    if fixed is not None and (off := [row for row in rows if amount_of(row) != fixed]):
        booked = f"{counted(len(off), 'conversion')} of {amount_of(off[0]):z.2f} or the like"
        yield f"{name}: {booked}, and its sum is {fixed}"
    declared = connection.params.get("currency")
    wanted = connection.currency if declared in (None, "{currency}") else declared
    # Nothing is the same in any currency.
    others = sorted({str(row.get("currency") or wanted) for row in rows if amount_of(row)} - {wanted}) if wanted else []
    if others:
        yield f"{name}: amounts in {wanted} are read as {', '.join(others)}"
    if only_returns(connection) and (gained := [row for row in rows if amount_of(row) > 0]):
        first = f"{amount_of(gained[0]):z.2f} was booked for the first"
        yield f"{name}: {counted(len(gained), 'return')} with a sum above 0: {first}"


def _doubles(flow: Flow, connection: Connection, rows: list[Row]) -> Iterator[str]:
    """Conversions that the mode by event id should have dropped."""
    booked = [row for row in rows if status_of(row) == APPROVED]
    events = Counter(
        (str(row.get("clickid")), str(row.get("type") or ""), str(row.get("deduplicate_token") or "")) for row in booked
    )
    again: Counter[str] = Counter()
    for (_, kind, token), count in events.items():
        if token and count > 1 and kind in flow.types and flow.types[kind].duplicates == GOOD_MODE:
            again[kind] += count - 1
    for kind, count in again.items():
        yield (
            f"{connection.name}: {counted(count, 'conversion')} of {kind} with an event id that was booked before: "
            f"RedTrack does not count it by {GOOD_MODE}"
        )


def _behaviour(flow: Flow, of: Mapping[str, list[Row]]) -> dict[str, set[str]]:
    """Setting -> the values that rows show."""
    shown: dict[str, set[str]] = defaultdict(set)
    for connection in flow.connections:
        for row in of.get(connection.name, []):
            amount = amount_of(row)
            if amount < 0 and status_of(row) == APPROVED:
                shown["negative_sum"].add("booked")
            # A payment that was refunded before leaves nothing for its chargeback: that 0 is no sign of anything.
            nothing_left = amount == 0 and row.get("type") == "chargeback"
            if only_returns(connection) and connection.params.get("sum") == SIGNED and not nothing_left:
                shown["refund_amount"].add("negative" if amount < 0 else "positive" if amount else "zero")
    types: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in (row for name in of for row in of[name] if row.get("deduplicate_token")):
        kind = flow.types.get(str(row.get("type") or ""))
        if kind and kind.duplicates == GOOD_MODE:
            types[str(row.get("clickid")), str(row["deduplicate_token"])].add(kind.name)
    if any(len(kinds) > 1 for kinds in types.values()):
        shown["event_ids"].add("within_type")
    return shown


def only_returns(connection: Connection) -> bool:
    return bool(connection.events) and connection.events <= set(RETURNS)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
