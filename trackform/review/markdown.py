"""A review as Markdown for a pull request's comment: valid at any size, shortened by importance."""

from collections.abc import Sequence
from dataclasses import dataclass

from trackform.review.escape import code, plain
from trackform.review.model import CHANGES, Danger, Item, Review
from trackform.review.values import text
from trackform.review.words import HEADINGS, IMPORTANCE, apply_command, groups, is_applicable, lines, refs

LIMIT = 65_536
"""The longest comment that GitHub takes, in characters. Bytes are counted here, which are never fewer."""
SHORTEST = 4_000
"""Below it there is hardly room to say what was left out."""
LONGEST_REASON = 1_500
RESERVED = 2_000
"""For what says what was left out."""
HEADING = 120
"""For a heading and the line that counts what is missing below it."""

ORDER = ("refused", "danger", *IMPORTANCE, "unknown", "left", "warnings")
"""What is kept first."""


@dataclass(frozen=True)
class _Block:
    """One entry of a section: in full, and in one line."""

    full: str
    short: str
    count: int = 1
    """How many objects it tells of."""


@dataclass(frozen=True)
class _Section:
    title: str
    blocks: Sequence[_Block]


def markdown(review: Review, limit: int = LIMIT) -> str:
    """The whole review in at most ``limit`` bytes; the first line is the verdict with the counts.

    Sections stand in their fixed order. Where not all of it fits, the least important objects lose their fields first,
    then their line; how many is said below the verdict and in each section.
    """
    sections = {name: section for name, section in _sections(review).items() if section.blocks}
    head = [f"**{plain(review.summary)}**", ""]
    foot = _foot(review)
    fixed = _size("\n".join([*head, *foot])) + HEADING * len(sections) + RESERVED
    kept = _fit(sections, limit - fixed)
    body: list[str] = []
    for name, section in sections.items():
        missing = sum(block.count for block in section.blocks[len(kept[name]) :])
        more = [f"- … and {missing:,} more"] if missing else []
        body += [f"### {section.title}", "", *kept[name], *more, ""]
    return "\n".join([*head, *_left_out(sections, kept), *body, *foot]).rstrip() + "\n"


def _sections(review: Review) -> dict[str, _Section]:
    """In the order in which they are told."""
    left = [
        f"{each.about}.{each.field} is {text(each.live)}; declared is {text(each.declared)}" for each in review.left
    ]
    changes: dict[str, _Section] = {
        change: _Section(f"{HEADINGS[change]} ({len(items):,})", [_group(group) for group in groups(items)])
        for change in CHANGES
        if (items := review.of(change))
    }
    return {
        "refused": _Section("Refused" if review.verdict == "refused" else "Failed", _said(review.refusals)),
        "danger": _Section(f"Danger ({len(review.dangers):,})", [_danger(danger) for danger in review.dangers]),
        **changes,
        "left": _Section("Changed outside and left alone", _said(left)),
        "warnings": _Section("Warnings", _said(review.warnings)),
        "unknown": _Section("Not looked at", _said(review.unknown)),
    }


def _fit(sections: dict[str, _Section], room: int) -> dict[str, list[str]]:
    """Section -> the entries that are kept. A line for as many as half of the room takes; then fields; then lines."""
    kept: dict[str, list[str]] = {name: [] for name in sections}
    ranked = [name for name in ORDER if name in sections]
    whole = sum(_size(block.full) + 1 for section in sections.values() for block in section.blocks)
    if whole <= room:
        return {name: [block.full for block in section.blocks] for name, section in sections.items()}
    room -= _add_lines(sections, kept, ranked, room // 2)
    for name in ranked:
        for at, block in enumerate(sections[name].blocks[: len(kept[name])]):
            more = _size(block.full) - _size(block.short)
            if more <= room:
                kept[name][at] = block.full
                room -= more
    _add_lines(sections, kept, ranked, room)
    return kept


def _add_lines(sections: dict[str, _Section], kept: dict[str, list[str]], ranked: list[str], room: int) -> int:
    """Add entries in one line each, as many as fit; returns what they take."""
    used = 0
    for name in ranked:
        for block in sections[name].blocks[len(kept[name]) :]:
            size = _size(block.short) + 1
            if used + size > room:
                return used
            kept[name].append(block.short)
            used += size
    return used


def _left_out(sections: dict[str, _Section], kept: dict[str, list[str]]) -> list[str]:
    """What is not shown, said at the top."""
    missing = {
        name: sum(block.count for block in section.blocks[len(kept[name]) :]) for name, section in sections.items()
    }
    without = {
        name: sum(block.count for said, block in zip(kept[name], section.blocks, strict=False) if said != block.full)
        for name, section in sections.items()
    }
    said = []
    for label, counts in (("in one line only", without), ("not shown", missing)):
        words = [f"{count:,} of '{sections[name].title.partition(' (')[0]}'" for name, count in counts.items() if count]
        said += [f"{label}: {', '.join(words)}"] if words else []
    return [f"> Too long for one comment; {'; '.join(said)}. All of it: `trackform review`.", ""] if said else []


def _foot(review: Review) -> list[str]:
    if not is_applicable(review):
        return []
    return ["---", f"Digest `{review.digest}`. `{apply_command(review)}` applies exactly this, or stops.", ""]


def _danger(danger: Danger) -> _Block:
    return _Block(f"- **{plain(danger.about)}**: {plain(_short(danger.reason))}", f"- **{plain(danger.about)}**")


def _group(group: list[Item]) -> _Block:
    item = group[0]
    head = f"- **{plain(refs(group))}** ({plain(item.kind)})" + (f": {plain(item.note)}" if item.note else "")
    told_lines = [head]
    for line in lines(item):
        change = code(line.new) if line.old is None else f"{code(line.old)} → {code(line.new)}"
        told_lines.append(f"  - {plain(line.label)}: {change}" + (f" ({plain(line.how)})" if line.how else ""))
    return _Block("\n".join(told_lines), head, len(group))


def _said(messages: Sequence[str]) -> list[_Block]:
    return [_Block(f"- {said}", f"- {said}") for said in (plain(_short(message)) for message in messages)]


def _short(said: str) -> str:
    return said if len(said) <= LONGEST_REASON else f"{said[:LONGEST_REASON]}…"


def _size(said: str) -> int:
    return len(said.encode("utf-8", "replace"))
