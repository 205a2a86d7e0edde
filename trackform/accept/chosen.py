"""Choosing differences by `section/name`, `section/name.field` or a pattern."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from trackform.accept.drift import Drift, LiveChange
from trackform.account_file.compose import Ref
from trackform.documents.problems import did_you_mean
from trackform_core.errors import TrackformError


class Unmatched(TrackformError):  # noqa: N818 -- the message is the person's to act on
    """A pattern that fits no difference."""


@dataclass
class Chosen:
    """The differences to accept, and those that stay."""

    changes: list[LiveChange] = field(default_factory=list)
    gone: list[Ref] = field(default_factory=list)
    left: list[LiveChange] = field(default_factory=list)
    """Not chosen: steered fields and the file's own changes have to be named one by one."""

    def __bool__(self) -> bool:
        return bool(self.changes or self.gone)


def choose(drift: Drift, patterns: Iterable[str]) -> Chosen:
    """Choose the differences that fit a pattern; without patterns, all drift.

    Raises:
        Unmatched: a pattern fits nothing.
    """
    wanted = list(patterns)
    chosen = Chosen()
    used: set[str] = set()
    objects = {_name(ref) for ref in [*(change.ref for change in drift.changes), *drift.gone]}
    fields = {change.name for change in drift.changes}
    for pattern in wanted:
        if pattern in objects & fields:
            raise Unmatched(
                f"'{pattern}' is an object, and a field of another one. '{pattern}.*' takes the object's fields; the "
                "field of the other one has to be written into the file by hand"
            )
    for change in drift.changes:
        fits = [pattern for pattern in wanted if _fits(pattern, objects | fields, change.ref, change.field)]
        used.update(fits)
        # What a preview leaves alone, and what the file itself changed, is not taken along by a wider pattern.
        by_name = any(pattern.endswith(f".{change.field}") and pattern not in objects for pattern in fits)
        unasked = change.why == "drift" and not change.also_declared
        (chosen.changes if by_name or (unasked and (fits or not wanted)) else chosen.left).append(change)
    for ref in drift.gone:
        fits = [pattern for pattern in wanted if _fits(pattern, objects | fields, ref)]
        used.update(fits)
        if fits or not wanted:
            chosen.gone.append(ref)
    for pattern in wanted:
        if pattern not in used:
            raise Unmatched(_nothing(pattern, objects, fields))
    return chosen


def _fits(pattern: str, known: Collection[str], ref: Ref, field_name: str = "") -> bool:
    whole = _name(ref)
    names = [ref.section, whole, *([f"{whole}.{field_name}"] if field_name else [])]
    # A name may look like a pattern: then it means itself.
    return pattern in names or (pattern not in known and any(fnmatchcase(name, pattern) for name in names))


def _name(ref: Ref) -> str:
    return f"{ref.section}/{ref.name}"


def _nothing(pattern: str, objects: Collection[str], fields: Collection[str]) -> str:
    known = sorted({*objects, *fields})
    if not known:
        return f"'{pattern}' differs in nothing: there is no drift"
    hint = did_you_mean(pattern, known) or f"these differ: {', '.join(known)}"
    return f"'{pattern}' differs in nothing; {hint}"
