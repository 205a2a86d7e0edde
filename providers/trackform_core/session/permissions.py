"""``TRACKFORM_ALLOW``: what one run may do that is refused otherwise. docs/guard.md lists what it can say.

The one place that reads the variable, writes it into a message, and finds it there again.
"""

import os
import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

VARIABLE = "TRACKFORM_ALLOW"

Permit = Literal[
    "delete", "delete-clicked", "update", "recreate", "take-over", "gone", "forget", "unguarded", "rule",
]  # fmt: skip

NEVER_ALL: Collection[Permit] = {"delete-clicked", "take-over"}
"""What is looked at object by object: a whole kind cannot be allowed."""

BARE = r"[A-Za-z0-9_:/,.-]*[A-Za-z0-9_]"
"""What a shell takes as it is, and what no mark at the end of a sentence can be taken for a part of."""
NAMED = re.compile(rf"{VARIABLE}=({BARE}|'(?:[^']|'\"'\"')*')")


SHOWN_THOUGH_REFUSED: Mapping[str, str] = {"TRACKFORM_REFUSED": "shown"}
"""With it a preview goes on to its end though something is refused: the steps carry the reasons, and nobody may take
the plan for one that can be applied. Each write refuses all the same."""


def shows_refused() -> bool:
    return SHOWN_THOUGH_REFUSED.items() <= os.environ.items()


def given() -> str:
    return os.environ.get(VARIABLE, "")


def permitted(permit: Permit, kind: str, *names: str) -> bool:
    """Whether the variable names the object by one of its names, or its whole kind where that can be allowed."""
    items = {item.strip() for item in given().split(",")}
    wanted = f"{permit}:{kind}"
    return (permit not in NEVER_ALL and wanted in items) or any(f"{wanted}/{name}" in items for name in names)


def permission(permit: Permit, kind: str, *names: str) -> str:
    """The permission, as an item of the variable: by the first name that can stand in it, else by the kind."""
    usable = [name for name in names if "," not in name and name == name.strip() and name.isprintable()]
    return f"{permit}:{kind}/{usable[0]}" if usable else f"{permit}:{kind}"


def setting(*permissions: str) -> str:
    """The variable with its value, as it is typed in front of a command."""
    value = ",".join(permissions)
    # Not shlex.quote: it leaves a full stop at the end bare, and a sentence may go on with one.
    quoted = value if re.fullmatch(BARE, value) else "'" + value.replace("'", "'\"'\"'") + "'"
    return f"{VARIABLE}={quoted}"


def asked_for(message: str) -> list[str]:
    """The permissions that a message names as a way out."""
    values = [shlex.split(value)[0] for value in NAMED.findall(message)]
    return [item.strip() for value in values for item in value.split(",") if item.strip()]


def extended(permissions: Iterable[str]) -> dict[str, str]:
    """The environment's variable with more in it; nothing where there is no more."""
    more = [*permissions]
    return {VARIABLE: ",".join(filter(None, [given(), *more]))} if more else {}
