"""The proof of an export: composed and compared with the live account, until applying it would write nothing."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from trackform.account_file.compose import SECTIONS, Ref, Wanted, compose
from trackform.account_file.models import AccountFile, ReadAccount
from trackform.account_file.references import entry_model
from trackform.account_file.validation_errors import mistakes
from trackform.documents.problems import Problem, Problems
from trackform.documents.yaml_document import Document, Steps
from trackform.export.build import build, is_embedded
from trackform.export.draft import Draft, Drafts, Place, Verdicts
from trackform.export.fields import shown
from trackform.export.members import without
from trackform.export.snapshot import Snapshot
from trackform.export.unsent import entry_key, unsent
from trackform_core.model.compare import EXTRA, Comparison
from trackform_core.model.validate import validated
from trackform_core.model.wire import id_of

ATTEMPTS = 8


@dataclass(frozen=True)
class Export:
    """An account as a file.

    Attributes:
        data: the whole account file.
        drafts: every live object with its remarks, also those that could not be declared.
        strays: titles of funnels that are no templates and that no campaign uses.
        unproven: what would be written all the same; empty unless something here is wrong.
    """

    data: dict[str, Any]
    drafts: Drafts
    strays: list[str]
    unproven: list[str]


def export(snapshot: Snapshot) -> Export:
    """Make an account file that changes nothing when it is applied, with adoption, to the account it comes from."""
    verdicts = Verdicts()
    drafts = build(snapshot, verdicts)
    misfits: list[str] = []
    for _ in range(ATTEMPTS):
        misfits = _judge(drafts, verdicts)
        if not misfits:
            break
        drafts = build(snapshot, verdicts)
    return Export(drafts.data(SECTIONS), drafts, _strays(snapshot), misfits)


class _Paths(Document):
    """A document that tells where a problem is as a path, not as a line."""

    def problem(self, path: Iterable[str | int], message: str, suggestion: str = "") -> Problem:
        return Problem(json.dumps(list(path)), 0, "", message, suggestion)

    def origin(self, path: Iterable[str | int] = ()) -> tuple[str, int]:
        return ".".join(map(str, path)), 0


def _judge(drafts: Drafts, verdicts: Verdicts) -> list[str]:
    """Find what does not fit and note it down; returns it in words."""
    data = drafts.data(SECTIONS)
    document = _Paths(data, "export")
    try:
        account = ReadAccount(AccountFile.model_validate(data), document)
        wanted = compose(account).objects
    except ValidationError as error:
        return [_blame(drafts, verdicts, each.path, each.message) for each in mistakes(error, document, AccountFile)]
    except Problems as problems:
        return [_blame(drafts, verdicts, tuple(json.loads(each.file)), each.message) for each in problems.problems]
    ids = {(draft.section, draft.name): draft.place[1] for draft in drafts.entries if not draft.refused}
    return [misfit for each in wanted for misfit in _differing(drafts, verdicts, each, ids)]


def _differing(drafts: Drafts, verdicts: Verdicts, wanted: Wanted, ids: dict[tuple[str, str], str]) -> list[str]:
    draft = drafts.declared(wanted.section)[wanted.name]
    values = {name: _resolved(value, ids) for name, value in wanted.fields.items() if value is not None}
    # What does not fit was a mistake to `compose`.
    inputs, _ = validated(wanted.kind, values, "")
    live = {name: value for name, value in draft.row.items() if name not in draft.computed}
    # On another account, what stands for embedded funnels says what is said of those.
    said = {**inputs, **draft.elsewhere.inputs} if draft.elsewhere else inputs
    unsaid = [*draft.unsaid, *(draft.elsewhere.unsaid if draft.elsewhere else ())]
    _note_unsent(draft, unsent(wanted.kind, without(live, unsaid), said))
    written = sorted(Comparison(wanted.kind, draft.row, inputs).to_write(None))
    return [_drop(draft, verdicts, name, "it would not read back as it is") for name in written]


def _note_unsent(draft: Draft, names: list[str]) -> None:
    """Each with its reason; what nobody gave one for, nobody here knows."""
    kind = SECTIONS[draft.section]
    unknown = [name for name in names if name not in kind.fields and not name.startswith(EXTRA)]
    if unknown:
        draft.notes.append(f"not known here, and left as it is: {', '.join(map(shown, unknown))}")
    for name in names:
        key = entry_key(draft.section, name)
        usual = "trackform does not know it" if name in unknown else "the file cannot say it as it is"
        draft.unsent[key] = draft.reasons.get(key) or draft.reasons.get(name) or usual


def _resolved(value: Any, ids: dict[tuple[str, str], str]) -> Any:
    if isinstance(value, Ref):
        return ids[value.section, value.name]
    return [_resolved(item, ids) for item in value] if isinstance(value, list) else value


def _blame(drafts: Drafts, verdicts: Verdicts, path: Steps, reason: str) -> str:
    section, name, *rest = (*map(str, path), "", "")
    draft = drafts.declared(section).get(name)
    if draft is None:
        return f"{section} {name}: {reason}"
    field = next(iter(rest), "")
    if field in draft.data and field not in ("title", "id", "leave") and not _needed(section, field):
        return _drop(draft, verdicts, field, reason)
    verdicts.refused[draft.place] = f"{'.'.join(filter(None, (field, *rest[1:])))}: {reason}" if field else reason
    return f"{section} {name}: {reason}"


def _needed(section: str, field: str) -> bool:
    info = entry_model(section).model_fields.get(field)
    return info is not None and (info.is_required() or field in ("url", "channel", "offers"))


def _drop(draft: Draft, verdicts: Verdicts, name: str, reason: str) -> str:
    """Take the field out; where it is said without being written, have it left alone; else give the object up."""
    place: Place = draft.place
    dropped, left = verdicts.dropped.setdefault(place, {}), verdicts.left.setdefault(place, set())
    holder = draft.data.get("extra", {}) if name.startswith(EXTRA) else draft.data
    bare = name.removeprefix(EXTRA)
    if bare in holder and name not in dropped and not _needed(draft.section, name):
        dropped[name] = reason
    elif bare not in left:
        left.add(bare)
    else:
        verdicts.refused[place] = f"{name}: {reason}"
    return f"{draft.section} {draft.name}: {name}: {reason}"


def _strays(snapshot: Snapshot) -> list[str]:
    rows = [row for row in snapshot.rows.get("funnels", ()) if is_embedded(row)]
    used = {
        str(item.get("id"))
        for row in snapshot.rows.get("campaigns", ())
        for item in row.get("streams") or []
        if isinstance(item, dict)
    }
    return [str(row.get("title")) for row in rows if id_of(row) not in used]
