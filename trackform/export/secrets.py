"""Values that must not, or cannot, stand in an account file. Better a field too few than one key in a repository."""

import math
import re
from collections.abc import Iterator
from typing import Any

from trackform.urls.compare import SECRET_PARAMS

_WORD = (
    r"[\w.-]*(?:token|secret|passw(?:or[td]|d)?|pwd|api[_-]?key|private[_-]?key|access[_-]?key|credential|signature)"
    r"[\w.-]*"
)
SECRET_NAME = re.compile(_WORD, re.IGNORECASE)
_PUBLIC_PARAM = re.compile(rf"[?&](?:{'|'.join(sorted(SECRET_PARAMS))})=(?![{{\[])[^&#]", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    rf"[?&](?:{_WORD}|key|auth|sig)=(?![{{\[])[^&#\s]"  # a parameter of a server's URL
    rf"|\b{_WORD}[\"']?\s*[:=]\s*[\"']?(?![{{\[\s\"'])\S"  # JSON, and what people write into notes
    r"|\bBearer\s+[\w.~+/-]{8}"
    r"|\bEAA[A-Za-z0-9]{30}"  # Facebook
    r"|\beyJ[\w-]{10,}\.eyJ",  # JSON web tokens
    re.IGNORECASE,
)
_USER_AND_PASSWORD = re.compile(r"://[^/?#\s@:]+:[^/?#\s@]+@")
_PUBLIC_KEY = re.compile(r"(?:G|UA|GT|GTM|AW|DC)-[\w-]+")
SHOWN_TO_VISITORS = frozenset({"url", "fallback_url", "offer_url"})
"""Links that every visitor's browser sees: what they hold is no secret, but for what is known to be one."""
LONGEST_KEY = 1000
"""YAML reads a key of at most 1024 characters."""


def unspeakable(value: Any, name: str = "") -> str:
    """Why a value must not or cannot stand in a file; empty when it can.

    Args:
        value: as it would be written.
        name: the field's, if that tells.
    """
    if value and SECRET_NAME.search(name) and isinstance(value, str | dict | list) and not _is_macro(value):
        return "it looks like a secret"
    if isinstance(value, dict | list):
        return next(filter(None, _of_parts(value, name)), "")
    if isinstance(value, float) and not math.isfinite(value):
        return "it is no number"
    return _of_text(value, name) if isinstance(value, str) else ""


def _of_parts(value: dict[str, Any] | list[Any], name: str) -> Iterator[str]:
    if isinstance(value, list):
        yield from (unspeakable(item, name) for item in value)
    else:
        for key, item in value.items():
            yield _bad_key(key)
            yield unspeakable(item, _inner(name, key))


def _of_text(value: str, name: str) -> str:
    if name == "google_analytics_key" and not _PUBLIC_KEY.fullmatch(value):
        return "it is no measurement id, so it may be a secret"
    return _bad_text(value, public=name in SHOWN_TO_VISITORS)


def _inner(name: str, key: str) -> str:
    """A link inside a list of postbacks is called ``url`` as well, and no visitor sees it."""
    return key if key not in SHOWN_TO_VISITORS else f"{name}.{key}"


def _is_macro(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("{", "["))


def _bad_key(key: str) -> str:
    return "it has a key that is too long" if len(key) > LONGEST_KEY else _bad_text(key, public=True)


def _bad_text(text: str, *, public: bool) -> str:
    pattern = _PUBLIC_PARAM if public else _SECRET_TEXT
    if pattern.search(text) or _USER_AND_PASSWORD.search(text):
        return "it holds a secret"
    return "it is not valid Unicode" if re.search("[\ud800-\udfff]", text) else ""
