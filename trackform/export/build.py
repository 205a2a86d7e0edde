"""Drafts of a live account: names in place of ids, links taken back to their templates, products from their links."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trackform.account_file.compose import EMBEDDED, NO_DOMAIN, SECTIONS
from trackform.account_file.references import Reference, entry_model, references
from trackform.account_file.spelling import is_affiliate
from trackform.export.draft import Draft, Drafts, Verdicts, after
from trackform.export.embedded import FUNNELS, Saved
from trackform.export.fields import KEPT_BACK, plain, shown
from trackform.export.links import Promolink, parts_of, postback, promolink
from trackform.export.members import members
from trackform.export.naming import by_place, names
from trackform.export.own_values import OwnValues
from trackform.export.products import Products
from trackform.export.secrets import unspeakable
from trackform.export.snapshot import Snapshot
from trackform.urls.promolink import promolink_credit
from trackform_core.model.postback_token import split_token
from trackform_core.model.wire import Row, canonical, id_of
from trackform_digistore24.marker import marked, marker, parameter

LONGEST_REASON = 300
"""What is wrong with a value, which it may quote."""


def build(snapshot: Snapshot, verdicts: Verdicts) -> Drafts:
    """Make all drafts of an account, given what is known not to work."""
    return _Builder(snapshot, verdicts).build()


def is_embedded(row: Row) -> bool:
    """Whether a funnel lives only inside a campaign: it is no saved template."""
    return not row.get("template")


class _Builder:
    def __init__(self, snapshot: Snapshot, verdicts: Verdicts) -> None:
        self.snapshot = snapshot
        self.verdicts = verdicts
        self.drafts: dict[str, dict[str, Draft]] = {}
        self.links: dict[str, Promolink] = {}
        self.settings: dict[str, Any] = {}
        self.own = OwnValues(snapshot)

    def build(self) -> Drafts:
        for section in SECTIONS:
            self.drafts[section] = {draft.place[1]: draft for draft in self._section(section)}
        self._digistore24()
        for section in SECTIONS:
            self._each(section, self._optional_references)
        for section, maker in (("offer_sources", self._currency), ("landings", self._landing)):
            self._each(section, maker)
        self._each("offers", self._offer)
        sold = {draft.name: product for draft in self._declared("offers") if (product := self._product(draft))}
        products = Products(sold, [draft.row.get("product_ids") or [] for draft in self._declared("postbacks")])
        for draft in self._declared("offers"):
            if products.of_offer.get(draft.name, draft.name) != draft.name:
                draft.data = after(draft.data, "preset", {"product": products.of_offer[draft.name]})
        self._each("postbacks", lambda draft: self._postback(draft, products))
        self._each("funnels", self._funnel)
        self.saved = Saved(
            {id_of(row): row for row in self._rows("funnels")},
            self._name,
            {draft.name for draft in self._declared("funnels")},
        )
        self._each("campaigns", self._campaign)
        entries = [draft for section in SECTIONS for draft in sorted(self.drafts[section].values(), key=_order)]
        for draft in entries:
            self._judged(draft)
        return Drafts(self.settings, products.entries, entries, self.snapshot.unread, self.own)

    def _section(self, section: str) -> Iterator[Draft]:
        kind = SECTIONS[section]
        rows = [
            row for row in self.snapshot.rows.get(section, ()) if section != "funnels" or not is_embedded(row)
        ]  # fmt: skip
        if section == "postbacks":
            called = {id_of(row): marker(row.get("url")) or "" for row in rows}
        elif section == "domains":
            called = by_place(rows, self._use_of_domains())
        else:
            called = names(kind, {id_of(row): str(kind.called(row) or "") for row in rows}, self.own.removed)
        # A funnel inside a campaign may have the title of a saved one: the id tells them apart.
        titles = Counter(str(kind.called(row)) for row in self._rows(section))
        for row in rows:
            draft = Draft(section, called[id_of(row)], row)
            draft.refused = self.verdicts.refused.get(draft.place, "") or self._unnameable(draft)
            if not draft.refused:
                self._plain(draft, titles)
            yield draft

    def _unnameable(self, draft: Draft) -> str:
        kind = SECTIONS[draft.section]
        if kind.is_generated(draft.row):
            return f"{kind.service.name} generated it by itself"
        if draft.section == "postbacks" and not draft.name:
            return (
                f"its URL has no marker {parameter('<name>')}, by which it could be recognised: add one in the web form"
            )
        key = kind.key_of(draft.row)
        if key in (None, ""):
            return f"it has no {kind.key}, by which it could be recognised"
        if reason := unspeakable(key, "url"):
            return f"its {kind.key} cannot be written down: {reason}"
        if draft.section == "postbacks" and sum(marker(row.get("url")) == key for row in self._rows("postbacks")) > 1:
            return f"several connections carry the marker {marked(shown(key))}: change all but one in the web form"
        return ""

    def _plain(self, draft: Draft, titles: Mapping[str, int]) -> None:
        entry = plain(draft.section, draft.row)
        title = SECTIONS[draft.section].called(draft.row)
        if draft.section == "domains":
            draft.data["url"] = draft.row["url"]
        elif draft.section != "postbacks" and title != draft.name:
            draft.data["title"] = title
        if "id" in entry_model(draft.section).model_fields and titles[str(title)] > 1:
            draft.data["id"] = id_of(draft.row)
        draft.data |= entry.data
        if draft.section == "offers" and entry.extra.get("postback_url") == self._shown_postback(draft.row):
            # What the offer source computes for all of its offers is nobody's wish for this one.
            entry.extra.pop("postback_url", None)
            draft.computed.add("postback_url")
        if entry.extra:
            draft.data["extra"] = entry.extra
        draft.notes += entry.notes
        draft.reasons |= entry.reasons

    def _shown_postback(self, offer: Row) -> Any:
        return next(
            (row.get("postback_url") for row in self._rows("offer_sources") if id_of(row) == offer.get("program_id")),
            None,
        )

    def _digistore24(self) -> None:
        """The account's own few lines: what most of its objects have; those that differ say so themselves."""
        affiliates: list[str] = []
        # In the order of names: those are the same on another account, ages are not.
        for draft in self._declared("offers"):
            url = str(draft.row.get("url"))
            if (link := promolink(url)) is not None:
                self.links[draft.place[1]] = link
            if (paid := link or promolink_credit(url)) and is_affiliate(paid.affiliate):
                affiliates.append(paid.affiliate)
        connections = [draft.row for draft in self._declared("postbacks")]
        if self.snapshot.redtrack_user:
            self.settings["account"] = {"redtrack_user": self.snapshot.redtrack_user}
        if not (affiliates or connections or self.snapshot.digistore24_account):
            return
        section: dict[str, Any] = {}
        if self.snapshot.digistore24_account:
            section["account"] = self.snapshot.digistore24_account
        section["affiliate"] = _most(affiliates) or self.snapshot.affiliate()
        if currency := _most(str(row.get("currency") or "") for row in connections):
            section["currency"] = currency
        if notify := _most(tuple(sorted(row.get("error_emails") or ())) for row in connections):
            section["notify"] = list(notify)
        self.settings["digistore24"] = section

    def _currency(self, draft: Draft) -> None:
        common = self.settings.get("digistore24", {}).get("currency")
        if common and not draft.data.get("currency"):
            if "currency" not in draft.data:
                draft.data["currency"] = ""
        elif common and draft.data["currency"] == common:
            del draft.data["currency"]

    def _landing(self, draft: Draft) -> None:
        if reason := unspeakable(draft.row.get("url"), "url"):
            draft.refused = f"its url is not written here: {reason}"

    def _optional_references(self, draft: Draft) -> None:
        """What it may refer to and need not; of a key that can be left out the account file means more than nothing."""
        for held in references(draft.section):
            optional = not held.weights and not held.only_one and held.field not in SECTIONS[draft.section].needed
            if optional and draft.row.get(held.wire):
                self._refer(draft, held.section, held.key, str(draft.row[held.wire]), needed=False)

    def _offer(self, draft: Draft) -> None:
        draft.data = {**self._source(draft), **draft.data} if not draft.refused else draft.data
        link = self.links.get(draft.place[1])
        if link is None:
            url = str(draft.row.get("url") or "")
            if reason := unspeakable(url, "url"):
                draft.refused = f"its url is not written here: {reason}"
            draft.data["url"] = url
            draft.instead = parts_of(url) or {}
            return
        if link.campaignkey is not None:
            draft.data["campaignkey"] = link.campaignkey
        variables = dict(link.variables)
        if link.affiliate != self.settings["digistore24"]["affiliate"]:
            variables["affiliate"] = link.affiliate
        if variables:
            draft.data["variables"] = variables

    def _source(self, draft: Draft) -> dict[str, Any]:
        only = len(self._declared("offer_sources")) == 1
        held: dict[str, Any] = {}
        self._refer(draft, "offer_sources", "offer_source", str(draft.row.get("program_id") or ""), into=held)
        return {} if only else held

    def _product(self, draft: Draft) -> str:
        """Of a promolink in whichever form; empty where the link tells none."""
        if link := self.links.get(draft.place[1]):
            return link.product
        paid = promolink_credit(str(draft.row.get("url")))
        return paid.product if paid else ""

    def _postback(self, draft: Draft, products: Products) -> None:
        url, token = split_token(str(draft.row.get("url") or ""))
        if token is not None:
            draft.notes.append("token is a secret: `token: {secret: NAME}` names it. It stays as it is")
            draft.reasons["token"] = KEPT_BACK
        domains = {each.name: str(each.row["url"]) for each in self._declared("domains")}
        sources = {each.name: each.row for each in self._declared("offer_sources")}
        made = postback(draft.name, url, domains, sources)
        if made is None:
            draft.notes.append("its URL is not one that the template makes")
            made = {"url": url}
        elif made["sum"] == "commission":
            del made["sum"]
        for key, every in (("domain", domains), ("offer_source", sources)):
            if len(every) == 1:
                made.pop(key, None)
        draft.refused = self._undeclarable(draft, url)
        draft.data = {**made, **self._beside_the_url(draft, products), **draft.data}

    def _undeclarable(self, draft: Draft, url: str) -> str:
        if reason := unspeakable(url, "postback_url"):
            return f"its url is not written here: {reason}"
        return "" if draft.row.get("product_ids") else "it covers no product"

    def _beside_the_url(self, draft: Draft, products: Products) -> dict[str, Any]:
        """What differs from the account's own few lines."""
        common, made = self.settings["digistore24"], dict[str, Any]()
        self._currency(draft)
        ids = [str(each) for each in draft.row.get("product_ids") or ()]
        if sorted(set(ids)) != products.of_all_offers:
            made["products"] = products.named(ids)
        emails = sorted(draft.row.get("error_emails") or ())
        if emails != common.get("notify", []):
            made["notify"] = emails
        return made

    def _funnel(self, draft: Draft) -> None:
        for held in references("funnels"):
            section, wire = held.section, held.wire
            items = draft.row.get(wire) or []
            weighted = _weights(items)
            known = self._named(section, weighted)
            if len(known) < len(items):
                draft.data["leave"] = sorted({*draft.data.get("leave", ()), held.field, held.weights})
            if len(known) < len(weighted):
                others = ", ".join(sorted(weighted.keys() - {id_ for id_ in weighted if self._name(section, id_)}))
                draft.notes.append(f"also holds {wire} that are not declared here: {others}. They stay in it")
                draft.reasons[held.key] = "it also holds some that are not declared here"
            elif len(weighted) < len(items):
                often = Counter(self._name(section, str(item.get("id"))) or "" for item in items)
                twice = ", ".join(sorted(name for name, count in often.items() if count > 1))
                draft.notes.append(f"holds several of its {wire} more than once: {twice}. They stay as they are")
                draft.reasons[held.key] = "it holds some more than once"
            if known:
                draft.data = {**draft.data, held.key: self._members(draft, held, known)}
            elif held.field in SECTIONS["funnels"].needed:
                draft.refused = "none of its offers is declared here"

    def _campaign(self, draft: Draft) -> None:
        held: dict[str, Any] = {}
        self._refer(draft, "traffic_channels", "channel", str(draft.row.get("source_id") or ""), into=held)
        streams = [item for item in draft.row.get("streams") or [] if isinstance(item, dict)]
        weights = _weights(streams)
        known = self._named("funnels", weights)
        if not streams or len(known) < len(streams):
            held["funnel"] = EMBEDDED
            draft.reasons["funnel"] = "it lives only inside the campaign" if streams else "the campaign has none"
            draft.elsewhere = self.saved.of(draft.name, streams) if streams else None
            draft.notes.append(_funnel_note(draft, known) if streams else "it has no funnel")
        else:
            said = self._members(draft, FUNNELS, known)
            only = list(said.values()) == [100]
            held |= {"funnel": next(iter(said))} if only else {"funnels": said}
        domain = str(draft.row.get("domain_id") or "")
        if not domain:
            held["domain"] = NO_DOMAIN
        elif len(self._declared("domains")) > 1 or self._name("domains", domain) is None:
            self._refer(draft, "domains", "domain", domain, into=held, needed=False)
            if "domain" not in held:
                held["domain"] = NO_DOMAIN
        draft.data = after(draft.data, "title", held)

    def _members(self, draft: Draft, held: Reference, weights: Mapping[str, Any]) -> dict[str, Any]:
        names = {place: each.name for place, each in self.drafts[held.section].items() if each.name in weights}
        named = members(draft.section, draft.row, held, names, weights)
        draft.notes += [each.note for each in named.unsaid]
        draft.unsaid += named.unsaid
        return named.said

    def _refer(
        self, draft: Draft, section: str, key: str, object_id: str, *, into: dict[str, Any] | None = None,
        needed: bool = True,
    ) -> None:  # fmt: skip
        """Name another object; without it the draft is refused, or keeps what it has, unsaid."""
        name = self._name(section, object_id)
        kind_title = SECTIONS[section].title
        if name is not None:
            (draft.data if into is None else into)[key] = name
        elif needed:
            draft.refused = (
                f"its {kind_title} {object_id} is not declared here" if object_id else f"it has no {kind_title}"
            )
        else:
            draft.reasons[key] = f"its {kind_title} {object_id} is not declared here"
            draft.notes.append(f"{draft.reasons[key]}. It stays as it is")

    def _named(self, section: str, weights: Mapping[str, Any]) -> dict[str, Any]:
        weight_of = {self._name(section, each): canonical(weight) for each, weight in weights.items()}
        return {name: weight_of[name] for name in sorted(name for name in weight_of if name is not None)}

    def _name(self, section: str, object_id: str) -> str | None:
        draft = self.drafts.get(section, {}).get(object_id)
        return draft.name if draft is not None and not draft.refused else None

    def _declared(self, section: str) -> list[Draft]:
        return sorted((each for each in self.drafts.get(section, {}).values() if not each.refused), key=_order)

    def _each(self, section: str, maker: Any) -> None:
        for draft in self._declared(section):
            maker(draft)

    def _rows(self, section: str) -> list[Row]:
        return self.snapshot.rows.get(section, [])

    def _use_of_domains(self) -> dict[str, int]:
        hosts = {str(row.get("url")): id_of(row) for row in self._rows("domains")}
        used = Counter(str(row.get("domain_id") or "") for row in self._rows("campaigns"))
        for row in self._rows("postbacks"):
            if not marker(row.get("url")):
                # It cannot be declared, so another account does not get it.
                continue
            host = str(row.get("url") or "").partition("://")[2].partition("/")[0]
            used[hosts.get(host, "")] += 1
        return used

    def _judged(self, draft: Draft) -> None:
        for name, reason in sorted(self.verdicts.dropped.get(draft.place, {}).items()):
            holder, key = (draft.data.get("extra", {}), name[6:]) if name.startswith("extra.") else (draft.data, name)
            holder.pop(key, None)
            draft.notes.append(f"{shown(name)} is not declared: {shown(reason, LONGEST_REASON)}. It stays as it is")
            draft.reasons[name] = reason
        if not draft.data.get("extra", True):
            del draft.data["extra"]
        if left := self.verdicts.left.get(draft.place):
            draft.data["leave"] = sorted({*draft.data.get("leave", ()), *left})


def _weights(items: Iterable[Row]) -> dict[str, Any]:
    """Id -> weight; of what is there more than once, the sum."""
    weights: dict[str, Any] = {}
    for item in items:
        object_id, weight = str(item.get("id")), item.get("weight", 0)
        weights[object_id] = weights[object_id] + weight if object_id in weights else weight
    return weights


def _funnel_note(draft: Draft, known: Mapping[str, Any]) -> str:
    """Why its funnels are not declared."""
    elsewhere = "another account gets a saved one" if draft.elsewhere else "another account does not get it"
    if len(known) == len(_weights(draft.row["streams"])):
        return f"it holds a funnel more than once, which stays as it is; with --split, {elsewhere}"
    return (
        "its funnel lives only inside the campaign, where the public API cannot edit it, and stays as it is; with "
        f"--split, {elsewhere}"
    )


def _order(draft: Draft) -> tuple[Any, ...]:
    slot = draft.row.get("slot")
    return slot if isinstance(slot, int) else 0, draft.name.casefold(), draft.name, id_of(draft.row)


def _most(values: Iterable[Any]) -> Any:
    """The most frequent of those that are not empty; of several, the first one met."""
    often = Counter(value for value in values if value)
    return max(often, key=lambda value: often[value]) if often else None
