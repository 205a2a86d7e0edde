"""What the demo touches: its own folder, its own sandbox, and nothing before it is sure that it can begin."""

import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from trackform.cli import main
from trackform.commands import demo

ROOT = Path(__file__).parents[3]
LIVE = {
    "REDTRACK_API_KEY__DEMO": "live-redtrack",
    "DIGISTORE24_API_KEY__DEMO": "live-digistore24",
    "REDTRACK_API_KEY": "live-redtrack",
    "PULUMI_BACKEND_URL": "s3://live",
    "PULUMI_ACCESS_TOKEN": "live",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "/live",
    "PULUMI_STACK": "acme",
    "TRACKFORM_ALLOW": "delete:offer",
    "TRACKFORM_POLICY": "live-policy.yaml",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which somebody works, with a live state, sandbox data, and states of earlier demos."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    for name in (
        ".state/pulumi/.pulumi/stacks/trackform/acme.json", ".state/pulumi/.pulumi/stacks/trackform/demo.json",
        ".state/sandbox/sandbox.sqlite3", ".state/demo/pulumi/.pulumi/stacks/trackform/demo.json",
        ".state/demo/.state/pulumi/.pulumi/stacks/trackform/demo.json", ".state/demo/stacks/demo.yaml",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("kept")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def below(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def refused() -> str:
    """What it says where it does not begin; and that nothing is touched."""
    before = below(Path())
    done = CliRunner().invoke(main, ["demo"])
    assert done.exit_code == 1, done.output
    assert below(Path()) == before
    return done.output


@pytest.fixture
def taken_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        monkeypatch.setattr(demo, "PORT", port)
        yield port


@pytest.mark.usefixtures("project")
def test_nothing_is_removed_where_the_port_is_taken(taken_port: int) -> None:
    assert f"cannot serve on port {taken_port}" in refused()


@pytest.mark.usefixtures("project")
def test_nothing_is_removed_without_a_cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "")
    assert "run `trackform setup`" in refused()


@pytest.mark.parametrize("state", [".state/pulumi", "pulumi"])
def test_a_stack_that_somebody_made_in_its_folder_is_kept(project: Path, state: str) -> None:
    stacks = project / ".state/demo" / state / ".pulumi/stacks/trackform"
    stacks.mkdir(parents=True, exist_ok=True)
    (stacks / "acme.json").write_text("kept")
    told = refused()
    assert "holds stacks that the demo did not make: acme" in told
    assert "mv .state/demo .state/demo.before" in told


@pytest.mark.parametrize("place", [".state/demo", ".state/demo/.state", ".state/demo/.state/pulumi"])
def test_a_link_in_its_place_is_not_followed(
    project: Path, tmp_path_factory: pytest.TempPathFactory, place: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "notes").write_text("kept")
    if (project / place).exists():
        shutil.rmtree(project / place)
    (project / place).parent.mkdir(parents=True, exist_ok=True)
    (project / place).symlink_to(elsewhere)
    assert f"{place} is a link" in refused()
    assert (elsewhere / "notes").read_text() == "kept"


def test_a_link_in_it_is_taken_away_alone(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "notes").write_text("kept")
    own = project / ".state/demo"
    (own / ".venv").symlink_to(elsewhere)
    (own / ".state/sandbox").mkdir(parents=True)
    (own / ".state/sandbox/runs").touch()
    demo.empty(own)
    assert {path.relative_to(own).as_posix() for path in own.rglob("*")} == {
        ".state", ".state/pulumi", ".state/sandbox", ".state/sandbox/runs",
    }  # fmt: skip
    assert (elsewhere / "notes").read_text() == "kept"


def test_what_cannot_be_emptied_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuses)
    with pytest.raises(Exception, match="cannot be emptied: Permission denied"):
        demo.empty(project / ".state/demo")


def test_its_project_is_what_the_command_makes_that_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled in as the comments of the file propose."""
    (tmp_path / "typed").mkdir()
    monkeypatch.chdir(tmp_path / "typed")
    assert CliRunner().invoke(main, shlex.split(demo.INIT)[1:]).exit_code == 0
    demo.make_project(tmp_path / "made")
    typed, made = below(tmp_path / "typed"), below(tmp_path / "made")
    assert made.pop("stacks/demo.env") == (ROOT / "stacks/demo.env").read_text()
    assert made.pop("stacks/Pulumi.demo.yaml") == (ROOT / "stacks/Pulumi.demo.yaml").read_text()
    del typed["stacks/Pulumi.demo.yaml"]
    account = typed.pop("stacks/demo.yaml")
    for open_one, filled in demo.FILLED_IN.items():
        assert account.count(open_one) == 1
        account = account.replace(open_one, filled)
    assert made.pop("stacks/demo.yaml") == account
    assert made == typed
    assert (tmp_path / "made" / ".venv").readlink() == Path(sys.prefix)


def test_no_live_key_state_or_permission_reaches_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LIVE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PULUMI_HOME", "/home/of/plugins")
    cli = project / "pulumi"
    cli.write_text("#!/bin/sh\nenv > seen\n")
    cli.chmod(0o755)
    demo.Story(project, cli, project / ".state/demo/pulumi").pulumi("preview", quiet=True)
    seen = dict(line.partition("=")[::2] for line in (project / "seen").read_text().splitlines())
    assert {name for name, value in LIVE.items() if seen.get(name) == value} == set()
    assert seen["REDTRACK_API_KEY"] == "demo-redtrack"
    assert seen["PULUMI_BACKEND_URL"] == f"file://{project}/.state/demo/pulumi"
    assert seen["PULUMI_STACK"] == "demo"
    assert seen["PULUMI_HOME"] == "/home/of/plugins"


def test_its_sandbox_serves_as_long_as_the_story_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On any port that is free; the end waits for the process."""
    monkeypatch.setattr(demo, "PORT", 0)
    started: list[subprocess.Popen[str]] = []
    popen = subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
        started.append(popen(*arguments, **options))
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", noted)
    with demo.running_sandbox(tmp_path / "sandbox"):
        assert started[0].poll() is None
        assert list((tmp_path / "sandbox").iterdir()) != []
    assert started[0].returncode is not None


@pytest.mark.parametrize(("count", "shown"), [(7, "n0, n1, n2, n3, n4, n5, n6"), (8, "8"), (9, "9")])
def test_of_many_objects_the_demo_tells_the_number(
    count: int, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = list[Any]()
    monkeypatch.setattr(demo.console, "print", tables.append)
    rows = [{"title": f"n{number}"} for number in range(count)]
    story: Any = SimpleNamespace(hands=SimpleNamespace(rows=lambda _: rows))
    demo.Story.account(story, "An account")
    (table,) = tables
    assert {*table.columns[2].cells} == {shown}
    assert {*table.columns[1].cells} == {str(count)}
