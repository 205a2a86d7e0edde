"""The order in which objects can be declared: each after those that it refers to; and circles of references."""

from collections.abc import Iterator, Sequence
from typing import Any

from trackform.account_file.sections import Ref, Wanted

Circle = list[tuple[Wanted, str]]
"""Objects, each with its field that refers to the next one; the last one refers to the first."""


def in_order(objects: Sequence[Wanted]) -> tuple[list[Wanted], list[Circle]]:
    """The objects, each after what it refers to and else as they are; and the circles, for which there is no order."""
    known = {Ref(each.section, each.name): each for each in objects}
    ordered: dict[Ref, Wanted] = {}
    circles: list[Circle] = []
    trail: list[tuple[Ref, str]] = []

    def follow(ref: Ref) -> None:
        if ref in ordered or ref not in known:
            return
        begun = [each for each, _ in trail]
        if ref in begun:
            circles.append([(known[each], field) for each, field in trail[begun.index(ref) :]])
            return
        for field, value in known[ref].fields.items():
            for other in _refs(value):
                trail.append((ref, field))
                follow(other)
                trail.pop()
        ordered[ref] = known[ref]

    for ref in known:
        follow(ref)
    return list(ordered.values()), circles


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _refs(item)
