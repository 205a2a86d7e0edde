"""Rules that prove the two invariants by simulation: they report what no other rule explains."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby, product

from trackform.flow.account import Proof
from trackform.flow.assumptions import MEANING, Assumptions
from trackform.flow.orders import CONNECTION_EVENTS, RETURNS
from trackform.flow.proof import Cell, Violation, ViolationKind, booking_violations
from trackform.flow.remedies import Remedy, remedy_of
from trackform.flow.unknowns import Unknown
from trackform.policy import POLICY
from trackform.rules.answers import CHANGE, OF_ONE_PAYMENT, SOONEST, answered, or_seen, repeating, with_probe
from trackform.rules.behind import mended
from trackform.rules.conversion_types import forward_channel
from trackform.rules.edits import FileEdit
from trackform.rules.fixes import has_url, sender_place, without_parameter
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.telling import BY_PROOF, ONCE_STARTED, too_much
from trackform.rules.vocabulary import MACRO
from trackform.urls.promolink import linked_product
from trackform_core.text.counted import first_few

RULES = RuleBook()
UNPROVEN = "unproven"
NOT_JUDGED = "not-judged"

MOST_SEQUENCES = 3
Failing = tuple[tuple[str, str], ...]


@RULES.rule(
    "booked", "error", "Booked payouts are not the earned commissions",
    why="The simulator plays every sequence of order events through the connections. This one ends with another "
    "amount in RedTrack than at Digistore24, and no other rule says why.",
    fix="see the flow matrix: trackform validate --matrix",
)  # fmt: skip
def booked(case: Case) -> Iterator[Breach]:
    breaches = _likeliest(case, "booked", lambda proof, cell: not _beyond_the_file(case, proof, cell))
    if "money" not in case.explained:
        yield from breaches
    else:
        # What one offer says stays wrong, whatever else a rule has found.
        yield from (each for each in breaches if each.path[:1] == ("offers",) and each.path[:2] not in case.faulty)


@dataclass(frozen=True)
class Unmendable:
    """What the policy may know of a setting, and no file can answer.

    Attributes:
        value: what is known of it.
        otherwise: the settings as they would be with the other value.
        why: what it keeps a return from.
    """

    value: str
    otherwise: Callable[[Assumptions], Assumptions]
    why: str


UNMENDABLE: dict[str, Unmendable] = {
    "return_ids": Unmendable("payments", lambda known: replace(known, return_ids="own"),
                             "nothing in a postback tells a second return of a payment from the first one sent again"),
    "negative_sum": Unmendable("ignored", lambda known: replace(known, negative_sum="booked"),
                               "RedTrack books no negative amount, and a return has no other way into it"),
}  # fmt: skip


@RULES.rule(
    "returns-lost", "warning", "What is paid back stays booked, whatever the file says",
    why=f"Where a return has the {{transaction_id}} of its payment ({POLICY}, live: {{return_ids: payments}}), a "
    "second partial refund counts as the first one sent again; where RedTrack ignores negative amounts (live: "
    "{negative_sum: ignored}), it takes no return off.",
    fix="nothing in the file can change this: `trackform reconcile` finds such orders",
    by_hand="no line of the file has an effect on it",
)  # fmt: skip
def returns_lost(case: Case) -> Iterator[Breach]:
    for axis, answer in UNMENDABLE.items() if "money" not in case.explained else ():
        breaches = list(_likeliest(case, "booked", partial(_is_lost_by, case, axis)))
        # Of a connection once: every amount that is paid back has this one reason.
        for breach in {breach.path: breach for breach in reversed(breaches)}.values():
            yield replace(breach, message=f"{breach.message}: {answer.why} (live: {{{axis}: {answer.value}}})")


def _is_lost_by(case: Case, axis: str, proof: Proof, cell: Cell) -> bool:
    return _beyond_the_file(case, proof, cell) == axis


def _beyond_the_file(case: Case, proof: Proof, cell: Cell) -> str:
    """The setting, known to be so, but for which all would be right; empty where the file can do something."""
    known = [axis for axis, answer in UNMENDABLE.items() if case.policy.live.get(axis) == answer.value]
    if (
        sum(CONNECTION_EVENTS.get(step.event) == "refund" for step in cell.sequence.steps) <= 1
        and "return_ids" in known
    ):
        # An event id can keep one return apart from its payment.
        known.remove("return_ids")
    for axes in (*([axis] for axis in known), known if len(known) > 1 else ()):
        good = cell.assumptions
        for axis in axes:
            good = UNMENDABLE[axis].otherwise(good)
        if axes and not booking_violations(proof.offers[0].setup, replace(proof.of_its_own(cell), assumptions=good)):
            return axes[-1]
    return ""


ONE_SALE = (
    "forward: none for all types but the one of the first payment; returns and notices over a connection of their own "
    "with type: transaction_type, and forward: none for what it sends"
)


@RULES.rule(
    "told", "error", "A channel is told too much",
    why="One sale is one event with a value. Everything beyond that (a second event, a repetition, a return or a "
    "notice that nobody asked for as such) is learnt by the channel as a sale that never was. Whoever wants a channel "
    "to hear of returns gives their type an event of its own, which no sale is told as.",
    fix=ONE_SALE,
)  # fmt: skip
def told_too_much(case: Case) -> Iterator[Breach]:
    if not case.explained:
        yield from too_much(case)


@RULES.rule(
    "told-paused", "warning", "A channel that would be told too much, were its campaign not paused",
    why="A click in the web application starts what is paused, and no file says so: what `told` finds of a running "
    "campaign is found before.",
    fix=ONE_SALE,
)  # fmt: skip
def told_once_started(case: Case) -> Iterator[Breach]:
    if not case.explained:
        yield from too_much(case, once_started=True)


@RULES.rule(
    "told-rebill", "warning", "A channel is told of rebills or instalments",
    why="A rebill arrives with the type of the first payment: no macro of Digistore24 tells them apart. A type that is "
    "forwarded tells the channel a sale for each of them.",
    fix=f"take it as it is ({POLICY}, rules: {{told-rebill: off}}), or forward a type that only first payments have",
    by_hand="nobody but you knows what the channel is to learn from",
)  # fmt: skip
def told_rebill(case: Case) -> Iterator[Breach]:
    if not case.explained:
        yield from _notes(case, "told_rebill")


@RULES.rule(
    "told-nothing", "warning", "A channel that is never told of a sale",
    why="A channel that hears of no sale cannot learn from it.",
    fix="forward: {<channel>: Purchase} for the type of the first payment",
    by_hand="how the channel spells the event stands in its own help",
)  # fmt: skip
def told_nothing(case: Case) -> Iterator[Breach]:
    # A misspelt channel has a rule of its own, and what is not booked is told to nobody.
    if not case.explained and not any(forward_channel(case)):
        yield from _notes(case, "told_nothing")


@RULES.rule(
    UNPROVEN, "warning", "Right only if the live service behaves as we think",
    why="Something that nobody has published decides whether the amounts agree. The finding names it, and what to "
    f"change or to look at. What you have seen on the live service you can say in {POLICY} under `live`. So it is "
    "with fields of which nobody knows what they do, and with objects that the file only refers to.",
    fix="see the settings named",
)  # fmt: skip
def unproven(case: Case) -> Iterator[Breach]:
    yield from _unknown(case.unknowns.all)
    if "money" in case.explained:
        return
    yield from _of_no_known_product(case)
    open_cells = [(proofs, cell) for proofs, cell in _judged(case) if cell.verdict == "cannot be proved"]
    alone = {axis for _, cell in open_cells for axis, _ in cell.fails_on()}
    by_setting: dict[tuple[str, Failing], list[tuple[list[Proof], Cell]]] = {}
    for proofs, cell in open_cells:
        for axis, group in groupby(cell.fails_on(), key=lambda failing: failing[0]):
            values = [value for _, value in group]
            said = f"{axis}={' or '.join(values)}"
            by_setting.setdefault((said, ((axis, values[0]),)), []).append((proofs, cell))
        for pair in cell.fails_together():
            # The way out of one that fails alone is told already.
            if _answered_by(pair) not in alone:
                said = " and ".join(f"{axis}={value}" for axis, value in pair)
                by_setting.setdefault((said, pair), []).append((proofs, cell))
    for (setting, failing), concerned in by_setting.items():
        axis = _answered_by(failing)
        if axis == "link_cid" and case.policy.rules.get("offer-other-form") != "off":
            continue
        sequences = list(dict.fromkeys(cell.sequence.name for _, cell in concerned))
        first = concerned[0][0][0]
        cell = first.own(concerned[0][1])
        violation = next(
            some[0]
            # One's own amount may come out right where that of the one that was simulated does not.
            for each in (cell, concerned[0][1])
            for tried, some in each.violations.items()
            if tried.unlike(each.assumptions) == failing
        )
        meaning = "; ".join(MEANING[axis] for axis, _ in failing)
        named = first_few([f"[{sequence}]" for sequence in sequences], MOST_SEQUENCES)
        names = {proof.name for proofs, _ in concerned for proof in proofs}
        of = "" if len(names) == len({proof.name for proof in case.proved}) else f"{first.name} "
        message = f"{of}cannot be proved on {setting} ({meaning}): {named}; there, {violation.said}"
        of_one_payment = axis == "return_ids" and all(map(_returns_twice, concerned))
        sources = [sold.source for proofs, _ in concerned for proof in proofs for sold in proof.offers]
        edits = () if of_one_payment else answered(case, axis, violation.connection, sources)
        change = OF_ONE_PAYMENT if of_one_payment else CHANGE[axis]
        fix = with_probe(axis, or_seen(axis, change) if edits else change)
        sender = violation.connection
        if axis == "repeated_parameter":
            sender = next((each.name for each, *_ in repeating(case)), sender)
        place = _said_at(first, axis) or sender_place(case, sender)
        yield Breach(place, message, fix, edits=edits, by_hand=LIVE)


@RULES.rule(
    NOT_JUDGED, "warning", "What is not judged while an error stands",
    why="An error about money or about what channels hear keeps the proofs silent: they would say it again for each "
    "sequence. What else is wrong then is looked for in the account as it would be with the errors mended. Where only "
    "a person can mend one, nobody has judged these sequences: that nothing is said of them proves nothing.",
    fix="mend that, then validate again", by_hand="only a person can mend what stands before it",
)  # fmt: skip
def not_judged(case: Case) -> Iterator[Breach]:  # noqa: ARG001 -- see `kept_from_judging`
    yield from ()


def kept_from_judging(case: Case, judged: Case) -> Iterator[Breach]:
    """One for the errors that stand before the proofs: of the case as it is ``judged``, with all edits made."""
    if not case.proved or not case.flow.connections:
        return
    rules = dict.fromkeys(rule for rule, _ in judged.explaining)
    _, first = next((each for each in judged.explaining if not each[1].edits), judged.explaining[0])
    cells = sum(len(proof.cells) for proof in case.proved)
    stand = "stands" if len(rules) == 1 else "stand"
    said = f"what is booked and told of {cells} sequences is not judged while [{'], ['.join(rules)}] {stand}"
    yield Breach(first.path, said)


def _of_no_known_product(case: Case) -> Iterator[Breach]:
    """Offers of which nobody can tell what they sell."""
    for offer in case.flow.offers.keys() - {sold.offer for sold in case.flow.sold}:
        yield Breach(("offers", offer), "does not say which product it sells: none of its sales is simulated",
                     "product: <the name under products>", by_hand="only a person knows what it sells")  # fmt: skip
    for offer, url in case.flow.offers.items():
        linked = linked_product(url)
        if linked and MACRO.search(linked):
            said = f"sells whichever product {linked} names: of these only the declared one is simulated"
            place = ("offers", offer, *(("url",) if has_url(case, "offers", offer) else ()))
            yield Breach(place, said, "the product's own id in the link", url, linked,
                         by_hand="only a person knows what it sells")  # fmt: skip


def _returns_twice(concerned: tuple[list[Proof], Cell]) -> bool:
    """Whether one payment is given back in two steps."""
    _, cell = concerned
    returned = [step.product for step in cell.sequence.steps if CONNECTION_EVENTS.get(step.event) in RETURNS]
    return len(returned) > len(set(returned))


LIVE = "only the live service shows how it behaves"


def _said_at(proof: Proof, axis: str) -> tuple[str | int, ...] | None:
    """Where the file says what a setting is about; None where a connection does."""
    sold = proof.offers[0]
    if axis == "link_cid":
        return ("offers", sold.offer, "url")
    return ("offer_sources", sold.source, "click_expiration") if axis == "expiration_unit" and sold.source else None


@cache
def _answered_by(failing: Failing) -> str:
    """The setting whose way out helps."""
    return min((axis for axis, _ in failing), key=SOONEST.index)


def _judged(case: Case) -> list[tuple[list[Proof], Cell]]:
    """Each cell once, with the proofs that share it, as far as no rule has said what is wrong.

    What a rule has said of channels says nothing of the money.
    """
    shared: dict[int, tuple[list[Proof], Cell]] = {}
    for proof in case.proved:
        for cell in proof.judged:
            shared.setdefault(id(cell), ([], cell))[0].append(proof)
    return [(proofs, cell.only(["booked"]) if case.explained else cell) for proofs, cell in shared.values()]


def _unknown(unknowns: list[Unknown]) -> Iterator[Breach]:
    """One finding for each sort of unknown, at the first object that has it."""
    sorts: dict[tuple[object, ...], list[Unknown]] = {}
    for unknown in unknowns:
        sorts.setdefault((unknown.object.section, unknown.path[2:], unknown.said), []).append(unknown)
    for first, *others in sorts.values():
        names = first_few([each.object.name for each in others])
        also = f"; so do {names}" if len(others) > 1 else f"; so does {names}" if others else ""
        yield Breach(first.path, first.said + also, first.fix, by_hand=LIVE)


def _likeliest(
    case: Case, kind: ViolationKind, counts: Callable[[Proof, Cell], bool] = lambda _proof, _cell: True
) -> Iterator[Breach]:
    """One finding for each place and sort of fault, though many products and sequences may have it."""
    seen: dict[tuple[tuple[str | int, ...], str], list[tuple[Proof, Cell]]] = {}
    remedy_at: dict[tuple[str | int, ...], Remedy | None] = {}
    about: dict[str, tuple[str, tuple[str, ...]]] = {}
    for proof in case.proved:
        remedies: dict[str, Remedy | None] = {}
        for cell in proof.judged:
            of_kind = [each for each in cell.violations.get(cell.assumptions, ()) if each.kind == kind]
            for violation in map(proof.own_violation, of_kind) if of_kind and counts(proof, cell) else ():
                if violation.said not in remedies:
                    remedies[violation.said] = remedy_of(proof.offers[0], proof.of_its_own(cell), kind)
                remedy = remedies[violation.said]
                unlikely = tuple(axis for axis, _ in cell.assumptions.unlike(Assumptions()))
                about.setdefault(violation.said, (violation.connection, unlikely))
                sender = sender_place(case, violation.connection)
                places = dict.fromkeys(remedy.place(case.flow, sold) if remedy else sender for sold in proof.offers)
                for place in places:
                    seen.setdefault((place, violation.said), []).append((proof, cell))
                    remedy_at.setdefault(place, remedy)
    for (place, said), where in seen.items():
        more = f" and {len(where) - 1} more" if len(where) > 1 else ""
        remedy = remedy_at[place]
        edits, change = _despite(case, said, *about[said]) if remedy is None else ((), remedy.fix)
        if remedy and remedy.value is not None:
            edits = (FileEdit(place, remedy.value),)
        elif remedy and remedy.left_out:
            edits = without_parameter(case, str(place[1]), remedy.left_out)
        first, cell = where[0]
        # With the amounts of the first, which others that book wrongly alike may have otherwise.
        wrong = first.own(cell).violations.get(cell.assumptions, ())
        own = next((each.said for each in wrong if each.kind == kind), said)
        message = f"{first.name} [{cell.sequence.name}]{more}: {own}"
        yield Breach(place, message, change, edits=edits, by_hand=BY_PROOF)


def _despite(
    case: Case, said: str, connection: str, settings: Collection[str]
) -> tuple[tuple[FileEdit, ...], str]:  # fmt: skip
    """What makes it right though the service is known to behave otherwise than is likely, and in words."""
    senders = [connection] if connection else [each.name for each in case.flow.connections]
    for setting, sender in product(sorted(settings, key=SOONEST.index), senders):
        edits = answered(case, setting, sender)
        judged = mended(case, edits) if edits else None
        if judged and all(
            proof.own_violation(each).said != said
            for proof in judged.proved
            for cell in proof.judged
            for each in cell.violations.get(cell.assumptions, ())
        ):
            return edits, CHANGE[setting]
    return (), ""


def _notes(case: Case, kind: ViolationKind) -> Iterator[Breach]:
    """One finding for each channel, at the first offer of which it is so."""
    seen: set[str] = set()
    noted: dict[int, dict[str, tuple[Cell, Violation]]] = {}
    for proof in case.proved:
        # Many offers share what was simulated.
        key = id(proof.simulated)
        notes = noted[key] if key in noted else noted.setdefault(key, _noted(proof, kind))
        for channel in (*proof.channels, *proof.waiting):
            if channel in notes and channel not in seen:
                seen.add(channel)
                cell, note = notes[channel]
                said = f"{proof.name} [{cell.sequence.name}]: {note.said}"
                waits = ONCE_STARTED if channel in proof.waiting else ""
                yield Breach(("traffic_channels", channel), f"{waits}{said}")


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
