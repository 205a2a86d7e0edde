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
MEASURED = "a0_measured.pth"
"""Where a copy's processes are told to measure. These files are read in the order of their names: before coverage's."""
OURS = {"clone.pth", MEASURED, f"{PLUGIN}.py"}
"""What is written into a copy's environment, and of a copy into the copy of a copy's not."""
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
        (self.packages,) = environment.glob("lib/python*/site-packages")
        self._python = environment / "bin" / "python"
        roots = {"."}
        for each in Path(sysconfig.get_path("purelib")).iterdir():
            lines = each.read_text(encoding="utf-8").splitlines() if each.suffix == ".pth" else []
            inside = {str(Path(line).relative_to(project)) for line in lines if Path(line).is_relative_to(project)}
            roots |= inside
            if each.name not in OURS and not inside:
                (self.packages / each.name).symlink_to(each)
        paths = "".join(f"{self.folder / root}\n" for root in sorted(roots))
        (self.packages / "clone.pth").write_text(paths, encoding="utf-8")
        (self.packages / f"{PLUGIN}.py").write_bytes(Path(__file__).with_name("outcomes.py").read_bytes())
        for each in Path(sys.prefix, "bin").iterdir():
            self._command(each, environment / "bin" / each.name)
        self._keep()

    def _keep(self) -> None:
        """Under git, as the project is: some tests ask it what comes with us."""
        (self._work / "template").mkdir()
        for arguments in (["init", "--quiet", f"--template={self._work / 'template'}"], ["add", "--all"]):
            subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True)  # noqa: S603, S607

    def _command(self, original: Path, at: Path) -> None:
        """A command of the project's environment, run by the copy's Python."""
        if at.exists() or at.is_symlink():
            return
        head, newline, rest = original.read_bytes().partition(b"\n")
        if head == f"#!{sys.prefix}/bin/python".encode():
            at.write_bytes(f"#!{self._python}".encode() + newline + rest)
            at.chmod(0o755)
        else:
            at.symlink_to(original.resolve())

    def pytest(self, arguments: Sequence[str], limit: float | None = None) -> Run:
        """Run tests; whatever they started ends with them.

        Raises:
            OutOfTimeError: they took longer than the limit, in seconds.
        """
        told, base = self._work / "outcomes.json", self._work / "tmp"
        told.unlink(missing_ok=True)
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        command = [str(self._python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", PLUGIN, *arguments]
        ours = {"MUTANTS_OUTCOMES": str(told), "TMPDIR": str(base)}
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
