"""Why trackform declines to take, make or keep an object apart, in words for the person who declared it."""

from collections.abc import Mapping
from typing import Any

from trackform_core.lifecycle.lookup import label
from trackform_core.lifecycle.remarks import shown
from trackform_core.lifecycle.usage import others_mark
from trackform_core.model.kind import Kind, Removal
from trackform_core.model.messages import marked
from trackform_core.model.vendors import users_of
from trackform_core.model.wire import Row, Values
from trackform_core.session.permissions import Permit, permission, permitted, setting
from trackform_core.session.session import Managed, session_for


def ambiguous(kind: Kind[Any], inputs: Values, matches: list[tuple[str, Row]]) -> str:
    ids = [object_id for object_id, _ in matches]
    return marked(
        "ambiguous",
        f"{label(kind, inputs)}: {kind.service.name} has {len(matches)} of this {kind.key} ({', '.join(ids)}). "
        f"Say which one is meant, such as `id: {ids[0]}` in the account file (adopt_id in Python). Rename all but one "
        f"in the web application, or give this one another {kind.key}, if none of them is",
    )


def of_another_stack(kind: Kind[Any], inputs: Values, object_id: str, row: Row) -> str:
    """Why an object that carries another stack's mark is not taken; empty where it may be."""
    others = others_mark(kind, session_for(inputs), row)
    asked: tuple[Permit, str, str, str] = ("take-over", kind.name, str(inputs[kind.key]), object_id)
    if not others or permitted(*asked):
        return ""
    return marked(
        "marked-elsewhere",
        f"{label(kind, inputs)}: {object_id} carries the mark of stack {', '.join(others)} in its {kind.mark_in}. "
        f"Refer to it with `existing` instead; or, if that stack has given it up, run once with "
        f"{setting(permission(*asked))}",
    )


def value_taken(kind: Kind[Any], inputs: Values, name: str, others: list[str]) -> str:
    return marked(
        "key-taken",
        f"{label(kind, inputs)}: {kind.service.name} has another one of the {name} '{inputs[name]}' "
        f"({', '.join(others)}). Give one of the two another {name}; where both are of this stack, in two changes",
    )


def not_to_be_taken(kind: Kind[Any], inputs: Values, object_id: str, row: Row, managed: Managed | None) -> str:
    """Why a live object is another one's, whatever the declaration says of it; empty where it may be taken."""
    if managed is not None and managed.moves_to:
        return key_taken(kind, inputs, "", [object_id], managed)
    return of_another_stack(kind, inputs, object_id, row)


def manages_another(kind: Kind[Any], inputs: Values, object_id: str) -> str:
    return marked(
        "manages-another",
        f"{label(kind, inputs)}: `id` says {inputs['adopt_id']}, but this stack manages {object_id} under this name. "
        "Correct `id` or take it out; to change over to the other one, declare that under another name",
    )


def key_taken(kind: Kind[Any], inputs: Values, object_id: str, others: list[str], holder: Managed | None) -> str:
    """``object_id`` is empty where an object is to be made; ``holder`` had the key at the last run."""
    so = f"{object_id} is not renamed" if object_id else "none is made"
    way_out = f"Rename the other one, or give this one another {kind.key}"
    if holder is not None and holder.goes:
        way_out = (
            f"It is '{holder.name}' of this stack, which leaves the file in the same change. Make that change first, "
            "with `pulumi up`, and then this one"
        )
    elif holder is not None and holder.moves_to:
        swap = f"one of them over a {kind.key} that is free"
        if kind.key_is_fixed:
            swap = "let their names do so instead, one `was` after the other, the first over a name that is free"
        way_out = (
            f"It is '{holder.name}' of this stack, which becomes '{holder.moves_to}' in the same change. Make that "
            f"change first, with `pulumi up`, and then this one; where they change places, {swap}"
        )
    return marked(
        "key-taken",
        f"{label(kind, inputs)}: {kind.service.name} has another one of this {kind.key} ({', '.join(others)}), so "
        f"{so}. {way_out}",
    )


def declared_twice(kind: Kind[Any], inputs: Values) -> str:
    return marked(
        "declared-twice", f"{label(kind, inputs)} is declared twice: two resources cannot manage one object. Drop one"
    )


def cannot_be_made(kind: Kind[Any], inputs: Values) -> str:
    missing = sorted(kind.to_create - inputs.keys())
    # The account file calls a reference by what it refers to.
    said = ", ".join(f"`{name.removesuffix('_ids')}` ({name} in Python)" for name in missing)
    return marked(
        "cannot-be-made",
        f"{label(kind, inputs)}: {kind.service.name} has none, and none can be created without {', '.join(missing)}: "
        f"only one that is there already can do without. Declare {said}, or correct the {kind.key}",
    )


def none_to_refer_to(kind: Kind[Any], inputs: Values) -> str:
    return marked(
        "none-to-refer-to",
        f"{label(kind, inputs)}: {kind.service.name} has none, and `existing` only refers to what is there. Correct "
        f"the {kind.key}, or declare it without `existing`",
    )


def changed_meanwhile(kind: Kind[Any], values: Values, object_id: str, fields: Mapping[str, tuple[Any, Any]]) -> str:
    """Why an update is not sent: it would undo what somebody did after this run read the object."""
    said = "; ".join(
        f"{name} is {shown(kind, name, now)}, and was {shown(kind, name, was)}" for name, (was, now) in fields.items()
    )
    return marked(
        "changed-meanwhile",
        f"{label(kind, values)} ({object_id}) was changed in {kind.service.name} while this run was under way: {said}. "
        "Nothing of it was written. Run `pulumi up` again: its preview shows what the file changes of that",
    )


def may_exist(kind: Kind[Any], inputs: Values, reason: str) -> str:
    """What is to be known of an object whose creation was not answered."""
    key = str(inputs[kind.key])
    return marked(
        "may-exist",
        f"{label(kind, inputs)} may exist in {kind.service.name} or not: {reason}. Nobody can tell yet, and nothing is "
        f"sent twice. Run `pulumi up` again: it looks for it first, takes it if it is there, and makes it if it is "
        f"not. If no {kind.title} of this {kind.key} is in the web application, "
        f"{setting(permission('gone', kind.name, key))} says so",
    )


def not_listed(kind: Kind[Any], inputs: Values, count: int) -> str:
    gone = setting(permission("gone", kind.name, str(inputs[kind.key])))
    return marked(
        "not-listed",
        f"{label(kind, inputs)}: {kind.service.name} said that it was created, but lists {count} of it. Run `pulumi "
        f"up` again: once it is listed, it is taken. If it is not in the web application, run once with {gone}",
    )


def not_deleted(kind: Kind[Any], object_id: str, outs: Values, removal: Removal) -> str:
    """Why an object stays in the state: what was said to be done to it cannot be seen."""
    said = "deleted" if removal.gone else "paused"
    forget = setting(permission("forget", kind.name, str(outs.get(kind.key)), object_id))
    return marked(
        "not-deleted",
        f"{label(kind, outs)} ({object_id}) is not {said}: {kind.service.name} took the request, and still shows it as "
        f"it was. It stays in the state: run this again later; or, to leave it in {kind.service.name} and forget it "
        f"here, run once with {forget}",
    )


def exists_already(kind: Kind[Any], inputs: Values, object_id: str, fields: list[str]) -> str:
    differs, stays = f"differs in {', '.join(fields)}", ""
    if not fields:
        # Whoever's it was: what was taken over stays when it leaves the file.
        stays = " (with `on_delete: delete`, if it is to go when it leaves the file)"
        sealed = ", ".join(sorted(kind.write_only))
        differs = f"its {sealed} cannot be read, so it may be somebody else's, or what a broken-off run left"
    # What nothing refers to, such as a connection, has no `existing` in the account file.
    refer = " `existing` to refer to it without managing it," if any(users_of(kind)) else ""
    return marked(
        "exists-differs",
        f"{label(kind, inputs)} exists already in {kind.service.name} ({object_id}) and {differs}. "
        f"Declare `adopt: true` to take it over and change it{stays},{refer} or another {kind.key}",
    )
