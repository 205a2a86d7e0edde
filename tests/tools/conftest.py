"""The language host as a process, and stand-ins for the executables that the installer finds on PATH."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "pulumi"
PROMPT_S = 240.0  # far more than it takes: a busy machine is no failure


def _alive(process_id: int) -> bool:
    """Whether a process runs; one that ended and was not collected yet does not."""
    try:
        os.kill(process_id, 0)
        state = Path(f"/proc/{process_id}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def _eventually(condition: Callable[[], Any], within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@dataclass
class Host:
    """A running language host, and the project it serves."""

    process: subprocess.Popen[str]
    stub: Any
    project: Path
    options: dict[str, str] = field(default_factory=dict)

    @property
    def info(self) -> Any:
        info = language_pb2.ProgramInfo(
            root_directory=str(self.project), program_directory=str(self.project), entry_point="."
        )
        info.options.update({"toolchain": "pip", "virtualenv": sys.prefix} | self.options)
        return info

    def run(self, **request: Any) -> Any:
        """Start the program; the result of the call is a future."""
        asked = {"project": "p", "stack": "s", "parallel": 4, "monitor_address": "127.0.0.1:1", "info": self.info}
        return self.stub.Run.future(language_pb2.RunRequest(**asked | request))

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture(name="tools")
def tools_fixture() -> Path:
    return TOOLS


@pytest.fixture
def ended() -> Callable[..., bool]:
    """Wait until processes have ended, for as long as a person would."""
    return lambda *process_ids: _eventually(lambda: not any(_alive(each) for each in process_ids), PROMPT_S)


@pytest.fixture
def text_of() -> Callable[[Path], str]:
    """The text of a file, as soon as somebody has written it."""

    def read(path: Path) -> str:
        assert _eventually(lambda: path.exists() and path.read_text().strip(), within=PROMPT_S)
        return path.read_text()

    return read


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path: Path, project: Path) -> Iterator[Callable[..., Host]]:
    """Start a host whose exec script is the given Python code, as the CLI does: in a process group of its own."""
    started: list[subprocess.Popen[str]] = []
    channels: list[grpc.Channel] = []

    def begin(program: str = "", **variables: str) -> Host:
        executor = tmp_path / "executor"
        executor.write_text(program)
        process = subprocess.Popen(
            [sys.executable, "-I", TOOLS / "host", "serve", "--executor", executor, "--tracing=", "127.0.0.1:9"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=project,
            env=os.environ | variables,
            process_group=0,
        )
        started.append(process)
        assert process.stdout is not None
        channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")
        channels.append(channel)
        return Host(process, language_pb2_grpc.LanguageRuntimeStub(channel), project)

    yield begin
    for channel in channels:
        channel.close()
    for process in started:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            # A host that hangs must not fail tests that come after this one as well.
            process.kill()
            process.communicate()
            raise


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str, str], Path]:
    """Put an executable shell script into a folder that is meant for PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("mkdir", "cp", "cat", "grep", "sleep"):
        (folder / tool).symlink_to(next(p for p in (Path("/bin", tool), Path("/usr/bin", tool)) if p.exists()))

    def put(name: str, script: str) -> Path:
        path = folder / name
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return path

    return put
