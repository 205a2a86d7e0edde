"""Cells of the fault matrix that do not end as they should, each with the reason. The matrix fails also where one does.

What stands here is told in docs/reliability.md by its number and its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass

OF_REDTRACK = ("channel", "offer_source", "offer", "funnel", "campaign", "landing", "script")
"""Kinds of which RedTrack takes a second object of the same name."""


@dataclass(frozen=True)
class Known:
    """Some cells, and why they end as they do."""

    kinds: tuple[str, ...]
    operation: str
    faults: tuple[str, ...]
    reason: str


BLIND = tuple(f"reads {effect}" for effect in ("null", "empty", "misses"))
DENIED = "write error200 after commit reads lag"

KNOWN = (
    Known(OF_REDTRACK, "adopt", BLIND, "no read of the whole run shows what is there, however it is asked for"),
    Known(
        OF_REDTRACK, "create", (DENIED,),
        "RedTrack says no to what it does, and the listing still lags when the next run looks for it",
    ),
)  # fmt: skip


def reasons_of(kind: str, operation: str) -> dict[str, str]:
    """Fault -> reason, of the known cells of one kind and operation."""
    return dict(_known(kind, operation))


def _known(kind: str, operation: str) -> Iterator[tuple[str, str]]:
    for known in KNOWN:
        if kind in known.kinds and operation == known.operation:
            yield from ((fault, known.reason) for fault in known.faults)
