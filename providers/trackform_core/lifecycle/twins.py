"""Live objects that a person could not tell from a declared one: a second one is hardly ever meant."""

from collections.abc import Iterator
from typing import Any

from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.lookup import label
from trackform_core.lifecycle.remarks import log
from trackform_core.lifecycle.usage import others_mark
from trackform_core.model.kind import Kind
from trackform_core.model.messages import marked
from trackform_core.model.vendors import kinds
from trackform_core.model.wire import Row, Values, same
from trackform_core.session.session import Session
from trackform_core.text.looks import look

Titled = tuple[str, str]
"""An id, and the title as the service has it."""


class Looks:
    """How the live objects of an account look, by kind: looked at when the first new one is declared."""

    def __init__(self) -> None:
        self._by_kind: dict[str, dict[str, list[Titled]]] = {}

    def like(self, kind: Kind[Any], session: Session, title: str) -> list[Titled]:
        """The live objects whose title looks like this one, in upper or lower case, and is another."""
        if kind.name not in self._by_kind:
            looks: dict[str, list[Titled]] = {}
            for object_id, row in session.listing(kind).complete().items():
                theirs = str(kind.key_of(row))
                looks.setdefault(look(theirs).casefold(), []).append((object_id, theirs))
            self._by_kind[kind.name] = looks
        return [each for each in self._by_kind[kind.name].get(look(title).casefold(), ()) if each[1] != title]


def refused_twins(kind: Kind[Any], session: Session, inputs: Values) -> Iterator[str]:
    """Why a new object would be a second one to everybody who sees it. Of upper and lower case alone it is only told.

    To the service it is another title, so nothing is found to be taken over.
    """
    title = str(inputs[kind.key])
    for object_id, theirs in session.part(Looks).like(kind, session, title):
        there = f"{label(kind, inputs)}: {kind.service.name} has '{theirs}' ({object_id})"
        if look(theirs) == look(title):
            yield marked(
                "looks-alike",
                f"{there}, which looks the same and is written with other characters. Type its {kind.key} anew in the "
                f"web application, or give this one another {kind.key}",
            )
        else:
            said = f"{there}, and this makes a second one. If that one is meant, write its {kind.key} as it is there"
            log.warning("%s", marked("other-case", said))


def tell_made_twice(kind: Kind[Any], session: Session, object_id: str, row: Row, outs: Values) -> None:
    """Two runs that create the same at once make two, and no service prevents it: the next run tells.

    Also where something was to be taken over, and a listing hid it: then one was made. Who picks one of several by its
    id knows of them, and so does who declares all of them. Nobody is asked but where there is one of the same natural
    key.
    """
    if outs.get("adopt_id") or outs.get("existing"):
        return
    was_to_take = bool(outs.get("adopt")) and not outs.get("adopted")
    key = kind.key_of(row)
    rows = session.listing(kind).named_so_far(key)
    if len(rows) <= list((session.made or {}).get(kind.name, ())).count(str(key)):
        return
    for other, theirs in rows:
        alike = other != object_id and made_alike(kind, session, row, theirs)
        if other == object_id or not (alike or was_to_take):
            continue
        stacks = others_mark(kind, session, theirs)
        whose = f"{other}, which carries the mark of stack {', '.join(stacks)}" if stacks else other
        there = f"{label(kind, outs)} ({object_id}): {kind.service.name} has a second one of this {kind.key}"
        if alike:
            said = (
                f"{there} with the same values ({whose}), as where two runs create it at once. If one is enough, "
                "delete in the web application the one that nothing uses; the stack that had it takes the other one "
                "with its next `pulumi up`"
            )
        else:
            said = (
                f"{there} ({whose}), which was not shown when this one was created. If that is the one that `adopt: "
                "true` means, delete this one in the web application: the next `pulumi up` takes the other"
            )
        either = f"If both are meant, write `id: {object_id}` here (adopt_id in Python)"
        log.warning("%s", marked("made-twice", f"{said}. {either}"))


def made_alike(kind: Kind[Any], session: Session, mine: Row, theirs: Row) -> bool:
    """Whether two objects say the same in all that can be declared; what they refer to need only be called alike.

    Also in what no file mentions: who made a second one on purpose made it otherwise.
    """
    rows = kind.unmarked(mine), kind.unmarked(theirs)
    plain = kind.fields.keys() - kind.references.keys() - kind.of_each
    if not all(same(*(kind.fields[name].read(row, {}) for row in rows)) for name in plain):
        return False
    try:
        return all(
            same(*(kind.used(row, name) for row in rows)) or same(*(_called(kind, session, row, name) for row in rows))
            for name in kind.references
        )
    except ServiceError:
        return False


def _called(kind: Kind[Any], session: Session, row: Row, name: str) -> list[str]:
    """The natural keys of what one field refers to; the ids of what is not there."""
    target = kinds()[kind.references[name]]
    rows = {each: session.listing(target).row(each) for each in kind.used(row, name)}
    return [each if there is None else str(target.key_of(there)) for each, there in rows.items()]
