"""Values as YAML on one line, so that they read back as exactly the same data, here and in readers of YAML 1.1."""

import re
from typing import Any

import yaml

from trackform_core.text import files

# Narrower than YAML allows: a value that needs a second look is quoted.
_PLAIN = re.compile(r"[^\W_][\w.+/@%$()=~-]*(?: [\w.+/@%$()=~-]+)*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def flow(value: Any, like: str | None = None) -> str:
    """JSON-like data in flow style; ``like`` is the quote of the text it takes the place of, kept where it can be.

    Raises:
        TypeError: not JSON-like.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value, like)
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"not to be written as YAML: {type(value).__name__}")


def _text(value: str, like: str | None) -> str:
    if like == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if like != '"' and _PLAIN.fullmatch(value) and _is_text_everywhere(value):
        return value
    return (
        '"'
        + "".join(
            _ESCAPES.get(character) or (character if character.isprintable() else _escape(character))
            for character in value
        )
        + '"'
    )


def _is_text_everywhere(value: str) -> bool:
    """`off` and `NO` are texts in YAML 1.2 and not in 1.1; numbers with an exponent the other way round."""
    if re.fullmatch(r"[-+.]?[0-9][0-9_.eExXoOa-fA-F+-]*", value):
        return False
    return bool(yaml.load(value, files.LOADER) == value)  # noqa: S506 -- a safe one


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 -- widths of YAML's escapes
