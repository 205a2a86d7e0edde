"""One sequence of order events, played: from the order to the conversion log and the channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trackform.flow.booking import Log, Row, Told, book
from trackform.flow.orders import CONNECTION_EVENTS, Order, Step, macro_values
from trackform.flow.settings import Settings
from trackform.flow.setup import Connection, Product, Setup, convert

CLICK = "c" * 24
"""RedTrack's click ids are 24 hex digits (seen in client code)."""


@dataclass(frozen=True)
class Outcome:
    """What came of a sequence. Amounts are in the account's currency."""

    rows: tuple[Row, ...]
    told: tuple[Told, ...]
    swallowed: tuple[tuple[int, str, str], ...]
    balance: tuple[tuple[Decimal, Decimal], ...] = field(default=())
    """After each step: what is booked and what is earned."""

    @property
    def booked(self) -> Decimal:
        return self.balance[-1][0] if self.balance else Decimal(0)

    @property
    def earned(self) -> Decimal:
        return self.balance[-1][1] if self.balance else Decimal(0)


def play(setup: Setup, product: Product, steps: tuple[Step, ...], settings: Settings) -> Outcome:
    """Play steps after one click on an offer of this product.

    Raises:
        ImpossibleError: a step that cannot happen to the order.
    """
    everything = {one.id: one for one in (product, *product.upsells)}
    order = Order(setup.cid.replace("{clickid}", CLICK), everything)
    log = Log(CLICK)
    active = [one for one in setup.connections if one.active]
    if settings.order == "reversed":
        active.reverse()
    balance: list[tuple[Decimal, Decimal]] = []
    earned = Decimal(0)
    last: list[tuple[Connection, dict[str, str]]] = []
    for at, step in enumerate(steps):
        if step.event == "repeat":
            last = [(one, {**values, "random": f"again{at}"}) for one, values in last]
        else:
            happening = order.happen(step)
            event = CONNECTION_EVENTS[step.event]
            targets = [one for one in active if event in one.events and one.covers(step.product)]
            last = [(one, macro_values(happening, one, setup, settings)) for one in targets]
            paid_in = happening.item.product.currency
            earned += convert(happening.earned, paid_in, setup.account_currency, setup.rates)
        for connection, values in last:
            _deliver(log, connection, values, (at, step.day), setup, settings)
        balance.append((sum((row.booked for row in log.rows), Decimal(0)), earned))
    return Outcome(tuple(log.rows), tuple(log.told), tuple(log.swallowed), tuple(balance))


def _deliver(
    log: Log, connection: Connection, values: Mapping[str, str], when: tuple[int, int], setup: Setup, settings: Settings
) -> None:
    host, path = connection.target
    if setup.hosts and (host not in setup.hosts or path != "/postback"):
        log.swallowed.append((when[0], connection.name, "goes elsewhere"))
        return

    def sent(name: str) -> str | None:
        if name == "ptoken" and connection.token:
            return connection.token
        return connection.sent(name, values)

    book(log, sent, (when[0], connection.name, when[1]), setup, settings)
