"""Account files as text: one spelling for one content, so that the same account is the same file, byte for byte."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 116
PLAIN = re.compile(r"(?:https?://)?[A-Za-z_][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*")
# What YAML 1.1 or 1.2 takes for something else than a text.
AMBIGUOUS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
NUMBER = re.compile(r"(?:0|[1-9][0-9]{0,17})")


def text(data: Mapping[str, Any], comments: Mapping[tuple[str, ...], list[str]], head: list[str]) -> str:
    """The file.

    Args:
        data: what it says.
        comments: path -> lines that stand above it; a path that is not in ``data`` closes its section.
        head: the first lines.
    """
    lines = [f"# {line}".rstrip() for line in head]
    sections = False
    for key, value in data.items():
        if value and isinstance(value, Mapping) and all(map(_is_entry, value.values())):
            lines += ["", *_comments(comments, (key,), ""), f"{scalar(key)}:"]
            for name, entry in value.items():
                lines += _comments(comments, (key, name), "  ")
                lines += _entry(name, entry, "  ")
            lines += _of_others(comments, key, value, "  # ")
            sections = True
        else:
            lines += [""] if sections else []
            lines += _comments(comments, (key,), "")
            lines += _entry(key, value, "")
        lines += _comments(comments, (key, ""), "  ")
    for section in dict.fromkeys(path[0] for path in comments if path[0] not in data and len(path) > 1):
        lines += ["", f"# {section}:", *_of_others(comments, section, {}, "#   ")]
        lines += [f"#   {line}" for line in comments.get((section, ""), ())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _is_entry(value: Any) -> bool:
    """An object of a section; ``null`` takes out one that a shared file has."""
    return value is None or isinstance(value, Mapping)


def _comments(comments: Mapping[tuple[str, ...], list[str]], path: tuple[str, ...], indent: str) -> list[str]:
    return [f"{indent}# {line}" for line in comments.get(path, ())]


def _of_others(
    comments: Mapping[tuple[str, ...], list[str]], section: str, entries: Mapping[str, Any], start: str
) -> Iterator[str]:
    """Remarks on objects of a section that this file has no entry of."""
    for path, rest in comments.items():
        if path[0] == section and len(path) > 1 and path[1] and path[1] not in entries:
            yield from (f"{start}{path[1]}: {line}" for line in rest)


def _entry(name: str, value: Any, indent: str) -> Iterator[str]:
    inline = f"{indent}{scalar(name)}: {flow(value)}"
    if len(inline) <= WIDTH or not value or not isinstance(value, Mapping | list):
        yield inline
    elif isinstance(value, Mapping):
        yield f"{indent}{scalar(name)}:"
        for key, item in value.items():
            yield from _entry(key, item, indent + "  ")
    else:
        yield f"{indent}{scalar(name)}:"
        yield from (f"{indent}  - {flow(item)}" for item in value)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """One value; a text in quotes where it could be read as anything else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    if PLAIN.fullmatch(value) and value.lower() not in AMBIGUOUS and not value.endswith(":"):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def identity(value: str) -> int | str:
    """An id as a number where that loses nothing: ids may be written either way."""
    return int(value) if NUMBER.fullmatch(value) else value


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"  # noqa: PLR2004 -- the last of the basic plane
