"""The protection token of postbacks: ``ptoken`` in a URL (seen in client code), a secret field everywhere else."""

import re
from typing import Any
from urllib.parse import quote, unquote

from trackform_core.text.secrets import remember_token

TOKEN = re.compile(r"([?&])ptoken=([^&#]*)(&?)")


def split_token(url: str) -> tuple[str, str | None]:
    """The URL without its protection token, and the token; ``None`` where it has none."""
    match = TOKEN.search(url)
    if not match:
        return url, None
    rest = url[: match.start()] + (match[1] if match[3] else "") + url[match.end() :]
    token = unquote(match[2])
    remember_token(token)
    return rest, token


def join_token(url: str, token: str | None) -> str:
    """The URL with the token as its last parameter."""
    if not token:
        return url
    remember_token(token)
    before, hash_, fragment = url.partition("#")
    return f"{before}{'&' if '?' in before else '?'}ptoken={quote(token, safe='')}{hash_}{fragment}"


def without_token(url: Any) -> Any:
    """A URL that a service shows, fit to be shown on."""
    return split_token(url)[0] if isinstance(url, str) else url
