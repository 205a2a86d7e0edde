"""What is right whichever way the live service behaves: the edits that answer an open question."""

from collections.abc import Callable, Collection, Iterator, Mapping

from trackform.flow.assumptions import AXES
from trackform.flow.orders import RETURNS
from trackform.flow.setup import Connection
from trackform.rules.conversion_types import free_slots, new_type, type_macro
from trackform.rules.coverage import right_sum, total
from trackform.rules.edits import FileEdit
from trackform.rules.fixes import has_url, parameter, source_of, variable
from trackform.rules.registry import Case
from trackform.rules.sums import books

REBILL = AXES["rebill_type"][1]
TRANSACTION, PRODUCT, KIND = "{transaction_id}", "{product_id}", "{transaction_type}"
TEMPLATE = "postback_url.j2"
"""The template that takes its event id from the entry."""

MOST_OFFERS = 5
"""Lines that a fix names one by one."""


def answered(case: Case, axis: str, connection: str) -> tuple[FileEdit, ...]:
    """The edits for a setting that concerns a connection; none where the file cannot answer it."""
    if axis == "rebill_type":
        return new_type(case, REBILL, next(free_slots(case), None)) if REBILL not in case.flow.types else ()
    if axis in EVENT_IDS:
        return tuple(EVENT_IDS[axis](case))
    if axis == "zero_sum":
        return _without_payout(case)
    sender = next((each for each in case.flow.connections if each.name == connection), None)
    if sender is not None and axis in ("missing_sum", "refund_amount"):
        return _summed(case, axis, sender)
    source = source_of(case, connection) if sender and axis == "expiration_unit" else None
    return (FileEdit(("offer_sources", source, "click_expiration"), "off"),) if source else ()


def _summed(case: Case, axis: str, sender: Connection) -> tuple[FileEdit, ...]:
    if axis == "missing_sum":
        return total(case, sender, right_sum(case, sender))
    is_signed = sender.params.get("sum") == "{amount_affiliate}"
    return total(case, sender, "minus_commission") if is_signed and not sender.events - set(RETURNS) else ()


def _without_payout(case: Case) -> tuple[FileEdit, ...]:
    """Offers that are worth nothing themselves; one that says what it is worth means that."""
    offers = {sold.offer: case.flow.file.offers[sold.offer] for sold in case.flow.sold}
    unsaid = [name for name, entry in offers.items() if entry.payout is None and entry.existing is None]
    said = any(entry.payout for entry in offers.values())
    return (
        () if said or len(unsaid) > MOST_OFFERS else tuple(FileEdit(("offers", name, "payout"), 0) for name in unsaid)
    )


def _with_the_product(case: Case) -> Iterator[FileEdit]:
    """Event ids that tell the products of a checkout apart."""
    for each in case.flow.connections:
        raw = each.params.get("rdtk_event_id", "")
        if TRANSACTION in raw and PRODUCT not in raw and each.active and books(each):
            yield from identified(case, each, raw.replace(TRANSACTION, f"{TRANSACTION}-{PRODUCT}", 1))


def _apart(case: Case) -> Iterator[FileEdit]:
    """Event ids of which no two connections have one, nor a return and its payment."""
    seen: set[str] = set()
    for each in sorted(case.flow.connections, key=lambda sender: not (books(sender) and "payment" in sender.events)):
        raw = each.params.get("rdtk_event_id", "")
        if not raw or not each.active:
            continue
        both = "payment" in each.events and each.events & set(RETURNS) and KIND not in raw
        wanted = unlike(seen, f"{raw}-{KIND}" if both else raw, each)
        seen.add(wanted)
        if wanted != raw:
            yield from identified(case, each, wanted)


def unlike(taken: Collection[str], event_id: str, connection: Connection) -> str:
    """The event id, with more in it where it is taken: the connection's type, or its name."""
    macro = type_macro(connection)
    more = [f"-{{{macro}}}", f"-{connection.name}"] if macro else [f"-{connection.name}"]
    return next(text for text in (event_id, *(f"{event_id}{each}" for each in more)) if text not in taken)


def identified(case: Case, connection: Connection, event_id: str) -> tuple[FileEdit, ...]:
    """Another event id, where the file says it or the usual template takes it from the entry."""
    place = ("postbacks", connection.name)
    entry = case.flow.file.postbacks[connection.name]
    if has_url(case, *place) or variable(case, place, "event_id") or entry.event_id is not None:
        return parameter(case, place, connection.url, "rdtk_event_id", event_id)
    return (FileEdit((*place, "event_id"), event_id),) if entry.template == TEMPLATE else ()


EVENT_IDS: Mapping[str, Callable[[Case], Iterator[FileEdit]]] = {
    "upsell_ids": _with_the_product, "event_ids": _apart, "order": _apart,
}  # fmt: skip
"""Settings that another event id answers."""
