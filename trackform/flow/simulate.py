"""Plays one sequence of order events: from the order to the conversion log and the channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trackform.flow.assumptions import Assumptions, ConsultedAssumptions
from trackform.flow.booking import BookedConversion, ChannelEvent, Log, book
from trackform.flow.macros import MacroValues
from trackform.flow.orders import CONNECTION_EVENTS, Order, SequenceStep
from trackform.flow.setup import Setup, SoldProduct, convert

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
    consulted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The assumptions that were asked for, each with the connections concerned: all others change nothing."""

    @property
    def balanced(self) -> bool:
        """Whether what is booked is what is earned, after every step."""
        return all(booked == earned for booked, earned in self.balance)

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
    asked = ConsultedAssumptions(assumptions)
    cid = setup.cid.replace("{clickid}", CLICK)
    if cid and not setup.keeps_cid and asked.link_cid == "lost":
        cid = ""
    orders: dict[int, Order] = {}
    log = Log(CLICK)
    active = [connection for connection in setup.connections if connection.active]
    balance: list[tuple[Decimal, Decimal]] = []
    earned = Decimal(0)
    delivered: list[list[MacroValues]] = []
    for at, step in enumerate(steps):
        if step.event == "repeat":
            again = delivered[at - 1 if step.of is None else step.of]
            deliveries = [MacroValues(each.transaction, each.connection, setup, asked, at) for each in again]
        else:
            order = orders.setdefault(step.order, Order(cid, everything, step.order))
            transaction = order.happen(step)
            event = CONNECTION_EVENTS[step.event]
            targets = [
                connection for connection in active if event in connection.events and connection.covers(step.product)
            ]
            asked.concerning(*(connection.name for connection in targets))
            if len(targets) > 1 and asked.order == "reversed":
                targets.reverse()
            deliveries = [MacroValues(transaction, connection, setup, asked) for connection in targets]
            paid_in = transaction.item.product.currency
            earned += convert(transaction.earned, paid_in, setup.account_currency, setup.rates)
        delivered.append(deliveries)
        for values in deliveries:
            asked.concerning(values.connection.name)
            _deliver(log, values, (at, step.day), setup, asked)
        balance.append((sum((row.booked for row in log.rows), Decimal(0)), earned))
    consulted = {axis: frozenset(connections) for axis, connections in asked.consulted.items()}
    return Simulation(tuple(log.rows), tuple(log.events), tuple(log.swallowed), tuple(balance), consulted)


def _deliver(log: Log, values: MacroValues, when: tuple[int, int], setup: Setup, assumptions: Assumptions) -> None:
    connection = values.connection
    if not setup.receives(connection):
        log.swallowed.append((when[0], connection.name, "goes elsewhere"))
        return

    def sent(name: str) -> str | None:
        if name == "ptoken" and connection.token:
            return connection.token
        last = name in connection.repeated and assumptions.repeated_parameter == "last"
        return connection.sent(name, values, last=last)

    book(log, sent, (when[0], connection.name, when[1]), setup, assumptions)
