"""Kinds whose objects start something, such as traffic: a new one may have to wait, stopped, for what it relies on."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from trackform_core.model.wire import Row, Values

Client = TypeVar("Client")
Seen = tuple[str, str]
"""(id of an object, name of what was there for it)."""
RowsOf = Callable[[Any], Mapping[str, Row]]
"""The live objects of a kind, by id."""


class Starting(Generic[Client]):
    """What a kind says of the start of its objects; most start nothing."""

    starts_after: ClassVar[str] = ""
    """The argument that names what must be there before a new object starts; until then it is made stopped. No field of
    the service holds it. Empty where no object starts anything."""

    def starts(self, olds: Values, news: Values) -> bool:  # noqa: ARG002 -- most start nothing
        """Whether an object that did not run begins to, by what the file said and says now."""
        return False

    def held(self, names: Collection[str]) -> str:
        """Why a new object does not start yet, for people."""
        raise NotImplementedError

    def way_to_start(self, stack: str) -> str:
        """What people can do about it: told once a run."""
        raise NotImplementedError

    def shown(self, client: Client) -> set[Seen]:  # noqa: ARG002 -- few start after anything
        """What the service itself shows to be there, each with the id of the object that it was there for."""
        return set()

    def needed_by(self, news: Values, rows_of: RowsOf) -> set[str]:  # noqa: ARG002 -- few start after anything
        """The ids of the objects that it must have been there for, before one with these arguments may start."""
        return set()

    def started(self, news: Values) -> Values:  # noqa: ARG002 -- most start nothing
        """The fields that start an object for which there is nothing left to wait, unless the file stops it itself."""
        return {}

    def stop(self, body: Row) -> Row:
        """The body of a new object that does not start yet."""
        return body

    def is_stopped(self, row: Row) -> bool:  # noqa: ARG002 -- most start nothing
        """Whether a live object stands as one does that is made stopped."""
        return False
