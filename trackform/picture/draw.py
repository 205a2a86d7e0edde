"""Draws the picture as HTML and SVG, to be put into a page. It needs no network, no script and no other file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from trackform.account_file.compose import SECTIONS, Composition
from trackform.flow.matrix import HEAD, MatrixLine
from trackform.picture.graph import BESIDES, COLUMNS, Node, graph
from trackform.picture.layout import GAP_X, HEIGHT, WIDTH, Placed, lay_out
from trackform.picture.marks import SIGNS, Mark

LONGEST = 22
"""Letters of a name that fit into an object; the whole name is in the label, for screen readers and on hover."""


@dataclass(frozen=True)
class Box:
    """An object as it is drawn. ``label`` is what is read out, and shown on hover."""

    number: int
    x: float
    y: float
    name: str
    detail: str
    label: str
    signs: str
    sort: str
    gone: bool
    near: Sequence[int]


def draw(composition: Composition, marks: Mapping[str, Sequence[Mark]], matrix: Sequence[MatrixLine] = ()) -> str:
    """The picture of an account, and below it what is marked, and the flow matrix.

    Args:
        composition: what the account file asks for.
        marks: section/name -> its marks. What is not in the file is drawn with a dashed line.
        matrix: of `trackform validate --matrix`; left out where there is none.
    """
    drawn = graph(composition, marks)
    layout = lay_out(drawn)
    number = {each.node.ref: each.number for each in layout.placed}
    place = {each.node.ref: each for each in layout.placed}
    edges = [(number[start], number[end], _curve(place[start], place[end])) for start, end in drawn.edges]
    near: dict[int, set[int]] = {}
    for at, (start, end, _) in enumerate(edges):
        near.setdefault(start, set()).add(at)
        near.setdefault(end, set()).add(at)
    boxes = [_box(each, marks.get(_about(each.node), ()), sorted(near.get(each.number, ()))) for each in layout.placed]
    environment = Environment(
        loader=PackageLoader("trackform.picture"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    text: str = environment.get_template("picture.html.j2").render(
        boxes=boxes,
        edges=edges,
        headings=[(COLUMNS[section], x) for section, x in layout.headings],
        width=round(layout.width) + 4,
        height=round(layout.height) + 8,
        box_width=WIDTH,
        box_height=HEIGHT,
        besides=[
            (BESIDES[section], [(node.ref.name, _signs(marks.get(_about(node), ())), node.gone) for node in nodes])
            for section, nodes in drawn.besides.items()
        ],
        legend=SIGNS.values(),
        marked=[(about, [(SIGNS[mark.sort], mark) for mark in _sorted(each)]) for about, each in _by_weight(marks)],
        count=len(composition.objects),
        matrix_head=HEAD,
        matrix=[(line.verdict, line.cells()) for line in matrix],
    )
    return text


def _box(placed: Placed, marks: Sequence[Mark], near: Sequence[int]) -> Box:
    node, ordered = placed.node, _sorted(marks)
    title = SECTIONS[node.ref.section].title
    said = "".join(f"; {SIGNS[mark.sort][1]}: {mark.text}" for mark in ordered)
    return Box(
        number=placed.number, x=round(placed.x, 1) + 2, y=round(placed.y, 1),
        name=_short(node.ref.name), detail=_short(node.detail or title, 2),
        label=f"{title} {node.ref.name}" + (f", {node.detail}" if node.detail else "") + said,
        signs=_signs(marks), sort=ordered[0].sort if ordered else "", gone=node.gone, near=near,
    )  # fmt: skip


def _about(node: Node) -> str:
    return f"{node.ref.section}/{node.ref.name}"


def _sorted(marks: Sequence[Mark]) -> list[Mark]:
    order = list(SIGNS)
    return sorted(marks, key=lambda mark: order.index(mark.sort))


def _by_weight(marks: Mapping[str, Sequence[Mark]]) -> list[tuple[str, Sequence[Mark]]]:
    order = list(SIGNS)
    return sorted(
        ((about, each) for about, each in marks.items() if each),
        key=lambda marked: (min(order.index(mark.sort) for mark in marked[1]), marked[0]),
    )


def _signs(marks: Sequence[Mark]) -> str:
    return "".join(dict.fromkeys(SIGNS[mark.sort][0] for mark in _sorted(marks)))


def _short(text: str, more: int = 0) -> str:
    longest = LONGEST + more
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _curve(start: Placed, end: Placed) -> str:
    """From the right side of an object to the left side of the next."""
    x1, y1 = start.x + WIDTH + 2, start.y + HEIGHT / 2
    x2, y2 = end.x + 2, end.y + HEIGHT / 2
    bend = GAP_X / 2
    return f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
