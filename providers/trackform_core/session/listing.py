"""One listing per kind and process: read once, kept up to date by what is written, proven before it is relied on."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from trackform_core.http.service_error import ServiceError
from trackform_core.model.wire import Row, id_of

Pages = Iterator[tuple[list[Row], int | None]]


class Listing:
    """The rows of one kind by id and by natural key.

    Thread-safe. A failed read is remembered, so that 60 objects do not ask 60 times.

    A page shorter than the one before is the last. Whether the *first* page is the last cannot be seen where the
    service tells no total and may cap the page size: then ``complete()`` asks for one page more, and only who is about
    to rely on an absence calls it. Further pages are read one by one, when something was not on those before.
    """

    def __init__(self, pages: Callable[[], Pages], gone: Callable[[Row], bool], key: Callable[[Row], Any]) -> None:
        self._fetch = pages
        self._gone = gone
        self._key = key
        self._lock = threading.RLock()
        self._rows: dict[str, Row] | None = None
        self._by_key: dict[str, set[str]] = {}
        self._rest: Pages | None = None
        self._size = self._pages = 0
        self._shown: list[str] = []
        self._total: int | None = None
        self._has_more = False
        self._failed: ServiceError | None = None
        self._reread = False
        self._asked_elsewhere = self._contradicted = False

    def row(self, object_id: str) -> Row | None:
        """One row, wherever in the listing it stands."""
        rows = self._rows
        if rows is not None and object_id in rows and self._failed is None:
            # Nobody waits for the pages that others read. By one step: a write may take it out meanwhile.
            return rows.get(object_id)
        with self._lock:
            while object_id not in self._known() and self._rest is not None:
                self._guarded(self._next)
            return self._known().get(object_id)

    def named(self, key: Any) -> list[tuple[str, Row]]:
        """The objects of a natural key, among the rows that the first page shows, or all where it is not the last."""
        with self._lock:
            rows = self._known()
            if self._rest is not None and self._has_more:
                rows = self._all()
            return [(object_id, rows[object_id]) for object_id in sorted(self._by_key.get(repr(key), ()))]

    def named_so_far(self, key: Any) -> list[tuple[str, Row]]:
        """The objects of a natural key among the rows that are read already: nobody is asked."""
        with self._lock:
            rows = self._rows or {}
            return [(object_id, rows[object_id]) for object_id in sorted(self._by_key.get(repr(key), ()))]

    def rows(self) -> dict[str, Row]:
        """The rows read so far; the first call reads the listing."""
        with self._lock:
            return dict(self._known())

    def complete(self) -> dict[str, Row]:
        """All rows, to the last page."""
        with self._lock:
            return dict(self._all())

    def confirmed(self) -> dict[str, Row]:
        """All rows, read a second time: where there is no GET by id, that has to do as the proof of an absence."""
        with self._lock:
            if not self._reread:
                self.forget()
                self._all()
                self._reread = True
            return self.complete()

    def hear_where_empty(self, witness: Callable[[], list[tuple[str, Row]]]) -> None:
        """Where the service shows no row at all, ask a second witness, once: one empty answer may well be a fault.

        What it finds is kept, and the listing is in doubt from then on.
        """
        with self._lock:
            self._all()
            if self._shown or self._asked_elsewhere:
                return
            self._asked_elsewhere = True
            rows = witness()
            # The witness may have been to read all of it once more.
            self._asked_elsewhere = True
            for object_id, row in rows:
                self._keep(object_id, row)
                self._contradicted = not self._shown

    def doubt(self) -> str:
        """Why all the rows may not be all there are; empty where the service contradicts nothing."""
        with self._lock:
            self._all()
            if self._contradicted:
                return "shows nothing, and a search finds something"
            different = len(set(self._shown))
            if self._total is not None and different != self._total:
                return f"tells of {self._total} and shows {different}"
            return "" if different == len(self._shown) else "shows some of them twice"

    def tells_a_total(self) -> bool:
        with self._lock:
            self._all()
            return self._total is not None

    def put(self, object_id: str, row: Row) -> None:
        with self._lock:
            if self._rows is not None:
                self.drop(object_id)
                self._keep(object_id, row)

    def drop(self, object_id: str) -> None:
        with self._lock:
            row = (self._rows or {}).pop(object_id, None)
            if row is not None:
                self._by_key.get(repr(self._key(row)), set()).discard(object_id)

    def forget(self) -> None:
        """Read again at the next use: after a lost answer only the service knows."""
        with self._lock:
            self._rows = self._rest = self._failed = None
            self._size = self._pages = 0
            self._shown, self._total = [], None
            self._asked_elsewhere = self._contradicted = False
            self._has_more = False
            self._by_key = {}

    def _known(self) -> dict[str, Row]:
        if self._rows is None:
            self._guarded(self._read)
        elif self._failed is not None:
            raise self._failed
        return self._rows or {}

    def _all(self) -> dict[str, Row]:
        self._known()
        while self._rest is not None:
            self._guarded(self._next)
        return self._rows or {}

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except ServiceError as error:
            # What was read so far is no listing: an absence from it would prove nothing.
            self._failed = error
            self._rows = self._rows if self._rows is not None else {}
            raise

    def _keep(self, object_id: str, row: Row) -> None:
        if self._rows is not None:
            self._rows[object_id] = row
            self._by_key.setdefault(repr(self._key(row)), set()).add(object_id)

    def _read(self) -> None:
        self._rows = {}
        self._rest = self._fetch()
        self._next()

    def _next(self) -> None:
        """Read one page more; after the last one there is no rest."""
        taken = self._take(self._rest) if self._rest is not None else None
        size, total = taken or (0, None)
        told_all = total is not None and len(self._rows or {}) >= total
        if size < max(self._size, 1) or told_all:
            self._rest = None
            return
        self._pages += 1
        # Any other first page is taken for the last, since nobody caps pages at such a number; proven when it matters.
        self._has_more = self._pages > 1 or total is not None or not (size % 10 and size % 25)
        self._size = size

    def _take(self, pages: Pages) -> tuple[int, int | None] | None:
        page = next(pages, None)
        if page is None:
            return None
        rows, total = page
        known = self._rows if self._rows is not None else {}
        if rows and all(id_of(row) in known for row in rows):
            # The same page again: this listing does not page.
            return 0, total
        self._shown += [id_of(row) for row in rows]
        self._total = total if total is not None else self._total
        for row in rows:
            if id_of(row) and not self._gone(row):
                self._keep(id_of(row), row)
        return len(rows), total


class Lookup:
    """Stands in place of a listing where a service has none: objects are asked for one by one by the key, their id."""

    def __init__(self, get: Callable[[str], Row | None]) -> None:
        self._get = get
        self._lock = threading.RLock()
        self._rows: dict[str, Row | None] = {}

    def row(self, object_id: str) -> Row | None:
        with self._lock:
            if object_id not in self._rows:
                self._rows[object_id] = self._get(object_id)
            return self._rows[object_id]

    def named(self, key: Any) -> list[tuple[str, Row]]:
        row = self.row(str(key))
        return [(str(key), row)] if row is not None else []

    def named_so_far(self, key: Any) -> list[tuple[str, Row]]:
        """The one whose id is this key, where it was asked for."""
        with self._lock:
            row = self._rows.get(str(key))
            return [(str(key), row)] if row is not None else []

    def rows(self) -> dict[str, Row]:
        """Rows that were found so far."""
        with self._lock:
            return {object_id: row for object_id, row in self._rows.items() if row is not None}

    complete = rows
    confirmed = rows

    def hear_where_empty(self, witness: Callable[[], list[tuple[str, Row]]]) -> None:
        """Nothing is to be heard: each is asked for by itself."""

    def doubt(self) -> str:
        """None: each was asked for by itself."""
        return ""

    def tells_a_total(self) -> bool:
        """Of each by itself it is told whether it is there."""
        return True

    def put(self, object_id: str, row: Row) -> None:
        with self._lock:
            self._rows[object_id] = row

    def drop(self, object_id: str) -> None:
        with self._lock:
            self._rows[object_id] = None

    def forget(self) -> None:
        with self._lock:
            self._rows.clear()
