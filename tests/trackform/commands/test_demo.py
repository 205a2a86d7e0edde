"""What the demo touches: its own folder, its own sandbox, and nothing before it is sure that it can begin."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.engine import warm
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
    """A project in which somebody works, with a live state, sandbox data, and a state of an earlier demo."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    for name in (
        ".state/pulumi/.pulumi/stacks/trackform/acme.json", ".state/pulumi/.pulumi/stacks/trackform/demo.json",
        ".state/sandbox/sandbox.sqlite3", ".state/demo/pulumi/.pulumi/stacks/trackform/demo.json",
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


@pytest.mark.parametrize("name", ["Pulumi.yaml", "stacks/demo.yaml", "stacks/Pulumi.demo.yaml"])
def test_another_project_is_not_brought_up(project: Path, name: str) -> None:
    (project / name).unlink()
    assert "run this in" in refused()


@pytest.mark.parametrize("name", ["redtrackUrl", "digistore24Url", "bridgeUrl"])
def test_settings_that_lead_elsewhere_are_refused(project: Path, name: str) -> None:
    settings = project / "stacks" / "Pulumi.demo.yaml"
    lines = [line for line in settings.read_text().splitlines(keepends=True) if name not in line]
    settings.write_text("".join(lines))
    told = refused()
    assert f"trackform:{name} is not set, and the demo's sandbox is at http://127.0.0.1:8650/" in told
    assert "git checkout -- stacks/Pulumi.demo.yaml" in told
    settings.write_text("".join([lines[0], f"  trackform:{name}: https://live.test\n", *lines[1:]]))
    assert f"trackform:{name} is https://live.test" in refused()


def test_a_stack_that_somebody_made_in_its_folder_is_kept(project: Path) -> None:
    (project / ".state/demo/pulumi/.pulumi/stacks/trackform/acme.json").write_text("kept")
    assert "holds stacks that the demo did not make: acme" in refused()


def test_a_link_in_place_of_its_state_is_not_followed(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "notes").write_text("kept")
    shutil.rmtree(project / ".state/demo/pulumi")
    (project / ".state/demo/pulumi").symlink_to(elsewhere)
    with pytest.raises(Exception, match="cannot be emptied"):
        demo.empty(project / ".state/demo/pulumi")
    assert (elsewhere / "notes").read_text() == "kept"


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


@pytest.mark.engine
@pytest.mark.usefixtures("demo_port")
@pytest.mark.skipif(not (ROOT / ".venv/bin/pulumi").exists(), reason="needs the Pulumi CLI: run `make setup`")
def test_it_can_be_told_again_beside_live_stacks(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    shutil.copytree(ROOT / "templates", project / "templates")
    shutil.copy(ROOT / "__main__.py", project)
    (project / ".venv").symlink_to(warm.environment())
    live = {name: text for name, text in below(project).items() if not name.startswith((".state/demo", ".venv"))}
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | LIVE | {"HOME": str(home)}
    for _ in range(2):
        done = subprocess.run(
            [warm.environment() / "bin" / "trackform", "demo"], cwd=project, env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "booked 13.50, earned 13.50" in done.stdout
    assert {name: (project / name).read_text() for name in live} == live
    chosen = [path.read_text() for path in home.glob(".pulumi/workspaces/*.json")]
    assert not any("demo" in text for text in chosen), "the stack that a person selected stays selected"
