"""Who still needs a live object: others that refer to it, and the stack whose mark it carries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trackform_core.lifecycle.fate import Fate
from trackform_core.model.kind import Kind
from trackform_core.model.vendors import users_of
from trackform_core.model.wire import Row
from trackform_core.session.session import Session, goes_by


@dataclass(frozen=True)
class User:
    """A live object that refers to another one."""

    kind: Kind[Any]
    object_id: str
    row: Row

    def __str__(self) -> str:
        return f"{self.kind.title} '{self.kind.called(self.row)}'"


def users(kind: Kind[Any], session: Session, object_id: str) -> Iterator[User]:
    """The live objects that refer to one; of a part that lives only inside others, those.

    Raises:
        ServiceError: the service did not tell.
    """
    for user in users_of(kind):
        for user_id, row in session.listing(user).complete().items():
            # What the service makes by itself goes as it came.
            if user.is_generated(row) or (kind.name, object_id) not in user.uses(row):
                continue
            if user.is_part(row):
                yield from users(user, session, user_id)
            else:
                yield User(user, user_id, row)


def others_mark(kind: Kind[Any], session: Session, row: Row) -> list[str]:
    """The other stacks whose mark a live object carries; a former name of this stack is none."""
    return [stack for stack in kind.marks(row) if not goes_by(stack, session.account)]


def marked_by_others(kind: Kind[Any], session: Session, row: Row) -> Fate | None:
    """The fate of an object that another stack marked as its own; None where none did."""
    if not (stacks := others_mark(kind, session, row)):
        return None
    return Fate("kept-elsewhere", f"it carries the mark of stack {', '.join(stacks)} in its {kind.mark_in}")


def kept_by_users(kind: Kind[Any], session: Session, object_id: str) -> Fate | None:
    """The fate of an object that others still refer to; None where none does, or where that keeps nothing."""
    user = next(users(kind, session, object_id), None) if kind.kept_while_used else None
    return Fate("kept-used", str(user)) if user else None
