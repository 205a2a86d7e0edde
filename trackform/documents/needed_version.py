"""Which versions of trackform a file says that it is for: ``trackform: ">=0.2"``, a range as of PEP 440."""

from importlib.metadata import version
from typing import Any

KEY = "trackform"


def objection(said: Any) -> tuple[str, str]:
    """Why this version is none of those that a file says, or what it says is no range, and the way out; else empty."""
    # Only here: few files say it.
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415

    here = version(KEY)
    try:
        wanted = SpecifierSet(said) if isinstance(said, str) and said.strip() else None
    except InvalidSpecifier:
        wanted = None
    if wanted is None:
        return "must be a range of versions, in quotes", f'such as trackform: ">={here}"'
    if wanted.contains(here, prereleases=True):
        return "", ""
    return (
        f"this file is for trackform {said}, and {here} is installed",
        "install one that fits, then run `trackform upgrade`; or take the line out, where nothing in the file needs it",
    )
