"""What was played so far, saved one by one: the whole takes longer than a sitting, and goes on in the next one.

A result counts as long as nothing has changed of what it was played with; each says of which commit it is.
"""

import hashlib
import json
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / ".state" / "torture"
Result = dict[str, Any]


class Saved:
    """Results by name, in one file, a line each: whatever ends the process, what was played is kept.

    Attributes:
        tested: files and folders whose change makes all results worthless.
    """

    def __init__(self, file: Path, tested: Sequence[str], root: Path = REPOSITORY) -> None:
        self._file, self._root = file, root
        self._lock = threading.Lock()
        self.tested = tested
        self.fingerprint = fingerprint(root, tested)
        self.commit = commit(root, tested)
        self.results: dict[str, Result] = {}
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        for line in lines:
            self._take(line)

    def _take(self, line: str) -> None:
        try:
            saved = json.loads(line)
            name, tested, result = saved["name"], saved["tested"], saved["result"]
        except (ValueError, KeyError, TypeError):
            # The last line of one that was killed while it wrote.
            return
        if tested == self.fingerprint:
            self.results[name] = result

    def put(self, name: str, result: Result) -> None:
        """Save one.

        Raises:
            ChangedError: it was not played with what the others were.
        """
        with self._lock:
            if fingerprint(self._root, self.tested) != self.fingerprint:
                raise ChangedError(f"{', '.join(self.tested)} changed while it was played: run it again")
            result = {**result, "commit": self.commit}
            line = json.dumps({"name": name, "tested": self.fingerprint, "result": result})
            self._file.parent.mkdir(parents=True, exist_ok=True)
            cut = self._file.exists() and not self._file.read_bytes().endswith(b"\n")
            with self._file.open("a", encoding="utf-8") as file:
                file.write(("\n" if cut else "") + line + "\n")
            self.results[name] = result

    def forget(self) -> None:
        """Play all anew."""
        self._file.unlink(missing_ok=True)
        self.results = {}


class ChangedError(Exception):
    """What is tested is not what it was when the playing began."""


def fingerprint(root: Path, tested: Iterable[str]) -> str:
    """Of all that is in some files and folders, by content."""
    sums = hashlib.sha256()
    for path in sorted(each for name in tested for each in _files(root / name)):
        sums.update(f"{path.relative_to(root).as_posix()}\0".encode())
        sums.update(hashlib.sha256(path.read_bytes()).digest())
    return sums.hexdigest()[:16]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [each for each in path.rglob("*") if each.is_file() and "__pycache__" not in each.parts]


def commit(root: Path, tested: Sequence[str]) -> str:
    """The commit that is played, and whether it was changed since; empty outside of a clone."""
    head = _git(root, "rev-parse", "--short", "HEAD")
    return f"{head} and later changes" if head and _git(root, "status", "--porcelain", "--", *tested) else head


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def commits(results: Iterable[Result]) -> str:
    """Of which commits some results are, and how many of each."""
    number = Counter(str(each["commit"]) for each in results)
    return ", ".join(f"{times} of {name or 'no clone'}" for name, times in number.most_common()) or "none"
