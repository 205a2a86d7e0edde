"""An export as one file, or as two: what every account shares, and what is this one's own."""

from collections.abc import Iterator, Mapping
from typing import Any

from trackform.account_file.compose import EMBEDDED, SECTIONS
from trackform.export.draft import after
from trackform.export.fields import shown
from trackform.export.proof import Export
from trackform.export.seal import sealed
from trackform.export.secrets import unspeakable
from trackform.export.text import identity, text
from trackform_core.model.postback_token import without_token
from trackform_core.model.wire import Row, id_of

HEAD = [
    "Written by `trackform export`. Applied to the account it comes from, it changes nothing.",
    "Nothing that an account holds is lost by it: what a file does not mention stays as it is.",
]
SHARED_HEAD = ["Written by `trackform export --split`: what accounts share. What is one account's own, its file says."]
NOT_TOLD = {
    "account": "Add `currency:`: no API tells the currency of a RedTrack account.",
    "conversion_types": "Add `forward:`: no API tells which event each channel is told. `trackform validate` names the "
    "lines.",
    "products": "Add `billing:` and `guarantee:` where they matter, and which upsells belong to which product.",
}
"""What no service tells and a set-up needs, by section."""
OWN_SECTIONS = ("adopt", "account", "digistore24", "domains")
OWN_KEYS = frozenset({"id", "leave", "notify", "workspace_ids", "currency"})
"""Keys of an entry that mean something in one account alone."""
LONGEST_NOTE = 1000


def whole(export: Export, stack: str) -> str:
    """The account in one file."""
    return sealed(text(_readable(export.data), _comments(export), HEAD), stack)


def split(export: Export, stack: str, shared_name: str) -> tuple[str, str]:
    """(the account's own file, the shared one), the first extending the second by this name."""
    account = _OfAccount(export)
    own: dict[str, Any] = {"extends": [shared_name]}
    shared: dict[str, Any] = {}
    for key, value in export.data.items():
        if key in OWN_SECTIONS:
            own[key] = value
        elif key == "products":
            shared[key] = value
        else:
            shared[key], mine = account.parted(value)
            if mine:
                own[key] = mine
    _give_saved_funnels(export, own, shared)
    comments = _comments(export)
    mine_only = {path: lines for path, lines in comments.items() if path[0] in OWN_SECTIONS}
    rest = {path: lines for path, lines in comments.items() if path not in mine_only}
    alone, common = text(_readable(own), mine_only, HEAD), text(_readable(shared), rest, SHARED_HEAD)
    return sealed(alone, stack), sealed(common, stack)


def _give_saved_funnels(export: Export, own: dict[str, Any], shared: dict[str, Any]) -> None:
    """Other accounts get saved funnels for the embedded ones; this account's own file keeps it without them."""
    saved: dict[str, Any] = {}
    for draft in export.drafts.declared("campaigns").values():
        if draft.elsewhere is not None:
            saved |= draft.elsewhere.funnels
            entry = shared["campaigns"][draft.name]
            shared["campaigns"][draft.name] = after(entry, "channel", draft.elsewhere.keys)
            if "funnels" in draft.elsewhere.keys:
                own["campaigns"][draft.name]["funnels"] = None
    if saved:
        funnels = {**shared.get("funnels", {}), **saved}
        # The place where a file that lists its sections in their order has it.
        ordered = {**{key: shared[key] for key in shared if key != "campaigns"}, "funnels": funnels}
        ordered["funnels"] = {name: funnels[name] for name in sorted(funnels, key=lambda name: (name.casefold(), name))}
        campaigns = shared["campaigns"]
        shared.clear()
        shared.update(ordered, campaigns=campaigns)
        own_campaigns = own.pop("campaigns")
        own["funnels"] = {**own.get("funnels", {}), **dict.fromkeys(saved)}
        own["campaigns"] = own_campaigns


class _OfAccount:
    """Tells what of an entry cannot be meant for another account."""

    def __init__(self, export: Export) -> None:
        self.ids = {id_of(draft.row) for draft in export.drafts.entries}
        self.hosts = {str(entry["url"]) for entry in export.data.get("domains", {}).values()}
        affiliate = export.data.get("digistore24", {}).get("affiliate")
        self.names = {affiliate} - {None, ""}

    def parted(self, entries: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
        shared: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for name, entry in entries.items():
            mine = {key: value for key, value in entry.items() if self._is_own(key, value)}
            shared[name] = {key: value for key, value in entry.items() if key not in mine}
            if isinstance(entry.get("extra"), Mapping):
                extra = {key: value for key, value in entry["extra"].items() if self._is_own(key, value)}
                rest = {key: value for key, value in entry["extra"].items() if key not in extra}
                mine.pop("extra", None)
                shared[name].pop("extra", None)
                mine |= {"extra": extra} if extra else {}
                shared[name] |= {"extra": rest} if rest else {}
            if mine:
                own[name] = mine
        return shared, own

    def _is_own(self, key: str, value: Any) -> bool:
        if key in OWN_KEYS or (key == "funnel" and value == EMBEDDED):
            return True
        if key == "url" and any(f"//{host}/" in value for host in self.hosts):
            return True
        if key == "url" and any(f"/{name}" in value for name in self.names):
            return True
        return any(each in self.ids for each in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _readable(data: dict[str, Any]) -> dict[str, Any]:
    """Ids as numbers, and a domain that is nothing but its host in the short form."""
    found = dict(data)
    if "products" in found:
        found["products"] = {
            name: {
                key: [*map(identity, item)] if isinstance(item, list) else identity(item) for key, item in one.items()
            }
            for name, one in found["products"].items()
        }
    if "account" in found.get("digistore24", {}):
        found["digistore24"] = {**found["digistore24"], "account": identity(found["digistore24"]["account"])}
    return found


def _title(row: Row) -> str:
    """What a person knows it by. Of a connection that is its URL, which may carry the protection token."""
    title = str(row.get("title") or row.get("name") or without_token(row.get("url")) or "without a title")
    return title if not unspeakable(title, "url") else "whose title holds a secret"


def _comments(export: Export) -> dict[tuple[str, ...], list[str]]:
    drafts = export.drafts
    found: dict[tuple[str, ...], list[str]] = {
        (section,): [line] for section, line in NOT_TOLD.items() if section in export.data
    }
    for draft in drafts.entries:
        kind = SECTIONS[draft.section]
        if not draft.refused:
            if draft.notes:
                found[draft.section, draft.name] = [shown(note, LONGEST_NOTE) for note in draft.notes]
            continue
        title = shown(_title(draft.row))
        line = f"not declared: {kind.title} '{title}' ({id_of(draft.row)}): {draft.refused}"
        found.setdefault((draft.section, ""), []).append(line)
    for section, reason in drafts.unread.items():
        found.setdefault((section, ""), []).append(f"not read: {reason}")
    for title in export.strays:
        line = f"not declared: funnel '{shown(title)}': it is no saved template, and no campaign uses it"
        found.setdefault(("funnels", ""), []).append(line)
    return found
