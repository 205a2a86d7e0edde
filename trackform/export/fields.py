"""A row's fields as an entry of the account file declares them: what is set, without secrets, presets recognised."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from trackform.account_file.references import entry_model
from trackform.account_file.sections import DESCRIPTORS, SECTIONS
from trackform.export.secrets import unspeakable
from trackform.urls.presets import FIELDS as WITH_PRESETS
from trackform.urls.presets import declared, presets
from trackform_core.model.compare import EXTRA, Comparison
from trackform_core.model.kind import Kind
from trackform_core.model.markers import OnByDefault
from trackform_core.model.validate import validated
from trackform_core.model.wire import Row, canonical, is_blank, same
from trackform_redtrack.offer_source import OfferSourceFields

KEPT_BACK = "it is a secret"


@cache
def composed(section: str) -> frozenset[str]:
    """Fields that the account file says in its own words: references among them."""
    without_a_key = SECTIONS[section].fields.keys() - entry_model(section).model_fields.keys()
    return DESCRIPTORS[section].own_words | without_a_key


@dataclass
class EntryFields:
    """A row's fields and further fields, and remarks on what is not among them, with the reason of each."""

    data: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: Any, *, further: bool = False) -> None:
        """Take a field over, unless it must not or cannot be written down."""
        if reason := unspeakable(value, name):
            self.notes.append(f"{name} is not written here: {reason}. It stays as it is")
            self.reasons[EXTRA + name if further else name] = reason
        else:
            (self.extra if further else self.data)[name] = value


def plain(section: str, row: Row) -> EntryFields:
    """All fields of a row that need no other object to be said."""
    kind = SECTIONS[section]
    entry = EntryFields(notes=_mark_notes(kind, row))
    row = kind.unmarked(row)
    for name in kind.fields:
        if name in composed(section) or name == "title":
            continue
        if name in kind.secret:
            if not is_blank(canonical(kind.fields[name].read(row, {}))):
                entry.notes.append(_secret_note(kind, name))
                entry.reasons[name] = KEPT_BACK
        else:
            _declare(section, name, row, entry)
    # What the service computes is shown as an output; it is nobody's wish.
    for name in sorted(kind.more - {wire.name for wire in kind.computed.values()}):
        if not is_blank(canonical(row.get(name))):
            entry.put(name, canonical(row[name]), further=True)
    if section in WITH_PRESETS:
        _by_preset(section, row, entry)
    return entry


def _mark_notes(kind: Kind[Any], row: Row) -> list[str]:
    stacks = ", ".join(map(shown, kind.marks(row)))
    note = f"it carries the mark of {stacks}: no other stack takes it over unless TRACKFORM_ALLOW names it"
    return [note] if stacks else []


def _declare(section: str, name: str, row: Row, entry: EntryFields) -> None:
    info = entry_model(section).model_fields[name]
    value = canonical(SECTIONS[section].fields[name].read(row, {}))
    if not info.is_required() and info.default is not None:
        if value is None:
            entry.data.setdefault("leave", []).append(name)
        elif not same(value, info.default):
            entry.put(name, value)
    elif (
        not is_blank(value) or info.is_required() or (value is False and name in SECTIONS[section].marked(OnByDefault))
    ):
        entry.put(name, value)


def _secret_note(kind: Kind[Any], name: str) -> str:
    if name in OfferSourceFields.model_fields:
        line = f"{name}: {{secret: NAME}}"
        return f"{name} is a secret: `pulumi config set --secret trackform:NAME`, then `{line}`. It stays as it is"
    return f"{name} is a secret and is not exported: {kind.service.name} keeps it as it is"


def _by_preset(section: str, row: Row, entry: EntryFields) -> None:
    """Leave out what a preset says already: the preset that says most of it, and is right about more than half."""
    kind = SECTIONS[section]
    best: tuple[int, str, set[str]] = (0, "", set())
    for name, wires in sorted(presets(section).items()):
        fields, more = declared(kind, wires)
        inputs, failures = validated(kind, {"title": str(row.get("title")), **fields, "extra": more}, "")
        wrong = Comparison(kind, row, inputs).differing.keys() - {"title"}
        said = {*fields, *(EXTRA + wire for wire in more)}
        if not failures and 2 * len(wrong) < len(said) and len(said - wrong) > best[0]:
            best = (len(said - wrong), name, wrong)
    if not best[1]:
        return
    fields, more = declared(kind, presets(section)[best[1]])
    for place, values, prefix in ((entry.data, fields, ""), (entry.extra, more, EXTRA)):
        for name, value in values.items():
            if prefix + name not in best[2]:
                place.pop(name, None)
            else:
                place.setdefault(name, type(value)())
    entry.data = {"preset": best[1], **entry.data}


def shown(text: str, longest: int = 100) -> str:
    """A text inside a comment: on one line, whatever it holds; cut between words where it is too long."""
    kept = "".join(char if char.isprintable() else "?" for char in text)
    if len(kept) <= longest:
        return kept
    cut = kept[: longest - 3]
    end = cut.rfind(" ")
    return f"{cut[: end if end > longest // 2 else None]}..."
