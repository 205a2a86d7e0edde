"""What a project is installed from: trackform as it was installed itself, and each package at its version."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any
from urllib.parse import urlsplit, urlunsplit

PACKAGE = "trackform"
HEAD = """\
# Made by `trackform init`: what was installed where it ran. `trackform upgrade` changes over to another version.
"""


def requirements() -> str:
    """The lines of requirements.txt."""
    others = sorted(f"{each.metadata['Name']}=={each.version}" for each in _needed(PACKAGE))
    return HEAD + "\n".join([source(distribution(PACKAGE)), *others]) + "\n"


def source(package: Distribution) -> str:
    """The requirement that installs a package from where it was installed (PEP 610); its version, from a registry."""
    said = package.read_text("direct_url.json")
    origin: dict[str, Any] = json.loads(said) if said else {}
    name = package.metadata["Name"]
    if not origin.get("url"):
        return f"{name}=={package.version}"
    url = _without_password(str(origin["url"]))
    if vcs := origin.get("vcs_info"):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    parts = [f"subdirectory={origin['subdirectory']}"] if origin.get("subdirectory") else []
    if archive := origin.get("archive_info"):
        hashes = archive.get("hashes") or dict([archive["hash"].split("=", 1)] if archive.get("hash") else [])
        parts += [f"sha256={hashes['sha256']}"] if hashes.get("sha256") else []
    return f"{name} @ {url}" + (f"#{'&'.join(parts)}" if parts else "")


def of_trackform(text: str) -> str:
    """The line that requires trackform; empty where there is none."""
    return next((line for line in text.splitlines() if re.match(rf"{PACKAGE}(?![\w.-])", line, re.IGNORECASE)), "")


def doubts(text: str) -> str:
    """Why what requires trackform is nothing for everybody; empty where it is."""
    url = of_trackform(text).partition("@")[2].strip()
    if not url.startswith("file:"):
        return ""
    if not url.partition("#")[0].endswith((".whl", ".tar.gz")):
        return (
            f"requirements.txt installs trackform from a folder of this machine ({url}), whatever is in it then. "
            "Better: build a wheel there (make dist), install that, and run `trackform upgrade` with it"
        )
    return (
        "requirements.txt installs trackform from a file of this machine. Put the wheel where colleagues and CI reach "
        "it, and write its address there"
    )


def _needed(package: str) -> Iterator[Distribution]:
    """What a package needs, and what that needs: all that is installed; the rest is for other systems."""
    waiting, known = [package], {_normal(package)}
    while waiting:
        for wanted in distribution(waiting.pop()).requires or ():
            name, _, marker = wanted.partition(";")
            name = re.split(r"[^\w.-]", name.strip(), maxsplit=1)[0]
            if "extra" in marker or _normal(name) in known:
                continue
            known.add(_normal(name))
            try:
                yield distribution(name)
            except PackageNotFoundError:
                continue
            waiting.append(name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _without_password(url: str) -> str:
    """The address without what may be secret; a variable may stand there, or git as the user."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    if not at or login == "git" or re.fullmatch(r"\$\{\w+\}(:\$\{\w+\})?", login):
        return url
    return urlunsplit(parts._replace(netloc=host))
