"""The sandbox's state: JSON rows in one SQLite table, scoped by account and kind."""

import json
import os
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

Row = dict[str, Any]

SCHEMA = """
create table if not exists rows (
    seq integer primary key autoincrement, account text not null, kind text not null, id text not null,
    body text not null, unique (account, kind, id)
);
create index if not exists rows_by_kind on rows (account, kind, seq);
create index if not exists rows_by_id on rows (kind, id);
create index if not exists conversions_by_click on rows (account, json_extract(body, '$.clickid'))
    where kind = 'conversion';
create index if not exists transactions_by_purchase on rows (account, json_extract(body, '$.purchase_id'))
    where kind = 'transaction';
create index if not exists deliveries_by_order on rows (account, json_extract(body, '$.order_id'))
    where kind = 'delivery';
"""
BELONGING = {"conversion": "clickid", "transaction": "purchase_id", "delivery": "order_id"}
"""By kind, the field that names the click or order of a row: each step of an order asks for these, by an index.

An index over some of the rows is why statements say ``kind = +?``. For a plain ``?`` SQLite looks at every new value
whether such an index serves, and compiles the statement anew: ten times as long as to run it.
"""

COLUMNS = ["seq", "account", "kind", "id", "body"]


OWNER_ALONE = 0o600


def is_store(path: Path) -> bool:
    """Whether a file is what a `Store` wrote, or is empty. Only looked at, not opened for writing."""
    if not path.stat().st_size:
        return True
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
            columns = [name for _, name, *_ in db.execute("pragma table_info(rows)")]
    except sqlite3.DatabaseError:
        return False
    return {*tables} <= {"rows", "sqlite_sequence"} and columns in ([], COLUMNS)


def object_id() -> str:
    """A new id in the form of RedTrack's: 24 hex digits."""
    return secrets.token_hex(12)


def _keep_from_others(path: Path) -> None:
    """A database that its owner alone may read, also one of an earlier version; SQLite's own files take after it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ALONE))
    for each in path.parent.glob(f"{path.name}*"):
        each.chmod(OWNER_ALONE)


def connected(database: str) -> sqlite3.Connection:
    return sqlite3.connect(database, check_same_thread=False, isolation_level=None)


@cache
def _empty() -> sqlite3.Connection:
    """A store without rows, to copy from: that is faster than to make its table and indexes."""
    made = connected(":memory:")
    made.executescript(SCHEMA)
    return made


class Store:
    """Rows by (account, kind, id), in order of their creation. One connection, one lock: the sandbox is small.

    ``Store(None)`` lives in memory. Rows go in and come out as copies, so a caller never changes state by accident.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        if path:
            _keep_from_others(path)
            self._db = connected(str(path))
            # A crash of the machine may cost the last rows; a killed process costs nothing, and writes need no fsync.
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = off")
            self._db.executescript(SCHEMA)
        else:
            self._db = connected(":memory:")
            _empty().backup(self._db)
        # A world that nobody holds any more has nobody to close it.
        weakref.finalize(self, self._db.close)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Hold the lock over a read and the write that depends on it."""
        with self._lock:
            yield

    def put(self, account: str, kind: str, row: Row, *, row_id: str | None = None) -> Row:
        """Insert or replace a row under ``row_id`` (else ``row["id"]``); its place in the order is kept."""
        key = str(row_id if row_id is not None else row["id"])
        with self._lock:
            self._db.execute(
                "insert into rows (account, kind, id, body) values (?, ?, ?, ?)"
                " on conflict (account, kind, id) do update set body = excluded.body",
                (account, kind, key, json.dumps(row)),
            )
        return row

    def get(self, account: str, kind: str, row_id: str) -> Row | None:
        with self._lock:
            record = self._db.execute(
                "select body from rows where account = ? and kind = +? and id = ?", (account, kind, row_id)
            ).fetchone()
        return json.loads(record[0]) if record else None

    def rows(self, account: str, kind: str) -> list[Row]:
        with self._lock:
            records = self._db.execute(
                "select body from rows where account = ? and kind = +? order by seq", (account, kind)
            ).fetchall()
        return [json.loads(body) for (body,) in records]

    def last(self, account: str, kind: str) -> Row | None:
        """The newest row."""
        with self._lock:
            record = self._db.execute(
                "select body from rows where account = ? and kind = +? order by seq desc limit 1", (account, kind)
            ).fetchone()
        return json.loads(record[0]) if record else None

    def belonging(self, account: str, kind: Literal["conversion", "transaction", "delivery"], to: str) -> list[Row]:
        """The conversions of a click, or the transactions or deliveries of an order."""
        with self._lock:
            # Words of ours: an index over some of the rows is found by what the statement spells.
            records = self._db.execute(
                f"select body from rows where account = ? and kind = '{kind}'"  # noqa: S608
                f" and json_extract(body, '$.{BELONGING[kind]}') = ? order by seq",
                (account, to),
            ).fetchall()
        return [json.loads(body) for (body,) in records]

    def everywhere(self, kind: str) -> list[tuple[str, Row]]:
        """(account, row) of every account: a click id or a domain names no account."""
        with self._lock:
            records = self._db.execute(
                "select account, body from rows where kind = +? order by seq", (kind,)
            ).fetchall()
        return [(account, json.loads(body)) for account, body in records]

    def find(self, kind: str, row_id: str) -> tuple[str, Row] | None:
        """(account, row) by id alone, whichever account holds it."""
        with self._lock:
            record = self._db.execute(
                "select account, body from rows where kind = +? and id = ?", (kind, row_id)
            ).fetchone()
        return (record[0], json.loads(record[1])) if record else None

    def kinds(self, account: str) -> list[str]:
        """The kinds of which this account has rows."""
        with self._lock:
            records = self._db.execute("select distinct kind from rows where account = ? order by kind", (account,))
            return [kind for (kind,) in records]

    def remove(self, account: str, kind: str, row_id: str) -> bool:
        with self._lock:
            done = self._db.execute(
                "delete from rows where account = ? and kind = +? and id = ?", (account, kind, row_id)
            )
            return done.rowcount > 0

    def count(self, account: str, kind: str) -> int:
        with self._lock:
            (number,) = self._db.execute(
                "select count(*) from rows where account = ? and kind = +?", (account, kind)
            ).fetchone()
        return int(number)

    def serial(self, account: str, name: str) -> int:
        """The next number of a sequence of this account, from 1."""
        with self._lock:
            row = self.get(account, "_serial", name) or {"n": 0}
            row["n"] += 1
            self.put(account, "_serial", row, row_id=name)
            return int(row["n"])

    def clear(self) -> None:
        with self._lock:
            self._db.execute("delete from rows")
