"""What to change so that each order event of each product is booked by exactly one connection."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from trackform.flow.orders import RETURNS
from trackform.flow.setup import Connection
from trackform.rules.conversion_types import free_slots, slot_of, type_macro
from trackform.rules.edits import FileEdit
from trackform.rules.event_ids import with_own_id
from trackform.rules.fixes import has_url, parameter, source_of, without_variable
from trackform.rules.registry import Case
from trackform.rules.sendable import sendable
from trackform.rules.sums import books
from trackform.rules.vocabulary import DIGISTORE24, NOTICES, WRONG_BRACES

DIGISTORE24S = re.compile("|".join(rf"\{{{re.escape(name)}\}}" for name in sorted(DIGISTORE24)))
COMMISSION = "{amount_affiliate}"
EVENTS = ("payment", *RETURNS, *NOTICES)
PAYMENT_ID = "{transaction_id}-{product_id}"
RETURN_ID = f"{PAYMENT_ID}-{{transaction_type}}"
BOTH: dict[str, dict[str, Any]] = {
    "sales": {"events": ["payment"], "type": "order_type", "event_id": PAYMENT_ID},
    "returns": {
        "events": list(RETURNS), "type": "transaction_type", "sum": "minus_commission", "event_id": RETURN_ID,
    },
}  # fmt: skip
"""The two connections that every account needs, right whichever way the live service behaves."""
ITS_OWN = ("products", "currency", "token", "notify")
"""What a connection that takes over from another has of it."""
SENT = {"sales": ("initial_sale", "upsell"), "returns": RETURNS}
"""The values that they send."""


def total(case: Case, connection: Connection, value: str) -> tuple[FileEdit, ...]:
    """Another sum: `commission`, `minus_commission`, or `0`, and an event id of its own with it."""
    edits = _total(case, connection, value)
    return with_own_id(case, connection, edits, "sum", "0") if value == "0" else edits


def _total(case: Case, connection: Connection, value: str) -> tuple[FileEdit, ...]:
    if not has_url(case, "postbacks", connection.name):
        if gone := without_variable(case, ("postbacks", connection.name), "sum"):
            said = (FileEdit(("postbacks", connection.name, "sum"), 0 if value == "0" else value),)
            is_said = str(case.flow.file.postbacks[connection.name].sum) in (value, f"{value}.0")
            return gone if is_said else (*gone, *said)
        source = source_of(case, connection.name)
        if value == "commission" == case.flow.file.postbacks[connection.name].sum and source:
            # It says so, and its offer source has another macro for it.
            return (FileEdit(("offer_sources", source, "sum"), COMMISSION),)
        return (FileEdit(("postbacks", connection.name, "sum"), 0 if value == "0" else value),)
    raw = {"commission": COMMISSION, "minus_commission": "-{amount_affiliate_abs}"}.get(value, value)
    return parameter(case, ("postbacks", connection.name), connection.url, "sum", raw)


def right_sum(case: Case, connection: Connection) -> str:
    """The sum that a connection should have: the commission, unless others book all that it covers."""
    scope = list(_scope(case, connection))
    is_covered = all(any(event in each.events for each in _others(case, connection, on)) for event, on in scope)
    return "0" if scope and is_covered else commission_of(connection)


def _others(case: Case, connection: Connection, product: str) -> Iterator[Connection]:
    """The other connections that book something of a product."""
    for each in case.flow.covering(product):
        if each.name != connection.name and each.active and books(each):
            yield each


def commission_of(connection: Connection) -> str:
    """How a connection says the commission: what is only given back, in the way that needs no sign to be known."""
    return "commission" if connection.events - set(RETURNS) else "minus_commission"


def _scope(case: Case, connection: Connection) -> Iterator[tuple[str, str]]:
    """Event and product of everything that it covers."""
    products = case.flow.covered_by(connection)
    for event in EVENTS:
        if event in connection.events:
            yield from ((event, product) for product in products)


def _is_covered(case: Case, connection: Connection, by: Collection[Connection]) -> bool:
    return all(
        any(event in each.events and each.covers(product) for each in by) for event, product in _scope(case, connection)
    )


def booked_once(case: Case, booking: list[Connection], event: str) -> tuple[FileEdit, ...]:
    """One of several connections that book an event made to book it no more: the last that is not needed for more.

    What is given back is left to a connection of its own: only there can its sum be right whichever sign it has.
    """
    own = [each for each in booking if not each.events - set(RETURNS)]
    for connection in booking if event in RETURNS and own else ():
        products = case.flow.covered_by(connection)
        left = [
            each
            for each in EVENTS
            if each in connection.events
            and not all(any(each in other.events and other.covers(product) for other in own) for product in products)
        ]
        if connection not in own and left and event not in left:
            return (FileEdit(("postbacks", connection.name, "events"), left),)
    for connection in reversed(booking):
        others = [each for each in booking if each is not connection]
        rest = [each for each in EVENTS if each in connection.events and each != event]
        products = [product for name, product in _scope(case, connection) if name == event]
        if _is_covered(case, connection, others):
            if any(type_macro(each) == type_macro(connection) for each in others):
                # The same postback twice: with a sum of 0 one of them, whichever came last, would be taken for a
                # repetition.
                return (FileEdit(("postbacks", connection.name, "active"), False),)
            return total(case, connection, "0")
        if rest and all(any(each.covers(product) for each in others) for product in products):
            return (FileEdit(("postbacks", connection.name, "events"), rest),)
    return _merged(case, booking)


def _merged(case: Case, booking: list[Connection]) -> tuple[FileEdit, ...]:
    """The first of several that differ by their products alone made to book all of them, in place of the others.

    An upsell of two products comes over both of their connections, and none can leave it out.
    """
    first, *others = booking
    traits = {(type_macro(each), each.events, each.currency, each.token) for each in booking}
    named = [case.flow.file.postbacks[each.name].products for each in booking]
    if len(traits) > 1 or any(has_url(case, "postbacks", each.name) for each in booking):
        return ()
    products = list(dict.fromkeys(name for names in named for name in names or ()))
    return (
        FileEdit(("postbacks", first.name, "products"), products),
        *(FileEdit(("postbacks", each.name, "active"), False) for each in others),
    )


def covered(case: Case, connection: Connection, event: str, products: Iterable[str]) -> tuple[FileEdit, ...]:
    """The connection made to cover products, and the event."""
    file, edits = case.flow.file, list[FileEdit]()
    if _would_double(case, connection, event, set(products)):
        return ()
    if event not in connection.events:
        events = [each for each in EVENTS if each in connection.events or each == event]
        edits.append(FileEdit(("postbacks", connection.name, "events"), events))
    named = file.postbacks[connection.name].products
    names = {product.id: name for name, product in file.products.items()}
    missing = [product for product in products if not connection.covers(product)]
    if missing and named is not None:
        added = [names.get(product, f"product-{product}") for product in missing]
        edits.append(FileEdit(("postbacks", connection.name, "products"), [*named, *added]))
    edits += [FileEdit(("products", f"product-{each}"), {"id": each}) for each in missing if each not in names]
    return tuple(edits)


def would_overlap(case: Case, connection: Connection) -> bool:
    """Whether another connection books some of what this one would, were it active and not 0."""
    scope = _scope(case, connection)
    return any(event in each.events for event, product in scope for each in _others(case, connection, product))


def _would_double(case: Case, connection: Connection, event: str, products: set[str]) -> bool:
    """Whether, covering more, it would book what another connection books already."""
    return any(
        event in other.events or (product in products and not connection.events.isdisjoint(other.events))
        for product in {*case.flow.covered_by(connection), *products}
        for other in _others(case, connection, product)
    )


def further(case: Case, which: str, taken: Connection | None = None) -> tuple[FileEdit, ...]:
    """One of the two connections that every account needs, with the conversion types that it sends.

    ``taken``: the one of which it takes something over, with all that this one says of its own.
    """
    file = case.flow.file
    made = next((each for each in file.postbacks if file.postbacks[each].url is None), None)
    said = _said_alike(case, taken.name if taken else made)
    if file.digistore24 is None or said is None:
        return ()
    if taken:
        entry = file.postbacks[taken.name].model_dump(exclude_unset=True, mode="json")
        said |= {key: entry[key] for key in ITS_OWN if key in entry}
    source = said.get("offer_source") or next(iter(file.offer_sources))
    fields = case.flow.fields("offer_sources", source)
    macros = {name: str(value) for name, value in (fields.get("extra") or {}).items() if name.startswith("sub")}
    odd = any("{" in DIGISTORE24S.sub("", value) or WRONG_BRACES.search(f"={value}") for value in macros.values())
    if (fields.get("postback_protected") and "token" not in said) or fields.get("sum") not in (None, COMMISSION) or odd:
        # It would need a token, book another amount, or send what nobody fills.
        return ()
    name = next(each for each in (which, *(f"{which}-{n}" for n in range(2, 99))) if each not in file.postbacks)
    types = sendable(case, SENT[which])
    return () if types is None else (FileEdit(("postbacks", name), {**BOTH[which], **said}), *types)


def returns_apart(case: Case, connection: Connection) -> tuple[FileEdit, ...]:
    """The payments left to it, and its returns to one of their own; where others have some, a person decides."""
    edits = (FileEdit(("postbacks", connection.name, "events"), ["payment"]),)
    if not connection.events & set(RETURNS):
        return edits
    others = [each for each in case.flow.connections if each is not connection and each.active]
    apart = () if any(each.events & set(RETURNS) for each in others) else further(case, "returns", connection)
    return (*edits, *apart) if apart else ()


def _said_alike(case: Case, connection: str | None) -> dict[str, Any] | None:
    """Domain and offer source of a further connection, where there are several; None where nobody can tell."""
    file = case.flow.file
    only: dict[str, tuple[Any, str | None]] = {
        "domain": (file.domains, next(iter(file.domains), None)),
        "offer_source": (file.offer_sources, next(iter(case.flow.sources), None)),
    }
    said: dict[str, Any] = {}
    for key, (section, first) in only.items():
        own = getattr(file.postbacks[connection], key) if connection else None
        chosen = own if own is not None or len(section) == 1 else first
        if chosen is None and len(section) != 1:
            return None
        said |= {key: chosen} if chosen is not None else {}
    return said


def both(case: Case) -> tuple[FileEdit, ...]:
    """The two connections of an account that has none.

    Only where the file says what they need: which currencies, whom to tell, and which slots are taken, nobody here
    knows.
    """
    file = case.flow.file
    known = file.account.currency and file.digistore24 and file.digistore24.currency and file.digistore24.notify
    if not known or not file.conversion_types:
        return ()
    sales, returns = further(case, "sales"), further(case, "returns")
    if not sales or not returns:
        return ()
    slots = free_slots(case)
    rest = (*sales[1:], *returns[1:])
    types = [each for each in rest if isinstance(each.value, dict)]
    numbered = [
        FileEdit(each.path, {**each.value, "slot": slot_of(case, str(each.path[1]), slot)})
        for each, slot in zip(types, slots, strict=False)
    ]
    changed = (each for each in rest if each not in types)
    return (sales[0], returns[0], *numbered, *changed) if len(numbered) == len(types) else ()
