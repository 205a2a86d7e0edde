"""Tries a sequence on every setting that can matter to it: each open one alone, and each pair that meets."""

from collections.abc import Callable, Collection, Mapping

from trackform.flow.assumptions import Assumptions, variants
from trackform.flow.simulate import Simulation

EVERYWHERE = ""
"""Stands for all connections, where an assumption concerns none in particular."""


def explore(run: Callable[[Assumptions], Simulation], known: Mapping[str, str]) -> dict[Assumptions, Simulation]:
    """Outcome by setting: the likeliest one first, with what is ``known`` taken as given.

    A setting that a simulation did not ask for cannot change it: neither it nor a pair with it is tried. A pair whose
    settings concern different connections is the sum of both, and one of which a part books wrongly alone tells
    nothing more.
    """
    likeliest = Assumptions(**known)  # type: ignore[arg-type]
    outcomes = {likeliest: run(likeliest)}
    open_axes = outcomes[likeliest].consulted.keys() - known.keys()
    singles = [(axis, setting, run(setting)) for axis, setting in variants(likeliest, open_axes)]
    outcomes |= {setting: outcome for _, setting, outcome in singles}
    by_value = {(axis, getattr(setting, axis)): outcome for axis, setting, outcome in singles}
    for axis, setting, outcome in singles:
        asked = outcome.consulted
        if not outcome.balanced or axis not in asked:
            continue
        meeting = {other for other in asked.keys() - known.keys() - {axis} if _meet(asked[axis], asked[other])}
        for other, pair in variants(setting, meeting):
            alone = by_value.get((other, getattr(pair, other)))
            if pair not in outcomes and (alone is None or alone.balanced):
                outcomes[pair] = run(pair)
    return outcomes


def _meet(some: Collection[str], others: Collection[str]) -> bool:
    return EVERYWHERE in some or EVERYWHERE in others or not set(some).isdisjoint(others)
