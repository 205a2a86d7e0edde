"""The sandbox's clock: the machine's time plus what has been skipped on purpose, or a time at which it stands still."""

from datetime import UTC, datetime, timedelta

from trackform.sandbox.store import Store


class SandboxClock:
    """Time in UTC. Skipped time is kept in the store, so a restarted sandbox does not go back in time.

    A clock that was stopped only goes where ``advance`` puts it. Started again, or in a restarted sandbox, it shows the
    machine's time and what was skipped.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._skipped = self._load()
        self._stopped: datetime | None = None

    def now(self) -> datetime:
        return (self._stopped or datetime.now(UTC)) + self._skipped

    def stop(self, stopped: bool) -> None:
        """Let time stand still, or go on; what passed meanwhile on the machine has then passed here too."""
        self._stopped = datetime.now(UTC) if stopped else None

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
        """Go on, and take the skipped time from the store again, after it has been cleared."""
        self._skipped = self._load()
        self._stopped = None

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
