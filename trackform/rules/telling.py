"""What a channel is told too much: one finding for each cause, and what ends it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trackform.flow.account import Proof
from trackform.flow.booking import DEFAULT
from trackform.flow.orders import CONNECTION_EVENTS, RETURNS
from trackform.flow.proof import Cell, Violation, told_to
from trackform.flow.setup import Connection
from trackform.rules.answers import REBILL, answered
from trackform.rules.conversion_types import type_macro, types_of_no_sale
from trackform.rules.coverage import returns_apart
from trackform.rules.edits import FileEdit
from trackform.rules.event_ids import with_own_id
from trackform.rules.fixes import has_url, parameter, sender_place, variable
from trackform.rules.registry import Breach, Case
from trackform.rules.sendable import sendable

ONCE_STARTED = "once what is paused runs: "
BY_PROOF = "a simulation shows what goes wrong, and not which of several lines is meant otherwise"


@dataclass
class Telling:
    """An event that a channel is told over one connection, wherever it is one too many.

    Attributes:
        first: the first time.
        where: every product and sequence.
        amounts: by the order event, in words.
        steps: the order events, as a connection names them.
    """

    first: Violation
    where: list[str] = field(default_factory=list)
    amounts: dict[str, dict[str, None]] = field(default_factory=dict)
    steps: set[str] = field(default_factory=set)

    def note(self, proof: Proof, cell: Cell, violation: Violation) -> None:
        self.where.append(f"{proof.name} [{cell.sequence.name}]")
        named = " and ".join(f"{event.value:z.2f}" for event in violation.events)
        self.amounts.setdefault(violation.of, {}).setdefault(named)
        self.steps.add(CONNECTION_EVENTS.get(cell.sequence.steps[violation.step].event, ""))

    @property
    def said(self) -> str:
        more = f" and {len(self.where) - 1} more" if len(self.where) > 1 else ""
        events = " and ".join(event.event for event in self.first.events)
        of = _and(f"{of} ({' or '.join(amounts)})" for of, amounts in self.amounts.items())
        return f"{self.where[0]}{more}: {self.first.channel} is told {events} of {of}"


def too_much(case: Case, *, once_started: bool = False) -> Iterator[Breach]:
    """One finding for each connection and event of a channel, with all of its amounts.

    ``once_started``: of the channels that hear nothing yet, as what buys their clicks is paused.
    """
    causes: dict[tuple[object, ...], Telling] = {}
    for proof in case.proved:
        shared = proof.once_started if once_started else proof.judged
        channels = proof.waiting if once_started else proof.channels
        for cell in (told_to(proof.own(each), channels) for each in shared if each.tells_wrongly):
            for each in cell.violations.get(cell.assumptions, ()):
                if each.kind == "told":
                    key = (each.connection, each.channel, tuple((event.event, event.type) for event in each.events))
                    causes.setdefault(key, Telling(each)).note(proof, cell, each)
    of_no_sale = types_of_no_sale(case) if causes else {}
    for cause in causes.values():
        place = sender_place(case, cause.first.connection)
        said = f"{ONCE_STARTED}{cause.said}" if once_started else cause.said
        yield Breach(place, said, edits=_ended(case, cause, of_no_sale), by_hand=BY_PROOF)


def _ended(case: Case, cause: Telling, of_no_sale: Mapping[str, str]) -> tuple[FileEdit, ...]:
    """What ends it: a return called a return, its type told to nobody, or a connection of its own for it."""
    sender = next((each for each in case.flow.connections if each.name == cause.first.connection), None)
    pays = sender is None or "payment" in sender.events
    if sender and not pays and sender.events & set(RETURNS) and type_macro(sender) != "transaction_type":
        return _by_what_happened(case, sender)
    types = {event.type for event in cause.first.events}
    if DEFAULT in types and case.policy.live.get("rebill_type") == REBILL:
        return answered(case, "rebill_type", cause.first.connection)
    quiet = sorted(name for name, sent in of_no_sale.items() if sent in types)
    if quiet:
        return tuple(FileEdit(("conversion_types", name, "forward"), "none") for name in quiet)
    return returns_apart(case, sender) if sender and pays and not cause.steps & {"payment", ""} else ()


def _by_what_happened(case: Case, connection: Connection) -> tuple[FileEdit, ...]:
    """The macro that calls a return a return, with the conversion types that it sends."""
    types = sendable(case, (each for each in RETURNS if each in connection.events))
    place, macro = ("postbacks", connection.name), "{transaction_type}"
    if has_url(case, *place) or variable(case, place, "type"):
        retyped = parameter(case, place, connection.url, "type", macro)
    else:
        retyped = (FileEdit((*place, "type"), "transaction_type"),)
    retyped = with_own_id(case, connection, retyped, "type", macro)
    return () if types is None else (*retyped, *types)


def _and(parts: Iterable[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last
