"""Ids of what trackform says. The engine carries only text out of a plugin, so the id travels at the end of the text.

Written and read here and nowhere else: whoever decides by what was said asks for the id, and the prose is free.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from trackform_core.errors import Refused
from trackform_core.text.shown import fit_to_show

RefusalId = Literal[
    "absence-doubtful",
    "account-lost",
    "account-unchecked",
    "all-of-a-kind",
    "ambiguous",
    "as-told",
    "cannot-be-made",
    "changed-meanwhile",
    "confirmed-elsewhere",
    "declared-twice",
    "deleted-meanwhile",
    "everything",
    "exists-differs",
    "hidden",
    "id-not-there",
    "id-of-another",
    "key-taken",
    "ledger-elsewhere",
    "ledger-lost",
    "limit",
    "listing-empty",
    "listing-incomplete",
    "looks-alike",
    "manages-another",
    "marked-elsewhere",
    "may-exist",
    "no-inventory",
    "none-to-refer-to",
    "not-announced",
    "not-deleted",
    "not-listed",
    "only-by-hand",
    "other-account",
    "plan-refused",
    "rule",
    "unconfirmed",
    "unrecorded",
    "was-missing",
    "wrong-account",
]
"""Why trackform declines."""
RemarkId = Literal[
    "by-hand", "changed-outside", "held", "leaves", "left-alone", "made-twice", "not-declared", "other-case", "stopped"
]  # fmt: skip
"""What it says besides, where somebody decides by it."""
MessageId = RefusalId | RemarkId

NOTHING = "nothing"
"""In the place of a value that is not there."""
_ARROW = " => "
_MARK = re.compile(r" \[([a-z][a-z-]*)\]$")


class Message(NamedTuple):
    """A message and its id; empty where it has none that is known."""

    text: str
    id: str


def is_refusal(id_: str) -> bool:
    return id_ in get_args(RefusalId)


def marked(id_: MessageId, text: str) -> str:
    """The text with its id, as a person and the engine get it."""
    return f"{text} [{id_}]"


def read_message(text: str) -> Message:
    """The text without its id, and the id."""
    match = _MARK.search(text)
    if match is None or match[1] not in (*get_args(RefusalId), *get_args(RemarkId)):
        return Message(text, "")
    return Message(text[: match.start()], match[1])


def arrow(old: str, new: str) -> str:
    """A change in one text, as an object that is taken over has it among its inputs."""
    return f"{old}{_ARROW}{new}"


def read_arrow(text: str) -> tuple[str, str] | None:
    """The two sides; None where it tells of no change."""
    old, arrow, new = text.partition(_ARROW)
    return (old, new) if arrow else None


def plan_refused(reasons: Iterable[str]) -> str:
    """The verdict over a plan: each reason once and in full, on a line of its own."""
    full = [reason for reason in dict.fromkeys(reasons) if read_message(reason).id != "as-told"]
    lines = "".join(f"\n- {reason}" for reason in full)
    verdict = marked(
        "plan-refused",
        f"This plan is refused, and nothing of it is written, for {len(full)} reason{'s' if len(full) > 1 else ''}:"
        f"{lines}\nWhat leaves the file is no step of a refused preview; `trackform review` shows it too",
    )
    return fit_to_show(verdict)


def not_all_created(reasons: Iterable[str]) -> str:
    """Why an `up` that did all it could has failed."""
    lines = "".join(f"\n- {reason}" for reason in dict.fromkeys(reasons))
    return f"Nobody saw whether all of this was created, and the state remembers it:{lines}"


def refused(id_: RefusalId, text: str, *, shared: str = "") -> Refused:
    """The refusal to raise. ``shared`` says in a few words what the next object meets as well."""
    return Refused(marked(id_, text), shared=shared)
