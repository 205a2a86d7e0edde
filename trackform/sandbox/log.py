"""The log of requests: what a client really sent, without its secrets."""

import itertools
import json
import re
import threading
from typing import Any
from urllib.parse import parse_qsl

from trackform.sandbox.store import Row

SECRET_FIELDS = re.compile(
    r"^(api_key|ptoken|postback_token|crt|key|sha_passphrase|.*password.*|.*secret.*)$", re.IGNORECASE
)
SECRET_IN_URL = re.compile(r"\b(ptoken|api_key)=[^&\s\"]*", re.IGNORECASE)
MASK = "***"


def masked(value: Any) -> Any:
    """The value with secret fields, and secrets inside URLs, replaced by ``***``."""
    if isinstance(value, dict):
        return {key: MASK if SECRET_FIELDS.match(key) and inner else masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return SECRET_IN_URL.sub(rf"\1={MASK}", value) if isinstance(value, str) else value


def query_of(text: str) -> dict[str, str]:
    """The query as a mapping (the last value of a repeated name), without the API key."""
    pairs = dict(parse_qsl(text, keep_blank_values=True))
    pairs.pop("api_key", None)
    return {name: str(masked({name: value})[name]) for name, value in pairs.items()}


def body_of(data: bytes, content_type: str) -> Any:
    """The body as sent: JSON, or a form as a mapping; None without one, text when it is neither."""
    if not data:
        return None
    text = data.decode("utf-8", "replace")
    if "form-urlencoded" in content_type:
        return masked(dict(parse_qsl(text, keep_blank_values=True)))
    try:
        return masked(json.loads(text))
    except ValueError:
        return masked(text)


class RequestLog:
    """Requests since the start or the last ``clear``. In memory: it is evidence of a test, not state of an account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._entries: list[Row] = []

    def add(self, entry: Row) -> None:
        with self._lock:
            self._entries.append({"n": next(self._numbers), **entry})

    def entries(self, **only: str) -> list[Row]:
        """Entries in order of their end; ``only`` keeps those whose field has this value (any case)."""
        with self._lock:
            entries = list(self._entries)
        return [e for e in entries if all(str(e[field]).lower() == value.lower() for field, value in only.items())]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
