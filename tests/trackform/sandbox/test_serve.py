"""The command over real HTTP."""

import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from trackform.commands import sandbox as verbs
from trackform.commands.sandbox import sandbox
from trackform.sandbox.serve import THREADS

COMMAND = [sys.executable, "-c", "from trackform.commands.sandbox import sandbox; sandbox()", "serve", "--port", "0"]
Start = Callable[..., tuple["subprocess.Popen[str]", httpx.Client]]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def run(*options: str) -> tuple["subprocess.Popen[str]", httpx.Client]:
        process = subprocess.Popen(
            [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        running.append(process)
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found
        return process, httpx.Client(base_url=found[0], params={"api_key": "k"}, trust_env=False)

    yield run
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_and_ends_quietly(start: Start, tmp_path: Path, end: signal.Signals) -> None:
    process, client = start("--data", str(tmp_path / "data"), "--set", "page_cap=1", "--set", "put=replaces")
    with client:
        for title in ("x", "y"):
            assert client.post("/redtrack/sources", json={"title": title}).status_code == 201
        assert [row["title"] for row in client.get("/redtrack/sources").json()] == ["x"]
        assert client.get("/_control/switches").json()["put"] == "replaces"
    process.send_signal(end)
    out, err = process.communicate(timeout=240)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_cut_connection_reaches_the_client_and_nobody_else(start: Start) -> None:
    process, client = start()
    with client:
        for after in (False, True):
            client.post("/_control/faults", json={"service": "redtrack", "effect": "cut", "after": after})
            with pytest.raises(httpx.TransportError):
                client.post("/redtrack/sources", json={"title": "x"})
        assert len(client.get("/redtrack/sources").json()) == 1
    process.terminate()
    _, err = process.communicate(timeout=240)
    assert err == ""


def test_a_crowd_is_no_event_worth_a_line(start: Start) -> None:
    process, client = start("--set", "latency=0.2")
    with client, ThreadPoolExecutor(2 * THREADS) as crowd:
        answers = list(crowd.map(lambda _: client.get("/redtrack/sources").status_code, range(2 * THREADS)))
    process.terminate()
    _, err = process.communicate(timeout=240)
    assert (set(answers), err) == ({200}, "")


def test_reset_starts_empty(start: Start, tmp_path: Path) -> None:
    for options, rows in (((), 0), ((), 1), (("--reset",), 0)):
        process, client = start("--data", str(tmp_path), *options)
        with client:
            assert len(client.get("/redtrack/sources").json() or []) == rows
            if not rows:
                client.post("/redtrack/sources", json={"title": "x"})
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("assignment", "told"),
    [("page_cap=many", "page_cap"), ("invented=1", "unknown switch"), ("put", "name=value"), ("put=maybe", "merges")],
)
def test_a_bad_switch_is_one_line(assignment: str, told: str) -> None:
    result = CliRunner().invoke(sandbox, ["serve", "--port", "0", "--set", assignment])
    assert result.exit_code == 1
    assert told in result.output
    assert len(result.output.splitlines()) == 1


def test_a_used_port_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(sandbox, ["serve", "--port", str(taken.getsockname()[1])])
    assert result.exit_code == 1
    assert result.output.startswith("Error: cannot serve on port ")
    assert len(result.output.splitlines()) == 1


def serve_in(folder: Path, *options: str) -> str:
    """What it says where it does not come to serve."""
    done = CliRunner().invoke(sandbox, ["serve", "--port", "0", "--data", str(folder), *options])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


@pytest.mark.parametrize("options", [(), ("--reset",)])
def test_a_folder_of_other_files_is_left_alone(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "acme.yaml").write_text("account: {currency: USD}\n")
    (tmp_path / "policy.yaml").write_text("limits: {}\n")
    told = serve_in(tmp_path, *options)
    assert "holds other files (acme.yaml and 1 more) and no state of a sandbox" in told
    assert "such as .state/sandbox" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["acme.yaml", "policy.yaml"]


def test_a_folder_of_pulumis_states_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".pulumi" / "stacks").mkdir(parents=True)
    assert "holds other files (.pulumi) and no state of a sandbox" in serve_in(tmp_path, "--reset")
    assert [path.name for path in tmp_path.iterdir()] == [".pulumi"]


@pytest.mark.parametrize("table", ["customers (name)", "rows (name)"])
def test_another_database_is_left_alone(tmp_path: Path, table: str) -> None:
    file = tmp_path / "sandbox.sqlite3"
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"create table {table}")
    before = file.read_bytes()
    assert "was not written by a sandbox" in serve_in(tmp_path, "--reset")
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sandbox.sqlite3").write_text("notes of mine\n" * 100)
    assert "was not written by a sandbox" in serve_in(tmp_path, "--reset")
    assert (tmp_path / "sandbox.sqlite3").read_text() == "notes of mine\n" * 100


def test_reset_leaves_what_lies_beside_its_state(start: Start, tmp_path: Path) -> None:
    for _ in range(2):
        process, client = start("--data", str(tmp_path), "--reset")
        with client:
            assert not client.get("/redtrack/sources").json()
        process.kill()
        process.communicate()
        (tmp_path / "notes.txt").write_text("mine")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_without_pip_the_way_is_the_one_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    """As uv and pipx make environments."""
    monkeypatch.setattr(verbs, "find_spec", lambda _name: None)
    assert verbs._way_to(["flask"]) == "Install trackform as you did, with its extra: trackform[sandbox]"


WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"flask", "waitress", "werkzeug"}:
            raise ModuleNotFoundError(name)
import importlib.util as util
find = util.find_spec
util.find_spec = lambda name, package=None: None if name in {"flask", "waitress"} else find(name, package)
sys.meta_path.insert(0, Missing())
from trackform.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (
            ["sandbox", "serve", "--port", "0"],
            1,
            "Error: the sandbox needs packages that are not installed here: flask, w",
        ),
        (
            ["sandbox", "play", "fb", "sale:1", "--url", "http://127.0.0.1:9"],
            1,
            "Error: no sandbox at http://127.0.0.1:9",
        ),
        (["sandbox", "--help"], 0, ""),
        (["validate", "--help"], 0, ""),
        (["doctor", "--help"], 0, ""),
    ],
)
def test_without_its_extra_only_the_server_is_missing(arguments: list[str], status: int, said: str) -> None:
    """Where keys are held no web server needs to be installed."""
    keys = {"REDTRACK_API_KEY": "k", "DIGISTORE24_API_KEY": "1-k"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments], capture_output=True, text=True, check=False,
        env={**os.environ, **keys},
    )  # fmt: skip
    assert (done.returncode, done.stderr[: len(said)]) == (status, said)


def test_without_its_extra_it_says_what_adds_it_here() -> None:
    """In a project's own environment, too, which `trackform init` pins without it: no clone is there."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "sandbox", "serve"], capture_output=True, text=True, check=False
    )
    said = done.stderr.partition("To add them: ")[2].strip()
    assert shlex.split(said) == [sys.executable, "-m", "pip", "install", "flask", "waitress"]
