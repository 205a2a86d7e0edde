"""The wheel, and environments that it is installed into: none of them knows the clone."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = ("trackform", "_trackform", "_editable", "__editable")


PYTHON, SDK = os.environ.get("INSTALLED_PYTHON", ""), os.environ.get("INSTALLED_PULUMI", "")
REAL = bool(PYTHON)
"""Whether packages come from where pip gets them, for this Python and this version of the SDK: `make installed`."""


def clean() -> dict[str, str]:
    """Nothing that leads to a clone, a stack or an account; the CLI of the tests on PATH, after what a system has."""
    names = (
        "PULUMI_",
        "REDTRACK_",
        "DIGISTORE24_",
        "TRACKFORM_",
        "PYTHON",
        "VIRTUAL_ENV",
        *(() if REAL else ("PIP_",)),
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    without = [str(Path(PYTHON).parent)] if REAL else []
    without += [entry for entry in kept.get("PATH", "").split(os.pathsep) if not entry.startswith(str(ROOT))]
    return kept | {"PATH": os.pathsep.join(without)}


def sources(folder: Path) -> Path:
    """A copy of what is in git, or is about to be: what `make dist` in a fresh clone sees."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def built(folder: Path, into: Path) -> list[Path]:
    """Wheel and sdist, as `make dist` builds them."""
    command = [sys.executable, str(folder / "tools" / "dist.py"), "-d", str(into)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return sorted(into.iterdir())


@functools.cache
def wheel() -> Path:
    """The wheel of this clone, built once for each process of tests."""
    into = Path(tempfile.mkdtemp(prefix="wheel"))
    atexit.register(shutil.rmtree, into, ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (made,) = into.glob("*.whl")
    return made


@functools.cache
def dependencies() -> Path:
    """A folder with the packages of the tests' own environment, but for ours: links, no copies."""
    folder = Path(tempfile.mkdtemp(prefix="packages"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith(OURS) and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    return folder


def lend(environment: Path) -> None:
    """Let an environment see those packages: installing them takes a network, and most of a minute.

    Not so for `make installed`, which installs them.
    """
    if REAL:
        return
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(f"{dependencies()}\n")


def lend_beforehand(environment: Path) -> None:
    """An environment in which `trackform setup` has no package to fetch: the tests have no network."""
    if not REAL:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
        lend(environment)


def environment(folder: Path, package: Path | None = None) -> Path:
    """An environment that has the wheel, and what it depends on."""
    if REAL:
        subprocess.run([PYTHON, "-m", "venv", folder], check=True)
        wanted = [f"{package or wheel()}[sandbox]", *([f"pulumi=={SDK}"] if SDK else [])]
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
        return folder
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    lend(folder)
    install(folder, package or wheel())
    return folder


def install(environment: Path, package: Path) -> None:
    options = ["--no-deps", "--no-index", "--disable-pip-version-check", "--quiet", "--no-compile"]
    python = str(environment / "bin" / "python")
    command = [sys.executable, "-m", "pip", "--python", python, "install", *options, str(package)]
    subprocess.run(command, check=True, capture_output=True)
