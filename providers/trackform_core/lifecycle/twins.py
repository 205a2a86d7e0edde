"""Live objects that a person could not tell from a declared one: a second one is hardly ever meant."""

from collections.abc import Iterator
from typing import Any

from trackform_core.lifecycle.lookup import label
from trackform_core.lifecycle.remarks import log
from trackform_core.model.kind import Kind
from trackform_core.model.messages import marked
from trackform_core.model.wire import Values
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
