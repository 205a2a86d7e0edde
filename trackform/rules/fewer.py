"""Few of many objects that are alike: enough of an account to see what an edit brings out, in less time."""

from collections.abc import Iterable, Iterator
from typing import Any

from trackform.rules.behind import of_data
from trackform.rules.edits import FileEdit
from trackform.rules.registry import Case

MANY = 60
"""Offers or campaigns, of which more than that take time."""
MOST_ALIKE = 2


def fewer(case: Case, edits: Iterable[FileEdit]) -> Case:
    """The case with two offers of each sort, what leads to them, and all that the edits are about."""
    file = case.flow.file
    if max(len(file.offers), len(file.campaigns)) <= MANY:
        return case
    concerned = {edit.path[:2] for edit in edits}
    whole = case.composition.account.document.data
    data = dict(whole)
    for section, kept in _kept(case, concerned):
        data[section] = {name: entry for name, entry in _entries(whole, section) if name in kept}
    for section, members in (("funnels", "offers"), ("campaigns", "funnels")):
        data[section] = {name: _leading_to(data, members, entry) for name, entry in data[section].items()}
    return of_data(case, data) or case


def _entries(data: dict[str, Any], section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The entries of a section: none where it is missing, an empty one where nothing stands under a name."""
    for name, entry in (data.get(section) or {}).items():
        yield name, entry or {}


def _leading_to(data: dict[str, Any], members: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry without its references to members that are left out."""
    referred = entry.get(members) or {}
    kept = {name: said for name, said in referred.items() if name in data[members]}
    return entry | {members: kept} if referred else entry


def _kept(case: Case, concerned: set[tuple[str | int, ...]]) -> Iterator[tuple[str, set[str]]]:
    """The names that are kept of each section that may have many."""
    file, flow = case.flow.file, case.flow
    offers = {str(name) for section, name in concerned if section == "offers"}
    sorts: dict[Any, list[str]] = {}
    connections = {name for section, name in concerned if section == "postbacks"}
    for proof in case.proved:
        # Where something is wrong, it is said of each connection.
        is_wrong = any(cell.verdict == "wrong" for cell in proof.simulated)
        own = tuple(name for name in proof.senders.values() if is_wrong or name in connections)
        sorts.setdefault((id(proof.simulated), proof.channels, proof.waiting, own), []).extend(
            sold.offer for sold in proof.offers
        )
    sold = {offer for alike in sorts.values() for offer in alike}
    sorts["of no known product"] = [name for name in file.offers if name not in sold]
    offers |= {offer for alike in sorts.values() for offer in alike[:MOST_ALIKE]}
    yield "offers", offers & set(file.offers)
    named = {name for each in file.postbacks.values() for name in each.products or ()}
    named |= {name for offer in offers & set(file.offers) if (name := flow.product_named(offer))}
    upsells = {upsell for product in file.products.values() for upsell in product.upsells}
    yield (
        "products",
        {
            name
            for name, product in file.products.items()
            if name in named or product.upsells or product.id in upsells or ("products", name) in concerned
        },
    )
    funnels = {
        name
        for name, funnel in file.funnels.items()
        if ("funnels", name) in concerned or not offers.isdisjoint(funnel.offers or ())
    }
    yield "funnels", funnels
    yield (
        "campaigns",
        {
            name
            for name, campaign in file.campaigns.items()
            if ("campaigns", name) in concerned or not funnels.isdisjoint(campaign.funnels or [campaign.funnel])
        },
    )
