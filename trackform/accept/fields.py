"""Edits of the account file for a live value: the keys to write, the plainest edit first."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.accept.drift import MASKED, Drift, LiveChange
from trackform.accept.workspace import Target
from trackform.account_file.compose import NO_DOMAIN, Composition, Ref, Wanted
from trackform.account_file.money import MINUS_COMMISSION, by_id, ids_with_upsells
from trackform.account_file.references import Reference, reference
from trackform.documents.yaml_document import Steps
from trackform.documents.yaml_text import REMOVE
from trackform.urls import differences, number, param, parse

Edit = list[Target]
"""What should stand at each of some paths, together."""

NEW_WEIGHT = 100
"""What a new member gets where the preview does not tell its weight, as with weights under `enforce`."""


class CannotSay(Exception):  # noqa: N818 -- the message is the person's to act on
    """The account file has no words for this value. ``by_hand`` is what to do instead."""

    def __init__(self, reason: str, by_hand: str) -> None:
        super().__init__(reason)
        self.by_hand = by_hand


@dataclass(frozen=True)
class Scene:
    """The setting of an edit: the merged file, what it asks for now, and what was chosen beside this change."""

    data: Mapping[str, Any]
    composition: Composition
    drift: Drift
    chosen: Mapping[tuple[Ref, str], LiveChange] = field(default_factory=dict)

    def wanted(self, ref: Ref) -> Wanted:
        return next(each for each in self.composition.objects if (each.section, each.name) == (ref.section, ref.name))

    def entry(self, ref: Ref) -> Mapping[str, Any]:
        entry = self.data.get(ref.section, {}).get(ref.name)
        return entry if isinstance(entry, dict) else {}

    def keys(self, ref: Ref) -> frozenset[str]:
        """The keys that an entry may have."""
        return frozenset(type(getattr(self.composition.account.file, ref.section)[ref.name]).model_fields)

    def name_of(self, object_id: str, section: str) -> str:
        ref = self.drift.ids.get(object_id)
        if ref is None or ref.section != section:
            raise CannotSay(
                f"it now refers to {object_id}, which is not among this stack's {section}",
                f"declare it under {section} (with `existing: <its title>`, if somebody else manages it), "
                "run `pulumi up`, and accept again",
            )
        return ref.name


def edits_for(change: LiveChange, scene: Scene) -> list[Edit]:
    """Edits that may say a change, the plainest first. Whether one does, and changes nothing else, the caller tries.

    Raises:
        CannotSay: there is none.
    """
    ref, name = change.ref, change.field
    wanted = scene.wanted(ref)
    part = name.removeprefix("extra.")
    if name in wanted.kind.secret or _is_masked(change):
        raise CannotSay(
            "it is a secret, and secrets are never written into a file",
            "set the new value with `pulumi config set --secret trackform:<name>`",
        )
    if wanted.fields.get("existing"):
        raise CannotSay("this stack only refers to the object", "nothing has to be accepted")
    if name.startswith("extra."):
        return _plain((ref.section, ref.name, "extra", part), change.live)
    if name == "unset":
        return _unset(change, scene)
    if held := reference(ref.section, name):
        return [_members(change, scene, held) if held.weights else _named(change, scene, held)]
    special = {
        ("domains", "url"): _domain_url,
        ("offers", "url"): _offer_url,
        ("postbacks", "url"): _postback_url,
        ("postbacks", "product_ids"): _products,
        ("ipn_connections", "product_ids"): _products,
        ("postbacks", "error_emails"): _emails,
    }.get((ref.section, name))
    if special:
        return special(change, scene)
    keys = scene.keys(ref)
    key = "title" if name == wanted.kind.known_by and name not in keys else name
    if key not in keys:
        raise CannotSay(f"the account file has no key for {name}", f"live it is {change.live!r}")
    edits = _plain((ref.section, ref.name, key), change.live)
    return _shorthand(ref, scene, _in_written_order(scene.entry(ref).get(key), change.live, edits))


def _is_masked(change: LiveChange) -> bool:
    return MASKED in json.dumps([change.live, change.declared, change.applied])


def _plain(path: Steps, live: Any) -> list[Edit]:
    """Nothing there: not declared, or, where a preset would fill it in again, declared as empty."""
    if live is None:
        return [[(path, REMOVE)], [(path, "")], [(path, [])], [(path, {})]]
    return [[(path, live)]]


def _in_written_order(written: Any, live: Any, edits: list[Edit]) -> list[Edit]:
    """Of a list in which order means nothing, what stays keeps its place."""
    if not isinstance(written, list) or not isinstance(live, list):
        return edits
    texts = {str(item) for item in live}
    kept = [item for item in written if str(item) in texts]
    added = [item for item in live if str(item) not in {str(each) for each in written}]
    return [[(path, [*kept, *added]) for path, _ in edits[0]], *edits]


def _shorthand(ref: Ref, scene: Scene, edits: list[Edit]) -> list[Edit]:
    """`main: track.acme.test` has no keys: it has to be written out first."""
    short = scene.data[ref.section][ref.name]
    if not isinstance(short, str):
        return edits
    out: list[Edit] = []
    for edit in edits:
        keys = {str(path[2]): value for path, value in edit if value is not REMOVE}
        out.append([((ref.section, ref.name), {"url": short, **keys})])
    return out


def _unset(change: LiveChange, scene: Scene) -> list[Edit]:
    """A field that was to be empty has a value: its value is not in a preview, so it is no longer watched."""
    kept = [name for name in scene.entry(change.ref).get("unset") or () if name in (change.live or ())]
    return [[((change.ref.section, change.ref.name, "unset"), kept or REMOVE)]]


def _named(change: LiveChange, scene: Scene, held: Reference) -> Edit:
    ref = change.ref
    nothing = NO_DOMAIN if (ref.section, held.key) == ("campaigns", "domain") else REMOVE
    name = scene.name_of(str(change.live), held.section) if change.live else nothing
    return [((ref.section, ref.name, held.key), name)]


def _members(change: LiveChange, scene: Scene, held: Reference) -> Edit:
    ids_field, weights_field, key, section = held.field, held.weights, held.key, held.section
    ref = change.ref
    wanted = scene.wanted(ref)
    names = [each.name for each in wanted.fields.get(ids_field) or ()]
    declared = dict(zip(names, wanted.fields.get(weights_field) or (), strict=False))
    of_ids, of_weights = scene.chosen.get((ref, ids_field)), scene.chosen.get((ref, weights_field))
    there = scene.drift.live[ref]
    live = [str(item) for item in there.get(ids_field) or ()]
    # A weight for each of them: the declared one, of a new member the live one.
    weight_of = dict(zip(live, there.get(weights_field) or (), strict=False))
    members = [scene.name_of(each, section) for each in live] if of_ids else names
    if not members and ids_field in wanted.kind.needed:
        raise CannotSay(f"it has no {section} left, and the account file needs one", "delete it in the web application")
    live_weights = {scene.drift.ids[each].name: weight for each, weight in weight_of.items() if each in scene.drift.ids}
    weights = {name: declared.get(name, live_weights.get(name, NEW_WEIGHT)) for name in members}
    if of_weights:
        if of_weights.why == "steered":
            live_weights = dict(zip(live_weights, of_weights.live, strict=False))
        weights |= {name: weight for name, weight in live_weights.items() if name in weights}
    said = _with_parts(weights, change, scene, held)
    if ref.section == "campaigns" and "funnels" not in scene.entry(ref):
        if len(weights) == 1 and not of_weights and said == weights:
            return [((ref.section, ref.name, "funnel"), next(iter(weights)))]
        return [((ref.section, ref.name, "funnel"), REMOVE), ((ref.section, ref.name, key), said)]
    return [((ref.section, ref.name, key), said or REMOVE)]


def _with_parts(weights: Mapping[str, Any], change: LiveChange, scene: Scene, held: Reference) -> dict[str, Any]:
    """Members with what else is said of each: what is live where that was chosen, or is new; else what is declared."""
    ref, wanted = change.ref, scene.wanted(change.ref)
    names = [each.name for each in wanted.fields.get(held.field) or ()]
    there = scene.drift.live[ref]
    live = [scene.drift.ids[each].name for each in map(str, there.get(held.field) or ()) if each in scene.drift.ids]
    members = dict(weights)
    for field_name, key in held.parts:
        chosen = scene.chosen.get((ref, field_name))
        live_parts = dict(zip(live, (chosen.live if chosen else there.get(field_name)) or (), strict=False))
        parts = dict(zip(names, wanted.fields.get(field_name) or (), strict=False))
        for name in members:
            part = live_parts.get(name) if chosen or name not in parts else parts[name]
            if part:
                members[name] = {
                    "weight": weights[name],
                    key: _as_written(scene, ref, (held.key, name, key), part, parts),
                }
    return members


def _as_written(scene: Scene, ref: Ref, path: tuple[str, str, str], part: Any, declared: Mapping[str, Any]) -> Any:
    """What stays as it is declared stays as it is written."""
    written: Any = scene.entry(ref)
    for step in path:
        written = written.get(step) if isinstance(written, dict) else None
    return written if written is not None and part == declared.get(path[1]) else part


def _domain_url(change: LiveChange, scene: Scene) -> list[Edit]:
    ref = change.ref
    short = isinstance(scene.data[ref.section][ref.name], str)
    return [[((ref.section, ref.name) if short else (ref.section, ref.name, "url"), change.live)]]


def _offer_url(change: LiveChange, scene: Scene) -> list[Edit]:
    """The keys that the template is made of, where they are enough; else the whole link.

    Connections that cover "all offers" may pass over one with a link of its own: they name the products then.
    """
    ref = change.ref
    base = (ref.section, ref.name)
    edits: list[Edit] = list(_by_template(change, base))
    explicit: Target = ((*base, "url"), change.live)
    product = scene.entry(ref).get("product") or ref.name
    edits += [[explicit], [explicit, ((*base, "product"), product)]]
    file = scene.composition.account.file
    names = sorted(
        {offer.product or name for name, offer in file.offers.items() if offer.url is None and not offer.existing}
    )
    covering = [name for name, postback in file.postbacks.items() if postback.products is None]
    edits.append([explicit, *((("postbacks", name, "products"), names) for name in covering)])
    return edits


def _by_template(change: LiveChange, base: Steps) -> Iterator[Edit]:
    """Only a `sid` or the campaign key was changed."""
    parts = [each.part for each in differences(change.live, change.declared or "")]
    if parts and all(part in {f"?sid{n}" for n in range(1, 6)} for part in parts):
        values = {part[1:]: param(change.live, part[1:]) for part in parts}
        yield [((*base, "variables", sid), REMOVE if value is None else value) for sid, value in values.items()]
    if parts == ["path"]:
        yield [((*base, "campaignkey"), parse(change.live).path.rpartition("/")[2] or REMOVE)]
        yield [((*base, "campaignkey"), REMOVE)]


def _postback_url(change: LiveChange, scene: Scene) -> list[Edit]:
    """The keys that the URL is made of; failing that, the whole URL."""
    whole: Edit = [((change.ref.section, change.ref.name, "url"), change.live)]
    keys = _by_keys(change, scene)
    return [whole] if keys is None else [keys, whole]


def _by_keys(change: LiveChange, scene: Scene) -> Edit | None:
    """None where a part differs that comes from the offer source or the template, or that no key can say."""
    said: dict[Steps, Any] = {}
    for each in differences(change.live or "", change.declared or ""):
        value = param(change.live, each.part[1:]) or ""
        if each.part == "host":
            said["domain",] = _domain_named(parse(change.live).host, scene)
        elif each.part == "?type":
            said["type",] = value.strip("{}")
        elif each.part == "?sum":
            said["sum",] = _sum(value)
        elif each.part == "?rdtk_event_id":
            said["event_id",] = value or None
        elif each.part == "?clickid":
            said["variables", "clickid"] = value or None
        else:
            return None
    if None in said.values():
        return None
    return [((change.ref.section, change.ref.name, *keys), value) for keys, value in said.items()]


def _domain_named(host: str, scene: Scene) -> str | None:
    domains = scene.composition.account.file.domains
    return next((name for name, domain in domains.items() if (domain.existing or domain.url or name) == host), None)


def _sum(value: str) -> str | float | None:
    if value == MINUS_COMMISSION:
        return "minus_commission"
    return "commission" if value.startswith("{") else number(value)


def _products(change: LiveChange, scene: Scene) -> list[Edit]:
    """By name: a connection covers a product with all its upsells."""
    path = (change.ref.section, change.ref.name, "products")
    if change.live == ["all"]:
        return [[(path, REMOVE)]]
    missing = {str(each) for each in change.live or ()}
    names = []
    products = scene.composition.account.file.products
    ids = by_id(products)
    for name, product in products.items():
        covered = {*ids_with_upsells(ids, [product])}
        if covered <= {str(each) for each in change.live or ()}:
            names.append(name)
            missing -= covered
    if missing or not names:
        raise CannotSay(
            f"it covers the product ids {', '.join(change.live or ()) or '(none)'}, which are not those of whole "
            f"products with their upsells (left over: {', '.join(sorted(missing)) or 'none'})",
            "add the missing products (or upsells) under products, and accept again",
        )
    return [[(path, names)]]


def _emails(change: LiveChange, scene: Scene) -> list[Edit]:
    """The list of all connections, where all of them were changed to the same; else one of its own."""
    own = ("postbacks", change.ref.name, "notify")
    if "notify" in scene.entry(change.ref):
        return [[(own, change.live or REMOVE)], [(own, change.live or [])]]
    return [[(("digistore24", "notify"), change.live or REMOVE)], [(own, change.live or [])]]
