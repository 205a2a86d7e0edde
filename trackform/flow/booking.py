"""Simulates RedTrack: books a postback as a row of the conversion log.

From RedTrack's help center: types are matched by case, an unknown one falls to the default conversion; negative amounts
count as they are; a type's own duplicate mode beats the offer source's; conversions of an expired click are ignored; a
wrong status makes a conversion an error, in silence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from trackform.flow.assumptions import Assumptions
from trackform.flow.setup import DeclaredType, Setup, Source, convert

DEFAULT = "default"
"""The conversion that an unknown type falls to."""
STATUSES = ("approved", "pending", "declined")
READ = ("clickid", "ptoken", "sum", "currency", "status", "type", "rdtk_event_id")
"""All that RedTrack reads of a postback to book it; what else a URL says is a detail of the row."""


@dataclass
class BookedConversion:
    """A row of the conversion log. ``payout`` is in the account's currency."""

    type: str
    payout: Decimal
    received: Decimal
    status: str
    event_id: str
    connection: str
    step: int

    @property
    def booked(self) -> Decimal:
        """Its share of the revenue: only approved conversions are revenue."""
        return self.payout if self.status == STATUSES[0] else Decimal(0)


@dataclass(frozen=True)
class ChannelEvent:
    """An event that RedTrack sends to a channel: ``asked`` is False where no `forward` of the file asks for it."""

    channel: str
    event: str
    value: Decimal
    type: str
    step: int
    asked: bool


@dataclass
class Log:
    """The conversion log of one click."""

    click_id: str
    rows: list[BookedConversion] = field(default_factory=list)
    events: list[ChannelEvent] = field(default_factory=list)
    swallowed: list[tuple[int, str, str]] = field(default_factory=list)
    """Step, connection and reason of every postback that left no row of its own."""


Sent = Callable[[str], str | None]
"""The value of a postback's parameter; None when it is absent."""


def book(log: Log, sent: Sent, about: tuple[int, str, int], setup: Setup, assumptions: Assumptions) -> None:
    """Book one postback. ``about``: the step it belongs to, the connection it comes from, days since the click."""
    step, connection, day = about
    source = setup.source
    amount = Decimal(0)
    reason = ""
    if sent("clickid") != log.click_id:
        reason = "unknown click"
    elif source.token and (sent("ptoken") or "") != source.token:
        reason = "wrong token"
    elif _expired(source, day, assumptions):
        reason = "expired click"
    elif (amount := _amount(sent("sum"), setup, assumptions)) < 0 and assumptions.negative_sum == "ignored":
        reason = "negative sum"
    if reason:
        log.swallowed.append((step, connection, reason))
        return
    name = sent("type") or ""
    kind = setup.types.get(name) if name else None
    currency = sent("currency") or source.currency or setup.account_currency
    status = sent("status") or setup.default_status or STATUSES[0]
    row = BookedConversion(
        type=kind.name if kind else DEFAULT,
        payout=convert(amount, currency, setup.account_currency, setup.rates),
        received=amount,
        status=status if status in STATUSES else "error",
        event_id=sent("rdtk_event_id") or "",
        connection=connection,
        step=step,
    )
    mode = (kind.duplicates if kind else "") or source.mode or "create_new"
    if _keep(log, row, mode, assumptions):
        log.events += _channel_events(row, kind, setup)


def _amount(text: str | None, setup: Setup, assumptions: Assumptions) -> Decimal:
    """The sum as it arrives. What is no number counts as missing; without a payout there is nothing else to book."""
    try:
        amount = Decimal(text or "")
        if amount.is_finite() and (amount or not setup.offer_payout or assumptions.zero_sum == "booked"):
            return amount
    except InvalidOperation:
        pass
    booked = setup.offer_payout and assumptions.missing_sum == "offer_payout"
    return setup.offer_payout if booked else Decimal(0)


def _expired(source: Source, day: int, assumptions: Assumptions) -> bool:
    """Whether the click takes no conversions any more. A day's events come in its last hour."""
    hours = day * 24 - 1 if day else 0
    by_unit = {"days": hours >= source.expiration * 24, "hours": hours >= source.expiration}
    if source.expiration <= 0 or by_unit["days"] == by_unit["hours"]:
        return source.expiration > 0 and by_unit["days"]
    return by_unit[assumptions.expiration_unit]


def _keep(log: Log, row: BookedConversion, mode: str, assumptions: Assumptions) -> bool:
    """Store the row, or what its duplicate mode makes of it; whether it is a new conversion."""
    if mode == "by_event_id":
        before = {c.type for c in log.rows if row.event_id and c.event_id == row.event_id}
        if before and (row.type in before or assumptions.event_ids == "across_types"):
            log.swallowed.append((row.step, row.connection, "event id seen before"))
            return False
        log.rows.append(row)
        return True
    earlier = [] if mode in ("create_new", "new_repeated") else list(range(len(log.rows)))
    of_type = [at for at in earlier if log.rows[at].type == row.type]
    alike = earlier[-1:] == of_type[-1:]
    if not alike and assumptions.duplicates == "per_click_and_type":
        earlier = of_type
    if not earlier:
        log.rows.append(row)
        return True
    log.swallowed.append((row.step, row.connection, f"duplicate ({mode})"))
    last = log.rows[earlier[-1]]
    if mode == "edit":
        log.rows[earlier[-1]] = row
    elif mode == "increment":
        last.payout += row.payout
        last.received += row.received
    return False


def _channel_events(row: BookedConversion, kind: DeclaredType | None, setup: Setup) -> list[ChannelEvent]:
    """The events that channels get for a new conversion. RedTrack sends a type's name on as it is (its help center)."""
    if row.status != STATUSES[0]:
        return []
    forward: Mapping[str, str] | None = kind.forward if kind else None
    if forward is None:
        return [
            ChannelEvent(channel, row.type, row.payout, row.type, row.step, asked=False) for channel in setup.channels
        ]
    return [
        ChannelEvent(channel, event, row.payout, row.type, row.step, asked=True)
        for channel, event in forward.items()
        if channel in setup.channels
    ]
