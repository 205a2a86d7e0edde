"""Kinds whose objects start something, such as traffic: a new one may have to wait, stopped, for what it relies on."""

from collections.abc import Collection
from typing import ClassVar, Generic, TypeVar

from trackform_core.model.wire import Row, Values

Client = TypeVar("Client")


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

    def shown(self, client: Client, names: Collection[str]) -> set[str]:  # noqa: ARG002 -- few start after anything
        """Those of what an object starts after that the service itself shows to be there."""
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
