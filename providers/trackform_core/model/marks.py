"""The mark that names the stack which manages an object, in its tags or notes: people see it and may take it out."""

import re
from collections.abc import Sequence
from typing import Any

TAG = re.compile(r"trackform:(\S+)")
IN_TEXT = re.compile(r"\s*\[trackform:([^\]\s]+)\]")


def stacks(value: Any) -> list[str]:
    """The stacks that tags or a note name."""
    if isinstance(value, list):
        return [match[1] for match in map(_tag, value) if match]
    return IN_TEXT.findall(value) if isinstance(value, str) else []


def without(value: Any) -> Any:
    """Tags or a note as people wrote them."""
    if isinstance(value, list):
        return [item for item in value if not _tag(item)]
    return IN_TEXT.sub("", value) if isinstance(value, str) else value


def marked(value: Any, names: Sequence[str], *, text: bool) -> Any:
    """Tags, or a note where ``text``, with these marks and no other."""
    plain = without(value)
    if not text:
        return [*(plain if isinstance(plain, list) else []), *(f"trackform:{name}" for name in names)]
    said = [plain] if isinstance(plain, str) and plain else []
    return " ".join([*said, *(f"[trackform:{name}]" for name in names)])


def _tag(item: Any) -> re.Match[str] | None:
    return TAG.fullmatch(item) if isinstance(item, str) else None
