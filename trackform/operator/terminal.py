"""Operator steps as text for a terminal: every value stands on a line of its own, ready to copy."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from trackform.documents.colours import DOUBTFUL
from trackform.documents.columns import wrapped
from trackform.documents.whole import Copied
from trackform.operator.step import Field, OperatorStep

DOING = {
    "create": "enter",
    "replace": "replace the row that is there",
    "change": "change",
    "remove": "remove",
    "check": "check",
}


def step_lines(step: OperatorStep, *, secrets: bool = False, width: int = 0) -> Iterator[str]:
    """The lines of one step. ``secrets``: whether a person's terminal shows them, with postback URLs whole.

    ``width``: where sentences are broken, between words; what is to be copied never is. 0: nowhere.
    """
    yield click.style(f"{step.id}: {DOING[step.action]}", bold=True)
    for sentence in preamble(step):
        yield from wrapped(sentence, width)
    yield from value_lines(step, secrets=secrets, width=width)


def preamble(step: OperatorStep) -> Iterator[str]:
    """Where to go, and why."""
    yield f"{step.service} {step.account}".strip() + f": {step.form}"
    if step.row:
        yield f"Its row: {step.row}"
    yield step.reason
    if step.evidence:
        yield step.evidence


def value_lines(step: OperatorStep, *, secrets: bool = False, width: int) -> Iterator[str]:
    """What to enter, field by field."""
    for field in step.fields:
        yield from field_lines(field, secrets=secrets, removal=step.action == "remove", width=width)
    if step.unread:
        yield f"The config secret {', '.join(step.unread)} cannot be read here: run this where it can."


def field_lines(field: Field, *, secrets: bool, removal: bool = False, width: int = 0) -> Iterator[str]:
    value = field.plain if secrets and field.plain else field.value
    if removal:
        yield f"  {field.label}: {field.before}"
        return
    mark = click.style("*", fg=DOUBTFUL) if field.changed and field.before else " "
    yield f"{mark} {click.style(field.label, bold=True)}"
    yield Copied(value or "(empty)")
    if "(fingerprint " in value and field.secret:
        said = "(…) is the token's fingerprint. Whole it is shown where `trackform operator` asks on a terminal."
        yield from wrapped(said, width, "    ")
    if field.changed and field.before:
        yield f"    was: {field.before}"
    if field.why:
        yield from (click.style(line, dim=True) for line in wrapped(field.why, width, "    "))


def as_row(stack: str, step: OperatorStep) -> dict[str, Any]:
    """A step as JSON; it never holds a secret."""
    return {
        "stack": stack,
        "id": step.id,
        "action": step.action,
        "service": step.service,
        "account": step.account,
        "form": step.form,
        "row": step.row,
        "reason": step.reason,
        "evidence": step.evidence,
        "by_hand": step.by_hand,
        "fields": [
            {"label": each.label, "value": each.value, "before": each.before, "why": each.why, "secret": each.secret}
            for each in step.fields
        ],
    }


def counted(count: int, stacks: Sequence[str]) -> str:
    amount = "1 step is open" if count == 1 else f"{count} steps are open" if count else "Nothing is open"
    return f"{amount} in {', '.join(stacks)}"
