"""The functions that this sandbox's Digistore24 offers, by their published names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trackform.sandbox.digistore24 import query, users
from trackform.sandbox.digistore24.catalog import Catalog, MarketProduct
from trackform.sandbox.digistore24.errors import ApiError, Code
from trackform.sandbox.digistore24.ipn import Ipn
from trackform.sandbox.digistore24.ledger import SalesLedger, wire_time
from trackform.sandbox.digistore24.money import currencies
from trackform.sandbox.digistore24.product_rows import listed, whole
from trackform.sandbox.world import Sandbox

ALL_KINDS = "payment,refund,refund_request,chargeback"
LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Call:
    """One call: who, and with what. ``owner`` stands for the API key."""

    sandbox: Sandbox
    account: str
    owner: str
    parameters: Mapping[str, Any]

    def text(self, name: str) -> str:
        return str(self.parameters.get(name) or "").strip()

    def required(self, name: str) -> str:
        if not self.text(name):
            raise ApiError(Code.BAD_FUNCTION_PARAMS, f"missing parameter: {name}")
        return self.text(name)

    @property
    def search(self) -> Mapping[str, Any]:
        return self.parameters.get("search") or {}

    @property
    def period(self) -> query.SearchPeriod:
        return query.period(self.parameters, self.sandbox.clock.now())


@dataclass(frozen=True)
class Function:
    """A function of the API: what answers a call, and its parameters in the order of the PHP connector."""

    answer: Callable[[Call], Any]
    parameters: tuple[str, ...] = ()


def ping(call: Call) -> Any:
    return {"server_time": wire_time(call.sandbox.clock.now())}


def get_user_info(call: Call) -> Any:
    return users.info(call.sandbox.store, call.account)


def list_currencies(call: Call) -> Any:
    return currencies(call.text("convert_to"))


def validate_affiliate(call: Call) -> Any:
    product_ids = [item.strip() for item in call.required("product_ids").split(",") if item.strip()]
    return Catalog(call.sandbox.store).validate(call.required("affiliate_name"), product_ids)


def list_products(call: Call) -> Any:
    """The vendor's own products (published): an account that is only an affiliate sees none."""
    by = call.text("sort_by") or "name"
    if by not in ("name", "group"):
        raise ApiError(Code.BAD_FUNCTION_PARAMS, "sort_by is name or group")
    products = sorted(_own(call), key=lambda product: product.name)
    if call.sandbox.switches.products == "named":
        return {"products": [whole(product) for product in products]}
    return [listed(product) for product in products]


def get_product(call: Call) -> Any:
    """One of the vendor's own products, whole; another vendor's is refused (inferred from "full access")."""
    row = whole(_own_product(call))
    return {"product": row} if call.sandbox.switches.products == "published" else row


def get_upsells(call: Call) -> Any:
    """The tree below one of the vendor's products; another vendor's is refused (inferred from "full access")."""
    product = _own_product(call)
    upsells = {position: int(offer) for position, offer in product.upsells.items()}
    return {"product_id": int(product.id), "upsells": upsells, "product_options": {}}


def list_marketplace_entries(call: Call) -> Any:
    """The vendor's own entries (published): one for every product that is not only an upsell."""
    own = _own(call)
    offered = {offer for product in own for offer in product.upsells.values()}
    return {
        "entries": [
            {
                "id": number,
                "main_product_id": int(product.id),
                "all_product_ids": ",".join(dict.fromkeys([product.id, *product.upsells.values()])),
                "approval_status": "approved",
                "price": float(product.price),
                "currency": product.currency,
                "language": product.language,
                "affiliate_share": float(product.commission_percent),
                "stats_stars": 0.83,
            }
            for number, product in enumerate((p for p in own if p.id not in offered), 1)
        ]
    }


def list_transactions(call: Call) -> Any:
    page = query.page(call.parameters, size=500, least=1, most=LARGEST_PAGE)
    return _ledger(call).transactions(call.search, call.period, page, query.sorting(call.parameters))


def list_commissions(call: Call) -> Any:
    return _ledger(call).commissions(
        query.listed(call.text("transaction_type") or ALL_KINDS),
        query.listed(call.text("commission_type") or "all"),
        call.text("purchase_id"),
        call.period,
        query.page(call.parameters, size=0, least=0),
    )


def list_purchases(call: Call) -> Any:
    return _ledger(call).purchases(
        call.search,
        call.period,
        query.page(call.parameters, size=500, least=1),
        query.sorting(call.parameters),
        load=query.flag(call.parameters.get("load_transactions") or "N"),
    )


def ipn_setup(call: Call) -> Any:
    return _ipn(call).setup(call.parameters)


def ipn_info(call: Call) -> Any:
    return _ipn(call).info(call.text("domain_id"), call.sandbox.switches.ipn_info_missing)


def ipn_delete(call: Call) -> Any:
    return _ipn(call).delete(call.required("domain_id"))


FUNCTIONS = {
    "ping": Function(ping),
    "getUserInfo": Function(get_user_info),
    "listCurrencies": Function(list_currencies, ("convert_to",)),
    "validateAffiliate": Function(validate_affiliate, ("affiliate_name", "product_ids")),
    "listProducts": Function(list_products, ("sort_by",)),
    "getProduct": Function(get_product, ("product_id",)),
    "getUpsells": Function(get_upsells, ("product_id",)),
    "listMarketplaceEntries": Function(list_marketplace_entries, ("sort_by",)),
    "listTransactions": Function(
        list_transactions, ("from", "to", "search", "sort_by", "sort_order", "page_no", "page_size")
    ),
    "listCommissions": Function(
        list_commissions, ("from", "to", "page_no", "page_size", "transaction_type", "commission_type", "purchase_id")
    ),
    "listPurchases": Function(
        list_purchases, ("from", "to", "search", "sort_by", "sort_order", "load_transactions", "page_no", "page_size")
    ),
    "ipnSetup": Function(
        ipn_setup,
        (
            "ipn_url", "name", "product_ids", "domain_id", "categories", "transactions", "timing", "sha_passphrase",
            "newsletter_send_policy",
        ),
    ),
    "ipnInfo": Function(ipn_info, ("domain_id",)),
    "ipnDelete": Function(ipn_delete, ("domain_id",)),
}  # fmt: skip


def _own_product(call: Call) -> MarketProduct:
    product = Catalog(call.sandbox.store).product(call.required("product_id"))
    if product is None:
        raise ApiError(Code.NOT_FOUND, f"no product with the id {call.text('product_id')}")
    if product.vendor != call.account:
        raise ApiError(Code.PERMISSION_DENIED, f"product {product.id} belongs to another vendor")
    return product


def _own(call: Call) -> list[MarketProduct]:
    return [product for product in Catalog(call.sandbox.store).products() if product.vendor == call.account]


def _ledger(call: Call) -> SalesLedger:
    return SalesLedger(call.sandbox.store, call.account)


def _ipn(call: Call) -> Ipn:
    return Ipn(call.sandbox.store, call.account, call.owner, call.sandbox.rng)
