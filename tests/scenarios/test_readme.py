"""Every command of the README is run: as it stands there, in order."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.installed import environment, lend_beforehand, sources
from tests.trackform.commands.test_demo import LIVE

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


BLOCKS = blocks("README.md")
SANDBOX = "http://127.0.0.1:8650"
pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not (ROOT / ".venv/bin/pulumi").exists(), reason="needs the Pulumi CLI: run `make setup`"),
]


def clean_environment() -> dict[str, str]:
    ours = ("PULUMI_", "REDTRACK_", "DIGISTORE24_", "TRACKFORM_")
    somebody = {f"GIT_{who}_{what}": "ops@acme.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | somebody


def run(script: str, folder: Path, timeout: float = 900) -> str:
    environment = clean_environment()
    environment["PATH"] = f"{folder / 'bin'}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, text=True, capture_output=True,
        check=False, timeout=timeout,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def stand_in(folder: Path, name: str, script: str) -> None:
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin" / name).chmod(0o755)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files without anything that was made in it, and the environment that `make setup` made.

    `make` does what the Makefile says, but for `setup`: that would install this copy into the environment.
    """
    folder = tmp_path_factory.mktemp("clone") / "trackform"
    sources(folder)
    shutil.rmtree(folder / "tests")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    recipes = re.findall(r"^(demo|dist): setup\n\t@\$\(BIN\)/(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [name for name, _ in recipes] == ["demo", "dist"]
    cases = " ".join(f"{name}) exec .venv/bin/{command};;" for name, command in recipes)
    stand_in(folder, "make", f'case "$*" in {cases} *) exit 1;; esac')
    return folder


def block_with(text: str) -> str:
    (block,) = [block for block in BLOCKS if text in block]
    return block


@pytest.fixture(scope="module")
def told(clone: Path, demo_port: None) -> str:
    """What the first command of a clone tells."""
    return run(block_with("make demo"), clone)


@pytest.fixture
def sandbox(clone: Path, told: str) -> Iterator[None]:
    """The one terminal."""
    enter, serve = block_with("sandbox serve").splitlines()
    command = ["bash", "-euc", f"{enter}\nexec {serve}"]
    process = subprocess.Popen(command, cwd=clone, env=clean_environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        yield
    finally:
        process.terminate()
        process.wait(240)
        if process.stdout is not None:
            process.stdout.close()


def watched(block: str) -> str:
    """With the sandbox's log of requests before and after the block that takes an account over."""
    if "trackform export" not in block:
        return block
    log = f"curl -sf {SANDBOX}/_control/requests"
    return f"{log} > before\n{block}{log} > after\n"


def test_demo_tells_its_story(told: str, clone: Path) -> None:
    assert "booked 13.50, earned 13.50" in told
    assert "{clickd}" in told
    assert "no changes (exit status 0)" in told
    made = {path.name for path in (clone / ".state/demo").iterdir()}
    assert made >= {"Pulumi.yaml", "__main__.py", "README.md", "requirements.txt", "stacks", ".gitignore", ".venv"}


@pytest.mark.usefixtures("demo_port")
def test_it_can_be_told_again_beside_live_stacks(
    told: str, clone: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Here, where the port is in use by turns anyway: a test of another file would wait for it."""
    for name in (
        ".state/pulumi/.pulumi/stacks/trackform/acme.json", ".state/pulumi/.pulumi/stacks/trackform/demo.json",
        ".state/sandbox/sandbox.sqlite3", ".state/demo/pulumi/.pulumi/stacks/trackform/demo.json",
    ):  # fmt: skip
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("kept")
    live = {
        path: path.read_bytes()
        for path in (*clone.rglob("stacks/**/*"), *clone.rglob(".state/**/*"))
        if path.is_file() and not path.is_relative_to(clone / ".state" / "demo")
    }
    assert {path.name for path in live} >= {"demo.yaml", "acme.json", "demo.json", "sandbox.sqlite3"}
    home = tmp_path_factory.mktemp("home")
    again = subprocess.run(
        [clone / ".venv" / "bin" / "trackform", "demo"], cwd=clone, env=os.environ | LIVE | {"HOME": str(home)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 0, again.stdout + again.stderr
    assert "booked 13.50, earned 13.50" in again.stdout
    assert {path: path.read_bytes() for path in live} == live
    chosen = [path.read_text() for path in home.glob(".pulumi/workspaces/*.json")]
    assert not any("demo" in text for text in chosen), "the stack that a person selected stays selected"


def test_every_block_by_hand(clone: Path, sandbox: None) -> None:
    """Right after the demo, in one shell: the other terminal."""
    first, last = (BLOCKS.index(block_with(text)) for text in ("trackform validate demo\n", "pulumi destroy"))
    told = run("\n".join(watched(block) for block in BLOCKS[first : last + 1]), clone)
    project = clone / ".state/demo"
    run("cd .state/demo && . stacks/demo.env\ntrackform validate demo-twin || [ $? = 2 ]", clone)
    assert "https://example.com/oops" in told
    assert "booked 13.50, earned 13.50" in told
    assert "is kept: never deleted by default" in told
    before, after = (json.loads((project / name).read_text()) for name in ("before", "after"))
    since = [request for request in after[len(before) :] if request["service"] in ("redtrack", "bridge")]
    assert {request["method"] for request in since} == {"GET"}
    twin = httpx.get(f"{SANDBOX}/redtrack/offers", params={"api_key": "zeta-redtrack"}).json()
    assert [row["url"] for row in twin] == ["https://www.digistore24.com/redir/411530/zeta?cid={clickid}"]
    (in_python,) = blocks("docs/examples/README.md")
    assert "18 created" in run(in_python, clone)
    left = httpx.get(f"{SANDBOX}/redtrack/domains", params={"api_key": "demo-redtrack"}).json()
    assert [row["url"] for row in left["items"]] == ["track.acme.test"]

    # Before the next demo: what it says, and what the page says, is the same.
    again = subprocess.run(
        [ROOT / ".venv/bin/trackform", "demo"], cwd=clone, capture_output=True, text=True, check=False
    )
    (move,) = re.findall(r"`(mv [^`]+)`", (ROOT / "README.md").read_text())
    assert (again.returncode, "did not make: demo-full, demo-twin. " in again.stderr, move in again.stderr) == (
        1, True, True,
    ), again.stderr  # fmt: skip


def test_the_first_account(clone: Path, tmp_path: Path) -> None:
    """The wheel that `make dist` built is installed by what stands in for pipx."""
    block = block_with("trackform init acme")
    installed = environment(tmp_path / "pipx")
    stand_in(
        clone, "pipx", f'[ "$1" = install ] && [ -f "${{2%%[*}}" ] && ln -s {installed}/bin/trackform {clone}/bin/'
    )
    begin, setup = block.split("trackform setup")
    told = run(begin, clone)
    project = clone.parent / "our-tracking"
    assert "Then fill in stacks/acme.yaml" in told
    lend_beforehand(project / ".venv")
    assert "ready: . .venv/bin/activate" in run(f"cd {project}\ntrackform setup{setup}\ntrackform --version", clone)


def test_what_lets_a_rule_pass_stays_in_no_shell() -> None:
    """Exported, it would silence errors of the reader's own account as well."""
    allowing = [line for block in BLOCKS for line in block.splitlines() if "TRACKFORM_ALLOW" in line]
    assert allowing
    assert [line for line in allowing if not line.startswith("TRACKFORM_ALLOW=")] == []


def test_every_block_is_known() -> None:
    assert len(BLOCKS) == 9
