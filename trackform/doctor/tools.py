"""Checks of this machine: Python, the Pulumi CLI, and the SDK that has to fit it."""

import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from trackform.doctor.check_result import CheckResult, ok, wrong
from trackform.documents.shipped import BELOW_CLI, GET_CLI, IS_CLONE, OLDEST_CLI
from trackform.project.pulumi_cli import version_of

OLDEST_PYTHON = (3, 11)


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
    cli_version = version_of(cli)
    if cli_version is None:
        yield wrong("Pulumi CLI", f"{cli} does not tell its version", GET_CLI)
    elif not OLDEST_CLI <= _numbers(cli_version) < BELOW_CLI:
        yield wrong(
            "Pulumi CLI", f"{cli_version}; needed is {_dotted(OLDEST_CLI)} or later, and below {_dotted(BELOW_CLI)}",
            f"{GET_CLI}, and run .venv/bin/pulumi",
        )  # fmt: skip
    else:
        yield ok("Pulumi CLI", f"{cli_version}, with SDK {sdk}")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
