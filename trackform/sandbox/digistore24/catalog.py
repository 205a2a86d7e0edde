"""The marketplace: products of vendors, and which affiliate may promote which of them."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from trackform.sandbox.digistore24.money import amount
from trackform.sandbox.rates import UNITS_PER_USD
from trackform.sandbox.store import Row, Store

VENDOR = "500001"
VENDOR_NAME = "ketolab"

AFFILIATE_NAME = re.compile(r"[A-Za-z0-9_-]+")

Status = Literal["approved", "no_affiliation", "wait_for_approval"]


class MarketProduct(BaseModel):
    """A product of a vendor, with what decides how it is paid. Prices are gross, in major units."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    vendor: str = Field(default=VENDOR, description="Digistore24 account id of the vendor")
    vendor_name: str = VENDOR_NAME
    price: str = Field(description="of one payment: the price, the monthly price or one instalment")
    currency: str = "USD"
    billing_type: Literal["single_payment", "subscription", "installment"] = "single_payment"
    instalments: int = Field(default=0, ge=0, description="number of payments of an instalment plan")
    commission_percent: str = Field(default="50", description="of the net amount")
    vat_percent: str = Field(default="0", description="VAT inside the price; 0 keeps examples easy to read (ours)")
    upsells: dict[str, str] = Field(default_factory=dict, description="position (y, yy, yn…) to product id")
    language: str = "en"
    created_at: str = "2025-01-15 09:00:00"

    @field_validator("id", "vendor", "price", "commission_percent", "vat_percent", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    @field_validator("id", "vendor")
    @classmethod
    def _digits(cls, value: str) -> str:
        if not (value.isascii() and value.isdigit()):
            raise ValueError("Digistore24 ids are digits")
        return value

    @field_validator("price", "commission_percent", "vat_percent")
    @classmethod
    def _number(cls, value: str, info: ValidationInfo) -> str:
        if amount(value) < 0:
            raise ValueError(f"{info.field_name} is negative")
        return value

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        if value not in UNITS_PER_USD:
            raise ValueError(f"the sandbox knows {', '.join(UNITS_PER_USD)}")
        return value

    @field_validator("upsells", mode="before")
    @classmethod
    def _tree(cls, value: Any) -> Any:
        """A plain list becomes the tree of offers one after another, whatever the buyer chose before."""
        if not isinstance(value, list):
            return {key: str(product) for key, product in value.items()} if isinstance(value, dict) else value
        tree: dict[str, str] = {}
        for step, product in enumerate(value):
            tree["y" * (step + 1)] = str(product)
            if step:
                tree["y" * step + "n"] = str(product)
        return tree


DEFAULTS = {
    product.id: product
    for product in (
        MarketProduct(
            id="411530", name="Keto Guide", price="47.00", upsells={"y": "411531", "yy": "411532", "yn": "411532"}
        ),
        MarketProduct(id="411531", name="Keto Recipes", price="27.00"),
        MarketProduct(id="411532", name="Keto Coaching", price="19.00", billing_type="subscription"),
        MarketProduct(
            id="420010",
            name="Trading Course",
            price="99.00",
            currency="EUR",
            billing_type="installment",
            instalments=3,
        ),
    )
}


class Catalog:
    """Products and partnerships. A default marketplace of one vendor is there in every sandbox, also after a reset."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def products(self) -> list[MarketProduct]:
        by_id: dict[str, MarketProduct] = dict(DEFAULTS)
        for _, row in self._store.everywhere("product"):
            if row.get("removed"):
                by_id.pop(row["id"], None)
            else:
                by_id[row["id"]] = MarketProduct.model_validate(row)
        return list(by_id.values())

    def product(self, product_id: str) -> MarketProduct | None:
        return next((product for product in self.products() if product.id == product_id), None)

    def put(self, changes: Row) -> MarketProduct:
        """Add a product, or change the given fields of one.

        Raises:
            ValueError: a field is missing, unknown or wrong (pydantic's error, which is one).
        """
        known = self.product(str(changes.get("id", "")))
        product = MarketProduct.model_validate({**(known.model_dump() if known else {}), **changes})
        stored = self._store.find("product", product.id)
        if stored and stored[0] != product.vendor:
            self._store.remove(stored[0], "product", product.id)
        self._store.put(product.vendor, "product", product.model_dump())
        return product

    def remove(self, product_id: str) -> bool:
        known = self.product(product_id)
        if known is None:
            return False
        self._store.put(known.vendor, "product", {"id": product_id, "removed": True})
        return True

    def status(self, affiliate: str, product_id: str) -> Status:
        """The status of a partnership; any affiliate is approved for any product unless set otherwise (ours)."""
        row = self._store.get("", "partnership", f"{affiliate}/{product_id}")
        everywhere = self._store.get("", "partnership", f"{affiliate}/all")
        status: Status = (row or everywhere or {"status": "approved"})["status"]
        return status

    def set_status(self, affiliate: str, product_ids: list[str], status: Status) -> None:
        """``["all"]`` sets it for every product and forgets what was set for single ones."""
        if product_ids == ["all"]:
            for _, row in self._store.everywhere("partnership"):
                if row["affiliate"] == affiliate:
                    self._store.remove("", "partnership", row["id"])
        for product_id in product_ids:
            row = {"id": f"{affiliate}/{product_id}", "affiliate": affiliate, "status": status}
            self._store.put("", "partnership", row)

    def validate(self, affiliate: str, product_ids: list[str]) -> Row:
        """The answer of validateAffiliate.

        Products of one vendor only (published): those of another vendor than the first count as invalid, which is
        inferred.
        """
        by_id = {product.id: product for product in self.products()}
        vendor = next((by_id[product_id].vendor for product_id in product_ids if product_id in by_id), None)
        valid = [p for p in product_ids if p in by_id and by_id[p].vendor == vendor]
        bad_name = AFFILIATE_NAME.fullmatch(affiliate) is None
        statuses = {self.status(affiliate, product_id) for product_id in valid}
        status: str = "no_valid_products"
        if valid:
            status = next(s for s in ("no_affiliation", "wait_for_approval", "approved") if s in statuses)
            status = "no_affiliation" if bad_name else status
        complete = status == "approved" and len(valid) == len(product_ids)
        return {
            "have_affiliation": "Y" if complete else "N",
            "affiliation_status": status,
            "invalid_affiliate_name": bad_name,
            "affiliation_status_msg": status.replace("_", " ").capitalize(),
            "invite_url": f"https://www.digistore24.com/signup/{valid[0]}/{affiliate}" if valid else "",
            "valid_product_ids": ",".join(valid),
            "invalid_product_ids": ",".join(p for p in product_ids if p not in valid),
        }
