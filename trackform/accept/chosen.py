"""Which differences a person means by `section/name`, `section/name.field` or a pattern."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from trackform.accept.preview import Change, Preview
from trackform.compose import Ref
from trackform.problems import did_you_mean


class Unmatched(Exception):  # noqa: N818 -- the message is the person's to act on
    """A pattern that fits no difference."""


@dataclass
class Chosen:
    """What was chosen, and what was there besides."""

    changes: list[Change] = field(default_factory=list)
    gone: list[Ref] = field(default_factory=list)
    left: list[Change] = field(default_factory=list)
    """Not chosen: steered fields and the file's own changes have to be named one by one."""

    def __bool__(self) -> bool:
        return bool(self.changes or self.gone)


def choose(preview: Preview, patterns: Iterable[str]) -> Chosen:
    """No pattern means all drift.

    Raises:
        Unmatched: a pattern fits nothing.
    """
    wanted = list(patterns)
    chosen = Chosen()
    used: set[str] = set()
    for change in preview.changes:
        fits = [pattern for pattern in wanted if _fits(pattern, change.ref, change.field)]
        used.update(fits)
        # What a preview leaves alone, and what the file itself changed, is not taken along by a wider pattern.
        by_name = any(pattern.endswith(f".{change.field}") for pattern in fits)
        unasked = change.why == "drift" and not change.also_declared
        (chosen.changes if by_name or (unasked and (fits or not wanted)) else chosen.left).append(change)
    for ref in preview.gone:
        fits = [pattern for pattern in wanted if _fits(pattern, ref)]
        used.update(fits)
        if fits or not wanted:
            chosen.gone.append(ref)
    for pattern in wanted:
        if pattern not in used:
            raise Unmatched(_nothing(pattern, preview))
    return chosen


def _fits(pattern: str, ref: Ref, field_name: str = "") -> bool:
    whole = f"{ref.section}/{ref.name}"
    names = [ref.section, whole, *([f"{whole}.{field_name}"] if field_name else [])]
    return pattern in names or any(fnmatchcase(name, pattern) for name in names)


def _nothing(pattern: str, preview: Preview) -> str:
    known = [change.name for change in preview.changes] + [f"{ref.section}/{ref.name}" for ref in preview.gone]
    if not known:
        return f"'{pattern}' differs in nothing: there is no drift"
    objects = {name.partition(".")[0] for name in known}
    hint = did_you_mean(pattern, [*known, *objects]) or f"these differ: {', '.join(sorted(known))}"
    return f"'{pattern}' differs in nothing; {hint}"
