"""The layout of the picture: each object at the height of what it is connected to, none over another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trackform.account_file.compose import Ref
from trackform.picture.graph import Graph, Node

WIDTH, HEIGHT = 190, 44
"""Of an object, in pixels: the text in it is never scaled down, however many there are."""
GAP_X, GAP_Y = 70, 10
TOP = 6
"""For the outline of what is focused."""
CROWD = 6
"""An object with more connections than this stands where the first of them leads, not amid them: it is seen first."""
SWEEPS = 6
"""How often each column is ordered by its neighbours; more change nothing that anybody sees."""


@dataclass(frozen=True)
class Placed:
    """An object's place, its upper left corner in pixels."""

    node: Node
    number: int
    x: float
    y: float


@dataclass(frozen=True)
class Layout:
    placed: Sequence[Placed]
    headings: Sequence[tuple[str, float]]
    """Section and where its column begins."""
    width: float
    height: float


def lay_out(graph: Graph) -> Layout:
    """Columns from left to right. The longest one stands still; the others follow it."""
    columns = {section: [node.ref for node in nodes] for section, nodes in graph.columns.items()}
    near: dict[Ref, list[Ref]] = {}
    for start, end in graph.edges:
        near.setdefault(start, []).append(end)
        near.setdefault(end, []).append(start)
    y = _as_followed(columns, near)
    sections = list(columns)
    for sweep in range(SWEEPS):
        for section in sections if sweep % 2 == 0 else reversed(sections):
            _settle(columns[section], near, y)
    nodes = {node.ref: node for each in graph.columns.values() for node in each}
    top = min(y.values(), default=0)
    step = HEIGHT + GAP_Y
    placed = [
        Placed(nodes[ref], 0, at * (WIDTH + GAP_X), TOP + (y[ref] - top) * step)
        for at, section in enumerate(sections)
        for ref in sorted(columns[section], key=lambda ref: y[ref])
    ]
    numbered = [Placed(each.node, number, each.x, each.y) for number, each in enumerate(placed)]
    return Layout(
        numbered,
        [(section, at * (WIDTH + GAP_X)) for at, section in enumerate(sections)],
        width=max(len(sections) * (WIDTH + GAP_X) - GAP_X, 0),
        height=max((each.y + HEIGHT for each in numbered), default=TOP),
    )


def _as_followed(columns: Mapping[str, list[Ref]], near: Mapping[Ref, list[Ref]]) -> dict[Ref, float]:
    """Heights to begin with: what belongs to one channel stays together, in the order of the file."""
    order: dict[Ref, None] = {}

    def follow(ref: Ref, depth: int) -> None:
        if ref in order:
            return
        order[ref] = None
        for other in near.get(ref, ()):
            if sections.index(other.section) > depth:
                follow(other, sections.index(other.section))

    sections = list(columns)
    for depth, section in enumerate(sections):
        for ref in columns[section]:
            follow(ref, depth)
    place = {ref: at for at, ref in enumerate(order)}
    y: dict[Ref, float] = {}
    for refs in columns.values():
        refs.sort(key=place.__getitem__)
        y |= {ref: float(at) for at, ref in enumerate(refs)}
    return y


def _settle(column: list[Ref], near: Mapping[Ref, list[Ref]], y: dict[Ref, float]) -> None:
    """Order a column by the height of what each object is connected to, then push apart what overlaps."""
    wish = {ref: _wish(ref, near, y) for ref in column}
    column.sort(key=lambda ref: wish[ref])
    taken: list[float] = []
    for ref in column:
        taken.append(max(wish[ref], taken[-1] + 1) if taken else wish[ref])
    # Pushed down only, a crowd would hang below the middle of what it belongs to.
    shift = sum(wish[ref] - at for ref, at in zip(column, taken, strict=True)) / len(column)
    for ref, at in zip(column, taken, strict=True):
        y[ref] = at + shift


def _wish(ref: Ref, near: Mapping[Ref, list[Ref]], y: Mapping[Ref, float]) -> float:
    """Beside what is connected to it alone, rather than beside what everything is connected to."""
    others = near.get(ref)
    if not others:
        return y[ref]
    if len(others) > CROWD:
        return min(y[other] for other in others)
    weights = [1 / len(near[other]) ** 2 for other in others]
    return sum(weight * y[other] for weight, other in zip(weights, others, strict=True)) / sum(weights)
