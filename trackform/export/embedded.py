"""Funnels that live only inside campaigns: the public API cannot edit them, yet a twin can have them as saved ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.account_file.references import references
from trackform.account_file.sections import SECTIONS
from trackform.export.members import members
from trackform.export.naming import LONGEST, free
from trackform.export.secrets import unspeakable
from trackform.export.unsent import entry_key, unsent
from trackform_core.model.validate import validated
from trackform_core.model.wire import Row, canonical, id_of, is_blank

FUNNELS = next(each for each in references("campaigns") if each.weights)
"""What a campaign says of its funnels."""

NameOf = Callable[[str, str], str | None]
"""Section and id -> the name under which the object is declared."""


@dataclass(frozen=True)
class Elsewhere:
    """What stands for an embedded funnel on another account.

    Attributes:
        funnels: name -> entry, saved funnels for what is embedded here.
        keys: of the campaign: `funnel` or `funnels`.
        unsent: name of a funnel -> what of it is not in its entry -> why.
    """

    funnels: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    unsent: dict[str, dict[str, str]] = field(default_factory=dict)


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
        lost: dict[str, dict[str, str]] = {}
        for item in streams:
            stream = str(item.get("id"))
            name = self.name_of("funnels", stream)
            if name is None:
                row = self.rows.get(stream) or item.get("stream") or {}
                entry = self._entry(row)
                if entry is None:
                    return None
                name = self.made.setdefault(stream, "") or free(campaign[: LONGEST - 4].rstrip(), self.taken)
                self.made[stream] = name
                self.taken.add(name)
                funnels[name] = entry
                lost[name] = _lost(row, entry)
            names[stream] = name
            weights[name] = canonical(weights.get(name, 0) + item.get("weight", 0))
        if not weights or not all(isinstance(weight, int) for weight in weights.values()):
            return None
        said = members("campaigns", {"streams": streams}, FUNNELS, names, weights).said
        ordered = {name: said[name] for name in sorted(said)}
        keys = {"funnel": next(iter(said))} if list(said.values()) == [100] else {"funnels": ordered}
        return Elsewhere(funnels, keys, lost)

    def _entry(self, row: Row) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        for held in references("funnels"):
            there = row.get(held.wire) or []
            names = {id_of(item): self.name_of(held.section, id_of(item)) for item in there}
            if None in names.values() or len(names) < len(there):
                return None
            weights = {str(names[id_of(item)]): canonical(item.get("weight", 0)) for item in there}
            if weights:
                said = members("funnels", row, held, {id_: str(name) for id_, name in names.items()}, weights).said
                found[held.key] = {name: said[name] for name in sorted(said)}
        for key in ("expires_at", "filters"):
            value = canonical(SECTIONS["funnels"].fields[key].read(row, {}))
            if not is_blank(value) and not unspeakable(value, key):
                found[key] = value
        return found if "offers" in found else None


def _lost(row: Row, entry: Mapping[str, Any]) -> dict[str, str]:
    """What an embedded funnel has and its saved one does not."""
    kind = SECTIONS["funnels"]
    row = {"title": "", **row, "template": True}
    fields = {name: value for name, value in entry.items() if name in kind.fields}
    for held in references("funnels"):
        items = row.get(held.wire) or []
        fields |= {held.field: [id_of(item) for item in items]} if items else {}
        fields |= {held.weights: [canonical(item.get("weight", 0)) for item in items]} if items else {}
    inputs, _ = validated(kind, {**fields, "title": row["title"]}, "")
    usual = "trackform does not know it"
    return {entry_key("funnels", name): unspeakable(row.get(name), name) or usual for name in unsent(kind, row, inputs)}
