#!/usr/bin/env python3
"""Find or install the Pulumi CLI, link it into the virtual environment, and print its path.

Standard library only: this runs before anything is installed. Progress and errors go to stderr.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import host_setup
import obtain
from obtain import CLI_VERSION, SetupError, say

# From 3.254 the CLI keeps the outputs of `pulumi import --file`; a version 4 may change state and plugin protocol.
OLDEST = (3, 254, 0)
BELOW = (4, 0, 0)


@dataclass(frozen=True)
class Cli:
    path: Path
    version: str


def parse_version(text: str) -> tuple[int, int, int] | None:
    """The numbers of ``v3.259.0``, ``3.259.0-dev.1+abc`` and the like; None when it is no version."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+]|$)", text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def fits(version: str) -> bool:
    numbers = parse_version(version)
    return numbers is not None and OLDEST <= numbers < BELOW


def cache_folder() -> Path:
    """``~/.cache/trackform``, or below XDG_CACHE_HOME, which counts only when absolute (XDG base directory spec)."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(chosen) if chosen.startswith("/") else Path.home() / ".cache") / "trackform"


def on_path(ignore: Path | None) -> Iterator[Path]:
    """Every ``pulumi`` on PATH in order, but not in the folder ``ignore`` and not what a set-up like this put there.

    A link in some clone's virtual environment is gone with that clone, and our own must not vouch for itself.
    """
    cache = cache_folder().resolve()
    for entry in os.environ.get("PATH", "").split(os.pathsep):
        folder = Path(entry).absolute()
        if not entry or folder == ignore or (folder.parent / "pyvenv.cfg").is_file():
            continue
        candidate = folder / "pulumi"
        if candidate.is_file() and os.access(candidate, os.X_OK) and not candidate.resolve().is_relative_to(cache):
            yield candidate


def has_host(cli: Path) -> bool:
    """Whether the CLI can run Python programs: the host lies beside the real binary or on PATH."""
    return (cli.resolve().parent / host_setup.HOST).is_file() or shutil.which(host_setup.HOST) is not None


def version_of(cli: Path) -> str:
    """What ``pulumi version`` prints; empty when it does not run."""
    quiet = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(  # noqa: S603
            [cli, "version"], check=False, capture_output=True, text=True, timeout=30, env=quiet
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def usable(ignore: Path | None) -> Cli | None:
    """The first fitting CLI on PATH. The others are named, so that nobody wonders why theirs is not used."""
    for path in on_path(ignore):
        version = version_of(path)
        if not fits(version):
            say(f"not using {path}: version {version or 'unknown'}, needed is >= 3.254 and < 4")
        elif not has_host(path):
            say(f"not using {path}: it has no {host_setup.HOST} beside it")
        else:
            return Cli(path, version)
    return None


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold ``lock``: of two runs one builds, and the other waits and finds the work done."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is installing the Pulumi CLI: waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def install(cache: Path) -> Cli:
    """The pinned CLI in ``cache``, installed when it is not there. Raises SetupError."""
    home = cache / f"pulumi-{CLI_VERSION}"
    cli = home / "bin" / "pulumi"
    if not (cli.is_file() and host_setup.ready(home)):
        with alone(cache / f"pulumi-{CLI_VERSION}.lock"):
            if not cli.is_file():
                obtain.cli(home)
            if not host_setup.ready(home):
                host_setup.put(home)
    return Cli(cli, CLI_VERSION)


def link(target: Path, at: Path) -> None:
    """Make ``at`` a link to ``target``, replacing another link in one step. Raises SetupError: it is no link."""
    if at.is_symlink() and at.readlink() == target:
        return
    if at.exists() and not at.is_symlink():
        raise SetupError(f"{at} is no link that a set-up made: move it away, and run this again")
    at.parent.mkdir(parents=True, exist_ok=True)
    fresh = at.with_name(f".{at.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(at)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Find or install the Pulumi CLI.")
    parser.add_argument("--link", type=Path, help="make PATH a link to the CLI, e.g. .venv/bin/pulumi")
    chosen = parser.parse_args(arguments)
    try:
        cli = usable(chosen.link.parent.absolute() if chosen.link else None) or install(cache_folder())
        if chosen.link:
            link(cli.path, chosen.link)
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    print(cli.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
