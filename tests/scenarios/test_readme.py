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

from tests.engine import warm
from tests.trackform.commands.test_demo import LIVE

ROOT = Path(__file__).parents[2]


def blocks(page: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)


BLOCKS = blocks("README.md")
SANDBOX = "http://127.0.0.1:8650"
BY_CI = ["make test\nmake lint\n"]
"""Run by .ci/run: the first of them runs this test."""

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not (ROOT / ".venv/bin/pulumi").exists(), reason="needs the Pulumi CLI: run `make setup`"),
]


def clean_environment() -> dict[str, str]:
    ours = ("PULUMI_", "REDTRACK_", "DIGISTORE24_", "TRACKFORM_")
    somebody = {f"GIT_{who}_{what}": "ops@acme.test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | somebody


def run(script: str, folder: Path, timeout: float = 900) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=clean_environment(), text=True,
        capture_output=True, check=False, timeout=timeout,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The project's files without anything that was made in it, and a warm environment: that of `make demo` is cold."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if not name.startswith("tests/") and (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(warm.environment())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture
def sandbox(clone: Path) -> Iterator[None]:
    (block,) = [block for block in BLOCKS if "sandbox serve" in block]
    process = subprocess.Popen(["bash", "-c", f"exec {block}"], cwd=clone, stdout=subprocess.PIPE, text=True)
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


@pytest.mark.usefixtures("demo_port")
def test_demo_tells_its_story() -> None:
    assert "make demo\n" in BLOCKS
    told = run("make demo", ROOT)
    assert "booked 13.50, earned 13.50" in told
    assert "{clickd}" in told
    assert "no changes (exit status 0)" in told


@pytest.mark.usefixtures("demo_port")
def test_demo_can_be_told_again_beside_live_stacks(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
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
    for _ in range(2):
        done = subprocess.run(
            [clone / ".venv" / "bin" / "trackform", "demo"], cwd=clone, env=os.environ | LIVE | {"HOME": str(home)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "booked 13.50, earned 13.50" in done.stdout
    assert {path: path.read_bytes() for path in live} == live
    chosen = [path.read_text() for path in home.glob(".pulumi/workspaces/*.json")]
    assert not any("demo" in text for text in chosen), "the stack that a person selected stays selected"


@pytest.mark.usefixtures("demo_port")
def test_every_block_by_hand(clone: Path, sandbox: None) -> None:
    rest = [block for block in BLOCKS if block not in ("make demo\n", *BY_CI) and "sandbox serve" not in block]
    told = run("\n".join([*(watched(block) for block in rest), "pulumi destroy --stack demo --yes\n"]), clone)
    assert "18 created" in told
    assert "https://example.com/oops" in told
    assert "booked 13.50, earned 13.50" in told
    assert "is kept: never deleted by default" in told
    before, after = (json.loads((clone / name).read_text()) for name in ("before", "after"))
    since = [request for request in after[len(before) :] if request["service"] in ("redtrack", "bridge")]
    assert {request["method"] for request in since} == {"GET"}
    twin = httpx.get(f"{SANDBOX}/redtrack/offers", params={"api_key": "zeta-redtrack"}).json()
    assert [row["url"] for row in twin] == ["https://www.digistore24.com/redir/411530/zeta?cid={clickid}"]
    (in_python,) = blocks("docs/examples/README.md")
    assert "18 created" in run(in_python, clone)
    left = httpx.get(f"{SANDBOX}/redtrack/domains", params={"api_key": "demo-redtrack"}).json()
    assert [row["url"] for row in left["items"]] == ["track.acme.test"]


def test_every_block_is_known() -> None:
    assert all(block in BLOCKS for block in BY_CI)
    assert len(BLOCKS) == 8
