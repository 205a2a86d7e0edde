"""A copy of the project to change and to test in. The project itself is only read."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".state", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info")
PLUGIN = "mutants_outcomes"
Outcomes = dict[str, tuple[str, float]]
"""By a test's id: what pytest says became of it, or "timeout", and the seconds that it took."""


@dataclass(frozen=True)
class Run:
    status: int
    outcomes: Outcomes
    out: str


class OutOfTimeError(Exception):
    """The tests were stopped from outside."""


class Clone:
    """A copy with a virtual environment in which its modules, not the project's, are what is imported."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.folder = folder / "project"
        self._work = folder
        shutil.copytree(project, self.folder, symlinks=True, ignore=NOT_COPIED)
        environment = self.folder / ".venv"
        venv.create(environment, symlinks=True)
        (packages,) = environment.glob("lib/python*/site-packages")
        installed = sysconfig.get_path("purelib")
        # As plain lines: the .pth files of the project's own environment, which point to the project, are not read.
        (packages / "clone.pth").write_text(f"{self.folder}\n{installed}\n", encoding="utf-8")
        for hook in Path(installed).glob("*coverage*.pth"):
            shutil.copy(hook, packages)
        shutil.copy(Path(__file__).with_name("outcomes.py"), packages / f"{PLUGIN}.py")
        cli = Path(sys.prefix) / "bin" / "pulumi"
        if cli.exists():
            (environment / "bin" / "pulumi").symlink_to(cli.resolve())
        self._python = environment / "bin" / "python"

    def pytest(self, arguments: Sequence[str], limit: float | None = None, **environment: str) -> Run:
        """Run tests; whatever they started ends with them.

        Raises:
            OutOfTimeError: they took longer than the limit, in seconds.
        """
        told, base = self._work / "outcomes.json", self._work / "tmp"
        told.unlink(missing_ok=True)
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        command = [str(self._python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", PLUGIN, *arguments]
        ours = {"MUTANTS_OUTCOMES": str(told), "TMPDIR": str(base), **environment}
        process = subprocess.Popen(  # noqa: S603
            command, cwd=self.folder, env=os.environ | ours, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            out, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise OutOfTimeError from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        found: Outcomes = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}
        return Run(process.returncode, found, out)

    @contextlib.contextmanager
    def changed(self, file: str, source: str) -> Iterator[None]:
        """A file as it is not, for a while; what was compiled of it is taken away, it may look like of the same age."""
        path = self.folder / file
        before = path.read_bytes()
        path.write_text(source, encoding="utf-8")
        try:
            self._forget(path)
            yield
        finally:
            path.write_bytes(before)
            self._forget(path)

    @staticmethod
    def _forget(path: Path) -> None:
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()
