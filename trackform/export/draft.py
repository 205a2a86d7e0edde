"""Drafts: one for each live object, with what was found wrong with it. An account file is put together from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.export.embedded import Elsewhere
from trackform.export.members import Unsaid
from trackform.export.own_values import OwnValues
from trackform_core.model.wire import Row, id_of

Place = tuple[str, str]
"""Section and id of a live object."""


@dataclass
class Draft:
    """One live object as an entry.

    Attributes:
        data: the entry's keys.
        notes: remarks, which become comments.
        refused: why it is not declared at all; empty when it is.
        elsewhere: of a campaign with an embedded funnel, what stands for that on another account.
        instead: of an offer with a whole link, what the template makes another account's link of.
        reasons: why a field is not in the file, by the entry's key.
        computed: fields of the wire that the service worked out for it.
        unsaid: of members of it, what is not in the file.
        unsent: all that is live and not in the file: the entry's key, or the path of what nobody here knows -> why.
    """

    section: str
    name: str
    row: Row
    data: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refused: str = ""
    elsewhere: Elsewhere | None = None
    instead: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)
    unsaid: list[Unsaid] = field(default_factory=list)
    unsent: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return self.section, id_of(self.row)


@dataclass
class Verdicts:
    """Findings of earlier attempts: what cannot be declared at all, or not be written, or not be touched."""

    refused: dict[Place, str] = field(default_factory=dict)
    dropped: dict[Place, dict[str, str]] = field(default_factory=dict)
    left: dict[Place, set[str]] = field(default_factory=dict)


@dataclass
class Drafts:
    """A whole account.

    Attributes:
        settings: top-level keys besides the sections: `account`, `digistore24`.
        products: name -> entry.
        entries: all live objects, declared or not.
        own: the values that no other account may have.
    """

    settings: dict[str, Any]
    products: dict[str, dict[str, Any]]
    entries: list[Draft]
    unread: Mapping[str, str]
    own: OwnValues

    def section(self, name: str) -> list[Draft]:
        return [draft for draft in self.entries if draft.section == name]

    def declared(self, name: str) -> dict[str, Draft]:
        return {draft.name: draft for draft in self.section(name) if not draft.refused}

    def data(self, sections: Mapping[str, Any]) -> dict[str, Any]:
        """The account file."""
        document: dict[str, Any] = {"adopt": True, **self.settings}
        for section in sections:
            if section == "offers" and self.products:
                document["products"] = self.products
            entries = {name: draft.data for name, draft in self.declared(section).items()}
            if entries:
                document[section] = entries
        return document


def after(data: Mapping[str, Any], key: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """``more`` put in behind ``key``, or in front where there is none."""
    head = {name: data[name] for name in ("title", "id") if name in data}
    if key in data:
        head[key] = data[key]
    return {**head, **more, **{name: value for name, value in data.items() if name not in head}}
