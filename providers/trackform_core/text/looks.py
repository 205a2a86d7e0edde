"""What people see of a title: two that look the same are taken for one."""

import re
import unicodedata

UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Line breaks, control characters, and what has no width or turns the direction of what is read."""
SEEN = ("<super>", "<sub>", "<circle>", "<square>", "<fraction>")
"""Kinds of signs that Unicode calls the same as others, and that anybody tells apart: 2 and ², TM and ™, 1 and ①."""


def look(title: str) -> str:
    """The title without what nobody sees of it: macOS writes an accent apart from its letter, copying adds blanks."""
    plain = title if title.isascii() else unicodedata.normalize("NFC", "".join(map(_plain, title)))
    return " ".join(UNSEEN.sub("", plain).split())


def _plain(sign: str) -> str:
    return sign if unicodedata.decomposition(sign).startswith(SEEN) else unicodedata.normalize("NFKD", sign)
