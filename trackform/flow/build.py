"""From what an account file asks for to what the simulator looks at."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from trackform.account_file.compose import Composition, Ref, Wanted
from trackform.account_file.models import AccountFile, ConversionTypeEntry, SecretRef
from trackform.account_file.models import Product as FileProduct
from trackform.flow.setup import USUAL_RATES, Connection, ConversionType, Product, Setup, Source
from trackform.urls import param
from trackform.urls.promolink import linked_product

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
    product: Product
    setup: Setup


class Flow:
    """The set-up of one composition. Everything is worked out on first use."""

    def __init__(self, composition: Composition) -> None:
        self.composition = composition
        self.file: AccountFile = composition.account.file
        self.objects: dict[Ref, Wanted] = {Ref(one.section, one.name): one for one in composition.objects}

    def fields(self, section: str, name: str) -> Mapping[str, Any]:
        """What is asked of one object, presets and templates resolved."""
        return self.objects[Ref(section, name)].fields

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        return tuple(self._connection(name) for name in self.composition.postback_urls)

    @cached_property
    def types(self) -> dict[str, ConversionType]:
        """Conversion types by the name that a postback must send."""
        found = {}
        for name, entry in self.file.conversion_types.items():
            sent = str(self.fields("conversion_types", name)["name"])
            found[sent] = ConversionType(sent, entry.duplicates or "create_new", forward_of(entry))
        return found

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """The traffic channels that buy clicks: those of campaigns that are not paused."""
        running = (one for one in self.file.campaigns.values() if one.status != "paused" and one.existing is None)
        return tuple(dict.fromkeys(one.channel for one in running if one.channel))

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The tracking domains, in small letters."""
        return frozenset((one.existing or one.url or name).lower() for name, one in self.file.domains.items())

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The offer sources that stand for Digistore24: those that postbacks are made for."""
        known = list(self.file.offer_sources)
        named = [one.offer_source for one in self.file.postbacks.values() if one.offer_source]
        return tuple(dict.fromkeys(named)) or tuple(known)

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
        return next((name for name, one in self.file.products.items() if one is linked), None)

    @cached_property
    def sold(self) -> list[Sold]:
        """Every product that an offer sells, once."""
        found: dict[str, Sold] = {}
        for offer, url in self.offers.items():
            name = self.product_named(offer)
            # A link to another product than declared has a rule of its own.
            main = self.file.products[name].id if name else linked_product(url)
            if main is None or main in found:
                continue
            entry = self.file.products.get(name or "")
            source = self._source(self.source_of(offer))
            setup = Setup(
                self.connections, self.types, source, self.account_currency(source),
                self.payout_of(offer), self.channels, param(url, "cid") or "",
                self.hosts, self.rates,
            )  # fmt: skip
            found[main] = Sold(offer, name or offer, self._product(main, entry), setup)
        return list(found.values())

    def payout_of(self, offer: str) -> Decimal:
        """As declared; else some: what an offer has in RedTrack by hand is not nothing."""
        declared = self.file.offers[offer].payout
        return NOTIONAL_PAYOUT if declared is None else Decimal(str(declared))

    @cached_property
    def currencies(self) -> set[str]:
        """Every currency that the file names, and nothing else."""
        named = [one.currency for one in self.connections]
        named += [str(self.fields("offer_sources", one).get("currency") or "") for one in self.file.offer_sources]
        return {one for one in [*named, self.file.account.currency or ""] if one}

    @cached_property
    def rates(self) -> dict[str, Decimal]:
        """A rate for each currency; all differ, so that a missing conversion shows."""
        found = {code: USUAL_RATES[code] for code in USUAL_RATES}
        for at, code in enumerate(sorted(self.currencies | set(NOTIONAL)), 3):
            found.setdefault(code, Decimal(at) / 2)
        return found

    @cached_property
    def paid_in(self) -> str:
        """The currency that buyers pay in here."""
        return next(one for one in NOTIONAL if one not in self.currencies or one == NOTIONAL[-1])

    @cached_property
    def by_id(self) -> dict[str, FileProduct]:
        """The declared products by Digistore24's id."""
        return {one.id: one for one in self.file.products.values()}

    def account_currency(self, source: Source) -> str:
        """Declared; else what would be right: no API tells it."""
        return self.file.account.currency or source.currency or next(iter(sorted(self.currencies)), "USD")

    def upsell_ids(self, product: str) -> list[str]:
        """Every product that can be sold in the same order: upsells, and theirs where they are declared."""
        by_id = self.by_id
        found: list[str] = []
        ahead = [product]
        while ahead:
            for each in by_id[current].upsells if (current := ahead.pop(0)) in by_id else []:
                if each not in found and each != product:
                    found.append(each)
                    ahead.append(each)
        return found

    def _product(self, product_id: str, entry: FileProduct | None) -> Product:
        upsells = tuple(self._sort(each, self.by_id.get(each)) for each in self.upsell_ids(product_id))
        main = self._sort(product_id, entry)
        return Product(
            main.id, main.billing, currency=main.currency, guarantee_days=main.guarantee_days, upsells=upsells
        )

    def _sort(self, product_id: str, entry: FileProduct | None) -> Product:
        billing, guarantee = (entry.billing, entry.guarantee) if entry else ("single", None)
        return Product(product_id, billing, currency=self.paid_in, guarantee_days=guarantee_days(guarantee))

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
    found = DAYS.fullmatch(text or "")
    return int(found[1]) if found else None


def guarantee_days(text: str | None) -> int:
    """How long money is given back: as the file says, else what is usual."""
    found = days(text)
    return GUARANTEE_DAYS if found is None else found


def secret_of(value: Any) -> str:
    """Which secret is meant: the value itself is not known offline."""
    return f"secret {value.secret}" if isinstance(value, SecretRef) else ""


def all_products(flow: Flow) -> Iterable[str]:
    """Every product id that can bring a commission: of the offers, and their upsells."""
    for one in flow.sold:
        yield one.product.id
        yield from (each.id for each in one.product.upsells)
