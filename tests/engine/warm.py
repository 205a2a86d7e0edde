"""An interpreter that has imported everything, and forks itself where a new one would be started.

A run of the CLI starts four interpreters, and half of its time they import the same packages. ``python`` in the folder
that `environment` makes only hands its arguments, environment and open files on; what runs is a process of its own, as
ever. That users' own interpreters come to the same, tests/scenarios show.

Run as a program, this file is the interpreter that forks: ``warm.py SOCKET``. It ends with whoever holds its stdin.
"""

import atexit
import functools
import gc
import importlib
import io
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = (
    "pulumi", "pulumi.dynamic", "pulumi.dynamic.dynamic", "trackform.program", "trackform.resources", "trackform.cli",
    "trackform.commands.accept", "trackform.commands.operator", "trackform.commands.review",
)  # fmt: skip

LAUNCHER = """\
#!{python} -IS
import _socket, array, os, signal, sys
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
line.connect({address!r})
# No module for it: `json` would take longer than all the rest.
job = [os.getcwd(), *sys.argv[1:], "", *(f"{{name}}={{value}}" for name, value in os.environ.items())]
text = "\\0".join(job).encode(errors="surrogateescape")
files = array.array("i", [0, 1, 2])
line.sendmsg([len(text).to_bytes(8, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
sent = 0
while sent < len(text):
    sent += line.send(text[sent:])
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, lambda number, _: line.send(bytes([number])))
status = line.recv(4)
if len(status) < 4:
    os._exit(1)
status = int.from_bytes(status, "big", signed=True)
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
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
    python = folder / "bin" / "python"
    python.write_text(LAUNCHER.format(python=sys.executable, address=str(address)))
    python.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, __file__, str(address)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def end() -> None:
        server.communicate()

    atexit.register(end)
    return folder


def serve(address: str) -> Job:
    """Wait for jobs, and come back with one in each process that is forked for it."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(address)
    door.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What is there stays: a collector that walks over it in each process would copy it there.
    gc.freeze()
    assert threading.active_count() == 1, "a thread would not be there after a fork"
    os.write(1, b"ready\n")
    while True:
        ready, _, _ = select.select([door, sys.stdin], [], [])
        if sys.stdin in ready:
            os._exit(0)
        line, _ = door.accept()
        if os.fork() == 0:
            door.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return keep(line)
        line.close()


def keep(line: socket.socket) -> Job:
    """Fork once more, for the job, and stand between it and its launcher: signals go in, the exit status goes out."""
    size, files, _, _ = socket.recv_fds(line, 8, 3)
    text = b""
    while len(text) < int.from_bytes(size, "big"):
        text += line.recv(1 << 16)
    worker = os.fork()
    if worker == 0:
        line.close()
        for at, file in enumerate(files):
            os.dup2(file, at)
            os.close(file)
        return job_of(text)
    for file in (*files, 0, 1, 2):
        os.close(file)
    ended = os.pidfd_open(worker)
    watched: list[Any] = [line, ended]
    while ended not in select.select(watched, [], [])[0]:
        number = line.recv(1)
        os.kill(worker, number[0] if number else signal.SIGKILL)
        if not number:
            os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    line.send(status.to_bytes(4, "big", signed=True))
    os._exit(0)


def job_of(text: bytes) -> Job:
    folder, *rest = text.decode(errors="surrogateescape").split("\0")
    end = rest.index("")
    return Job(folder, rest[:end], dict(each.split("=", 1) for each in rest[end + 1 :]))


def run(job: Job) -> None:
    """Do what ``python ARGUMENTS`` does, with a script or ``-m``."""
    os.environ.clear()
    os.environ.update(job.variables)
    os.chdir(job.folder)
    for name, at in (("stdout", 1), ("stderr", 2)):
        raw = os.fdopen(at, "wb", buffering=0, closefd=False)
        errors = "strict" if at == 1 else "backslashreplace"
        setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", errors=errors, write_through=True))
    sys.stdin = os.fdopen(0, closefd=False)
    first, *rest = [each for each in job.arguments if each != "-u"]
    if first == "-m":
        sys.argv, sys.path[0] = rest, job.folder
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = [first, *rest], str(Path(first).resolve().parent)
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    for package in PACKAGES:
        importlib.import_module(package)
    run(serve(sys.argv[1]))
