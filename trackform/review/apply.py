"""Whether a plan is the one that was reviewed, and where it is not."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from trackform.review.model import DIGEST_LENGTH, Review, Row, digest_of
from trackform_core.errors import TrackformError
from trackform_core.text import files


class NotAReview(TrackformError):  # noqa: N818 -- the message is the person's to act on
    """The file is no review that was written by ``trackform review --json``."""


@dataclass(frozen=True)
class Reviewed:
    """What a digest stood for when it was approved."""

    digest: str
    rows: tuple[Row, ...]


def read_reviewed(path: Path, stack: str) -> Reviewed:
    """The reviewed rows of a stack, from what ``trackform review --json`` wrote.

    Raises:
        NotAReview: it is none, or of another stack.
    """
    try:
        data: Any = files.read_json(path)
        reviews = data.get("reviews", [data])
        mine = [entry for entry in reviews if entry.get("stack") == stack]
        if not mine:
            raise NotAReview(f"{path} holds no review of stack '{stack}'")
        rows = tuple(Row.model_validate(row) for row in mine[0]["rows"])
        return Reviewed(digest_of(stack, rows), rows)
    except (ValueError, ValidationError, KeyError, TypeError, AttributeError):
        raise NotAReview(f"{path} is no review: make it with `trackform review {stack} --json > review.json`") from None


def same_digest(review: Review, digest: str) -> bool:
    return digest.strip().lower() == review.digest


def is_digest(text: str) -> bool:
    said = text.strip().lower()
    return len(said) == DIGEST_LENGTH and set(said) <= set("0123456789abcdef")


def difference(reviewed: Reviewed, now: Review) -> tuple[list[str], list[str]]:
    """(what was reviewed and is not planned any more, what is planned and was not reviewed), a line each."""
    was, is_now = Counter(map(str, reviewed.rows)), Counter(map(str, now.rows))
    return sorted((was - is_now).elements()), sorted((is_now - was).elements())
