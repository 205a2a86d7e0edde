"""Builds the simulator's set-up from an account file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from trackform.account_file.compose import Composition, Ref, Wanted
from trackform.account_file.models import AccountFile, ConversionTypeEntry, SecretRef
from trackform.account_file.models import Product as FileProduct
from trackform.flow.setup import USUAL_RATES, Connection, DeclaredType, Setup, SoldProduct, Source
from trackform.urls import param
from trackform.urls.promolink import keeps_cid, linked_product

NOTIONAL = ("GBP", "CHF", "EUR", "USD", "AUD")
"""Currencies to pay in: the first that the file does not use, so that a conversion left out shows."""
NOTIONAL_PAYOUT = Decimal("9.99")
"""The payout of an offer that declares none, so that a postback which books it shows."""
DAYS = re.compile(r"(\d+)\s*d?")
GUARANTEE_DAYS = 60
"""Assumed where the file says none: what Digistore24's vendors usually give (ours)."""


@dataclass(frozen=True)
class Sold:
    """A product that an offer of the account sells: with its upsells, and the account as a click on it meets it."""

    offer: str
    name: str
    product: SoldProduct
    setup: Setup


class Flow:
    """The simulator's view of one composed account file. Everything is worked out on first use."""

    def __init__(self, composition: Composition) -> None:
        self.composition = composition
        self.file: AccountFile = composition.account.file
        self.objects: dict[Ref, Wanted] = {Ref(wanted.section, wanted.name): wanted for wanted in composition.objects}

    def fields(self, section: str, name: str) -> Mapping[str, Any]:
        """The declared fields of one object, presets and templates resolved."""
        return self.objects[Ref(section, name)].fields

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        return tuple(self._connection(name) for name in self.composition.postback_urls)

    @cached_property
    def types(self) -> dict[str, DeclaredType]:
        """Conversion types by the name that a postback must send."""
        types = {}
        for name, entry in self.file.conversion_types.items():
            sent = str(self.fields("conversion_types", name)["name"])
            types[sent] = DeclaredType(sent, entry.duplicates or "create_new", forward_of(entry))
        return types

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """The traffic channels that buy clicks: those of campaigns that are not paused."""
        running = (
            campaign
            for campaign in self.file.campaigns.values()
            if campaign.status != "paused" and campaign.existing is None
        )
        return tuple(dict.fromkeys(campaign.channel for campaign in running if campaign.channel))

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The tracking domains, in small letters."""
        return frozenset((domain.existing or domain.url or name).lower() for name, domain in self.file.domains.items())

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The offer sources that stand for Digistore24: those that postbacks are made for, else those of its preset.

        Where neither tells, all of a file that has to do with Digistore24, and none of another.
        """
        named = [postback.offer_source for postback in self.file.postbacks.values() if postback.offer_source]
        preset = [name for name, source in self.file.offer_sources.items() if source.preset == "digistore24"]
        concerned = self.file.digistore24 or self.file.postbacks or self.file.products
        return tuple(dict.fromkeys(named or preset)) or (tuple(self.file.offer_sources) if concerned else ())

    def source_of(self, offer: str) -> str | None:
        """The offer source of an offer, by name."""
        ref = self.fields("offers", offer).get("offer_source_id")
        return ref.name if isinstance(ref, Ref) else None

    @cached_property
    def offers(self) -> dict[str, str]:
        """Offers of Digistore24 that this stack manages, with their URLs."""
        return {name: url for name, url in self.composition.offer_urls.items() if self.source_of(name) in self.sources}

    def product_named(self, offer: str) -> str | None:
        """The name of the product that an offer sells: declared, or found by the id in its link."""
        entry = self.file.offers[offer]
        named = entry.product or offer
        if named in self.file.products:
            return named
        linked = self.by_id.get(linked_product(self.offers.get(offer, "")) or "")
        return next((name for name, product in self.file.products.items() if product is linked), None)

    @cached_property
    def sold(self) -> list[Sold]:
        """Every product that an offer sells, once."""
        by_product: dict[str, Sold] = {}
        for offer, url in self.offers.items():
            name = self.product_named(offer)
            # A link to another product than declared has a rule of its own.
            main = self.file.products[name].id if name else linked_product(url)
            if main is None or main in by_product:
                continue
            entry = self.file.products.get(name or "")
            source = self._source(self.source_of(offer))
            setup = Setup(
                self.connections, self.types, source, self.account_currency(source),
                self.payout_of(offer), self.channels, param(url, "cid") or "",
                self.hosts, self.rates, keeps_cid=keeps_cid(url),
            )  # fmt: skip
            by_product[main] = Sold(offer, name or offer, self._product(main, entry), setup)
        return list(by_product.values())

    def payout_of(self, offer: str) -> Decimal:
        """The declared payout; else a notional one, as an offer may have one in RedTrack by hand."""
        declared = self.file.offers[offer].payout
        return NOTIONAL_PAYOUT if declared is None else Decimal(str(declared))

    @cached_property
    def currencies(self) -> set[str]:
        """Every currency that the file names, and nothing else."""
        named = [connection.currency for connection in self.connections]
        named += [str(self.fields("offer_sources", source).get("currency") or "") for source in self.file.offer_sources]
        return {code for code in [*named, self.file.account.currency or ""] if code}

    @cached_property
    def rates(self) -> dict[str, Decimal]:
        """A rate for each currency; all differ, so that a missing conversion shows."""
        rates = {code: USUAL_RATES[code] for code in USUAL_RATES}
        for at, code in enumerate(sorted(self.currencies | set(NOTIONAL)), 3):
            rates.setdefault(code, Decimal(at) / 2)
        return rates

    @cached_property
    def paid_in(self) -> str:
        """The currency that buyers pay in here."""
        return next(code for code in NOTIONAL if code not in self.currencies or code == NOTIONAL[-1])

    @cached_property
    def by_id(self) -> dict[str, FileProduct]:
        """The declared products by Digistore24's id."""
        return {product.id: product for product in self.file.products.values()}

    def account_currency(self, source: Source) -> str:
        """The declared currency of the account; else the one that would be right, as no API has it."""
        return self.file.account.currency or source.currency or next(iter(sorted(self.currencies)), "USD")

    def upsell_ids(self, product: str) -> list[str]:
        """Every product that can be sold in the same order: upsells, and theirs where they are declared."""
        by_id = self.by_id
        upsells: list[str] = []
        ahead = [product]
        while ahead:
            for each in by_id[current].upsells if (current := ahead.pop(0)) in by_id else []:
                if each not in upsells and each != product:
                    upsells.append(each)
                    ahead.append(each)
        return upsells

    def _product(self, product_id: str, entry: FileProduct | None) -> SoldProduct:
        upsells = tuple(self._sort(each, self.by_id.get(each)) for each in self.upsell_ids(product_id))
        main = self._sort(product_id, entry)
        return SoldProduct(
            main.id, main.billing, currency=main.currency, guarantee_days=main.guarantee_days, upsells=upsells
        )

    def _sort(self, product_id: str, entry: FileProduct | None) -> SoldProduct:
        billing, guarantee = (entry.billing, entry.guarantee) if entry else ("single", None)
        return SoldProduct(product_id, billing, currency=self.paid_in, guarantee_days=guarantee_days(guarantee))

    def _connection(self, name: str) -> Connection:
        fields = self.fields("postbacks", name)
        return Connection(
            name, self.composition.postback_urls[name], frozenset(fields.get("events") or ()),
            frozenset(fields.get("product_ids") or ()), str(fields.get("currency") or ""),
            bool(fields.get("active", True)), secret_of(fields.get("token")),
        )  # fmt: skip

    def _source(self, name: str | None) -> Source:
        fields = self.fields("offer_sources", name) if name else {}
        expiration = fields.get("click_expiration")
        token = secret_of(fields.get("postback_token")) if fields.get("postback_protected") else ""
        return Source(
            str(fields.get("currency") or ""), str(fields.get("postback_mode") or ""),
            expiration if isinstance(expiration, int) else 0, token,
        )  # fmt: skip


def forward_of(entry: ConversionTypeEntry) -> dict[str, str] | None:
    """Event by channel: none at all for `none`, and None where the file says nothing."""
    if entry.forward is None:
        return None
    return {} if entry.forward == "none" else entry.forward


def days(text: str | None) -> int | None:
    """`60d` in days; None for what is no number of days."""
    match = DAYS.fullmatch(text or "")
    return int(match[1]) if match else None


def guarantee_days(text: str | None) -> int:
    """The days of a guarantee: as the file says, else what is usual."""
    declared = days(text)
    return GUARANTEE_DAYS if declared is None else declared


def secret_of(value: Any) -> str:
    """The name of a secret: its value is not known offline."""
    return f"secret {value.secret}" if isinstance(value, SecretRef) else ""


def all_products(flow: Flow) -> Iterable[str]:
    """Every product id that can bring a commission: of the offers, and their upsells."""
    for sold in flow.sold:
        yield sold.product.id
        yield from (each.id for each in sold.product.upsells)
