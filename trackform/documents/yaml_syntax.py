"""What PyYAML's parser refuses, in words for a person who does not know its grammar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from trackform.documents.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import yaml


_CLOSE = re.compile(r"(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s/:]\S*)")
_ENTRY = re.compile(
    r"(?P<before>[ ]*(?:-[ ]+)*)(?P<key>[^\s#'\"\[{][^:#]*|'[^']*'|\"[^\"]*\"):(?P<value>[ ]+[^\s#].*)?$"
)
_SEALED = re.compile(r"token|passphrase|password|secret|key", re.IGNORECASE)

NO_BLANK = "no blank after the colon"


def written_with_a_blank(text: str) -> tuple[str, str] | None:
    """The key, and how it is written, of a `key:value` that YAML takes for one text; None for any other.

    What may be a secret, which must not stand there at all, is not said again.
    """
    if entry := _CLOSE.match(text.strip()):
        value = "…" if _SEALED.search(entry["key"]) else entry["value"].rstrip(",")
        return entry["key"], f"write `{entry['key']}: {value}`"
    return None


def syntax_problem(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    """What the parser stopped at, told by what people meant where that can be seen."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Problem(file, line, "", "a tab in the indentation", "YAML takes spaces only")
    message = ", ".join(part for part in (error.context, error.problem) if part)
    start, blanks = error.context_mark, _indentation(written)
    if start and "block" in message and "expected" in message and blanks != start.column:
        around = f"the {'list' if 'sequence' in message else 'map'} around it, which begins in line {start.line + 1}"
        begin = f"with {_blanks(start.column)} each" if start.column else "at the beginning of a line"
        hint = f"its entries begin {begin}; what belongs to an entry, with more"
        how = f"indented by {start.column}" if start.column else "not indented"
        said = f"indented by {_blanks(blanks)}, where {around}, is {how}"
        return Problem(file, line, "", said, hint)
    said = f"not valid YAML: {message}"
    if "mapping values are not allowed" in message:
        return _second_colon(file, lines, line, mark.column if mark else 0) or Problem(file, line, "", said)
    if "could not find expected ':'" in message and start:
        return _no_colon(file, lines, start.line + 1)
    return Problem(file, line, "", said, _usual_cause(message, error))


def _second_colon(file: str, lines: Sequence[str], line: int, column: int) -> Problem | None:
    """A colon where a value goes on: the line is too deep, the one above lacks a blank, or the value wants quotes."""
    written = lines[line - 1]
    if (entry := _ENTRY.match(written[: column + 1])) and entry["value"]:
        return Problem(file, line, "", "a second colon in one line", "a value with a colon and a blank is in quotes")
    above = next((n for n in range(line - 1, 0, -1) if lines[n - 1].split("#")[0].strip()), 0)
    if not above:
        return None
    if mended := written_with_a_blank(lines[above - 1]):
        return Problem(file, above, "", NO_BLANK, mended[1])
    depth = _indentation(written)
    while above and (_indentation(lines[above - 1]) >= depth or not lines[above - 1].split("#")[0].strip()):
        above -= 1
    entry = _ENTRY.match(lines[above - 1]) if above else None
    if not entry or not entry["value"]:
        return None
    beside = len(entry["before"])
    said = f"indented by {_blanks(depth)}, as if it were part of line {above}, which has a value already"
    begins = f"with {_blanks(beside)}" if beside else "at the beginning of the line"
    return Problem(file, line, "", said, f"beside `{entry['key']}` it begins {begins}")


def _no_colon(file: str, lines: Sequence[str], line: int) -> Problem:
    written = lines[line - 1].strip()
    if mended := written_with_a_blank(written):
        return Problem(file, line, "", NO_BLANK, mended[1])
    return Problem(file, line, "", "a line without a colon among keys and values", "write `key: value`")


def _usual_cause(message: str, error: yaml.MarkedYAMLError) -> str:
    if "flow" in message and error.context_mark:
        sort, end = ("list", "]") if "sequence" in message else ("map", "}")
        return f"the {sort} that begins in line {error.context_mark.line + 1} lacks a comma or its {end}"
    if "quoted scalar" in message and error.context_mark:
        return f"the quote that begins in line {error.context_mark.line + 1} has no end"
    if "cannot start any token" in message or "undefined alias" in message:
        return "a value that begins with such a sign is written in quotes"
    return ""


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _blanks(count: int) -> str:
    return f"{count} blank{'' if count == 1 else 's'}"
