"""Products, derived from the links that sell them and from the connections that cover them."""

from collections.abc import Iterable, Mapping
from typing import Any

from trackform.export.naming import free, slug


class Products:
    """The products of an account by name.

    Which product sells which upsell is told by neither service. Only where an account has one product is it plain: what
    every connection covers besides are its upsells. Everything else is a product of its own.

    Attributes:
        entries: name -> entry of the account file.
        of_offer: name of an offer -> name of its product.
        of_all_offers: ids that a connection covers which names no products.
    """

    def __init__(self, sold: Mapping[str, str], covered: Iterable[Iterable[Any]]) -> None:
        """From name of an offer -> product id, and the ids that each connection covers."""
        connections = [{str(each) for each in ids} for ids in covered]
        by_id: dict[str, str] = {}
        for offer in sorted(sold, key=lambda name: (name.casefold(), name)):
            by_id.setdefault(sold[offer], offer)
        others = sorted(set().union(*connections) - by_id.keys())
        upsells: list[str] = []
        if len(by_id) == 1:
            main = next(iter(by_id))
            upsells = [each for each in others if all((main in ids) == (each in ids) for ids in connections)]
        for each in others:
            if each not in upsells:
                by_id[each] = free(f"product-{slug(each)}", set(by_id.values()))
        self.by_id = by_id
        self.upsells = upsells
        self.of_offer = {offer: by_id[product] for offer, product in sold.items()}
        self.of_all_offers = sorted({*sold.values(), *(upsells if sold else ())})
        self.entries: dict[str, dict[str, Any]] = {}
        for product, name in sorted(by_id.items(), key=lambda item: (item[1].casefold(), item[1])):
            self.entries[name] = {"id": product}
            if upsells and product in sold.values():
                self.entries[name]["upsells"] = upsells

    def named(self, ids: Iterable[str]) -> list[str]:
        """The names that cover exactly these ids."""
        return sorted({self.by_id[each] for each in ids if each in self.by_id})
