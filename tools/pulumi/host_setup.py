"""Put our language host beside a CLI that was built from source.

The host needs Python with the SDK's gRPC stubs. It gets a small virtual environment of its own in the same cache
folder, with the versions and hashes of requirements.lock: a project's ``.venv`` would do for that project only, and a
clone that installed the CLI may be gone when another one runs it. Code and environment are named by their content, and
the launcher names both: a set-up from a clone with another host swaps one small file, under processes that go on
running.
"""

import hashlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from obtain import EXECUTOR, PLUGIN_SHIM, SetupError, say

HOST = "pulumi-language-python"
ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "host"
# `pulumi` for the stubs alone, without what the rest of the SDK needs; the others are what stubs and server import.
NEEDED = ("grpcio", "protobuf", "pulumi", "typing-extensions")

LAUNCHERS = {
    HOST: (f'exec "$home/{{python}}/bin/python" -I "$home/{{code}}" serve --executor "$home/bin/{EXECUTOR}" "$@"\n'),
    PLUGIN_SHIM: (f'exec "$home/{{python}}/bin/python" -I -S "$home/{{code}}" plugin "$home/lib/{PLUGIN_SHIM}" "$@"\n'),
}


def requirements(lock: str) -> str:
    """The lines of a requirements file with hashes that pin what the host needs."""
    entries = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)
    return "".join(entry for entry in entries if re.split(r"[=\s]", entry, maxsplit=1)[0].lower() in NEEDED)


def ready(home: Path) -> bool:
    """Whether the host of this checkout is in place. Pulumi's own bundle, which has no ``lib``, needs none."""
    if not (home / "lib" / PLUGIN_SHIM).is_file():
        return True
    code, python = _names()
    return (
        (home / code).is_dir()
        # A Python that was uninstalled leaves a link to nothing.
        and (home / python / "bin" / "python").exists()
        and all(_read(home / "bin" / name) == text for name, text in _launchers(code, python).items())
    )


def put(home: Path) -> None:
    """Install code, environment and launchers. The caller holds the lock. Raises SetupError."""
    code, python = _names()
    if not (home / python / "bin" / "python").exists():
        _make_python(home / python)
    if not (home / code).is_dir():
        fresh = Path(tempfile.mkdtemp(prefix=".host.", dir=home))
        shutil.copytree(SOURCES, fresh, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        fresh.chmod(0o755)
        fresh.rename(home / code)
    for name, text in _launchers(code, python).items():
        fresh_file = home / "bin" / f".{name}.new"
        fresh_file.write_text(text)
        fresh_file.chmod(0o755)
        fresh_file.replace(home / "bin" / name)


def _names() -> tuple[str, str]:
    files = sorted(SOURCES.rglob("*.py"))
    code = hashlib.sha256(b"".join(str(f.relative_to(SOURCES)).encode() + b"\0" + f.read_bytes() for f in files))
    pins = hashlib.sha256(_pins().encode())
    return f"host-{code.hexdigest()[:12]}", f"python-{pins.hexdigest()[:12]}"


def _pins() -> str:
    return requirements((ROOT / "requirements.lock").read_text())


def _launchers(code: str, python: str) -> dict[str, str]:
    home = "home=${0%/*}/..\n"
    return {
        name: "#!/bin/sh\n" + home + line.format(code=shlex.quote(code), python=shlex.quote(python))
        for name, line in LAUNCHERS.items()
    }


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _make_python(at: Path) -> None:
    say("installing the Python language host")
    shutil.rmtree(at, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=".python.", dir=at.parent))
    try:
        pins = fresh / "requirements.txt"
        pins.write_text(_pins())
        _run("make a virtual environment", sys.executable, "-m", "venv", str(fresh))
        pip = [str(fresh / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        _run("install the language host's packages", *pip, "--no-deps", "--require-hashes", "-r", str(pins))
        fresh.chmod(0o755)
        fresh.rename(at)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _run(what: str, *command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        why = (done.stderr + done.stdout).strip().splitlines()[-1:] or ["no message"]
        raise SetupError(
            f"cannot {what} ({why[0]}): check the network, and that python3 has venv and pip, then run this again"
        )
