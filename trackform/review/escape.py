"""Any text as one that is only shown: no second line, no control character; in Markdown no markup, nobody mentioned."""

import re

from trackform_core.text.shown import STEERING

LONGEST_VALUE = 400

_INLINE = re.compile(r"[\\`*_\[\]|~$]")
_AT_START = re.compile(r"^(?=[#+=-])|^(\d{1,9})(?=[.)])")
_MENTION = re.compile(r"(?<![\w.])@(?=\w)")
_LINK = re.compile(r"\b(https?|ftp|mailto|xmpp):|\b(www)\.(?=\w)", re.IGNORECASE)
_ISSUE = re.compile(r"#(?=\d)|(?<=\bGH)-(?=\d)", re.IGNORECASE)
_UNSAFE_IN_CODE = re.compile(r"[`|<>&]")
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_CONTROL = re.compile(rf"[\t\n\r\ufeff]|{STEERING.pattern}")


def plain(value: str) -> str:
    """As running text, in one line."""
    said = one_line(value).strip()
    said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = _INLINE.sub(r"\\\g<0>", said)
    said = _AT_START.sub(lambda match: f"{match[1]}\\" if match[1] else "\\", said)
    said = _ISSUE.sub("\\g<0>\N{WORD JOINER}", said)
    said = _LINK.sub(lambda match: f"{match[1]}&#58;" if match[1] else f"{match[2]}&#46;", said)
    return _MENTION.sub("@\N{WORD JOINER}", said)


def code(value: str, longest: int = LONGEST_VALUE) -> str:
    """As code, in one line, shortened. What would end a code span, a table's cell or a tag is escaped."""
    said = one_line(value)
    if len(said) > longest:
        said = f"{said[:longest]}… ({len(said):,} characters)"
    if not said.strip():
        return f"<code>{'&nbsp;' * max(len(said), 1)}</code>"
    if _UNSAFE_IN_CODE.search(said) or said != said.strip():
        return "<code>" + _in_tag(said) + "</code>"
    return f"`{said}`"


def _in_tag(said: str) -> str:
    """Inside `<code>` Markdown is still read: a backslash in front of a mark, and entities for the rest."""
    escaped = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "&#96;")
    return re.sub(r"[\\*_\[\]~$]", r"\\\g<0>", escaped).replace("|", "&#124;")


def one_line(value: str) -> str:
    """Line breaks as a sign, and control characters, which could rewrite a terminal, as another."""
    if value.isprintable():
        return value
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", _BREAKS.sub("\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", value))
