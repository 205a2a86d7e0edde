"""Builds the simulator's set-up from an account file."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from trackform.account_file.compose import Composition, Ref, Wanted
from trackform.account_file.models import AccountFile, ConversionTypeEntry, SecretRef
from trackform.account_file.models import Product as FileProduct
from trackform.account_file.money import by_id, upsells_of
from trackform.flow.booking import STATUSES
from trackform.flow.marketplace import leads_to_digistore24, sources_of_digistore24
from trackform.flow.setup import ALL, CLICK_ID, USUAL_RATES, Connection, DeclaredType, Setup, SoldProduct, Source
from trackform.flow.traffic import Traffic
from trackform.urls import param
from trackform.urls.promolink import is_clickbank, keeps_cid, linked_product

NOTIONAL = ("GBP", "CHF", "EUR", "USD", "AUD")
"""Currencies to pay in: the first that the file does not use, so that a conversion left out shows."""
NOTIONAL_PAYOUT = Decimal("9.99")
"""The payout of an offer that declares none, so that a postback which books it shows."""
DAYS = re.compile(r"(\d+)\s*d?")
DEDICATED = re.compile(r"[^.]+\.(?:ttrk\.io|rdtk\.io)", re.IGNORECASE)
"""The host that RedTrack gives to each account (its help centre; once rdtk.io). No API tells whose it is."""
GUARANTEE_DAYS = 60
"""Assumed where the file says none: what Digistore24's vendors usually give (ours)."""
NO_TOKEN_SAID = "a token that the file does not say"  # noqa: S105 -- in place of one
"""What RedTrack asks for where protection is on and no token is declared: it makes one (its web form)."""


@dataclass(frozen=True)
class Sold:
    """What an offer sells: its product with the upsells, and the account as a click on this offer meets it.

    Attributes:
        offer: its name in the file.
        name: of the product; the offer's where no product of the file is sold.
        source: the name of its offer source; None where only another stack knows it.
        waiting: the channels that buy clicks on it as soon as what is paused is started, besides those of the setup.
    """

    offer: str
    name: str
    product: SoldProduct
    setup: Setup
    source: str | None
    waiting: tuple[str, ...] = ()


class Flow:
    """The simulator's view of one composed account file, at one moment. Everything is worked out on first use."""

    def __init__(self, composition: Composition, now: datetime | None = None) -> None:
        self.composition = composition
        self.file: AccountFile = composition.account.file
        self.traffic = Traffic(self.file, now)
        campaigns, offers = self.file.campaigns.values(), self.file.offers.values()
        waits = any(each.status == "paused" for each in campaigns) or any(each.status == "paused" for each in offers)
        self.traffic_once_started = Traffic(self.file, now, started=True) if waits else self.traffic
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
    def hosts(self) -> frozenset[str]:
        """The tracking domains, in small letters, and RedTrack's own for its accounts where a connection names one."""
        given = {connection.target[0] for connection in self.connections if DEDICATED.fullmatch(connection.target[0])}
        return frozenset(given) | frozenset(
            (domain.existing or domain.url or name).lower() for name, domain in self.file.domains.items()
        )

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The offer sources that stand for Digistore24."""
        return tuple(self._sources)

    @cached_property
    def _sources(self) -> dict[str, bool]:
        fields = {name: self.fields("offer_sources", name) for name in self.file.offer_sources}
        return sources_of_digistore24(
            self.file, fields, {name: self.source_of(name) for name in self.composition.offer_urls}
        )

    def source_of(self, offer: str) -> str | None:
        """The offer source of an offer, by name."""
        ref = self.fields("offers", offer).get("offer_source_id")
        return ref.name if isinstance(ref, Ref) else None

    @cached_property
    def offers(self) -> dict[str, str]:
        """Offers of Digistore24 that this stack manages, with their URLs."""
        return {name: url for name, url in self.composition.offer_urls.items() if self._is_of_digistore24(name, url)}

    def _is_of_digistore24(self, offer: str, url: str) -> bool:
        all_of_its_offers = self._sources.get(self.source_of(offer) or "")
        if all_of_its_offers is None or is_clickbank(url):
            return False
        entry = self.file.offers[offer]
        sells = entry.url is None or (entry.product or offer) in self.file.products
        return all_of_its_offers or sells or leads_to_digistore24(url)

    @cached_property
    def elsewhere(self) -> dict[str, str]:
        """Offers of other marketplaces and of shops that this stack manages, with their URLs."""
        return {name: url for name, url in self.composition.offer_urls.items() if name not in self.offers}

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
        """What each offer of Digistore24 sells. None stands for another."""
        return [sold for name in self.file.offers if (sold := self._sold(name))]

    @cached_property
    def product_ids(self) -> tuple[str, ...]:
        """Every product that can bring a commission: of the offers, and their upsells."""
        return tuple(dict.fromkeys(each.id for sold in self.sold for each in (sold.product, *sold.product.upsells)))

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Every traffic channel that buys clicks on some offer of Digistore24."""
        return tuple(dict.fromkeys(channel for sold in self.sold for channel in sold.setup.channels))

    @cached_property
    def channels_once_started(self) -> tuple[str, ...]:
        """The same, as if nothing were paused."""
        waiting = (channel for sold in self.sold for channel in sold.waiting)
        return tuple(dict.fromkeys((*self.channels, *waiting)))

    def _sold(self, offer: str) -> Sold | None:
        """None for another marketplace's, and where nobody can tell what is sold: that has findings of its own."""
        referred = self.file.offers[offer].existing is not None
        if offer not in self.offers and not referred:
            return None
        url = self.offers.get(offer, "")
        name = self.product_named(offer)
        # A link to another product than declared has a rule of its own.
        main = self.file.products[name].id if name else linked_product(url)
        if main is None:
            return None
        entry = self.file.products.get(name or "")
        source_name = self.source_of(offer)
        source = self._source(source_name)
        channels = self.traffic.channels(offer)
        waiting = tuple(each for each in self.traffic_once_started.channels(offer) if each not in channels)
        product = self._product(main, entry)
        everything = (product.id, *(upsell.id for upsell in product.upsells))
        setup = Setup(
            self.covering(*everything), self.types, source, self.account_currency(source), self.payout_of(offer),
            channels, CLICK_ID if referred else param(url, "cid") or "", self.hosts, self.rates,
            default_status=self._default_status(offer), keeps_cid=referred or keeps_cid(url),
        )  # fmt: skip
        return Sold(offer, name or offer, product, setup, source_name, waiting)

    def covering(self, *products: str) -> tuple[Connection, ...]:
        """The connections that cover one of these products: no other sends anything of its sales."""
        own = {place for each in products for place in self._covering.get(each, ())}
        return self._at({*own, *self._covering.get(ALL, ())}) if own else self._covering_all

    @cached_property
    def _covering_all(self) -> tuple[Connection, ...]:
        return self._at(self._covering.get(ALL, ()))

    def _at(self, places: Iterable[int]) -> tuple[Connection, ...]:
        return tuple(self.connections[place] for place in sorted(places))

    def covered_by(self, connection: Connection) -> list[str]:
        """Those of `product_ids` that a connection covers."""
        if connection.covers(ALL):
            return list(self.product_ids)
        return sorted(connection.products & self._places.keys(), key=self._places.__getitem__)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {product: place for place, product in enumerate(self.product_ids)}

    @cached_property
    def upsells(self) -> frozenset[str]:
        """Every product that the file calls an upsell of another."""
        return frozenset(upsell for product in self.file.products.values() for upsell in product.upsells)

    @cached_property
    def _covering(self) -> dict[str, list[int]]:
        """Product -> the places of the connections that name it."""
        covering: dict[str, list[int]] = {}
        for at, connection in enumerate(self.connections):
            for product in connection.products:
                covering.setdefault(product, []).append(at)
        return covering

    def _default_status(self, offer: str) -> str:
        """The status of conversions that tell none; empty where it is RedTrack's own, or one that nobody knows."""
        status = self.file.offers[offer].default_conversion_status
        return status if status in STATUSES else ""

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
        return by_id(self.file.products)

    def account_currency(self, source: Source) -> str:
        """The declared currency of the account; else the one that would be right, as no API has it."""
        return self.file.account.currency or source.currency or next(iter(sorted(self.currencies)), "USD")

    def upsell_ids(self, product: str) -> list[str]:
        """Every product that can be sold in the same order: upsells, and theirs where they are declared."""
        return upsells_of(self.by_id, product)

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
        if name is None or self.file.offer_sources[name].existing is not None:
            # Taken to be right, which `unproven` says.
            return Source(next((each.currency for each in self.connections if each.currency), ""))
        fields = self.fields("offer_sources", name)
        expiration = fields.get("click_expiration")
        token = secret_of(fields.get("postback_token")) or NO_TOKEN_SAID if fields.get("postback_protected") else ""
        mode = str(fields.get("postback_mode") or "")
        return Source(
            str(fields.get("currency") or ""), mode, expiration if isinstance(expiration, int) else 0, token
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
