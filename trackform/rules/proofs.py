"""Rules that prove the two invariants by simulation: they report what no other rule explains."""

from collections.abc import Iterator
from itertools import groupby

from trackform.flow.account import Proof
from trackform.flow.assumptions import MEANING
from trackform.flow.proof import Cell, Violation, ViolationKind
from trackform.flow.remedies import Remedy, remedy_of
from trackform.flow.unknowns import Unknown
from trackform.rules.conversion_types import forward_channel
from trackform.rules.registry import Breach, Case, RuleBook

RULES = RuleBook()
MOST_NAMED = 5
UNPROVEN = "unproven"
Names = tuple[str, ...]

CHANGE: dict[str, str] = {
    "missing_sum": "say a sum in every postback",
    "negative_sum": "nothing in the file can change this: look at the first refund in the conversion log, then say "
    "it in policy.yaml, live: {negative_sum: booked}",
    "refund_amount": "look at the first refund in the conversion log, then say it in policy.yaml, live: "
    "{refund_amount: negative}",
    "duplicates": "duplicates: by_event_id",
    "event_ids": 'an event id of its own for every connection: event_id: "{transaction_id}-{billing_type}"',
    "order": 'an event id of its own for every connection: event_id: "{transaction_id}-{billing_type}"',
}


@RULES.rule(
    "booked", "error", "Booked payouts are not the earned commissions",
    why="The simulator plays every sequence of order events through the connections. This one ends with another "
    "amount in RedTrack than at Digistore24, and no other rule says why.",
    fix="see the flow matrix: trackform validate --matrix",
)  # fmt: skip
def booked(case: Case) -> Iterator[Breach]:
    breaches = _likeliest(case, "booked")
    if "money" not in case.explained:
        yield from breaches
    else:
        # What one offer says stays wrong, whatever else a rule has found.
        yield from (each for each in breaches if each.path[:1] == ("offers",) and each.path[:2] not in case.faulty)


@RULES.rule(
    "told", "error", "A channel is told too much",
    why="One sale is one event with a value. Everything beyond that (a second event, a repetition, a return that "
    "nobody asked for) is learnt by the channel as a sale that never was.",
    fix="forward: none for all types but the one of the first payment",
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
    # A misspelt channel has a rule of its own, and what is not booked is told to nobody.
    if not case.explained and not any(forward_channel(case)):
        yield from _notes(case, "told_nothing")


@RULES.rule(
    UNPROVEN, "warning", "Right only if the live service behaves as we think",
    why="Something that nobody has published decides whether the amounts agree. The finding names it, and what to "
    "change or to look at. What you have seen on the live service you can say in policy.yaml under `live`. So it is "
    "with fields of which nobody knows what they do, and with objects that the file only refers to.",
    fix="see the settings named",
)  # fmt: skip
def unproven(case: Case) -> Iterator[Breach]:
    yield from _unknown(case.unknowns.all)
    if case.explained:
        return
    for offer in case.flow.offers.keys() - {sold.offer for sold in case.flow.sold}:
        yield Breach(("offers", offer), "does not say which product it sells: none of its sales is simulated",
                     "product: <the name under products>")  # fmt: skip
    cells = [(name, cell) for name, cell in _all(case) if cell.verdict == "cannot be proved"]
    by_setting: dict[str, list[tuple[Names, Cell]]] = {}
    for name, cell in cells:
        alone = cell.fails_on()
        if alone:
            for axis, group in groupby(alone, key=lambda failing: failing[0]):
                values = " or ".join(value for _, value in group)
                by_setting.setdefault(f"{axis}={values}", []).append((name, cell))
        else:
            failing = next(iter(cell.violations))
            axes = [axis for axis in MEANING if getattr(failing, axis) != getattr(cell.assumptions, axis)]
            by_setting.setdefault(failing.said(axes), []).append((name, cell))
    for setting, concerned in by_setting.items():
        axis = setting.partition("=")[0]
        sequences = list(dict.fromkeys(cell.sequence.name for _, cell in concerned))
        cell = concerned[0][1]
        value = setting.partition("=")[2].split(" or ")[0].split(",")[0]
        violation = next(
            violations[0] for tried, violations in cell.violations.items() if getattr(tried, axis) == value
        )
        names = dict.fromkeys(name for some, _ in concerned for name in some)
        of = "" if len(names) == len({proof.name for proof in case.proved}) else f"{next(iter(names))} "
        message = (
            f"{of}cannot be proved on {setting} ({MEANING[axis]}): [{'], ['.join(sequences)}]; there, {violation.said}"
        )
        yield Breach(_place(case, violation), message, CHANGE[axis])


def _all(case: Case) -> list[tuple[Names, Cell]]:
    """Each cell once, with the names of the proofs that share it."""
    shared: dict[int, tuple[list[str], Cell]] = {}
    for proof in case.proved:
        for cell in proof.judged:
            shared.setdefault(id(cell), ([], cell))[0].append(proof.name)
    return [(tuple(names), cell) for names, cell in shared.values()]


def _unknown(unknowns: list[Unknown]) -> Iterator[Breach]:
    """One finding for each sort of unknown, at the first object that has it."""
    sorts: dict[tuple[object, ...], list[Unknown]] = {}
    for unknown in unknowns:
        sorts.setdefault((unknown.object.section, unknown.path[2:], unknown.said), []).append(unknown)
    for first, *others in sorts.values():
        names = ", ".join(each.object.name for each in others[:MOST_NAMED])
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        also = f"; so do {names}{more}" if len(others) > 1 else f"; so does {names}" if others else ""
        yield Breach(first.path, first.said + also, first.fix)


def _likeliest(case: Case, kind: ViolationKind) -> Iterator[Breach]:
    """One finding for each place and sort of fault, though many products and sequences may have it."""
    seen: dict[tuple[tuple[str | int, ...], str], list[str]] = {}
    fixes: dict[tuple[str | int, ...], str] = {}
    for proof in case.proved:
        remedies: dict[str, Remedy | None] = {}
        for cell in proof.judged:
            for violation in cell.violations.get(cell.assumptions, ()):
                if violation.kind != kind:
                    continue
                if violation.said not in remedies:
                    remedies[violation.said] = remedy_of(proof.offers[0], cell, kind)
                remedy = remedies[violation.said]
                places = dict.fromkeys(
                    remedy.place(case.flow, sold) if remedy else _place(case, violation) for sold in proof.offers
                )
                for place in places:
                    seen.setdefault((place, violation.said), []).append(f"{proof.name} [{cell.sequence.name}]")
                    fixes.setdefault(place, remedy.fix if remedy else "")
    for (place, said), where in seen.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        yield Breach(place, f"{where[0]}{more}: {said}", fixes[place])


def _notes(case: Case, kind: ViolationKind) -> Iterator[Breach]:
    """One finding for each channel, at the first offer of which it is so."""
    seen: set[str] = set()
    noted: dict[int, dict[str, tuple[Cell, Violation]]] = {}
    for proof in case.proved:
        # Many offers share what was simulated.
        key = id(proof.simulated)
        notes = noted[key] if key in noted else noted.setdefault(key, _noted(proof, kind))
        for channel in proof.channels:
            if channel in notes and channel not in seen:
                seen.add(channel)
                cell, note = notes[channel]
                yield Breach(("traffic_channels", channel), f"{proof.name} [{cell.sequence.name}]: {note.said}")


def _noted(proof: Proof, kind: ViolationKind) -> dict[str, tuple[Cell, Violation]]:
    """Channel -> the first cell in which it is noted, whether or not it buys clicks on these offers."""
    notes: dict[str, tuple[Cell, Violation]] = {}
    for cell in proof.simulated:
        for note in cell.notes:
            if note.kind == kind and not (kind == "told_nothing" and _is_unbooked(cell)):
                notes.setdefault(note.channel, (cell, note))
    return notes


def _is_unbooked(cell: Cell) -> bool:
    return any(each.kind == "booked" for each in cell.violations.get(cell.assumptions, ()))


def _place(case: Case, violation: Violation) -> tuple[str | int, ...]:
    if violation.connection:
        whole = case.flow.file.postbacks[violation.connection].url is not None
        return ("postbacks", violation.connection, *(("url",) if whole else ()))
    return ("postbacks",) if case.flow.file.postbacks else ()
