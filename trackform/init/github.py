"""The workflows for a user's repository: ours, with the environment of a project, and the scripts that they run."""

import re
from collections.abc import Iterable
from pathlib import Path

from trackform.documents.shipped import shipped
from trackform_core.errors import TrackformError

WORKFLOWS = ("preview.yml", "apply.yml", "drift.yml")
OURS, THEIRS = "tools/ci/", ".github/trackform/"
SETUP = "      - run: make setup\n"
ENVIRONMENT = """\
      - uses: pulumi/actions@8e5e406f4007fca908480587cb9893c07090f58d # v7.0.0
        with: {pulumi-version: 3.259.0}
      - run: python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
"""
WATCHED = "trackform/**, providers/**, __main__.py, Pulumi.yaml, requirements.lock]"
WATCHED_THERE = "__main__.py, Pulumi.yaml, requirements.txt]"
CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, the first that is there alone."""
OWNED = (
    "/.github/", "/.trackform/", "/Pulumi.yaml", "/__main__.py", "/requirements.txt", "/stacks/Pulumi.*.yaml",
    "/stacks/policy.yaml", "/templates/",
)  # fmt: skip
"""What decides where keys go, what runs with them, and how much may change."""


OWNER = re.compile(r"@[\w-]+(/[\w.-]+)?|[^\s@#]+@[^\s@#]+")


def checked_owners(owners: Iterable[str]) -> tuple[str, ...]:
    """Who GitHub can ask; a line of CODEOWNERS with anybody else is none, and protects nothing.

    Raises:
        TrackformError: one is no name of GitHub's.
    """
    owners = tuple(owners)
    if others := [owner for owner in owners if not OWNER.fullmatch(owner)]:
        raise TrackformError(
            f"{others[0]!r} is no owner that GitHub knows: @name, @organization/team, or an e-mail address"
        )
    return owners


def repository_above(folder: Path) -> Path | None:
    """The root of the repository that a folder lies in; None where the folder is it, or there is none."""
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
    return root if root != folder else None


def workflows() -> dict[str, str]:
    """Path -> text of each workflow and script."""
    texts = {f".github/workflows/{name}": _theirs(name) for name in WORKFLOWS}
    scripts = (path for path in sorted(shipped(OURS).iterdir()) if path.suffix in {".py", ".sh"})
    return texts | {f"{THEIRS}{path.name}": path.read_text(encoding="utf-8") for path in scripts}


def _theirs(name: str) -> str:
    text = shipped(f".github/workflows/{name}").read_text(encoding="utf-8")
    return text.replace(SETUP, ENVIRONMENT).replace(WATCHED, WATCHED_THERE).replace(OURS, THEIRS)


def owners_lines(owners: Iterable[str], there: str = "") -> list[str]:
    """The lines of CODEOWNERS for what decides about keys and limits, but for those whose path has owners in a text."""
    names = " ".join(owners)
    known = {line.split()[0] for line in there.splitlines() if line.split() and not line.startswith("#")}
    return [f"{path:{max(map(len, OWNED))}} {names}" for path in OWNED if path not in known]


def codeowners(owners: Iterable[str]) -> str:
    """Who has to approve a change of what decides about keys and limits."""
    lines = "".join(f"{line}\n" for line in owners_lines(owners))
    return f"# Who pushes a branch decides what a preview runs, with keys in its environment.\n{lines}"
