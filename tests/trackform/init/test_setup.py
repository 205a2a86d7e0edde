"""What a project runs in: its virtual environment and the CLI, made by one command, and mended by the same."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.trackform.init.conftest import Run
from trackform.init import environment
from trackform.project.pulumi_cli import version_in_path

PYTHON = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


class Commands:
    """What was run; the environment's Python is a stand-in, and pip one that says what it is told to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.ran: list[str] = []
        self.fails: dict[str, str] = {}
        monkeypatch.setattr(subprocess, "run", self.run)

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        shown = " ".join(command).replace(f"{self.folder}/", "").replace(sys.executable, "python")
        self.ran.append(shown)
        if "-m venv" in shown:
            self.environment(Path(command[-1]))
        why = next((said for part, said in self.fails.items() if part in shown), "")
        return subprocess.CompletedProcess(command, 1 if why else 0, "", why)

    @staticmethod
    def environment(at: Path) -> None:
        (at / "bin").mkdir(parents=True, exist_ok=True)
        (at / "pyvenv.cfg").touch()
        (at / "bin" / "python").write_text(PYTHON)


@pytest.fixture
def commands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    return Commands(folder, monkeypatch)


@pytest.fixture(autouse=True)
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fitting CLI on PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (tools / name).write_text("#!/bin/sh\necho v3.300.0\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TRACKFORM_PULUMI_MIRROR", "http://127.0.0.1:1")
    return tools / "pulumi"


INSTALL = ".venv/bin/python -m pip --disable-pip-version-check install --quiet -r requirements.txt"


def test_it_makes_environment_and_cli(run: Run, folder: Path, commands: Commands, cli: Path) -> None:
    run("init", "acme")
    done = run("setup")
    assert done.exit_code == 0, done.output
    assert commands.ran == ["python -m venv --clear .venv", INSTALL]
    assert (folder / ".venv" / "bin" / "pulumi").readlink() == cli
    assert done.stdout == "ready: . .venv/bin/activate\n"
    assert done.stderr == (
        "setup: making the virtual environment .venv\nsetup: installing the packages of requirements.txt\n"
    )


def test_run_again_it_keeps_the_environment(run: Run, folder: Path, commands: Commands) -> None:
    run("init", "acme")
    commands.environment(folder / ".venv")
    (folder / ".venv" / "mine").touch()
    assert run("setup").exit_code == 0
    assert commands.ran == [".venv/bin/python -c import pip", INSTALL]
    assert (folder / ".venv" / "mine").exists()


def test_one_without_pip_is_made_anew(run: Run, folder: Path, commands: Commands) -> None:
    run("init", "acme")
    commands.environment(folder / ".venv")
    commands.fails["import pip"] = "No module named pip"
    assert run("setup").exit_code == 0
    assert commands.ran[1:] == ["python -m venv --clear .venv", INSTALL]


def test_the_environment_is_the_one_that_pulumi_takes(run: Run, folder: Path, commands: Commands) -> None:
    run("init", "acme")
    text = (folder / "Pulumi.yaml").read_text()
    (folder / "Pulumi.yaml").write_text(text.replace("virtualenv: .venv", "virtualenv: env"))
    assert run("setup").stdout == "ready: . env/bin/activate\n"
    assert commands.ran[0] == "python -m venv --clear env"


def test_without_requirements_packages_stay(run: Run, folder: Path, commands: Commands) -> None:
    run("init", "acme")
    (folder / "requirements.txt").unlink()
    done = run("setup")
    assert (done.exit_code, len(commands.ran)) == (0, 1)
    assert "there is no requirements.txt, so packages stay as they are" in done.stderr


def test_what_is_no_environment_of_its_own_is_left(run: Run, folder: Path, commands: Commands, tmp_path: Path) -> None:
    run("init", "acme")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "notes").write_text("kept")
    done = run("setup")
    assert (done.exit_code, "no virtual environment: move it away" in done.stderr) == (1, True)
    assert (folder / ".venv" / "notes").read_text() == "kept"
    (folder / ".venv").rename(tmp_path / "other")
    (folder / ".venv").symlink_to(tmp_path / "other")
    done = run("setup")
    assert (done.exit_code, "rm .venv" in done.stderr) == (1, True)
    assert commands.ran == []
    (folder / ".venv").unlink()
    assert run("setup").exit_code == 0


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("-m venv", "the virtual environment .venv cannot be made (no ensurepip): on Debian and Ubuntu: apt install"),
        (
            "pip --disable",
            "requirements.txt cannot be installed (no ensurepip): check the network, then run this again",
        ),
    ],
)
def test_what_fails_is_one_line(run: Run, folder: Path, commands: Commands, part: str, said: str) -> None:
    run("init", "acme")
    commands.fails[part] = "Traceback\n\nno ensurepip\n\n"
    done = run("setup")
    assert (done.exit_code, said in done.stderr.splitlines()[-1]) == (1, True), done.stderr


def test_on_windows_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", "acme")
    monkeypatch.setattr(environment, "os", SimpleNamespace(name="nt"))
    done = run("setup")
    assert (done.exit_code, "On Windows install pulumi (https://" in done.stderr) == (1, True), done.output


def test_without_a_network_one_line_says_so(
    run: Run, folder: Path, commands: Commands, cli: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", "acme")
    cli.unlink()
    monkeypatch.setenv("PATH", "/nowhere")
    done = run("setup")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "setup: cannot download http://127.0.0.1:1/pulumi-v3.259.0-" in done.stderr.splitlines()[-1]
    assert "there is no Go to build it with: check the network, or install pulumi >= 3.254" in done.stderr


@pytest.mark.usefixtures("folder")
def test_where_there_is_no_project_it_says_how_to_make_one(run: Run) -> None:
    done = run("setup")
    assert (done.exit_code, "`trackform init` makes a project" in done.stderr) == (1, True)
    run("init", "acme")


@pytest.mark.parametrize(
    ("path", "version"),
    [
        (".cache/trackform/pulumi-v3.259.0/bin/pulumi", "3.259.0"),
        ("Cellar/pulumi/3.260.1/bin/pulumi", "3.260.1"),
        ("store/abc-pulumi-3.258.0/bin/pulumi", "3.258.0"),
        ("python-3.11.4/bin/pulumi", None),
        ("usr/local/bin/pulumi", None),
    ],
)
def test_the_folder_of_a_cli_may_say_its_version(tmp_path: Path, path: str, version: str | None) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    (tmp_path / "link").symlink_to(tmp_path / path)
    assert version_in_path(tmp_path / "link") == version


def test_versions_are_of_package_sdk_and_cli(
    run: Run, folder: Path, cli: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    *first, last = run("--version").stdout.splitlines()
    assert [line.rpartition(" ")[0] for line in first] == ["trackform, version", "Pulumi SDK"]
    assert last == f"Pulumi CLI 3.300.0, {cli}"
    cli.write_text("#!/bin/sh\nexit 1\n")
    assert run("--version").stdout.splitlines()[-1] == f"Pulumi CLI that does not tell its version, {cli}"
    monkeypatch.setenv("PATH", "/nowhere")
    assert run("--version").stdout.splitlines()[-1] == "Pulumi CLI: none; `trackform setup` gets it"
