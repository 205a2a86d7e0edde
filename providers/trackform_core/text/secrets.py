"""What this process must never say: its keys, its passphrases, and each protection token that it has met.

A message is redacted whole, before anything is cut from it, and whoever said it: a service that answers with the key of
another, a proxy, the operating system.
"""

import base64
import html
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

HIDDEN = "***"
SHORTEST = 8
"""Characters. What is shorter is no secret but a word, which half of all messages would lose."""
VARIABLE = re.compile(
    r"(?:API_?KEY|_KEY|TOKEN|SECRET|PASSPHRASE|PASSWORD|WEBHOOK(?:_URL)?)(?:__[A-Z0-9_]+)?$", re.IGNORECASE
)
"""Environment variables whose value is a secret, by the end of their name."""
USERINFO = re.compile(r"(?<=://)[^\s/?#@\"']+(?=@)")
"""User and password in an address, such as a proxy's."""
PARAMETER = re.compile(r"(?<![\w%])((?:ptoken|api_key)(?:=|%3[dD]))[^\s&#\"'<>,;]+")
"""Parameters of a URL whose value is a secret, whether or not this process knows it."""
BACKSLASH = r"(?:\\|%(?:25)*5[cC])"
_met: dict[str, None] = {}
_tokens: dict[str, None] = {}


def remember(secret: str | None) -> None:
    """Keep this out of every message from now on."""
    if secret and len(secret) >= SHORTEST:
        _met[secret] = None


def remember_token(token: str | None) -> None:
    """Keep a protection token out of every message; what a person is to enter may hold it."""
    if token and len(token) >= SHORTEST:
        _tokens[token] = None


def remember_tokens(value: object) -> None:
    """Keep every text of this out of every message: a secret may be a map, as a certificate with its key is."""
    if isinstance(value, str):
        remember_token(value)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            remember_tokens(each)


def redacted(text: str) -> str:
    """The text without any secret that this process knows of, however it is spelled there."""
    said = without_keys(text)
    known = frozenset(_tokens)
    said = _pattern(known).sub(HIDDEN, said) if known else said
    return PARAMETER.sub(rf"\g<1>{HIDDEN}", USERINFO.sub(HIDDEN, said))


def without_keys(text: str) -> str:
    """The text without keys and passphrases: what is printed for a person to enter may hold protection tokens."""
    known = frozenset({*_met, *_of_environment()})
    return _pattern(known).sub(HIDDEN, text) if known else text


def without(secret: str, text: str) -> str:
    """The text without this secret, of whatever length: percent-encoded in part, twice, in JSON, in base64."""
    return _pattern(frozenset({secret})).sub(HIDDEN, text) if secret else text


def _of_environment() -> Iterator[str]:
    for name, value in os.environ.items():
        yield from _of_variable(name, value)


@lru_cache(maxsize=1024)
def _of_variable(name: str, value: str) -> tuple[str, ...]:
    """The secrets of one variable, looked for once: every message asks for those of all of them."""
    texts = []
    if VARIABLE.search(name):
        texts.append(value.strip())
        # Of a webhook's address the path is the secret.
        texts.append(value.strip().partition("://")[2].partition("/")[2])
    for userinfo in USERINFO.findall(value):
        user, _, password = userinfo.partition(":")
        texts += [password or user, unquote(password or user)]
    return tuple(text for text in texts if len(text) >= SHORTEST)


@lru_cache(maxsize=64)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    """Longest first: a secret may begin with another."""
    spellings = [
        spelling for secret in sorted(secrets, key=lambda each: (-len(each), each)) for spelling in _spelt(secret)
    ]
    return re.compile("|".join(spellings))


def _spelt(secret: str) -> Iterator[str]:
    yield "".join(map(_letter, secret))
    if len(secret) >= SHORTEST:
        yield from map(re.escape, _in_base64(secret.encode()))


def _letter(letter: str) -> str:
    """As it is, escaped by a backslash, percent-encoded (once or more), or escaped as JSON, Python and HTML do."""
    raw = letter.encode()
    spellings = [
        rf"{BACKSLASH}*(?:{re.escape(letter)}|{''.join(rf'%(?:25)*(?i:{byte:02x})' for byte in raw)})",
        rf"{BACKSLASH}+u(?i:{ord(letter):04x})",
        "".join(rf"{BACKSLASH}+x(?i:{byte:02x})" for byte in raw),
        rf"&#(?:0*{ord(letter)}|(?i:x0*{ord(letter):x}));",
    ]
    if html.escape(letter) != letter:
        spellings.append(html.escape(letter))
    return rf"(?:{'|'.join(spellings)})"


def _in_base64(raw: bytes) -> Iterator[str]:
    """What base64 makes of it wherever it begins, without the letters that its neighbours share."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw).decode()
        inner = whole[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        yield inner
        if inner != (safe := inner.replace("+", "-").replace("/", "_")):
            yield safe
