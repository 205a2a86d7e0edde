"""Plays one sequence of order events: from the order to the conversion log and the channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trackform.flow.assumptions import Assumptions
from trackform.flow.booking import BookedConversion, ChannelEvent, Log, book
from trackform.flow.orders import CONNECTION_EVENTS, Order, SequenceStep, macro_values
from trackform.flow.setup import Connection, Setup, SoldProduct, convert

CLICK = "c" * 24
"""RedTrack's click ids are 24 hex digits (seen in client code)."""


@dataclass(frozen=True)
class Simulation:
    """The outcome of a sequence. Amounts are in the account's currency."""

    rows: tuple[BookedConversion, ...]
    events: tuple[ChannelEvent, ...]
    swallowed: tuple[tuple[int, str, str], ...]
    balance: tuple[tuple[Decimal, Decimal], ...] = field(default=())
    """After each step: what is booked and what is earned."""

    @property
    def booked(self) -> Decimal:
        return self.balance[-1][0] if self.balance else Decimal(0)

    @property
    def earned(self) -> Decimal:
        return self.balance[-1][1] if self.balance else Decimal(0)


def play(setup: Setup, product: SoldProduct, steps: tuple[SequenceStep, ...], assumptions: Assumptions) -> Simulation:
    """Play steps after one click on an offer of this product.

    Raises:
        ImpossibleError: a step that cannot happen to the order.
    """
    everything = {each.id: each for each in (product, *product.upsells)}
    order = Order(setup.cid.replace("{clickid}", CLICK), everything)
    log = Log(CLICK)
    active = [connection for connection in setup.connections if connection.active]
    if assumptions.order == "reversed":
        active.reverse()
    balance: list[tuple[Decimal, Decimal]] = []
    earned = Decimal(0)
    last: list[tuple[Connection, dict[str, str]]] = []
    for at, step in enumerate(steps):
        if step.event == "repeat":
            last = [(connection, {**values, "random": f"again{at}"}) for connection, values in last]
        else:
            transaction = order.happen(step)
            event = CONNECTION_EVENTS[step.event]
            targets = [
                connection for connection in active if event in connection.events and connection.covers(step.product)
            ]
            last = [(connection, macro_values(transaction, connection, setup, assumptions)) for connection in targets]
            paid_in = transaction.item.product.currency
            earned += convert(transaction.earned, paid_in, setup.account_currency, setup.rates)
        for connection, values in last:
            _deliver(log, connection, values, (at, step.day), setup, assumptions)
        balance.append((sum((row.booked for row in log.rows), Decimal(0)), earned))
    return Simulation(tuple(log.rows), tuple(log.events), tuple(log.swallowed), tuple(balance))


def _deliver(
    log: Log,
    connection: Connection,
    values: Mapping[str, str],
    when: tuple[int, int],
    setup: Setup,
    assumptions: Assumptions,
) -> None:
    host, path = connection.target
    if setup.hosts and (host not in setup.hosts or path != "/postback"):
        log.swallowed.append((when[0], connection.name, "goes elsewhere"))
        return

    def sent(name: str) -> str | None:
        if name == "ptoken" and connection.token:
            return connection.token
        return connection.sent(name, values)

    book(log, sent, (when[0], connection.name, when[1]), setup, assumptions)
