"""What the set-up of the CLI does where little goes right."""

import importlib
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def installing(tools: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(str(tools))
    return {name: importlib.import_module(name) for name in ("obtain", "host_setup", "install")}


def test_a_cli_that_cannot_be_started_has_no_version(installing: dict[str, ModuleType], tmp_path: Path) -> None:
    broken = tmp_path / "pulumi"
    broken.write_text("#!/nowhere/sh\n")
    broken.chmod(0o755)
    assert installing["install"].version_of(broken) == ""


def test_a_cli_that_does_not_answer_has_no_version(
    installing: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_args: object, **_more: object) -> None:
        raise subprocess.TimeoutExpired("pulumi", 30)

    monkeypatch.setattr(subprocess, "run", silent)
    assert installing["install"].version_of(tmp_path / "pulumi") == ""


def test_an_interrupt_is_no_traceback(
    installing: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_ignore: Path | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(installing["install"], "usable", interrupted)
    assert installing["install"].main([]) == 130
    assert capsys.readouterr() == ("", "")


def test_what_an_interrupted_run_left_is_taken_away(
    installing: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    obtain = installing["obtain"]
    left, other = tmp_path / ".home.abc", tmp_path / ".other.abc"
    for folder in (left / "bin", other):
        folder.mkdir(parents=True)
    monkeypatch.setattr(obtain, "download", lambda into: (into / "bin").mkdir())
    obtain.cli(tmp_path / "home")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.abc", "home"]


def test_it_says_now_and_then_that_something_happens(
    installing: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    obtain = installing["obtain"]
    said: list[str] = []
    twice = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 2:
            twice.set()

    monkeypatch.setattr(obtain, "HEARTBEAT_S", 0.01)
    monkeypatch.setattr(obtain, "say", say)
    with obtain._heartbeat("building"):
        assert twice.wait(240)
    assert said[0] == "building … 0 s"


def test_the_hosts_python_has_what_the_lock_pins(
    installing: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host_setup = installing["host_setup"]
    home, ran = tmp_path / "home", []
    (home / "bin").mkdir(parents=True)

    def run(what: str, *command: str) -> None:
        ran.append((what, *command))
        if "venv" in command:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir()
            python.symlink_to(sys.executable)
        else:
            ran.append(("pins", Path(command[-1]).read_text()))

    monkeypatch.setattr(host_setup, "_run", run)
    host_setup.put(home)
    (made, pip, pins) = ran
    assert made[1:4] == (sys.executable, "-m", "venv")
    assert "--require-hashes" in pip
    assert "--no-deps" in pip
    assert pins == ("pins", host_setup._pins())
    code, python = host_setup._names()
    assert (home / python / "bin" / "python").exists()
    assert (home / code / "__main__.py").is_file()
    assert sorted(path.name for path in home.iterdir()) == sorted(["bin", code, python])


def test_a_python_that_cannot_be_made_leaves_nothing(
    installing: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host_setup = installing["host_setup"]
    monkeypatch.setattr(host_setup.sys, "executable", "/bin/false")
    with pytest.raises(installing["obtain"].SetupError, match="cannot make a virtual environment"):
        host_setup.put(tmp_path)
    assert list(tmp_path.iterdir()) == []
