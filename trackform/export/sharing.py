"""An export in two parts: what every account shares, what is this one's own, and by name all that others do not get."""

from collections.abc import Mapping
from typing import Any

from trackform.account_file.models import AccountFile
from trackform.account_file.references import entry_model, references
from trackform.account_file.sections import EMBEDDED, SECTIONS
from trackform.documents.yaml_document import Steps
from trackform.export.draft import after
from trackform.export.links import is_made_again
from trackform.export.naming import free, slug
from trackform.export.proof import Export
from trackform_core.model.compare import EXTRA
from trackform_core.model.markers import ForAll, OfAccount, OnByDefault

UNTOLD = ("id", "leave")
"""Keys of an entry that only say how this file means an object of this account: another account lacks nothing."""
PARTED = ("extra", "variables")
"""Keys of an entry whose parts are fields each: merged one by one."""


class Sharing:
    """The two files' data.

    Attributes:
        own: of the account the export is from.
        shared: what others extend.
        not_shared: in the shape of the file, why others do not get it.
    """

    def __init__(self, export: Export) -> None:
        self.export = export
        self.values = export.drafts.own
        self._affiliate = str(export.data.get("digistore24", {}).get("affiliate"))
        self.own: dict[str, Any] = {}
        self.shared: dict[str, Any] = {}
        self.not_shared: dict[str, Any] = {}
        for key, value in export.data.items():
            if key in SECTIONS and not self._is_whole_own(key):
                self._part(key, value)
            elif key in SECTIONS or OfAccount in map(type, AccountFile.model_fields[key].metadata):
                self.own[key] = value
                self._note_own(key, value)
            else:
                self.shared[key] = value
        self._give_saved_funnels()
        self._open_circles()
        self._note_rest()
        self.not_shared = {key: self.not_shared[key] for key in AccountFile.model_fields if key in self.not_shared}

    def count(self) -> int:
        """The number of fields and objects that others do not get."""
        return _count(self.not_shared)

    def _is_whole_own(self, section: str) -> bool:
        """Where what recognises an object is the account's, so is the object."""
        return SECTIONS[section].key in SECTIONS[section].markers(OfAccount)

    def _note_own(self, key: str, value: Any) -> None:
        for name, entry in value.items() if isinstance(value, Mapping) else ():
            for field in entry if key in SECTIONS else ():
                if entry[field] is True and field in SECTIONS[key].marked(OnByDefault):
                    # A new one is so unless somebody says otherwise.
                    continue
                self._note(
                    (key, name, *_steps(field)), _why(key, field) or f"the {SECTIONS[key].title} is the account's own"
                )
            if key not in SECTIONS and name not in ("account", "redtrack_user"):
                # Pins are told by the first `up`.
                self._note((key, name), "each account has its own")

    def _part(self, section: str, entries: Mapping[str, Mapping[str, Any]]) -> None:
        declared = self.export.drafts.declared(section)
        shared_entries: dict[str, Any] = {}
        for name, entry in entries.items():
            if self.values.reason(name):
                # Names of drafts hold nothing of the account's, but for marks by which objects are recognised.
                self._note((section, self._name(section, name)), "the name in its URL is the account's own")
                own = dict(entry)
            else:
                shared, own = self._parted(section, name, entry)
                shared_entries[name] = {**shared, **declared[name].instead}
            if own:
                self.own.setdefault(section, {})[name] = own
        if shared_entries:
            self.shared[section] = shared_entries

    def _parted(self, section: str, name: str, entry: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        shared: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in entry.items():
            if key in PARTED and isinstance(value, Mapping):
                parts = {part: self._of_account(section, name, (key, part), item) for part, item in value.items()}
                mine = {part: item for part, item in value.items() if parts[part]}
                rest = {part: item for part, item in value.items() if not parts[part]}
                own |= {key: mine} if mine else {}
                shared |= {key: rest} if rest else {}
            elif key in (held.key for held in references(section) if held.weights):
                shared[key], mine = self._members(section, name, key, value)
                own |= {key: mine} if mine else {}
            elif self._of_account(section, name, (key,), value):
                own[key] = value
            else:
                shared[key] = value
        return shared, own

    def _members(
        self, section: str, name: str, key: str, members: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Others get every member; what is said of one beside its weight may be the account's own."""
        shared: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for member, said in members.items():
            parts = said if isinstance(said, Mapping) else {"weight": said}
            mine = [
                part
                for part, value in parts.items()
                if part != "weight" and self._of_account(section, name, (key, member, part), value)
            ]
            rest = {part: value for part, value in parts.items() if part not in mine}
            shared[member] = rest["weight"] if mine and rest.keys() == {"weight"} else rest if mine else said
            own |= {member: said} if mine else {}
        return shared, own

    def _of_account(self, section: str, name: str, steps: Steps, value: Any) -> bool:
        """Whether a part of an entry is the account's own; others are told why they lack it."""
        field = EXTRA + str(steps[1]) if steps[0] == "extra" else str(steps[-1] if len(steps) > 1 else steps[0])
        if steps[0] in UNTOLD:
            return True
        if (section, field, value) == ("campaigns", "funnel", EMBEDDED):
            draft = self.export.drafts.declared(section)[name]
            if draft.elsewhere is None:
                self._note((section, name, "funnel"), draft.reasons["funnel"])
            return True
        why = _why(section, field) if len(steps) == 1 or steps[0] == "extra" else ""
        if field not in SECTIONS[section].marked(ForAll):
            why = why or self.values.reason(value)
        if why and not ((section, field) == ("offers", "url") and is_made_again(str(value), self._affiliate)):
            self._note((section, name, *steps), why)
        return bool(why)

    def _give_saved_funnels(self) -> None:
        """Other accounts get saved funnels for the embedded ones; this account's own file keeps it without them."""
        saved: dict[str, Any] = {}
        for draft in self.export.drafts.declared("campaigns").values():
            if draft.elsewhere is None:
                continue
            entry = self.shared["campaigns"][draft.name]
            keys, _ = self._parted("campaigns", draft.name, draft.elsewhere.keys)
            self.shared["campaigns"][draft.name] = after(entry, "channel", keys)
            if "funnels" in draft.elsewhere.keys:
                self.own["campaigns"][draft.name]["funnels"] = None
            for name, funnel in draft.elsewhere.funnels.items():
                saved[name], _ = self._parted("funnels", name, funnel)
            for path, why in draft.elsewhere.unsent.items():
                self._note(("funnels", *path), why)
        if not saved:
            return
        funnels = {**self.shared.get("funnels", {}), **saved}
        # The place where a file that lists its sections in their order has it.
        campaigns, own_campaigns = self.shared.pop("campaigns"), self.own.pop("campaigns")
        self.shared["funnels"] = {
            name: funnels[name] for name in sorted(funnels, key=lambda name: (name.casefold(), name))
        }
        self.shared["campaigns"] = campaigns
        self.own["funnels"] = {**self.own.get("funnels", {}), **dict.fromkeys(saved)}
        self.own["campaigns"] = own_campaigns

    def _open_circles(self) -> None:
        """A saved funnel leads on to its offers, which an embedded one does not: a script may now lead to itself."""
        for name, entry in self.shared.get("scripts", {}).items():
            if "campaign" in entry and ("scripts", name) in self._reached("campaigns", entry["campaign"]):
                mine = self.own.setdefault("scripts", {})
                mine[name] = {"campaign": entry.pop("campaign"), **mine.get(name, {})}
                self._note(("scripts", name, "campaign"), "it closes a circle, in which nothing can be made first")

    def _reached(self, section: str, name: str) -> set[tuple[str, str]]:
        """All that an object of the shared file refers to, and what those do."""
        reached: set[tuple[str, str]] = set()
        ahead = [(section, name)]
        while ahead:
            at = ahead.pop()
            if at in reached:
                continue
            reached.add(at)
            entry = self.shared.get(at[0], {}).get(at[1]) or {}
            for held in references(at[0]):
                said = entry.get(held.key) or ()
                ahead += [(held.section, each) for each in ([said] if isinstance(said, str) else said)]
        return reached

    def _note_rest(self) -> None:
        """What stands in neither file."""
        drafts = self.export.drafts
        for draft in drafts.entries:
            if draft.refused:
                self._note((draft.section, self._name(draft.section, draft.name)), draft.refused)
            elif self.values.reason(draft.name):
                continue
            for each in (*draft.unsaid, *(draft.elsewhere.unsaid if draft.elsewhere else ())):
                self._note((draft.section, draft.name, *each.steps), each.reason)
            for field, why in draft.unsent.items():
                if not (draft.elsewhere and field in ("funnels", "funnel")):
                    self._note((draft.section, draft.name, *_steps(field)), why)
        for title in self.export.strays:
            name = self._name("funnels", slug(self.values.removed(title)))
            self._note(("funnels", name), "it is no saved template, and no campaign uses it")
        for section, why in drafts.unread.items():
            if section not in self.shared:
                self._note((section,), why)

    def _name(self, section: str, name: str) -> str:
        """A name under which an object that is not shared can be told of."""
        known = {*self.shared.get(section, {}), *self.not_shared.get(section, {})}
        return free(slug(self.values.removed(name)) or slug(SECTIONS[section].title), known)

    def _note(self, path: Steps, why: str) -> None:
        # What nobody here knows may have a key that is an id.
        *above, last = (*map(str, path[:2]), *(self.values.removed(str(step), "…") for step in path[2:]))
        at = self.not_shared
        for step in above:
            at = at.setdefault(step, {})
            if not isinstance(at, dict):
                return
        at.setdefault(last, self.values.removed(why, "…"))


def _count(value: Any) -> int:
    return sum(map(_count, value.values())) if isinstance(value, Mapping) else 1


def _why(section: str, field: str) -> str:
    """Why a field is each account's own, as its model says."""
    marks = SECTIONS[section].markers(OfAccount)
    if field in marks:
        return marks[field].why
    info = entry_model(section).model_fields.get(field)
    return next((mark.why for mark in (info.metadata if info else ()) if isinstance(mark, OfAccount)), "")


def _steps(field: str) -> Steps:
    return ("extra", field.removeprefix(EXTRA)) if field.startswith(EXTRA) else (field,)
