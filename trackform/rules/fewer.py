"""Few of many objects that are alike: enough of an account to see what an edit brings out, in less time."""

import copy
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
    data = copy.copy(case.composition.account.document.data)
    for section, kept in _kept(case, concerned):
        if data.get(section):
            data[section] = {name: entry for name, entry in data[section].items() if name in kept}
    for section, field, members in (("funnels", "offers", "offers"), ("campaigns", "funnels", "funnels")):
        for name, entry in (data.get(section) or {}).items():
            if entry and entry.get(field):
                held = {each: said for each, said in entry[field].items() if each in (data.get(members) or {})}
                data[section] = {**data[section], name: {**entry, field: held}}
    return of_data(case, data) or case


def _kept(case: Case, concerned: set[tuple[str | int, ...]]) -> Iterator[tuple[str, set[str]]]:
    """The names that are kept of each section that may have many."""
    file, flow = case.flow.file, case.flow
    offers = {str(name) for section, name in concerned if section == "offers"}
    sorts: dict[Any, list[str]] = {}
    connections = {name for section, name in concerned if section == "postbacks"}
    for proof in case.proved:
        # Where something is wrong, it is said of each connection.
        is_wrong = any(cell.verdict == "wrong" for cell in proof.simulated)
        own = tuple(name for name in proof.as_first.values() if is_wrong or name in connections)
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
