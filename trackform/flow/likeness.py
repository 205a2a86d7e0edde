"""What tells one offer's sales from another's: those that nothing tells apart share a proof.

Told apart by content, never by name: two connections that send the same are one to a simulation, whatever they are
called and whatever details their URLs carry.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from trackform.flow.booking import READ
from trackform.flow.setup import MACRO, Connection, Setup, SoldProduct, convert

MOST_ALIKE = 2
OF_A_PRODUCT = {"product_id", "product_name"}
"""Macros whose value is a product's own. In an event id they tell products apart, whichever these are."""
WITHOUT_DASH = {
    "transaction_id", "product_id", "order_id", "transaction_type", "order_type", "billing_type", "billing_status",
}  # fmt: skip
"""Macros of which no value here has a dash: an event id of these has as many as are written in it."""
EVENT_ID = "rdtk_event_id"
PLAIN_NAME = re.compile(r"[\w-]+")
LOOSE_ID = re.compile(r"[^-]\{product_id\}|\{product_id\}[^-]")
"""A product's id that something touches: with that it may come to another one's."""
Likeness = tuple[object, ...]
EventId = tuple[str, bool]
"""An event id, and whether a dash and the connection's own name follow, which is then no part of the text."""


def shape(setup: Setup, product: SoldProduct) -> Likeness:
    """All that decides the cells of an offer besides names: offers of one shape are proved together.

    All of one account: its types, domains and rates are the same. Channels only hear what is booked, so a proof for all
    of them holds for each (`told_to`).
    """
    sold = (product, *alike(setup, product))
    event_ids = _event_ids(setup)
    reads_products = any(map(_reads_products, setup.connections)) or _may_meet_products(event_ids)
    return (
        tuple(
            (content(setup, sender, event_id), tuple(sender.covers(each.id) for each in sold))
            for sender, event_id in zip(setup.connections, event_ids, strict=True)
        ),
        tuple(_traits(setup, each) for each in sold),
        tuple(each.id for each in sold) if reads_products else (),
        _payout(setup, sold),
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


def content(setup: Setup, connection: Connection, event_id: EventId) -> Likeness:
    """All that a simulation asks of a connection, besides the products that it covers; with this event id."""
    params, repeated = {**connection.params, EVENT_ID: event_id}, connection.repeated
    read = tuple((params.get(name), tuple(repeated.get(name, ()))) for name in READ)
    sender = (connection.events, connection.currency, connection.active, connection.token)
    return (setup.receives(connection), read, *sender)


def _event_ids(setup: Setup) -> list[EventId]:
    """The event id of each connection, without its own name at the end, if all that does is to be another.

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
        return [(text, False) for text in ids]
    return [(head, text != head) for text, head in zip(ids, heads, strict=True)]


def _may_meet_products(event_ids: Collection[EventId]) -> bool:
    """Whether it matters to event ids which products these are: one that reads them may come to what another spells."""
    read = [set(MACRO.findall(text)) & OF_A_PRODUCT for text, _ in event_ids]
    if not any(read):
        return False
    spelt = any(char.isdigit() for text, _ in event_ids for char in MACRO.sub("", text))
    return spelt or any("product_name" in each for each in read) or any(LOOSE_ID.search(text) for text, _ in event_ids)


def _payout(setup: Setup, sold: Collection[SoldProduct]) -> Decimal | bool:
    """What RedTrack books of itself, where that is what somebody pays: whatever it is else, it is wrong alike."""
    amounts = {amount for each in sold for amount in (each.gross, each.net, each.commission)}
    currencies = {each.currency for each in sold}
    amounts |= {convert(each, code, setup.account_currency, setup.rates) for each in amounts for code in currencies}
    return setup.offer_payout if setup.offer_payout in amounts else bool(setup.offer_payout)


def _reads_products(connection: Connection) -> bool:
    """Whether RedTrack reads of which product a postback is, in more than an event id."""
    texts = [connection.params.get(name, "") for name in READ if name != EVENT_ID]
    texts += [value for name in connection.repeated if name in READ for value in connection.repeated[name]]
    return any(not OF_A_PRODUCT.isdisjoint(MACRO.findall(text)) for text in texts)


def _traits(setup: Setup, product: SoldProduct) -> Likeness:
    amounts = (product.gross, product.net, product.commission, product.currency)
    # How late a refund comes matters only to clicks that expire.
    return (product.billing, amounts, product.guarantee_days if setup.source.expiration else None)
