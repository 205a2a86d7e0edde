"""Tells the offers and offer sources that stand for Digistore24 from those of other marketplaces."""

from collections.abc import Mapping
from typing import Any

from trackform.account_file.models import AccountFile
from trackform.urls import parse
from trackform.urls.promolink import GO, HOSTS, promolink_credit
from trackform_redtrack.offer_source import with_braces

PRESET = "digistore24"
AMOUNTS = ("{amount_affiliate}", "{amount_vendor}", "{amount_affiliate_abs}")
"""Macros for the commission that no other marketplace is known to have."""


def leads_to_digistore24(url: str) -> bool:
    """Whether Digistore24 takes the visitor: by its host, or as the link names one of its affiliates."""
    host = parse(url).host.lower()
    return host in HOSTS or bool(GO.fullmatch(host)) or promolink_credit(url) is not None


def sources_of_digistore24(
    file: AccountFile, fields: Mapping[str, Mapping[str, Any]], source_of: Mapping[str, str | None]
) -> dict[str, bool]:
    """The offer sources that stand for Digistore24, those that postbacks name first, and whether all their offers do.

    Its preset, its name or its macros tell it, or a postback that is made for it, or an offer whose link leads there
    or is made of a product. The only source of a file that has products stands for it unless its offers
    lead elsewhere.

    Args:
        file: the account file.
        fields: the composed fields of each offer source.
        source_of: the offer source of each offer that the stack manages.
    """
    named = [postback.offer_source for postback in file.postbacks.values() if postback.offer_source]
    recognised = [
        name for name, each in file.offer_sources.items() if each.preset == PRESET or _says(name, fields[name])
    ]
    sold = {
        source
        for offer, source in source_of.items()
        if source and (file.offers[offer].url is None or leads_to_digistore24(file.offers[offer].url or ""))
    }
    concerned = file.postbacks or file.products
    only = list(file.offer_sources)[:1] if concerned and len(file.offer_sources) == 1 and not _elsewhere(file) else []
    by_offer = [*named, *recognised, *(name for name in file.offer_sources if name in sold)]
    return dict.fromkeys(by_offer, False) | dict.fromkeys(only, False) | dict.fromkeys([*named, *recognised], True)


def _says(name: str, fields: Mapping[str, Any]) -> bool:
    title = f"{name} {fields.get('title') or ''} {fields.get('alias') or ''}".lower()
    return "digistore" in title or "ds24" in title or with_braces(fields.get("sum")) in AMOUNTS


def _elsewhere(file: AccountFile) -> bool:
    """Whether there are links, and all of them lead to somebody else."""
    links = [offer.url for offer in file.offers.values() if offer.existing is None]
    return bool(links) and all(url is not None and not leads_to_digistore24(url) for url in links)
