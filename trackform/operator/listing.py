"""The open steps as a list to look over: what is alike stands once, and what fits into a table stands in one."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from trackform.documents.columns import fits, show, wrapped
from trackform.documents.whole import print_line
from trackform.operator.terminal import DOING, preamble, value_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from trackform.operator.step import OperatorStep

    Listed = Sequence[tuple[str, OperatorStep]]
    """Steps, each with its stack."""


def show_steps(console: Console, steps: Listed, *, several: bool) -> None:
    """What there is to do and where, then each step's values. ``several``: stacks, which are named then."""
    heads = ["step", "what to do", "where", *(["stack"] if several else [])]
    show(console, heads, [_in_short(stack, step)[: len(heads)] for stack, step in steps])

    def alike(item: tuple[str, OperatorStep]) -> tuple[str, ...]:
        _, step = item
        return step.id.partition("/")[0], step.action, *preamble(step)

    for _, group in groupby(steps, alike):
        members = list(group)
        click.echo()
        if len(members) == 1 or not _in_a_table(console, members, several=several):
            _one_by_one(console, members, several=several)


def _in_short(stack: str, step: OperatorStep) -> list[str]:
    return [step.id, DOING[step.action], f"{step.service} {step.account}".strip(), stack]


def _in_a_table(console: Console, members: Listed, *, several: bool) -> bool:
    """Show steps that are alike as rows; not where a word would have to be broken, or a step has more to say."""
    if any(step.row or step.unread or step.action == "remove" for _, step in members):
        return False
    labels = list(dict.fromkeys(field.label for _, step in members for field in step.fields))
    heads = ["step", *labels, *(["stack"] if several else [])]
    rows = [[step.id.partition("/")[2], *_values(step, labels), stack][: len(heads)] for stack, step in members]
    if not fits(heads, rows, console.width):
        return False
    first = members[0][1]
    click.echo(f"{first.id.partition('/')[0]}: {DOING[first.action]}")
    _preamble(console, first)
    show(console, heads, rows)
    return True


def _one_by_one(console: Console, members: Listed, *, several: bool) -> None:
    for at, (stack, step) in enumerate(members):
        if at:
            click.echo()
        click.echo((f"[{stack}] " if several else "") + f"{step.id}: {DOING[step.action]}")
        if not at:
            _preamble(console, step)
        for line in value_lines(step, width=console.width):
            print_line(line)


def _preamble(console: Console, step: OperatorStep) -> None:
    for sentence in preamble(step):
        for line in wrapped(sentence, console.width):
            click.echo(line)


def _values(step: OperatorStep, labels: Sequence[str]) -> list[str]:
    by_label = {field.label: field for field in step.fields}
    return [by_label[label].value if label in by_label else "" for label in labels]
