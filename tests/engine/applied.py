"""An account that was set up once, and copies of it: `pulumi up` takes its time, and nothing in a state names a folder.

The sandbox keeps its rows in a file. Those that the set-up made are put back beside the running server, so its address,
which stands in the configuration and in the state, stays.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.project import Project
from tests.engine.served import Keys, Served

COLUMNS = "seq, account, kind, id, body"

NAMES = [f"c{number:02}" for number in range(12)]


def channels(*names: str) -> str:
    """The section of an account file with a traffic channel of each name."""
    return "traffic_channels:\n" + "".join(f"  {name}: {{title: title of {name}}}\n" for name in names)


@dataclass(frozen=True)
class Applied:
    """A project's folder after its `up`, and what that made."""

    folder: Path
    keys: Keys
    rows: list[tuple[Any, ...]]


class SetUps:
    """What this test process has set up so far, by name."""

    def __init__(self, url: str, database: Path, blank: Path, folders: Callable[[str], Path]) -> None:
        self._url = url
        self._database = database
        self._blank = blank
        self._folders = folders
        self._made: dict[str, Applied] = {}

    def copy(self, name: str, folder: Path, change: Callable[[Project], None], stack: str = "demo") -> Project:
        """The demo account, with a change, as it is after `up`, on a sandbox that holds nothing else."""
        if name not in self._made:
            self._made[name] = self._set_up(name, change, stack)
        applied = self._made[name]
        sandbox = Served(self._url, applied.keys)
        sandbox.reset()
        with closing(sqlite3.connect(self._database)) as store, store:
            store.executemany(f"insert into rows ({COLUMNS}) values (?, ?, ?, ?, ?)", applied.rows)  # noqa: S608
        shutil.copytree(applied.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("home"))
        return Project(folder, sandbox, stack=stack, is_clone=True)

    def _set_up(self, name: str, change: Callable[[Project], None], stack: str) -> Applied:
        sandbox = Served(self._url)
        sandbox.reset()
        project = Project(self._folders(name), sandbox, stack=stack, blank=self._blank if stack == "demo" else None)
        project.demo()
        change(project)
        project.up_ok()
        sandbox.close()
        with closing(sqlite3.connect(self._database)) as store:
            rows = store.execute(f"select {COLUMNS} from rows order by seq").fetchall()  # noqa: S608
        return Applied(project.folder, sandbox.keys, rows)
