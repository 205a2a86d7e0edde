"""Tries a sequence on every setting that can matter to it: each open one alone, and each pair that meets."""

from collections.abc import Callable, Collection, Mapping

from trackform.flow.assumptions import Assumptions, variants
from trackform.flow.simulate import Simulation

EVERYWHERE = ""
"""Stands for all connections, where an assumption concerns none in particular."""


def explore(run: Callable[[Assumptions], Simulation], known: Mapping[str, str]) -> dict[Assumptions, Simulation]:
    """Outcome by setting: the likeliest one first, with what is ``known`` taken as given.

    A setting that a simulation did not ask for cannot change it: neither it nor a pair with it is tried. A pair whose
    settings concern different connections is the sum of both.
    """
    likeliest = Assumptions(**known)  # type: ignore[arg-type]
    outcomes = {likeliest: run(likeliest)}
    open_axes = outcomes[likeliest].consulted.keys() - known.keys()
    for axis, alone in list(variants(likeliest, open_axes)):
        outcomes[alone] = run(alone)
        asked = outcomes[alone].consulted
        meeting = {
            other
            for other in asked.keys() - known.keys() - {axis}
            if axis in asked and _meet(asked[axis], asked[other])
        }
        for _, both in variants(alone, meeting):
            if both not in outcomes:
                outcomes[both] = run(both)
    return outcomes


def _meet(some: Collection[str], others: Collection[str]) -> bool:
    return EVERYWHERE in some or EVERYWHERE in others or not set(some).isdisjoint(others)
