"""An interpreter that has imported everything, and forks itself where a new one would be started.

A run of the CLI starts eight interpreters, and half of its time they import the same packages: language hosts, plugins
behind their launcher, the program. ``python`` in the folder that `environment` makes only hands its arguments,
environment and open files on, and so do our command and, beside a link to the CLI, its language host and plugin; what
runs is a process of its own, as ever. That users' own interpreters come to the same, `make demo`, the installed wheel,
tests/tools and the kills show.

Run as a program, this file is the interpreter that forks: ``warm.py SOCKET``. It ends with whoever holds its stdin.
"""

import atexit
import functools
import gc
import importlib
import io
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

PULUMI = Path(sys.prefix) / "bin" / "pulumi"
REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = (
    "pulumi", "pulumi.dynamic", "pulumi.dynamic.dynamic", "trackform.program", "trackform.resources", "trackform.cli",
    "trackform.commands.accept", "trackform.commands.operator", "trackform.commands.review", "argparse",
    "pulumi.runtime.proto.language_pb2_grpc", "grpc._channel", "grpc._interceptor", "grpc._server", "httpcore",
    "encodings.idna", "encodings.utf_8_sig",
)  # fmt: skip
HURRIED = 100
"""How many times faster waits go by, those that are for services which show later what they made."""

LAUNCHER = """\
#!{python} -IS
# Built-in modules alone: `json`, `os` and `signal` would take longer than all the rest.
import _signal, _socket, posix, sys
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
line.connect({address!r})
words = [each.encode(errors="surrogateescape") for each in [*{before!r}, *sys.argv[1:], ""]]
text = b"\\0".join([posix.getcwdb(), *words, *(name + b"=" + value for name, value in posix.environ.items())])
files = b"".join(each.to_bytes(4, sys.byteorder) for each in (0, 1, 2))
line.sendmsg([len(text).to_bytes(8, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
sent = 0
while sent < len(text):
    sent += line.send(text[sent:])
for each in (_signal.SIGINT, _signal.SIGTERM):
    _signal.signal(each, lambda number, _: line.send(bytes([number])))
status = line.recv(4)
if len(status) < 4:
    posix._exit(1)
status = int.from_bytes(status, "big", signed=True)
if status < 0:
    _signal.signal(-status, _signal.SIG_DFL)
    posix.kill(posix.getpid(), -status)
posix._exit(status)
"""


@dataclass(frozen=True)
class Job:
    folder: str
    arguments: list[str]
    variables: dict[str, str]


@functools.cache
def environment() -> Path:
    """A folder that the CLI takes for a virtual environment, made once for each process of tests.

    Where a system cannot wait for a process and a signal at once, the environment itself.
    """
    if not hasattr(os, "pidfd_open"):
        return Path(sys.prefix)
    folder = Path(tempfile.mkdtemp(prefix="warm"))
    address = folder / "socket"
    (folder / "bin").mkdir()
    (folder / "lib").symlink_to(Path(sys.prefix) / "lib")
    launcher(folder / "bin" / "python")
    launcher(folder / "bin" / "trackform", f"{sys.prefix}/bin/trackform")
    put_cli(folder / "bin")
    server = subprocess.Popen(
        [sys.executable, __file__, str(address)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def end() -> None:
        server.communicate()
        shutil.rmtree(folder)

    atexit.register(end)
    return folder


def put_cli(folder: Path) -> None:
    """A link to the CLI, and beside it, where it looks for them, what starts its language host and the plugin.

    Pulumi's own bundle keeps its host, which is no Python.
    """
    real = PULUMI.resolve()
    home = real.parents[1]
    if not (home / "lib").is_dir():
        (folder / "pulumi").symlink_to(real)
        return
    try:
        os.link(real, folder / "pulumi")
    except OSError:
        shutil.copy2(real, folder / "pulumi")
    executor = home / "bin" / "pulumi-language-python-exec"
    host = REPOSITORY / "tools" / "pulumi" / "host"
    launcher(folder / "pulumi-language-python", str(host / "__main__.py"), "serve", "--executor", str(executor))
    launcher(folder / "pulumi-resource-pulumi-python", "-u", "-m", "pulumi.dynamic")


def launcher(file: Path, *before: str) -> None:
    """Write what hands a job on: its own arguments, after those that always come ``before``."""
    address = str(file.parents[1] / "socket")
    file.write_text(LAUNCHER.format(python=sys.executable, address=address, before=before))
    file.chmod(0o755)


@dataclass(frozen=True)
class Running:
    """The process of a job, and the line to its launcher: signals come in, the exit status goes out."""

    watched: selectors.PollSelector
    line: int
    process: int
    ended: int

    def watch(self) -> None:
        self.watched.register(self.line, selectors.EVENT_READ, self.hear)
        self.watched.register(self.ended, selectors.EVENT_READ, self.end)

    def hear(self) -> None:
        """Pass a signal on; a job ends with its launcher."""
        number = os.read(self.line, 1)
        if not number:
            self.watched.unregister(self.line)
        os.kill(self.process, number[0] if number else signal.SIGKILL)

    def end(self) -> None:
        status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        with suppress(OSError):
            os.write(self.line, status.to_bytes(4, "big", signed=True))
        self.watched.unregister(self.ended)
        if self.line in self.watched.get_map():
            self.watched.unregister(self.line)
        for file in (self.line, self.ended):
            os.close(file)


def serve(address: str) -> Job:
    """Wait for jobs, and come back with one in each process that is forked for it."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(address)
    door.listen(64)
    watched = selectors.PollSelector()
    watched.register(0, selectors.EVENT_READ, lambda: os._exit(0))
    watched.register(door, selectors.EVENT_READ, lambda: fork(door, watched))
    # What is there stays: a collector that walks over it in each process would copy it there.
    gc.freeze()
    assert threading.active_count() == 1, "a thread would not be there after a fork"
    os.write(1, b"ready\n")
    while True:
        # One at a time: what it closes, another one may open under the same number.
        key, _ = watched.select()[0]
        job: Job | None = key.data()
        if job is not None:
            return job


def fork(door: socket.socket, watched: selectors.PollSelector) -> Job | None:
    line, _ = door.accept()
    size, files, _, _ = socket.recv_fds(line, 8, 3)
    text = b""
    while len(text) < int.from_bytes(size, "big"):
        text += line.recv(1 << 16)
    process = os.fork()
    if process:
        for file in files:
            os.close(file)
        Running(watched, line.detach(), process, os.pidfd_open(process)).watch()
        return None
    line.close()
    door.detach()
    for key in watched.get_map().values():
        os.close(key.fd)
    for at, file in enumerate(files):
        os.dup2(file, at)
        os.close(file)
    return job_of(text)


def job_of(text: bytes) -> Job:
    folder, *rest = text.decode(errors="surrogateescape").split("\0")
    end = rest.index("")
    return Job(folder, rest[:end], dict(each.split("=", 1) for each in rest[end + 1 :]))


def run(job: Job) -> None:
    """Do what ``python ARGUMENTS`` does, with a script, ``-m`` or ``-c``."""
    os.environ.clear()
    os.environ.update(job.variables)
    os.chdir(job.folder)
    # Where tests run in the background of a script, it is ignored: the CLI would wait five seconds for each plugin.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, at in (("stdout", 1), ("stderr", 2)):
        raw = os.fdopen(at, "wb", buffering=0, closefd=False)
        errors = "strict" if at == 1 else "backslashreplace"
        setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", errors=errors, write_through=True))
    sys.stdin = os.fdopen(0, closefd=False)
    first, *rest = [each for each in job.arguments if each != "-u"]
    if first == "-m":
        sys.argv, sys.path[0] = rest, job.folder
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        sys.argv, sys.path[0] = ["-c", *rest[1:]], job.folder
        exec(rest[0], {"__name__": "__main__"})  # noqa: S102
    else:
        sys.argv, sys.path[0] = [first, *rest], str(Path(first).resolve().parent)
        runpy.run_path(first, run_name="__main__")


def end(status: int) -> NoReturn:
    """End as an interpreter does, but for taking everything apart: a process that was forked would copy it first."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def prepare() -> None:
    """Do once what each job would do: imports, and what is kept of a first account file, whichever it is."""
    for package in PACKAGES:
        importlib.import_module(package)
    # Whose certificates are believed, and which vendors are installed: read once here, not in each plugin.
    importlib.import_module("trackform_core.http.api")._trust()
    importlib.import_module("trackform_core.model.vendors").vendors()
    program = importlib.import_module("trackform.program")
    stacks = REPOSITORY / "stacks"
    composition = program.read_composition(stacks / "demo.yaml", REPOSITORY / "templates")
    program.errors_of("demo", composition, program.Policy(), stacks)


def hurry() -> None:
    """Wait a moment for what a service may hide, which shows in no sandbox later than at once: users wait two minutes.

    Nothing else is hurried but the first repetition of a request: what a service asks to wait, it gets. And the engine
    is not told, in a hundred calls, what the SDK has to say to `--debug`: a tenth of a run.
    """
    network = importlib.import_module("trackform_core.http.api").NETWORK
    network.base_wait /= HURRIED
    network.bounds = replace(network.bounds, hidden=network.bounds.hidden / HURRIED)
    session = importlib.import_module("trackform_core.session.session").Session
    session.wait = lambda _session, seconds: network.sleep(seconds / HURRIED)
    vars(importlib.import_module("pulumi.log")).update(debug=lambda *_, **__: None)


def main() -> None:
    address = sys.argv[1]
    # What a job starts beside its Python is warm as well.
    sys.executable = str(Path(address).parent / "bin" / "python")
    prepare()
    hurry()
    status = 0
    try:
        run(serve(address))
    except SystemExit as ended:
        if isinstance(ended.code, str):
            raise
        status = ended.code or 0
    end(status)


if __name__ == "__main__":
    main()
