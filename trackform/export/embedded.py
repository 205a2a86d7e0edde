"""Embedded funnels, which live only inside campaigns: the public API cannot edit them; a twin gets saved ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trackform.account_file.references import references
from trackform.account_file.sections import SECTIONS
from trackform.documents.yaml_document import Steps
from trackform.export.members import Unsaid, fields_of, members, refusal, without
from trackform.export.naming import LONGEST, free
from trackform.export.secrets import unspeakable
from trackform.export.unsent import entry_key, unsent
from trackform_core.model.validate import validated
from trackform_core.model.wire import Row, canonical, id_of, is_blank

FUNNELS = next(each for each in references("campaigns") if each.weights)
"""The reference of a campaign to its funnels."""

NameOf = Callable[[str, str], str | None]
"""Section and id -> the name under which the object is declared."""


@dataclass(frozen=True)
class Elsewhere:
    """Saved funnels that another account has in place of a campaign's embedded ones.

    Attributes:
        funnels: name -> entry, saved funnels for what is embedded here.
        keys: of the campaign: `funnel` or `funnels`.
        inputs: the same as the campaign's fields, with the ids that are here.
        unsaid: what is not said of the campaign's funnels.
        unsent: path of what is not in the entry of a funnel, beginning with its name -> why.
    """

    funnels: dict[str, dict[str, Any]]
    keys: dict[str, Any]
    inputs: dict[str, Any]
    unsaid: list[Unsaid]
    unsent: dict[Steps, str]


class Saved:
    """Makes saved funnels of embedded ones; each gets one name, however many campaigns hold it."""

    def __init__(self, rows: Mapping[str, Row], name_of: NameOf, taken: set[str]) -> None:
        self.rows = rows
        self.name_of = name_of
        self.taken = set(taken)
        self.made: dict[str, str] = {}

    def of(self, campaign: str, streams: list[Row]) -> Elsewhere | None:
        """For the campaign of this name; None where something in its funnels cannot be named."""
        funnels: dict[str, dict[str, Any]] = {}
        weights: dict[str, Any] = {}
        names: dict[str, str] = {}
        lost: dict[Steps, str] = {}
        for item in streams:
            stream = str(item.get("id"))
            name = self.name_of("funnels", stream)
            if name is None:
                row = self.rows.get(stream) or item.get("stream") or {}
                unsaid: list[Unsaid] = []
                fields: dict[str, Any] = {}
                entry = self._entry(row, fields, unsaid)
                if entry is None:
                    return None
                name = self.made.setdefault(stream, "") or free(campaign[: LONGEST - 4].rstrip(), self.taken)
                self.made[stream] = name
                self.taken.add(name)
                funnels[name] = entry
                lost |= {(name, *each.steps): each.reason for each in unsaid}
                lost |= {(name, key): why for key, why in _lost(without(row, unsaid), fields).items()}
            names[stream] = name
            weights[name] = canonical(weights.get(name, 0) + item.get("weight", 0))
        if not weights or not all(isinstance(weight, int) for weight in weights.values()):
            return None
        named = members("campaigns", {"streams": streams}, FUNNELS, names, weights)
        said = {name: named.said[name] for name in sorted(named.said)}
        keys = {"funnel": next(iter(said))} if list(said.values()) == [100] else {"funnels": said}
        ids = {name: object_id for object_id, name in names.items()}
        return Elsewhere(funnels, keys, fields_of(FUNNELS, said, ids), named.unsaid, lost)

    def _entry(self, row: Row, fields: dict[str, Any], unsaid: list[Unsaid]) -> dict[str, Any] | None:
        """Its entry; fills what that comes to as fields, and what it does not say of its members."""
        kind, entry = SECTIONS["funnels"], dict[str, Any]()
        for held in references("funnels"):
            there = row.get(held.wire) or []
            names = {id_of(item): self.name_of(held.section, id_of(item)) for item in there}
            if None in names.values() or len(names) < len(there):
                return None
            weights = {str(names[id_of(item)]): canonical(item.get("weight", 0)) for item in there}
            if weights:
                named = members("funnels", row, held, {id_: str(name) for id_, name in names.items()}, weights)
                entry[held.key] = {name: named.said[name] for name in sorted(named.said)}
                fields |= fields_of(held, named.said, {str(name): id_ for id_, name in names.items()})
                unsaid += named.unsaid
        for key in ("expires_at", "filters"):
            value = canonical(kind.fields[key].read(row, {}))
            if not is_blank(value) and not unspeakable(value, key) and not refusal(kind, key, value):
                entry[key] = fields[key] = value
        return entry if "offers" in entry else None


def _lost(row: Row, fields: Mapping[str, Any]) -> dict[str, str]:
    """What an embedded funnel has and its saved one does not."""
    kind = SECTIONS["funnels"]
    row = {"title": "", **row, "template": True}
    inputs, _ = validated(kind, {**fields, "title": row["title"]}, "")
    usual = "trackform does not know it"
    return {
        entry_key("funnels", name): unspeakable(row.get(name), name)
        or (refusal(kind, name, kind.fields[name].read(row, {})) if name in kind.fields else "")
        or usual
        for name in unsent(kind, row, inputs)
    }
