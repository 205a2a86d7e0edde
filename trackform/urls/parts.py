"""Taking a URL apart and putting it together again, byte for byte."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from trackform.urls.macros import Value, decode, encode
from trackform_core.model.wire import whole

_START = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/]*)")


@dataclass(frozen=True)
class Url:
    """A URL as it is written: `str()` gives back every byte of what was parsed.

    Attributes:
        scheme: without `://`; empty when there is none, then there is no host either.
        host: with port and whatever else stands before the path.
        path: starts with a slash or is empty.
        params: names and values as written, in order. A value is None where there is no `=`. An empty piece, as in
            `?`, `a=1&` or `a=1&&b=2`, is `("", None)`. No `?` at all: no params.
        fragment: None when there is no `#`.
    """

    scheme: str
    host: str
    path: str
    params: tuple[tuple[str, str | None], ...] = ()
    fragment: str | None = None

    def __str__(self) -> str:
        start = f"{self.scheme}://{self.host}" if self.scheme else self.host
        pieces = (name if value is None else f"{name}={value}" for name, value in self.params)
        query = "?" + "&".join(pieces) if self.params else ""
        return f"{start}{self.path}{query}" + ("" if self.fragment is None else f"#{self.fragment}")


@lru_cache(maxsize=4096)
def parse(url: str) -> Url:
    """Take a URL apart. Anything is accepted, also what is no valid URL: judging it is the caller's."""
    rest, hash_sign, fragment = url.partition("#")
    rest, question, query = rest.partition("?")
    params: list[tuple[str, str | None]] = []
    for piece in query.split("&") if question else ():
        name, equals, value = piece.partition("=")
        params.append((name, value if equals else None))
    start = _START.match(rest)
    scheme, host = (start["scheme"], start["host"]) if start else ("", "")
    return Url(scheme, host, rest[start.end() if start else 0 :], tuple(params), fragment if hash_sign else None)


def join_query(url: str, params: Mapping[str, Value | None] | Iterable[tuple[str, Value | None]]) -> str:
    """Append parameters before the fragment, with `?` or `&` as it must be; those that are None are left out.

    Names and values are percent-encoded, macros and `Raw` values are not. What the URL already has is not touched.
    """
    pairs = params.items() if isinstance(params, Mapping) else params
    added = tuple((encode(name), encode(value)) for name, value in pairs if value is not None)
    if not added:
        return url
    parts = parse(url)
    kept = parts.params[:-1] if parts.params[-1:] == (("", None),) else parts.params
    return str(replace(parts, params=kept + added))


def param(url: str, name: str) -> str | None:
    """The decoded value of a parameter, the first where it is repeated; None when it is absent."""
    return next((decode(value or "") for key, value in parse(url).params if key and decode(key) == name), None)


def number(value: str) -> float | None:
    """A parameter's value as the number that it is; None where it is none, or not finite."""
    try:
        parsed = float(value)
    except ValueError:
        return None
    return whole(parsed) if math.isfinite(parsed) else None


def with_param(url: str, name: str, value: Value) -> str:
    """The URL with this one value for the parameter, in the place of the first one it has, else at the end."""
    parts = parse(url)
    at = next((i for i, (key, _) in enumerate(parts.params) if decode(key) == name), None)
    if at is None:
        return join_query(url, {name: value})
    later = tuple(pair for pair in parts.params[at + 1 :] if decode(pair[0]) != name)
    return str(replace(parts, params=(*parts.params[:at], (parts.params[at][0], encode(value)), *later)))


def without_param(url: str, name: str) -> str:
    """The URL without the parameter, however often it had it; without a `?` when nothing is left."""
    parts = parse(url)
    kept = tuple(pair for pair in parts.params if decode(pair[0]) != name)
    if kept == parts.params:
        return url
    return str(replace(parts, params=kept if any(pair != ("", None) for pair in kept) else ()))
