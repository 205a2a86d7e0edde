"""Macros of trackers, and the percent-encoding of the text around them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

Value: TypeAlias = str | int | float

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
# Two braces are Facebook's: {{campaign.id}}.
_MACRO = re.compile(rf"\{{\{{{_NAME}\}}\}}|\{{{_NAME}\}}")
_WHOLE_NAME = re.compile(_NAME)


class Raw(str):
    """Text that is already a URL or a part of one, and is inserted as it is."""

    __slots__ = ()


def macros(text: str) -> list[str]:
    """The macros in a text as they are written, with their braces, in order and with repetitions."""
    return _MACRO.findall(text)


def braced(macro: str) -> str:
    """`{cid}` for `cid` and for `{cid}`: whether RedTrack stores its macros with braces is not known.

    Raises:
        ValueError: it is not the name of one macro.
    """
    if _MACRO.fullmatch(macro):
        return macro
    if not _WHOLE_NAME.fullmatch(macro):
        raise ValueError(f"not the name of a macro: {macro!r}")
    return f"{{{macro}}}"


def encode(value: Value) -> str:
    """A value as it stands in a query: percent-encoded except for its macros; `Raw` text unchanged.

    A slash is encoded too, and a space is `%20`: the one form that every server reads the same way.
    """
    if isinstance(value, Raw):
        return str(value)
    return _encoded(str(value))


@lru_cache(maxsize=4096)
def _encoded(text: str) -> str:
    # Kept, since the connections of an account send almost the same.
    return outside_macros(lambda piece: quote(piece, safe=""), text)


def decode(raw: str) -> str:
    """An encoded query value, decoded; macros stay."""
    return outside_macros(lambda piece: unquote_to_bytes(piece).decode("utf-8", "replace"), raw)


def canonical(raw: str, *, plus_is_space: bool = False) -> str:
    """One spelling for all spellings of an encoded text. An encoded brace is no macro and stays encoded."""

    def respell(piece: str) -> str:
        return quote(unquote_to_bytes(piece.replace("+", "%20") if plus_is_space else piece), safe="")

    return outside_macros(respell, raw)


def outside_macros(change: Callable[[str], str], text: str) -> str:
    """Apply `change` to every stretch between macros."""
    done, at = [], 0
    for macro in _MACRO.finditer(text):
        done += [change(text[at : macro.start()]), macro.group()]
        at = macro.end()
    return "".join([*done, change(text[at:])])
