"""The language host as a process, and stand-ins for the executables that the installer finds on PATH."""

import hashlib
import io
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


def eventually(condition: Callable[[], Any], within: float) -> bool:
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
    return lambda *process_ids: eventually(lambda: not any(_alive(each) for each in process_ids), PROMPT_S)


@pytest.fixture
def text_of() -> Callable[[Path], str]:
    """The text of a file, as soon as somebody has written it."""

    def read(path: Path) -> str:
        assert eventually(lambda: path.exists() and path.read_text().strip(), within=PROMPT_S)
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


VERSION = "3.259.0"
SYSTEM = {"linux": "linux", "darwin": "darwin"}.get(sys.platform, sys.platform)
BUNDLE = f"pulumi-v{VERSION}-{SYSTEM}-{'arm64' if platform.machine() in ('aarch64', 'arm64') else 'x64'}.tar.gz"


def archived(files: dict[str, str]) -> bytes:
    """An archive as Pulumi's bundles are."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@dataclass
class Downloads:
    """What stands in for Pulumi's hosts, on this machine: files by name, and what was asked for."""

    address: str
    checksums: Path
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    waits_for: Callable[[], object] = lambda: None

    def publish(self, bundle: bytes, checksum: str | None = None) -> None:
        said = hashlib.sha256(bundle).hexdigest() if checksum is None else checksum
        self.files[BUNDLE] = bundle
        self.checksums.write_text(f"# Known:\n{'0' * 64}  other.tar.gz\n{said}  {BUNDLE}\n")


@pytest.fixture
def installer(tmp_path: Path) -> Path:
    """A copy of the installer, for checksums of bundles that are none of Pulumi's."""
    copy = shutil.copytree(TOOLS, tmp_path / "clone" / "tools" / "pulumi")
    shutil.copyfile(TOOLS.parents[1] / "requirements.lock", tmp_path / "clone" / "requirements.lock")
    return copy


@pytest.fixture
def downloads(installer: Path) -> Iterator[Downloads]:
    """A server with a bundle whose `pulumi` says its version."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/")
            known.asked.append(name)
            known.waits_for()
            if name in known.moved:
                self.send_response(302)
                self.send_header("Location", known.moved[name])
                self.end_headers()
                return
            self.send_response(200 if name in known.files else 404)
            self.end_headers()
            self.wfile.write(known.files.get(name, b""))

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    known = Downloads(f"http://127.0.0.1:{server.server_port}", installer / "checksums.txt")
    known.publish(archived({
        "pulumi/pulumi": f"#!/bin/sh\necho v{VERSION}\n", "pulumi/pulumi-language-python": "#!/bin/sh\n",
        "elsewhere/README": "no part of it", "../../climbs": "no part of it",
    }))  # fmt: skip
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serving.start()
    yield known
    server.shutdown()
    server.server_close()
    serving.join()
