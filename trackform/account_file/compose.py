"""The account file turned into the objects that should exist, with URLs and references. No Pulumi, no HTTP."""

from collections.abc import Callable, Collection, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from trackform.account_file import not_shared
from trackform.account_file.consistency import emptied, misfits, no_circles, old_names, same_keys, unreadable_names
from trackform.account_file.defaults import asked_for, options_for, unknown_sections
from trackform.account_file.models import (
    CampaignEntry,
    Entry,
    FunnelEntry,
    IpnEntry,
    Named,
    OfferEntry,
    OfferSourceEntry,
    PostbackEntry,
    ReadAccount,
    Referable,
    SecretRef,
    read_what_is_right,
)
from trackform.account_file.money import MINUS_COMMISSION, by_id, ids_with_upsells
from trackform.account_file.order import in_order
from trackform.account_file.references import Reference, references
from trackform.account_file.sections import EMBEDDED, NO_DOMAIN, SECTIONS, Composition, Ref, Wanted
from trackform.account_file.spelling import not_there, which_of
from trackform.documents.problems import Problem, Problems, did_you_mean
from trackform.documents.yaml_document import Steps
from trackform.urls import PROJECT, TemplateProblem, render
from trackform.urls.presets import KINDS as PRESET_KINDS
from trackform.urls.presets import declared, presets
from trackform.urls.promolink import linked_product
from trackform_core.model.kind import OPTIONS, Kind, Options
from trackform_core.model.wire import whole

__all__ = ["EMBEDDED", "NO_DOMAIN", "SECTIONS", "Composition", "Ref", "Wanted", "compose", "read_composition"]


def compose(account: ReadAccount, folder: Path = PROJECT, like: Composition | None = None) -> Composition:
    """Everything the file asks for. ``like``: composed a moment ago of almost the same, with the same templates.

    Raises:
        Problems: every dangling reference, duplicate and undefined template variable, each with file and line.
    """
    return _Composer(account, folder, like).compose()


def read_composition(path: Path, folder: Path = PROJECT, *, may_be_empty: bool = False) -> Composition:
    """Compose one account file. It ``may_be_empty`` where nothing is done for want of what it does not declare.

    Raises:
        Problems: every mistake in it at once, but for those that only follow from another one.
    """
    account = read_what_is_right(path)
    problems = [*account.problems, *([] if may_be_empty else emptied(account))]
    try:
        composition = compose(account, folder)
    except Problems as dangling:
        raise Problems([*problems, *dangling.problems]) from None
    if problems:
        raise Problems(problems)
    return composition


class _Composer:
    def __init__(self, account: ReadAccount, folder: Path, like: Composition | None) -> None:
        self.file = account.file
        self.document = account.document
        self.folder = folder
        self.problems: list[Problem] = []
        self.incomplete: set[Steps] = {doubt[:2] for doubt in account.document.doubts}
        self.like = like
        self.result = Composition(account, folder, rendered=like.rendered if like else {})
        self.presets = {section: presets(section, folder) for section in PRESET_KINDS}
        self.sources: dict[str, dict[str, Any]] = {}
        self._by_id = by_id(self.file.products)

    def compose(self) -> Composition:
        self.problems += unknown_sections(self.file, self.document, SECTIONS)
        makers: dict[str, Callable[[str, Any], dict[str, Any]]] = {
            "offer_sources": self._offer_source,
            "offers": self._offer,
            "postbacks": self._postback,
            "funnels": self._funnel,
            "campaigns": self._campaign,
            "ipn_connections": self._ipn,
        }
        for section, kind in SECTIONS.items():
            for name, entry in getattr(self.file, section).items():
                fields = self._fields(section, name, entry)
                if isinstance(entry, Referable) and entry.existing is not None:
                    fields = _needed(kind) | {kind.key: entry.existing, "existing": True}
                else:
                    fields |= options_for(self.file, section, entry, kind) | self._references(section, name, entry)
                    fields |= makers[section](name, entry) if section in makers else self._preset(section, name, entry)
                if isinstance(entry, Entry) and entry.id is not None:
                    fields["adopt_id"] = entry.id
                protect = asked_for(self.file.protect, section) if entry.protect is None else entry.protect
                self.result.objects.append(Wanted(section, name, fields, (section, name), entry.was, protect))
        self.result.objects, circles = in_order(self.result.objects)
        self.problems += [*unreadable_names(self.result), *same_keys(self.result), *old_names(self.result)]
        self.problems += no_circles(self.result, circles)
        self.problems += misfits(self.result, self.incomplete, self.like)
        if self.problems:
            raise Problems(self.problems)
        return self.result

    def problem(self, path: Steps, message: str, suggestion: str = "", about: tuple[Steps, ...] = ()) -> None:
        """Note a problem, unless it follows from another mistake; `about`: what it follows from, if not the path."""
        self.incomplete.add(path[:2])
        lacks = ((place, not_shared.lacking(self.document.data, place)) for place in (path, *about))
        path, (message, suggestion) = next(
            ((place, lack) for place, lack in lacks if lack), (path, (message, suggestion))
        )
        if not any(self.document.doubts_about(place) or self._mistaken_in(place) for place in about or (path,)):
            self.problems.append(self.document.problem(path, message, suggestion))

    def _mistaken_in(self, path: Steps) -> bool:
        return any(doubt[: len(path)] == path for doubt in self.document.doubts)

    def _fields(self, section: str, name: str, entry: Options) -> dict[str, Any]:
        kind = SECTIONS[section]
        fields: dict[str, Any] = {}
        given = entry.model_fields_set | _defaulted(type(entry))
        # In the model's order: that of a set is another one in each run, and people compare what `render` prints.
        # The other keys of the file say how an object is made, and are no field of it.
        for field_name in (each for each in kind.model.model_fields if each in given and each != "existing"):
            value = getattr(entry, field_name)
            if value is None:
                continue
            if isinstance(value, BaseModel) and not isinstance(value, SecretRef):
                value = value.model_dump(mode="json", exclude_none=True)
            elif isinstance(value, list):
                value = [
                    item.model_dump(mode="json", exclude_none=True) if isinstance(item, BaseModel) else item
                    for item in value
                ]
            fields[field_name] = value
        own = kind.known_by or kind.key
        fields[own] = getattr(entry, own if own in type(entry).model_fields else "title", None) or name
        return fields

    def _preset(self, section: str, name: str, entry: Any) -> dict[str, Any]:
        """What the preset says and the entry does not; wire fields without a name of their own go into `extra`."""
        if section not in self.presets or entry.preset is None:
            return {}
        known = self.presets[section]
        if entry.preset not in known:
            self.problem(
                (section, name, "preset"),
                f"there is no preset '{entry.preset}'",
                did_you_mean(entry.preset, known) or f"presets: {', '.join(known)}",
            )
            return {}
        fields, extra = declared(SECTIONS[section], known[entry.preset])
        fields = {key: value for key, value in fields.items() if key not in entry.model_fields_set}
        if extra or entry.extra:
            fields["extra"] = {**extra, **(entry.extra or {})}
        return fields

    def _offer_source(self, name: str, entry: OfferSourceEntry) -> dict[str, Any]:
        preset_fields = self._preset("offer_sources", name, entry)
        if entry.currency is None and self.file.digistore24 and self.file.digistore24.currency:
            preset_fields["currency"] = self.file.digistore24.currency
        self.sources[name] = {**self._fields("offer_sources", name, entry), **preset_fields}
        return preset_fields

    def _offer(self, name: str, entry: OfferEntry) -> dict[str, Any]:
        url = entry.url or self._offer_url(name, entry)
        self.result.offer_urls[name] = url
        return {"url": url}

    def _offer_url(self, name: str, entry: OfferEntry) -> str:
        where = ("offers", name)
        if entry.product is None and name not in self.file.products:
            known = ", ".join(self.file.products) or "none"
            self.problem(
                where,
                f"has neither a product nor a url, and there is no product '{name}'",
                f"product: <name>, of: {known}; or url: <the whole link>",
                ((*where, "url"), (*where, "product"), ("products", name)),
            )
            return ""
        product = self._named("products", (*where, "product"), entry.product or name)
        affiliate = self._digistore24("affiliate", where)
        if product is None or affiliate is None:
            return ""
        variables = {
            "product": self.file.products[product].id,
            "affiliate": affiliate,
            "campaignkey": entry.campaignkey,
            **self.file.variables,
            **entry.variables,
        }
        promolink = self._render("promolink.j2", variables, where)
        return self._render(entry.template, {**variables, "promolink": promolink}, where)

    def _postback(self, name: str, entry: PostbackEntry) -> dict[str, Any]:
        where = ("postbacks", name)
        digistore24 = self.file.digistore24
        if digistore24 is None:
            self.problem(
                where,
                "a postback connection belongs to a Digistore24 account",
                "add a digistore24 section",
                (("digistore24",),),
            )
            return {}
        fields: dict[str, Any] = {"product_ids": self._product_ids(where, entry)}
        if entry.currency is None and digistore24.currency:
            fields["currency"] = digistore24.currency
        notify = digistore24.notify if entry.notify is None else entry.notify
        if notify is not None:
            fields["error_emails"] = notify
        if entry.url is not None:
            self.result.postback_urls[name] = entry.url
            return fields | {"url": entry.url}
        if entry.type is None:
            self.problem(where, "needs type, or a whole url", "type: order_type", ((*where, "type"), (*where, "url")))
        source = self._named_or_only("offer_sources", where, entry.offer_source)
        domain = self._named_or_only("domains", where, entry.domain)
        if source is None or domain is None or entry.type is None:
            return fields
        source_fields = self.sources.get(source.name, {})
        extra = source_fields.get("extra", {})
        variables = {
            "domain": self._host(domain.name),
            "connection": name,
            "type": entry.type,
            "sum": MINUS_COMMISSION if entry.sum == "minus_commission" else whole(entry.sum),
            "clickid": source_fields.get("clickid") or "{cid}",
            "sum_macro": source_fields.get("sum") or "{amount_affiliate}",
            "subs": {f"sub{n}": extra[f"sub{n}"] for n in range(1, 20) if extra.get(f"sub{n}")},
            **({"event_id": entry.event_id} if entry.event_id else {}),
            **self.file.variables,
            **entry.variables,
        }
        fields["url"] = self._render(entry.template, variables, where)
        self.result.postback_urls[name] = fields["url"]
        return fields

    def _product_ids(self, where: tuple[str, str], entry: PostbackEntry) -> list[str]:
        """Upsells are products of their own: a connection that does not name them misses their sales."""
        if entry.products is not None:
            names = [self._named("products", (*where, "products", at), name) for at, name in enumerate(entry.products)]
        else:
            names = [self._sells(name, offer) for name, offer in self.file.offers.items()]
        products = [self.file.products[name] for name in names if name in self.file.products]
        unsaid = () if products or entry.products is not None else self._without_product
        if unsaid:
            said = "says no product, and its link does not either: no connection can cover what it sells"
            self.incomplete.add(where)
            self.problem(("offers", unsaid[0]), said, "product: <its name under products>", (("offers", unsaid[0]),))
        elif not products:
            about = ((*where, "products"), ("offers",), ("products",))
            self.problem(where, "covers no product", "add offers with products, or name products here", about)
        return ids_with_upsells(self._by_id, products)

    @cached_property
    def _without_product(self) -> tuple[str, ...]:
        """The offers whose product only their link can say."""
        return tuple(name for name, offer in self.file.offers.items() if offer.url and not offer.product)

    def _sells(self, name: str, entry: OfferEntry) -> str:
        """The product of an offer; that of a whole url stands in the promolink, where it is one that tells it."""
        if entry.url is None or entry.product:
            return entry.product or name
        linked = linked_product(entry.url)
        return next(
            (product_name for product_name, product in self.file.products.items() if product.id == linked), name
        )

    def _ipn(self, name: str, entry: IpnEntry) -> dict[str, Any]:
        where = ("ipn_connections", name, "products")
        host = (urlsplit(entry.url).hostname or "").lower()
        if host in {self._host(domain).lower() for domain in self.file.domains}:
            self.problem(
                ("ipn_connections", name, "url"),
                f"{host} is a tracking domain of RedTrack, which cannot answer an IPN",
                "for RedTrack declare a connection in postbacks; here give the address of your own receiver",
            )
        names = [
            self._named("products", (*where, at), product_name) for at, product_name in enumerate(entry.products or ())
        ]
        products = [self.file.products[product_name] for product_name in names if product_name]
        return {
            "product_ids": ids_with_upsells(self._by_id, products) or ["all"],
            "sha_passphrase": entry.passphrase,
        }

    def _references(self, section: str, name: str, entry: Named) -> dict[str, Any]:
        """What an entry names by the keys of its references."""
        fields: dict[str, Any] = {}
        for each in references(section):
            where, said = (section, name, each.key), getattr(entry, each.key)
            if each.weights and said:
                fields[each.field] = [self._reference(each.section, (*where, member), member) for member in said]
                fields[each.weights] = [member.weight for member in said.values()]
                fields |= _parts(each, said.values())
            elif each.only_one and (said != NO_DOMAIN or each.section != "domains"):
                fields[each.field] = self._named_or_only(each.section, (section, name), said)
            elif said is not None and not each.weights and not each.only_one:
                fields[each.field] = self._reference(each.section, where, said)
        return fields

    def _funnel(self, name: str, entry: FunnelEntry) -> dict[str, Any]:
        where = ("funnels", name)
        if not entry.offers:
            self.problem(where, "has no offers", "offers: {<name>: 100}", ((*where, "offers"),))
        return {}

    def _campaign(self, name: str, entry: CampaignEntry) -> dict[str, Any]:
        where = ("campaigns", name)
        if entry.channel is None:
            self.problem(where, "has no traffic channel", "channel: <name>", ((*where, "channel"),))
        if entry.funnels and entry.funnel:
            self.problem((*where, "funnel"), "either funnel or funnels, not both")
        elif not entry.funnels and not entry.funnel:
            self.problem(where, "has no funnel", "funnel: <name>", ((*where, "funnel"), (*where, "funnels")))
        elif entry.funnel and (entry.funnel != EMBEDDED or EMBEDDED in self.file.funnels):
            only = self._reference("funnels", (*where, "funnel"), entry.funnel)
            return {"funnel_ids": [only], "funnel_weights": [100]}
        return {}

    def _reference(self, section: str, where: tuple[str | int, ...], name: str | None) -> Ref | None:
        if name is None or self._named(section, where, name) is None:
            return None
        return Ref(section, name)

    def _named_or_only(self, section: str, where: tuple[str, str], name: str | None) -> Ref | None:
        """The object that is named, or the only one of its section."""
        word = section.removesuffix("s")
        if name is not None:
            return self._reference(section, (*where, word), name)
        known = list(getattr(self.file, section))
        if len(known) == 1:
            return Ref(section, known[0])
        self.problem(
            where,
            f"does not say which of the {section} it uses" if known else f"needs one of {section}, and there is none",
            which_of(self.document, where, word, known) if known else f"add a section {section}",
            ((*where, word), (section,)),
        )
        return None

    def _named(self, section: str, where: tuple[str | int, ...], name: str) -> str | None:
        known = getattr(self.file, section)
        if name in known:
            return name
        self.problem(
            where,
            *not_there(section, name, known),
            (where, (section, name)),
        )
        return None

    def _digistore24(self, setting: str, where: tuple[str, str]) -> str | None:
        if self.file.digistore24 is None:
            self.problem(
                where,
                f"its link needs digistore24.{setting}",
                "add a digistore24 section, or give a url",
                (("digistore24",), (*where, "url")),
            )
            return None
        return str(getattr(self.file.digistore24, setting))

    def _host(self, name: str) -> str:
        entry = self.file.domains[name]
        return entry.existing or entry.url or name

    def _render(self, template: str, variables: Mapping[str, Any], where: tuple[str, str]) -> str:
        same = (template, repr(sorted(variables.items())))
        try:
            if same not in self.result.rendered:
                self.result.rendered[same] = render(template, dict(variables), self.folder)
            return self.result.rendered[same]
        except TemplateProblem as problem:
            given = ((*where, "variables"), (*where, "template"), (*where, "type"), ("variables",))
            message = f"{problem.message} (templates/{problem.template})" if problem.template else problem.message
            self.problem(where, message, problem.suggestion, given)
            return ""


def _parts(held: Reference, members: Collection[Any]) -> dict[str, Any]:
    """What else is said of members; of those that say nothing it is nothing, once one of them says something."""
    fields = {}
    for field, key in held.parts:
        said = [getattr(member, key, None) for member in members]
        if any(each is not None for each in said):
            fields[field] = [{} if each is None else each.model_dump(mode="json", exclude_none=True) for each in said]
    return fields


def _needed(kind: Kind[Any]) -> dict[str, Any]:
    """What a kind requires of a reference as well; none of it is ever written."""
    many = kind.weights
    return {field: [""] if field in many else "" for field in sorted(kind.needed & kind.fields.keys())}


@cache
def _defaulted(model: type[BaseModel]) -> frozenset[str]:
    """Fields whose default is a wish, not an absence."""
    return frozenset(
        name
        for name, info in model.model_fields.items()
        if not info.is_required() and info.default_factory is None and info.default is not None and name not in OPTIONS
    )
