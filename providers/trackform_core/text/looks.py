"""What people see of a title: two that look the same are taken for one."""

import re
import unicodedata

UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Line breaks, control characters, and what has no width or turns the direction of what is read."""


def look(title: str) -> str:
    """The title without what nobody sees of it: macOS writes an accent apart from its letter, copying adds blanks."""
    return " ".join(UNSEEN.sub("", unicodedata.normalize("NFKC", title)).split())
