"""What tells one offer's sales from another's: those that nothing tells apart share a proof.

Told apart by content, never by name: two connections that send the same are one to a simulation, whatever they are
called and whatever details their URLs carry.
"""

from dataclasses import replace

from trackform.flow.booking import READ
from trackform.flow.setup import MACRO, Connection, Setup, SoldProduct

MOST_ALIKE = 2
OF_A_PRODUCT = {"product_id", "product_name"}
"""Macros whose value is a product's own. In an event id they tell products apart, whichever these are."""
Likeness = tuple[object, ...]


def shape(setup: Setup, product: SoldProduct) -> Likeness:
    """All that decides the cells of an offer besides names: offers of one shape are proved together.

    All of one account: its types, domains and rates are the same. Channels only hear what is booked, so a proof for all
    of them holds for each (`told_to`).
    """
    sold = (product, *alike(setup, product))
    senders = senders_of(setup, product)
    return (
        tuple((content(setup, sender), tuple(sender.covers(each.id) for each in sold)) for sender in senders),
        tuple(_traits(setup, each) for each in sold),
        tuple(each.id for each in sold) if any(map(_reads_products, senders)) else (),
        # What RedTrack books of itself is wrong, whatever the amount is.
        bool(setup.offer_payout),
        setup.source,
        setup.account_currency,
        setup.cid,
        setup.default_status,
        setup.keeps_cid,
    )


def senders_of(setup: Setup, product: SoldProduct) -> tuple[Connection, ...]:
    """The connections that send something of a product or its upsells."""
    sold = (product, *product.upsells)
    return tuple(sender for sender in setup.connections if any(sender.covers(each.id) for each in sold))


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


def content(setup: Setup, connection: Connection) -> Likeness:
    """All that a simulation asks of a connection, besides the products that it covers."""
    read = tuple((connection.params.get(name), tuple(connection.repeated.get(name, ()))) for name in READ)
    sender = (connection.events, connection.currency, connection.active, connection.token)
    return (setup.receives(connection), read, *sender)


def _reads_products(connection: Connection) -> bool:
    """Whether RedTrack reads of which product a postback is, in more than an event id."""
    texts = [connection.params.get(name, "") for name in READ if name != "rdtk_event_id"]
    texts += [value for name in connection.repeated if name in READ for value in connection.repeated[name]]
    return any(not OF_A_PRODUCT.isdisjoint(MACRO.findall(text)) for text in texts)


def _traits(setup: Setup, product: SoldProduct) -> Likeness:
    amounts = (product.gross, product.net, product.commission, product.currency)
    # How late a refund comes matters only to clicks that expire.
    return (product.billing, amounts, product.guarantee_days if setup.source.expiration else None)
