"""The answers as a table for people, and as data for machines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from trackform.documents.columns import FittingRows
from trackform.flow.live_settings import SETTINGS
from trackform.probe.accounts import Contradiction, Probed
from trackform.probe.probes import PROBES

OPEN = "open"
IT_TAKES = "it would take"


def report(probed: Sequence[Probed], contradictory: Sequence[Contradiction]) -> Iterator[RenderableType]:
    """A table of each stack, and what contradicts."""
    for each in probed:
        yield f"{each.stack}, {each.account}"
        yield _rows(each)
        yield from (f"taken away, as an earlier run had left it: {item}" for item in each.earlier)
        yield from (f"could not be tried: {fault}" for fault in each.faults)
        yield from (f"LEFT BEHIND: {item}" for item in each.left)
        known = sum(not answer.is_open for answer in each.answers)
        yield f"{each.stack}: {known} of {len(each.answers)} settings are answered"
    for line in contradictory:
        yield f"contradiction: {line}"


HEADS = ("setting", "answer", "evidence", "sure", "since")


def _rows(probed: Probed) -> FittingRows:
    rows = []
    for answer in probed.answers:
        takes = f"{IT_TAKES}: " if answer.evidence == PROBES[answer.setting].takes else ""
        said = (answer.value or OPEN, f"{takes}{answer.evidence}", answer.sure, str(answer.since or ""))
        rows.append((answer.setting, *said))
    return FittingRows(HEADS, rows)


def document(
    probed: Sequence[Probed], contradictory: Sequence[Contradiction], saved: Sequence[str],
    not_looked_at: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """As JSON. ``not_looked_at``: stack -> why its account was not."""
    return {
        "not_looked_at": dict(not_looked_at),
        "stacks": {
            each.stack: {
                "account": each.account,
                "taken_away": [item.row() for item in each.earlier],
                "left": [item.row() for item in each.left],
                "not_tried": list(each.faults),
                "answers": [
                    answer.row()
                    | {"meaning": SETTINGS[answer.setting].meaning, "whose": SETTINGS[answer.setting].whose}
                    for answer in each.answers
                ],
            }
            for each in probed
        },
        "contradictions": [each.row() for each in contradictory],
        "saved": list(saved),
    }
