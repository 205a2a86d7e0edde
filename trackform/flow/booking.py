"""Simulates RedTrack: books a postback as a row of the conversion log.

From RedTrack's help center: types are matched by case, an unknown one falls to the default conversion; negative amounts
count as they are; a type's own duplicate mode beats the offer source's; conversions of an expired click are ignored; a
wrong status makes a conversion an error, in silence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from trackform.flow.assumptions import Assumptions
from trackform.flow.setup import DeclaredType, Setup, convert

DEFAULT = "default"
"""The conversion that an unknown type falls to."""
STATUSES = ("approved", "pending", "declined")


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
    amount = _amount(sent("sum"), setup, assumptions)
    reason = ""
    if sent("clickid") != log.click_id:
        reason = "unknown click"
    elif source.token and (sent("ptoken") or "") != source.token:
        reason = "wrong token"
    elif 0 < source.expiration < day:
        reason = "expired click"
    elif amount < 0 and assumptions.negative_sum == "ignored":
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
    """The sum as it arrives. What is no number counts as missing."""
    try:
        amount = Decimal(text or "")
        if amount.is_finite():
            return amount
    except InvalidOperation:
        pass
    return Decimal(0) if assumptions.missing_sum == "zero" else setup.offer_payout


def _keep(log: Log, row: BookedConversion, mode: str, assumptions: Assumptions) -> bool:
    """Store the row, or what its duplicate mode makes of it; whether it is a new conversion."""
    if mode == "by_event_id":
        across = assumptions.event_ids == "across_types"
        if row.event_id and any(c.event_id == row.event_id and (across or c.type == row.type) for c in log.rows):
            log.swallowed.append((row.step, row.connection, "event id seen before"))
            return False
        log.rows.append(row)
        return True
    by_type = assumptions.duplicates == "per_click_and_type"
    earlier = [at for at, c in enumerate(log.rows) if not by_type or c.type == row.type]
    if not earlier or mode in ("create_new", "new_repeated"):
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
