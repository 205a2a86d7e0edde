"""What is sold together in one order, and what a connection books of it."""

from collections.abc import Iterable, Mapping

from trackform.account_file.models import Product

MINUS_COMMISSION = "-{amount_affiliate_abs}"
"""The commission that a return takes back: right whichever sign Digistore24 gives to `{amount_affiliate}` there."""


def upsells_of(by_id: Mapping[str, Product], product: str) -> list[str]:
    """Every product that can be sold in the same order, by id: upsells, and theirs where they are declared."""
    upsells: list[str] = []
    ahead = [product]
    while ahead:
        for each in by_id[current].upsells if (current := ahead.pop(0)) in by_id else []:
            if each not in upsells and each != product:
                upsells.append(each)
                ahead.append(each)
    return upsells


def by_id(products: Mapping[str, Product]) -> dict[str, Product]:
    """Products by Digistore24's id, of those by name."""
    return {product.id: product for product in products.values()}


def ids_with_upsells(declared: Mapping[str, Product], products: Iterable[Product]) -> list[str]:
    """The ids of products with all that can be sold in the same orders, sorted. ``declared``: all, by id."""
    return sorted({each for product in products for each in (product.id, *upsells_of(declared, product.id))})
