"""The flow matrix: for each product and sequence, what is booked, what the channel is told, and the verdict."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trackform.flow.proof import Cell

HEAD = ("product", "sequence", "conversions", "types", "total", "expected", "told to the channel", "verdict")


@dataclass(frozen=True)
class MatrixLine:
    """One row of the matrix. Amounts are in the account's currency and notional: what counts is that they agree."""

    product: str
    sequence: str
    conversions: int
    types: dict[str, int]
    total: Decimal
    expected: Decimal
    channel_events: list[str]
    verdict: str
    because: str

    def cells(self) -> tuple[str, ...]:
        types = ", ".join(f"{name} x{n}" if n > 1 else name for name, n in self.types.items()) or "-"
        verdict = f"{self.verdict}: {self.because}" if self.because else self.verdict
        return (
            self.product, self.sequence, str(self.conversions), types, f"{self.total:z.2f}", f"{self.expected:z.2f}",
            ", ".join(self.channel_events) or "-", verdict,
        )  # fmt: skip

    def row(self) -> dict[str, Any]:
        """The line as JSON; amounts as texts, to the cent."""
        return {
            "product": self.product, "sequence": self.sequence, "conversions": self.conversions, "types": self.types,
            "total": f"{self.total:z.2f}", "expected": f"{self.expected:z.2f}", "told": self.channel_events,
            "verdict": self.verdict, "because": self.because,
        }  # fmt: skip


def lines(product: str, cells: Iterable[Cell], unknown: str = "") -> list[MatrixLine]:
    """The rows of one product. ``unknown``: what is set and nobody knows the effect of, so that nothing is proved."""
    rows = []
    for cell in cells:
        outcome = cell.outcome
        events = [f"{event.channel}: {event.event} {event.value:z.2f}" for event in outcome.events]
        types = dict(Counter(row.type for row in outcome.rows))
        verdict, reason = cell.verdict, because(cell)
        if unknown and verdict == "proved":
            verdict, reason = "cannot be proved", unknown
        rows.append(
            MatrixLine(product, cell.sequence.name, len(outcome.rows), types, outcome.booked, outcome.earned, events,
                 verdict, reason)
        )  # fmt: skip
    return rows


def because(cell: Cell) -> str:
    """The reason why a cell is not proved; empty when it is."""
    if cell.verdict == "wrong":
        return cell.violations[cell.assumptions][0].said
    if cell.verdict == "cannot be proved":
        alone = [f"{axis}={value}" for axis, value in cell.fails_on()]
        pairs = [" and ".join(f"{axis}={value}" for axis, value in pair) for pair in cell.fails_together()]
        return "on " + ", ".join([*alone, *pairs])
    return ""


def markdown(rows: Iterable[MatrixLine]) -> str:
    """A Markdown table, for a pull request."""
    table = [HEAD, tuple("---" for _ in HEAD), *(line.cells() for line in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in table) + "\n"
