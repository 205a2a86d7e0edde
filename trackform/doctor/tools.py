"""Checks of this machine: Python, the Pulumi CLI, and the SDK that has to fit it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from trackform.doctor.check_result import CheckResult, ok, wrong
from trackform.documents.shipped import BELOW_CLI, GET_CLI, IS_CLONE, OLDEST_CLI

OLDEST_PYTHON = (3, 11)
LONGEST_S = 60
"""A CLI that does not tell its version within this time is broken."""


def tools(cli: Path | None) -> Iterator[CheckResult]:
    """Check versions; ``cli`` is the Pulumi CLI that the commands would run, None where there is none."""
    here = sys.version_info[:2]
    said = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here >= OLDEST_PYTHON:
        yield ok("Python", said)
    else:
        anew = "make setup PYTHON=python3.12" if IS_CLONE else "make the environment anew: python3.12 -m venv .venv"
        yield wrong("Python", f"{said} is too old", anew)
    sdk = version("pulumi")
    if cli is None:
        yield wrong("Pulumi CLI", "there is none beside this Python and none on PATH", GET_CLI)
        return
    cli_version = _version_of(cli)
    if cli_version is None:
        yield wrong("Pulumi CLI", f"{cli} does not tell its version", GET_CLI)
    elif not OLDEST_CLI <= _numbers(cli_version) < BELOW_CLI:
        yield wrong(
            "Pulumi CLI", f"{cli_version}; needed is {_dotted(OLDEST_CLI)} or later, and below {_dotted(BELOW_CLI)}",
            f"{GET_CLI}, and run .venv/bin/pulumi" if IS_CLONE else GET_CLI,
        )  # fmt: skip
    else:
        yield ok("Pulumi CLI", f"{cli_version}, with SDK {sdk}")


def _version_of(cli: Path) -> str | None:
    try:
        done = subprocess.run([str(cli), "version"], capture_output=True, text=True, check=False, timeout=LONGEST_S)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\d+\.\d+\.\d+", done.stdout)
    return match.group() if match and done.returncode == 0 else None


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
