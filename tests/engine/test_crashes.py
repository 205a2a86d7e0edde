"""Answers that are lost and a CLI that is killed: in the end there is one object, and no process."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine

LONGEST_S = 240.0
"""Far more than any step takes: a busy machine is no failure."""
OBJECTS = 17
LOST = [
    ("cut", "redtrack", "/offers", "offer"),
    ("status:500", "redtrack", "/networks", "network"),
    ("html", "redtrack", "/campaigns", "campaign"),
    ("cut", "bridge", "/postback-connections", "connection"),
    ("status:500", "bridge", "/conversion-types", "conversion_type"),
]


def eventually(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def only_waits(project: Project, waiting: int) -> bool:
    """Whether the state has all but what waits for the held answer, and so is not written before that one comes.

    Killed while it writes its state, the CLI leaves an empty file: that is Pulumi's to answer, not ours.
    """
    try:
        return len(project.state()) == OBJECTS - waiting
    except ValueError:  # half written, or not there yet
        return False


def processes_in(folder: Path) -> list[str]:
    """Command lines of the processes whose working directory is the project, or that name it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = (entry / "cwd").readlink().is_relative_to(folder)
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            ended = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if (inside or str(folder) in command) and not ended:
            found.append(command)
    return found


def test_an_answer_that_is_lost_makes_no_second_object(project: Project) -> None:
    """The service did its work, the client saw something else: looked up, not posted again."""
    sandbox = project.sandbox
    for effect, service, path, _ in LOST:
        sandbox.fault(service, effect, method="POST", path=f"^{path}$", after=True)
    up = project.up_ok()
    assert "the answer was lost, but it was created" in up.text
    assert sandbox.control("GET", "/faults") == []
    assert len(sandbox.rows("conversion_type")) == 7
    assert len(sandbox.rows("connection")) == 3
    for kind in ("offer", "network", "campaign"):
        assert len(sandbox.rows(kind)) == 1
    writes = sandbox.writes()
    assert sorted(set(writes)) == sorted({write for write in writes if write.startswith("POST")})
    project.ok("preview", "--expect-no-changes")


def test_a_write_that_never_arrived_is_an_error_and_then_made(project: Project) -> None:
    sandbox = project.sandbox
    sandbox.fault("redtrack", "status:500", method="POST", path="^/offers$")
    failed = project.up()
    assert failed.status != 0
    assert "offer" in failed.told
    assert "Traceback" not in failed.text
    assert sandbox.rows("offer") == []
    project.up_ok()
    assert len(sandbox.rows("offer")) == 1
    project.ok("preview", "--expect-no-changes")


@pytest.mark.parametrize(
    ("service", "path", "kind", "waiting"),
    # A funnel waits for the offer, and a campaign for the funnel.
    [("redtrack", "/offers", "offer", 3), ("bridge", "/postback-", "connection", 1)],
)
def test_a_killed_cli_leaves_no_process_and_no_second_object(
    project: Project, service: str, path: str, kind: str, waiting: int
) -> None:
    """`kill -9` after the service got the POST and before its answer arrived; then `cancel` and `up`."""
    sandbox = project.sandbox
    count = 3 if kind == "connection" else 1
    sandbox.fault(service, "hold", method="POST", path=f"^{path}")
    with project.cold():
        environment = {name: value for name, value in project.environment.items() if name != "PULUMI_SKIP_CHECKPOINTS"}
        with subprocess.Popen(
            project.command("up", "--yes", "--skip-preview"),
            cwd=project.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as cli:  # fmt: skip
            assert eventually(lambda: sandbox.control("GET", "/faults") == [])
            assert eventually(lambda: only_waits(project, waiting))
            cli.send_signal(signal.SIGKILL)
    assert eventually(lambda: not processes_in(project.folder)), processes_in(project.folder)
    before = len(sandbox.rows(kind))
    sandbox.clear_faults()
    assert eventually(lambda: len(sandbox.rows(kind)) > before)
    project.ok("cancel", "--yes")
    project.up_ok()
    assert len(sandbox.rows(kind)) == count
    assert len(project.state()) == OBJECTS
    project.ok("preview", "--expect-no-changes")
