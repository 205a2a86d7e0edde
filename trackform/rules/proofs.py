"""Rules that prove the two invariants by simulation: they report what no other rule explains."""

from collections.abc import Iterator
from functools import cache
from itertools import groupby

from trackform.flow.assumptions import AXES, MEANING
from trackform.flow.proof import Cell, Violation, ViolationKind
from trackform.rules.conversion_types import forward_channel
from trackform.rules.registry import Breach, Case, RuleBook

RULES = RuleBook()

CHANGE: dict[str, str] = {
    "missing_sum": "say a sum in every postback",
    "negative_sum": "nothing in the file can change this: look at the first refund in the conversion log, then say "
    "it in policy.yaml, live: {negative_sum: booked}",
    "refund_amount": "look at the first refund in the conversion log, then say it in policy.yaml, live: "
    "{refund_amount: negative}",
    "zero_sum": "payout: 0 for every offer, or look at a conversion of nothing in the conversion log, then say it in "
    "policy.yaml, live: {zero_sum: booked}",
    "notice_amount": "sum: 0 for a connection of its own for events that move no money, or none for them",
    "return_ids": 'event_id: "{transaction_id}-{transaction_type}" keeps a return apart from its payment; two returns '
    "of one payment nothing tells apart: look at them in the conversion log, then say it in policy.yaml, live: "
    "{return_ids: own}",
    "upsell_ids": 'event_id: "{transaction_id}-{product_id}"',
    "rebill_type": "a conversion type `rebill` with duplicates: by_event_id, or look at the first rebill in the "
    "conversion log, then say it in policy.yaml, live: {rebill_type: as_bought}",
    "retries": 'an event id of what stays the same: event_id: "{transaction_id}"',
    "currency_macro": "leave &currency={currency} out, and the offer source's currency the same as the connection's",
    "repeated_parameter": "say each parameter once",
    "expiration_unit": "click_expiration: off",
    "link_cid": "a link of the form https://www.digistore24.com/redir/PRODUCT/AFFILIATE?cid={clickid}",
    "duplicates": "duplicates: by_event_id",
    "event_ids": 'an event id of its own for every connection: event_id: "{transaction_id}-{billing_type}"',
    "order": 'an event id of its own for every connection: event_id: "{transaction_id}-{billing_type}"',
}

MOST_SEQUENCES = 3
GENERAL = ("missing_sum", "event_ids", "order")
"""Settings of which the other one of a pair has the better way out."""
SOONEST = [*(axis for axis in AXES if axis not in GENERAL), *GENERAL]
Failing = tuple[tuple[str, str], ...]


@RULES.rule(
    "booked", "error", "Booked payouts are not the earned commissions",
    why="The simulator plays every sequence of order events through the connections. This one ends with another "
    "amount in RedTrack than at Digistore24, and no other rule says why.",
    fix="see the flow matrix: trackform validate --matrix",
)  # fmt: skip
def booked(case: Case) -> Iterator[Breach]:
    if "money" not in case.explained:
        yield from _likeliest(case, "booked")


@RULES.rule(
    "told", "error", "A channel is told too much",
    why="One sale is one event with a value. Everything beyond that (a second event, a repetition, a return or a "
    "notice that nobody asked for as such) is learnt by the channel as a sale that never was. Whoever wants a channel "
    "to hear of returns gives their type an event of its own, which no sale is told as.",
    fix="forward: none for all types but the one of the first payment; returns and notices over a connection of their "
    "own with type: transaction_type, and forward: none for what it sends",
)  # fmt: skip
def told_too_much(case: Case) -> Iterator[Breach]:
    if not case.explained:
        yield from _likeliest(case, "told")


@RULES.rule(
    "told-rebill", "warning", "A channel is told of rebills or instalments",
    why="A rebill arrives with the type of the first payment: no macro of Digistore24 tells them apart. A type that is "
    "forwarded tells the channel a sale for each of them.",
    fix="take it as it is (policy.yaml, rules: {told-rebill: off}), or forward a type that only first payments have",
)  # fmt: skip
def told_rebill(case: Case) -> Iterator[Breach]:
    if not case.explained:
        yield from _notes(case, "told_rebill")


@RULES.rule(
    "told-nothing", "warning", "A channel that is never told of a sale",
    why="A channel that hears of no sale cannot learn from it.",
    fix="forward: {<channel>: Purchase} for the type of the first payment",
)  # fmt: skip
def told_nothing(case: Case) -> Iterator[Breach]:
    # A misspelt channel has a rule of its own.
    if not case.explained and not any(forward_channel(case)):
        yield from _notes(case, "told_nothing")


@RULES.rule(
    "unproven", "warning", "Right only if the live service behaves as we think",
    why="Something that nobody has published decides whether the amounts agree. The finding names it, and what to "
    "change or to look at. What you have seen on the live service you can say in policy.yaml under `live`.",
    fix="see the settings named",
)  # fmt: skip
def unproven(case: Case) -> Iterator[Breach]:
    if "money" in case.explained:
        return
    # What a rule has said of channels says nothing of the money.
    cells = ((name, cell.only(["booked"]) if case.explained else cell) for name, cell in _all(case))
    open_cells = [(name, cell) for name, cell in cells if cell.verdict == "cannot be proved"]
    alone = {axis for _, cell in open_cells for axis, _ in cell.fails_on()}
    by_setting: dict[tuple[str, Failing], list[tuple[str, Cell]]] = {}
    for name, cell in open_cells:
        for axis, group in groupby(cell.fails_on(), key=lambda failing: failing[0]):
            values = [value for _, value in group]
            said = f"{axis}={' or '.join(values)}"
            by_setting.setdefault((said, ((axis, values[0]),)), []).append((name, cell))
        for pair in cell.fails_together():
            # The way out of one that fails alone is told already.
            if _answered_by(pair) not in alone:
                said = " and ".join(f"{axis}={value}" for axis, value in pair)
                by_setting.setdefault((said, pair), []).append((name, cell))
    for (setting, failing), concerned in by_setting.items():
        sequences = list(dict.fromkeys(cell.sequence.name for _, cell in concerned))
        cell = concerned[0][1]
        violation = next(
            some[0] for tried, some in cell.violations.items() if tried.unlike(cell.assumptions) == failing
        )
        meaning = "; ".join(MEANING[axis] for axis, _ in failing)
        more = f" and {len(sequences) - MOST_SEQUENCES} more" if len(sequences) > MOST_SEQUENCES else ""
        named = f"[{'], ['.join(sequences[:MOST_SEQUENCES])}]{more}"
        message = f"cannot be proved on {setting} ({meaning}): {named}; there, {violation.said}"
        axis = _answered_by(failing)
        yield Breach(_said_at(case, concerned[0][0], axis) or _place(case, violation), message, CHANGE[axis])


def _said_at(case: Case, product: str, axis: str) -> tuple[str | int, ...] | None:
    """Where the file says what a setting is about; None where a connection does."""
    offer = next((sold.offer for sold in case.flow.sold if sold.name == product), "")
    source = case.flow.source_of(offer) if offer else None
    if axis == "link_cid" and offer:
        return ("offers", offer, "url")
    return ("offer_sources", source, "click_expiration") if axis == "expiration_unit" and source else None


@cache
def _answered_by(failing: Failing) -> str:
    """The setting whose way out helps."""
    return min((axis for axis, _ in failing), key=SOONEST.index)


def _all(case: Case) -> Iterator[tuple[str, Cell]]:
    for name, cells in case.proofs:
        for cell in cells:
            yield name, cell


def _likeliest(case: Case, kind: ViolationKind) -> Iterator[Breach]:
    """One finding for each sort of fault, though many products and sequences may have it."""
    seen: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], Violation] = {}
    for name, cell in _all(case):
        for violation in cell.violations.get(cell.assumptions, ()):
            if violation.kind == kind:
                key = (violation.connection, violation.said)
                first.setdefault(key, violation)
                seen.setdefault(key, []).append(f"{name} [{cell.sequence.name}]")
    for key, violation in first.items():
        where = seen[key]
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        yield Breach(_place(case, violation), f"{where[0]}{more}: {violation.said}")


def _notes(case: Case, kind: ViolationKind) -> Iterator[Breach]:
    seen: dict[str, str] = {}
    for name, cell in _all(case):
        for note in cell.notes:
            channel = note.said.partition(" ")[0]
            if note.kind == kind and channel not in seen:
                seen[channel] = name
                yield Breach(("traffic_channels", channel), f"{name} [{cell.sequence.name}]: {note.said}")


def _place(case: Case, violation: Violation) -> tuple[str | int, ...]:
    if violation.connection:
        return ("postbacks", violation.connection)
    return ("postbacks",) if case.flow.file.postbacks else ()
