"""The checksum of an exported file: what people added since is not lost to the next export.

Nor is what another stack's export wrote: the stack's name goes into the checksum.
"""

import hashlib
import re

LABEL = "The next export replaces this file only while nobody has edited it"
LINE = re.compile(rf"^# {LABEL}: ([0-9a-f]{{16}})\n", re.MULTILINE)


def sealed(text: str, stack: str) -> str:
    """The text with a checksum of itself behind its first line. ``stack``: whose export it is."""
    first, _, rest = text.partition("\n")
    return f"{first}\n# {LABEL}: {_checksum(text, stack)}\n{rest}"


def is_export(text: str) -> bool:
    """Whether it began as an export, of whichever stack, and whatever became of it."""
    return LINE.search(text.replace("\r\n", "\n")) is not None


def is_untouched(text: str, stack: str) -> bool:
    """Whether it is an export of this stack, as it was written."""
    text = text.replace("\r\n", "\n")
    match = LINE.search(text)
    return match is not None and _checksum(text[: match.start()] + text[match.end() :], stack) == match[1]


def _checksum(text: str, stack: str) -> str:
    return hashlib.sha256(f"{stack}\n{text}".encode()).hexdigest()[:16]
