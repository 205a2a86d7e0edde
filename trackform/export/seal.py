"""Whether an exported file was edited since: what people added is not lost to the next export."""

import hashlib
import re

LABEL = "The next export replaces this file only while nobody has edited it"
LINE = re.compile(rf"^# {LABEL}: ([0-9a-f]{{16}})\n", re.MULTILINE)


def sealed(text: str) -> str:
    """The text with a checksum of itself behind its first line."""
    first, _, rest = text.partition("\n")
    return f"{first}\n# {LABEL}: {_checksum(text)}\n{rest}"


def is_untouched(text: str) -> bool:
    """Whether it is an export as it was written."""
    text = text.replace("\r\n", "\n")
    found = LINE.search(text)
    return found is not None and _checksum(text[: found.start()] + text[found.end() :]) == found[1]


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
