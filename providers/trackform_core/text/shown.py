"""Text that others wrote, as a terminal, an engine's message or a report may carry it."""

import re

from trackform_core.text.secrets import redacted

BEFORE_JOINER, AFTER_JOINER = r"[\u2190-\u2bff\ufe0f\U0001f1e6-\U0001faff]", r"[\u2190-\u2bff\U0001f1e6-\U0001faff]"
STEERING = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]|\r(?!\n)|(?<!^)\ufeff"
    rf"|(?<!{BEFORE_JOINER})\u200d|\u200d(?!{AFTER_JOINER})"
)
"""Characters that move a cursor, turn the direction of a line, or are not seen; but for line ends and tabs.

A joiner between two pictures makes one picture of them, such as a family.
"""
BEYOND = 0x10000
PLAIN = str.maketrans({"…": "...", "→": "->", "≠": "!=", "•": "*", "·": ".", "▲": "^", "✎": "~", "«": '"', "»": '"'})
"""Our own signs, where an encoding has none of them."""


def escaped(text: str) -> str:
    r"""The text with such characters as ``\u001b``: they are seen, and JSON and YAML read them as what they are."""
    return STEERING.sub(_escape, text)


def fit_to_show(text: str) -> str:
    """A message as it may leave the process: without secrets, and without characters that steer a terminal."""
    return escaped(redacted(text))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < BEYOND:
        return f"\\u{code:04x}"
    high, low = divmod(code - BEYOND, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def encodable(text: str, encoding: str) -> str:
    r"""The text as this encoding can hold it: our own signs written plainly, any other letter as ``\u0142``.

    A terminal in the locale `C` or in Latin-1 shows it, in place of an error in the middle of a table.
    """
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        pass
    except LookupError:
        return text
    else:
        return text
    return text.translate(PLAIN).encode(encoding, "backslashreplace").decode(encoding)
