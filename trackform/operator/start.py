"""Money before traffic: the connections that nobody has confirmed, and the campaigns whose clicks need them. Pure."""

from collections.abc import Iterator

from trackform.account_file.sections import Composition
from trackform.flow.build import Flow
from trackform.operator.step import Secrets
from trackform.operator.steps import unconfirmed_connections
from trackform.reconcile.connections import connections_of
from trackform_core.no_api.ledger import Ledger
from trackform_digistore24.marker import marked


def awaited(composition: Composition, ledger: Ledger, secrets: Secrets = lambda _: None) -> dict[str, list[str]]:
    """Campaign -> the markers of the connections that book its sales and that nobody has confirmed as declared.

    Only of campaigns that are to run. Returns may wait: without them too much is booked, not nothing.
    """
    missing = unconfirmed_connections(composition, ledger, secrets)
    books = {
        connection.name: connection.products
        for connection in connections_of(composition)
        if connection.name in missing and connection.active and connection.books is None
        and "payment" in connection.events
    }  # fmt: skip
    if not books:
        return {}
    flow = Flow(composition)
    main = {sold.offer: sold.product.id for sold in flow.sold}
    waiting = {}
    for name, entry in flow.file.campaigns.items():
        sold = {main[offer] for offer in _offers(flow, name) if offer in main}
        names = [marked(each) for each, products in books.items() if products & sold]
        if names and entry.existing is None and entry.status != "paused":
            waiting[name] = names
    return waiting


def _offers(flow: Flow, campaign: str) -> Iterator[str]:
    """The offers that a campaign's clicks may lead to."""
    entry = flow.file.campaigns[campaign]
    for funnel in entry.funnels or ([entry.funnel] if entry.funnel else []):
        split = flow.file.funnels.get(funnel)
        yield from split.offers if split else ()
