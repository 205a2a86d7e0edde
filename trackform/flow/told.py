"""What a channel is told too much of, or only by choice: the second invariant of the proof.

One event with a value for the first payment of a sale, at most one for that of a further product. Everything else
reaches a channel only if it is asked for as such: under an event that no first payment is told as, and that is not
called a purchase. A reversed chargeback is told like the payment that it says it is: no macro tells it from one.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from trackform.flow.booking import ChannelEvent
from trackform.flow.orders import SequenceStep
from trackform.flow.simulate import Simulation

ViolationKind = Literal["booked", "told", "told_rebill", "told_nothing"]
FIRST = ("sale", "trial", "upsell", "add_on")
NEVER = ("repeat", "test_order")
AGAIN = ("rebill", "instalment")
AS_PAYMENT = ("chargeback_reversed",)
PURCHASE = "purchase"
"""What channels call a sale of their own accord, in any case: Facebook's `Purchase`, Google's `purchase`."""


@dataclass(frozen=True)
class Violation:
    """A broken invariant, and at which step.

    Attributes:
        connection: the one that it is about; empty: none sent.
        channel: who is told; empty: it is about money.
        events: what the channel is told too much.
        of: which order event that is about, in words.
        lost: connections that sent and left no row, with the reason.
    """

    kind: ViolationKind
    step: int
    fact: str
    connection: str
    channel: str = ""
    events: tuple[ChannelEvent, ...] = ()
    of: str = ""
    lost: tuple[tuple[str, str], ...] = ()

    @property
    def said(self) -> str:
        """The fact, and which connections' postbacks were lost."""
        why = ", ".join(f"{name}: {reason}" for name, reason in self.lost)
        return f"{self.fact} ({why})" if why else self.fact

    def over(self, names: Mapping[str, str]) -> "Violation":
        """The same of other connections, by the names of these."""
        lost = tuple((names[name], reason) for name, reason in self.lost)
        connection = names.get(self.connection, "")
        if (connection, lost) == (self.connection, self.lost):
            return self
        return replace(self, connection=connection, lost=lost)


def channel_violations(
    outcome: Simulation, steps: tuple[SequenceStep, ...], channels: Collection[str]
) -> Iterator[Violation]:
    senders = {(row.step, row.type): row.connection for row in outcome.rows}
    for channel in channels:
        own = [event for event in outcome.events if event.channel == channel]
        of_sales = {event.event.casefold() for event in own if steps[event.step].event in FIRST and event.value > 0}
        for at, step in enumerate(steps):
            events = [event for event in own if event.step == at]
            who = next((senders.get((at, event.type), "") for event in events), "")
            step_name = step.name
            if step.event in FIRST:
                who_of = {event.type: senders.get((at, event.type), "") for event in events}
                yield from _first_payment_violations(channel, events, (at, step_name), who_of)
            elif not events:
                continue
            elif unasked := [each for each in events if step.event in NEVER or _is_unasked(each, step, of_sales)]:
                who = senders.get((at, unasked[0].type), "")
                said = f"{channel} is told of {_a(step_name)}: {_events(events)}"
                yield Violation("told", at, said, who, channel, tuple(unasked), _a(step_name))
            elif step.event in AGAIN:
                said = f"{channel} is told of {_a(step_name)}: {_events(events)}"
                yield Violation("told_rebill", at, said, who, channel)


def _is_unasked(event: ChannelEvent, step: SequenceStep, of_sales: Collection[str]) -> bool:
    """Whether nobody asked for an event of this step as such.

    Later payments are told as the first ones: no macro tells them apart, so that is a choice.
    """
    name = event.event.casefold()
    if step.event in AS_PAYMENT:
        return not event.asked and name not in of_sales
    return not event.asked or (step.event not in AGAIN and name in {*of_sales, PURCHASE})


def _first_payment_violations(
    channel: str, events: list[ChannelEvent], about: tuple[int, str], senders: Mapping[str, str]
) -> Iterator[Violation]:
    at, step_name = about
    who = senders[events[0].type] if events else ""
    with_value = [event for event in events if event.value > 0]
    names = [event.event.casefold() for event in with_value]
    unasked = [event for event in events if event.value <= 0 and (not event.asked or event.event.casefold() in names)]
    if len(with_value) > 1:
        said = f"{channel} is told {len(with_value)} events of one {step_name}: {_events(events)}"
        yield Violation("told", at, said, who, channel, tuple(events), f"one {step_name}")
    elif not with_value and step_name == "sale":
        yield Violation("told_nothing", at, f"{channel} is told no event with a value of a sale", who, channel)
    if unasked:
        who = senders[unasked[0].type]
        said = f"{channel} is told {unasked[0].event} without a value"
        yield Violation("told", at, said, who, channel, tuple(unasked), _a(step_name))


def _events(events: list[ChannelEvent]) -> str:
    return ", ".join(f"{event.event} {event.value:z.2f}" for event in events)


def _a(noun: str) -> str:
    return f"an {noun}" if noun.startswith(("i", "u", "a")) else f"a {noun}"
