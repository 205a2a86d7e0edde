"""Comparing URLs by their meaning: whether they differ, and in which parts."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from trackform.urls.macros import canonical
from trackform.urls.parts import parse

# Postback protection travels as `ptoken` (seen in client code), RedTrack's API key as `api_key` (RedTrack's published
# spec): a message about a URL must not carry them.
SECRET_PARAMS = frozenset({"ptoken", "api_key"})


class Difference(NamedTuple):
    """One part in which two URLs differ.

    Attributes:
        part: `scheme`, `host`, `path`, `fragment`, or `?name` for a parameter.
        left: what is written in the first URL; several values joined by a comma; None when absent.
        right: what the second URL has.
    """

    part: str
    left: str | None
    right: str | None

    def __str__(self) -> str:
        left, right = ("nothing" if side is None else side or "an empty value" for side in (self.left, self.right))
        return f"{self.part.removeprefix('?')}: {left} -> {right}"


def same(a: str, b: str) -> bool:
    """Whether two URLs mean the same.

    Letter case of scheme and host, the order of different parameters, empty pieces of a query, `a` or `a=`, `+` or
    `%20` in a query and the spelling of percent-encoding do not matter. The order of one repeated parameter's values
    does not matter either. An encoded macro is not a macro: `%7Bcid%7D` differs from `{cid}`.
    """
    return not differences(a, b)


def differences(a: str, b: str) -> list[Difference]:
    """The parts in which two URLs differ; empty exactly when they are the same. Secrets are named, not shown."""
    left, right = _meaning(a), _meaning(b)
    parts = []
    for part in [*left, *(part for part in right if part not in left)]:
        ours, theirs = left.get(part), right.get(part)
        if _spellings(ours) != _spellings(theirs):
            parts.append(Difference(part, _written(part, ours), _written(part, theirs)))
    return parts


# The values of one part: each in its one spelling, which decides, and as it is written, which is shown.
_Values: TypeAlias = list[tuple[str, str]]


def _meaning(text: str) -> dict[str, _Values]:
    url = parse(text)
    path = url.path or ("/" if url.scheme else "")
    meaning: dict[str, _Values] = {
        "scheme": [(url.scheme.lower(), url.scheme)],
        "host": [(canonical(url.host.lower()), url.host)],
        "path": [("/".join(map(canonical, path.split("/"))), path)],
        "fragment": [(canonical(url.fragment or ""), url.fragment or "")],
    }
    for name, value in url.params:
        if name or value is not None:
            key = "?" + canonical(name, plus_is_space=True)
            meaning.setdefault(key, []).append((canonical(value or "", plus_is_space=True), value or ""))
    return meaning


def _spellings(values: _Values | None) -> list[str] | None:
    return None if values is None else sorted(spelling for spelling, _ in values)


def _written(part: str, values: _Values | None) -> str | None:
    if values is None:
        return None
    return "(hidden)" if part.removeprefix("?") in SECRET_PARAMS else ", ".join(written for _, written in values)
