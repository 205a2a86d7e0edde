"""What a command costs as a whole: seconds, processor seconds of all its processes, memory of plugin and program."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

OFTEN_S = 0.2
PARTS = {"pulumi.dynamic": "plugin", "pulumi-language-python-exec": "program"}


@dataclass(frozen=True)
class Cost:
    seconds: float
    processor: float
    plugin_mb: float
    program_mb: float


def run(command: Sequence[str | Path], folder: Path, env: dict[str, str], expected: Sequence[int] = (0,)) -> Cost:
    """One run of a command.

    Raises:
        SystemExit: it failed.
    """
    memory = dict.fromkeys(PARTS.values(), 0.0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    with subprocess.Popen(  # noqa: S603 -- the project's own CLI
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(running.pid, ended, memory))
        watch.start()
        said = running.stdout.read() if running.stdout else ""
        status = running.wait()
        seconds = time.monotonic() - started
        ended.set()
        watch.join()
    if status not in expected:
        sys.exit(f"{' '.join(map(str, command))} failed\n{said[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(round(seconds, 2), round(processor, 2), memory["plugin"], memory["program"])


def _watch(root: int, ended: threading.Event, memory: dict[str, float]) -> None:
    """The most memory that each part of the command was seen to have; nothing where a system does not tell."""
    while not ended.wait(OFTEN_S):
        for process in _below(root):
            with suppress(OSError, StopIteration, ValueError):
                words = Path(f"/proc/{process}/cmdline").read_text(errors="replace")
                part = next(part for word, part in PARTS.items() if word in words)
                pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
                memory[part] = max(memory[part], round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1))


def _below(root: int) -> list[int]:
    """A process and all that it started."""
    found = [root]
    for process in found:
        with suppress(OSError):
            for task in Path(f"/proc/{process}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found
