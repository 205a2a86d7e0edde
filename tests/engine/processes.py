"""The processes of a run of the CLI: which is which, and how one of them is killed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

LONGEST_S = 240.0
"""Far more than anything takes: a busy machine is no failure."""
Process = Literal["CLI", "plugin", "language host", "program"]


def eventually(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + LONGEST_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def kill_process(cli: int, victim: Process) -> None:
    """`kill -9`, and wait until it is gone."""
    processes = [cli] if victim == "CLI" else [each for each in below(cli) if is_victim(each, victim)]
    assert processes, f"no {victim} runs"
    for each in processes:
        os.kill(each, signal.SIGKILL)
    assert eventually(lambda: not any(map(runs, processes)))


def is_victim(process: int, victim: Process) -> bool:
    command = command_line(process)
    if victim == "plugin":
        return "-m pulumi.dynamic" in command and "/bin/sh" not in command
    if victim == "language host":
        return " serve --executor " in command
    return "/pulumi-language-python-exec " in command and " serve " not in command


def below(process: int) -> Iterator[int]:
    """The processes that a process started, and they."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents.setdefault(int(status_of(int(entry.name))[1]), []).append(int(entry.name))
    found = [process]
    for each in found:
        found += parents.get(each, [])
    yield from found[1:]


def status_of(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def runs(process: int) -> bool:
    try:
        return status_of(process)[0] != "Z"
    except OSError:
        return False


def processes_in(folder: Path) -> list[str]:
    """Command lines of the processes whose working directory is the project, or that name it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = (entry / "cwd").readlink().is_relative_to(folder)
        except OSError:
            continue
        command = command_line(int(entry.name))
        if (inside or str(folder) in command) and runs(int(entry.name)):
            found.append(command)
    return found
