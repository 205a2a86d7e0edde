"""The sandbox's clock: the machine's time plus what has been skipped on purpose."""

from datetime import UTC, datetime, timedelta

from trackform.sandbox.store import Store


class Clock:
    """Time in UTC. Skipped time is kept in the store, so a restarted sandbox does not go back in time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._skipped = self._load()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._skipped

    def advance(self, by: timedelta) -> datetime:
        """Skip time; it only goes forward.

        Raises:
            ValueError: ``by`` is negative.
        """
        if by < timedelta(0):
            raise ValueError("the clock only goes forward")
        with self._store.atomic():
            self._skipped = self._load() + by
            self._store.put("", "_clock", {"seconds": self._skipped.total_seconds()}, row_id="skipped")
        return self.now()

    def reload(self) -> None:
        """Take the skipped time from the store again, after it has been cleared."""
        self._skipped = self._load()

    def _load(self) -> timedelta:
        row = self._store.get("", "_clock", "skipped") or {"seconds": 0}
        return timedelta(seconds=row["seconds"])


def stamp(moment: datetime) -> str:
    """A moment as the answers carry it: RFC 3339, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment that ``stamp`` wrote; a time without a zone is UTC.

    Raises:
        ValueError: it is no time.
    """
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
