"""Names for live objects: the title where it is a clean key, else one made from it that stays the same."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from trackform_core.model.kind import Kind
from trackform_core.model.wire import Row, id_of

CLEAN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ ._-][A-Za-z0-9]+)*")
RESERVED = frozenset({"embedded", "none", "null", "true", "false"})
LONGEST = 60


def names(
    kind: Kind[object], titles: Mapping[str, str], shareable: Callable[[str], str] = lambda title: title
) -> dict[str, str]:
    """Id -> name. Of two objects that would be called the same, the older one (the first) keeps the plain name.

    ``shareable`` takes out of a title what is one account's own: names go to other accounts.
    """
    often = Counter(titles.values())
    titles, given = {object_id: shareable(title) for object_id, title in titles.items()}, titles
    name_of = {
        object_id: title
        for object_id, title in given.items()
        if often[title] == 1 and is_clean(title) and titles[object_id] == title
    }
    taken = set(name_of.values())
    for object_id, title in titles.items():
        if object_id not in name_of:
            name_of[object_id] = free(slug(title) or slug(kind.title), taken)
            taken.add(name_of[object_id])
    return name_of


def by_place(rows: Iterable[Row], used: Mapping[str, int]) -> dict[str, str]:
    """Id -> name of tracking domains, whose own names are the account's: the one most in use is ``main``."""
    order = sorted(rows, key=lambda row: (-used.get(id_of(row), 0), str(row.get("url"))))
    return {id_of(row): "main" if at == 0 else f"domain-{at + 1}" for at, row in enumerate(order)}


def is_clean(title: str) -> bool:
    return len(title) <= LONGEST and title.lower() not in RESERVED and CLEAN.fullmatch(title) is not None


def slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].rstrip("-")


def free(name: str, taken: set[str]) -> str:
    """``name``, or with the first number that nobody has."""
    if name not in taken and name not in RESERVED:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"
