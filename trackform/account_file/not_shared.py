"""Values that a shared file leaves to each account: why, and how a stack's own file says them."""

import re
from collections.abc import Mapping
from functools import reduce
from typing import Any

from trackform.documents.yaml_document import Steps

KEY = "not_shared"
PLAIN = re.compile(r"(?!(?:null|true|false)$)[A-Za-z_][\w .-]*(?<! )", re.IGNORECASE | re.ASCII)


def reason(data: Mapping[str, Any], path: Steps) -> str:
    """Why the shared file does not say what stands at this path; empty where it is not about it."""
    part: Any = data.get(KEY)
    for step in path:
        part = part.get(step) if isinstance(part, Mapping) else None
    return part if isinstance(part, str) else ""


def lacking(data: Mapping[str, Any], path: Steps) -> tuple[str, str] | None:
    """The message on a needed key that the shared file leaves to each account, and the way out."""
    why = reason(data, path)
    if not why:
        return None
    return f"is needed, and is not shared: {why}", f"say it in the stack's own file: `{written(path, '…')}`"


def written(path: Steps, value: str) -> str:
    """The path as it is typed: `a: {b: {c: value}}`."""
    first, *rest = (step if PLAIN.fullmatch(step) else f'"{_escaped(step)}"' for step in map(str, path))
    return f"{first}: {reduce(lambda inner, step: f'{{{step}: {inner}}}', reversed(rest), value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
