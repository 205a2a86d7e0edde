"""Builds wheel and sdist of what git knows: what somebody has lying about in a clone is no part of the product.

Where there is no git, as in an unpacked sdist, of what is there.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def known_to_git(root: Path) -> list[str]:
    """The files of a clone that are in git, or are about to be; none where this is no clone."""
    if not (root / ".git").exists():
        return []
    listed = subprocess.run(["git", "ls-files", "-z", "--cached"], cwd=root, capture_output=True, check=True)  # noqa: S607
    return [name for name in listed.stdout.decode().split("\0") if name and (root / name).is_file()]


def build(root: Path, into: Path) -> int:
    """The exit status of hatchling."""
    with tempfile.TemporaryDirectory() as folder:
        names = known_to_git(root)
        for name in names:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, Path(folder) / name)
        command = [sys.executable, "-m", "hatchling", "build", "-d", str(into)]
        return subprocess.run(command, cwd=folder if names else root, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build wheel and sdist of what git knows.")
    parser.add_argument("-d", "--into", type=Path, default=ROOT / "dist")
    sys.exit(build(ROOT, parser.parse_args().into.absolute()))
