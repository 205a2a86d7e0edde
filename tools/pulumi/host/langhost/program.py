"""Run the user's program through the SDK's exec script."""

import json
import subprocess
import threading
from pathlib import Path
from typing import Any

from langhost.environment import Environment

# The exec script's status for "the error was already shown to the user".
ALREADY_SHOWN = 32
GRACE_S = 1.0

Popen = subprocess.Popen[bytes]


def command(executor: Path, engine: str, environment: Environment, request: Any) -> list[str]:
    """The command line for a ``RunRequest``, with the flags that the exec script knows."""
    flags = {
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "parallel": str(request.parallel),
        "dry_run": "true" if request.dryRun else "false",
        "pwd": request.info.program_directory or request.pwd,
        "monitor": request.monitor_address,
        "engine": engine,
        "organization": request.organization,
    }
    named = [word for name, value in flags.items() if value for word in (f"--{name}", value)]
    program = request.info.entry_point or request.program or "."
    # -u: what the program prints is seen as it is printed.
    return [environment.python, "-u", str(executor), *named, program, *request.args]


def variables(environment: Environment, request: Any) -> dict[str, str]:
    """The program's process environment: configuration travels there, and secret keys are named beside it."""
    return environment.variables() | {
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


class Programs:
    """The programs that run now. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[Popen] = set()
        self._ended: set[Popen] = set()
        self._closed = False

    def start(self, command: list[str], variables: dict[str, str]) -> Popen | None:
        """Start a program, or return None when the host is about to end.

        The program writes to the host's own stdout and stderr, from which the CLI reads line by line. It gets a process
        group of its own, so that Ctrl-C reaches the host alone and no traceback of the program lands in the output.
        """
        with self._lock:
            if self._closed:
                return None
            program = subprocess.Popen(  # noqa: S603
                command, env=variables, stdin=subprocess.DEVNULL, process_group=0
            )
            self._running.add(program)
            return program

    def finished(self, program: Popen) -> bool:
        """Forget a program; returns whether it was ended from here, so that its status says nothing about it."""
        with self._lock:
            self._running.discard(program)
            ended = program in self._ended
            self._ended.discard(program)
            return ended

    def end_all(self, *, close: bool = False) -> None:
        """End every program, politely first; with ``close``, let none start any more."""
        with self._lock:
            self._closed = self._closed or close
            running = list(self._running)
            self._ended.update(running)
        for program in running:
            program.terminate()
        for program in running:
            end(program)


def end(program: Popen) -> None:
    """Terminate a program, and kill it when it does not end within the grace time."""
    program.terminate()
    try:
        program.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
