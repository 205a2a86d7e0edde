"""What tells one offer's sales from another's: those that nothing tells apart share a proof.

Told apart by content, never by name: two connections that send the same are one to a simulation, whatever they are
called and whatever details their URLs carry.
"""

import re
from dataclasses import replace

from trackform.flow.booking import READ
from trackform.flow.setup import MACRO, Connection, Setup, SoldProduct

MOST_ALIKE = 2
OF_A_PRODUCT = {"product_id", "product_name"}
"""Macros whose value is a product's own. In an event id they tell products apart, whichever these are."""
WITHOUT_DASH = {
    "transaction_id", "product_id", "order_id", "transaction_type", "order_type", "billing_type", "billing_status",
}  # fmt: skip
"""Macros of which no value here has a dash: an event id of these has as many as are written in it."""
EVENT_ID = "rdtk_event_id"
PLAIN_NAME = re.compile(r"[\w-]+")
OWN_NAME = "-{its own name}"
Likeness = tuple[object, ...]


def shape(setup: Setup, product: SoldProduct) -> Likeness:
    """All that decides the cells of an offer besides names: offers of one shape are proved together.

    All of one account: its types, domains and rates are the same. Channels only hear what is booked, so a proof for all
    of them holds for each (`told_to`).
    """
    sold = (product, *alike(setup, product))
    return (
        tuple(
            (content(setup, sender, event_id), tuple(sender.covers(each.id) for each in sold))
            for sender, event_id in zip(setup.connections, _event_ids(setup), strict=True)
        ),
        tuple(_traits(setup, each) for each in sold),
        tuple(each.id for each in sold) if any(map(_reads_products, setup.connections)) else (),
        # What RedTrack books of itself is wrong, whatever the amount is.
        bool(setup.offer_payout),
        setup.source,
        setup.account_currency,
        setup.cid,
        setup.default_status,
        setup.keeps_cid,
    )


def alike(setup: Setup, product: SoldProduct) -> tuple[SoldProduct, ...]:
    """The upsells, two of each sort: those that the same connections cover and that are paid alike.

    Two, because one event must not be taken for the other; a third adds nothing.
    """
    sorts: dict[Likeness, list[SoldProduct]] = {}
    for upsell in product.upsells:
        senders = tuple(each.name for each in setup.connections if each.covers(upsell.id))
        sort = sorts.setdefault((senders, _traits(setup, upsell)), [])
        if len(sort) < MOST_ALIKE:
            sort.append(upsell)
    return tuple(upsell for sort in sorts.values() for upsell in sort)


def with_few_upsells(setup: Setup, product: SoldProduct) -> SoldProduct:
    """The product with two upsells of each sort at most."""
    return replace(product, upsells=alike(setup, product))


def content(setup: Setup, connection: Connection, event_id: str) -> Likeness:
    """All that a simulation asks of a connection, besides the products that it covers; with this event id."""
    params, repeated = connection.params | {EVENT_ID: event_id}, connection.repeated
    read = tuple((params.get(name), tuple(repeated.get(name, ()))) for name in READ)
    sender = (connection.events, connection.currency, connection.active, connection.token)
    return (setup.receives(connection), read, *sender)


def _event_ids(setup: Setup) -> list[str]:
    """The event id of each connection, with `OWN_NAME` for its own name at the end, if all that does is to be another.

    So it is where ids that end with names have as many dashes before them, and others another number of dashes.
    """
    ids = [connection.params.get(EVENT_ID, "") for connection in setup.connections]
    heads = [
        text.removesuffix(f"-{connection.name}") if PLAIN_NAME.fullmatch(connection.name) else text
        for text, connection in zip(ids, setup.connections, strict=True)
    ]
    named = [(text.count("-"), head.count("-")) for text, head in zip(ids, heads, strict=True) if text != head]
    others = {text.count("-") for text, head in zip(ids, heads, strict=True) if text == head}
    known = all("%" not in text and WITHOUT_DASH.issuperset(MACRO.findall(text)) for text in ids)
    alone = len({before for _, before in named}) == 1 and others.isdisjoint(dashes for dashes, _ in named)
    if not known or not alone or any(EVENT_ID in connection.repeated for connection in setup.connections):
        return ids
    return [text if text == head else f"{head}{OWN_NAME}" for text, head in zip(ids, heads, strict=True)]


def _reads_products(connection: Connection) -> bool:
    """Whether RedTrack reads of which product a postback is, in more than an event id."""
    texts = [connection.params.get(name, "") for name in READ if name != EVENT_ID]
    texts += [value for name in connection.repeated if name in READ for value in connection.repeated[name]]
    return any(not OF_A_PRODUCT.isdisjoint(MACRO.findall(text)) for text in texts)


def _traits(setup: Setup, product: SoldProduct) -> Likeness:
    amounts = (product.gross, product.net, product.commission, product.currency)
    # How late a refund comes matters only to clicks that expire.
    return (product.billing, amounts, product.guarantee_days if setup.source.expiration else None)
