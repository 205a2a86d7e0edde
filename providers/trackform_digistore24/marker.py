"""The marker of a postback connection: a constant of its URL that names it, and that comes back in RedTrack's log."""

import re
from typing import Any

SUB = 20
"""The sub that carries it; 1 to 19 are free."""
PREFIX = "tf."
IN_URL = re.compile(rf"[?&]sub{SUB}={re.escape(PREFIX)}([^&#]*)")


def marked(name: object) -> str:
    """The value of the sub of a connection of this name."""
    return f"{PREFIX}{name}"


def parameter(name: object) -> str:
    """The marker as it stands in a URL."""
    return f"sub{SUB}={marked(name)}"


def marker(url: Any) -> str | None:
    """The name that a connection carries in its own URL: rows of the web form have none."""
    match = IN_URL.search(url or "")
    return match[1] if match else None
