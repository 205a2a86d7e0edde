"""The whole picture of one account with a bit of everything, to the letter: what was looked at and found good."""

import pytest

from tests.kept import as_kept
from tests.trackform.export.living import composed
from tests.trackform.picture.test_graph import OWN
from trackform.account_file.compose import Ref
from trackform.documents.problems import Problem
from trackform.flow.matrix import lines
from trackform.picture import Mark, draw
from trackform.picture.draw import LONGEST, _curve
from trackform.picture.graph import COLUMNS, Node
from trackform.picture.layout import CROWD, GAP_X, GAP_Y, HEIGHT, SWEEPS, TOP, WIDTH, Placed
from trackform.picture.marks import SIGNS, marks_of
from trackform.review.model import Review
from trackform.rules.registry import Case, Finding

LONG = "a-name-that-is-longer-than-an-object"
MARKS = {
    "offers/keto": [Mark("change", "is updated: url"), Mark("danger", "cid leaves"), Mark("drift", "tags")],
    "offers/gone/<b>": [Mark("drift", "x & y")],
    "campaigns/old": [Mark("change", "is deleted")],
    "postbacks/sales": [Mark("step", "url"), Mark("step", "events")],
    "domains/main": [Mark("finding", "resolves nowhere"), Mark("finding", "and more")],
    "domains/old": [Mark("change", "is deleted")],
    "stacks/policy.yaml": [Mark("danger", "a limit is raised")],
    "funnels/one": [],
}


def test_the_whole_picture() -> None:
    """Its style apart, but for what lights up."""
    own = OWN.replace("\nlandings: {", f"\nlandings: {{{LONG}: {{url: 'https://l.test/long'}}, ")
    own += "ipn_connections: {books: {url: 'https://books.test/ipn', domain_id: '1', passphrase: {secret: sign}}}\n"
    composition = composed(own=own)
    rows = [line for product, cells in Case("own", composition).proofs for line in lines(product, cells)]
    text = draw(composition, MARKS, rows)
    style, _, rest = text.partition("</style>")
    lit = [line for line in style.splitlines() if ":has(" in line]
    as_kept("picture/whole.html", "\n".join([*lit, rest.strip()]))


def test_the_numbers_that_were_looked_at() -> None:
    assert (WIDTH, HEIGHT, GAP_X, GAP_Y, TOP, CROWD, SWEEPS, LONGEST) == (190, 44, 70, 10, 6, 6, 6, 22)
    assert list(COLUMNS) == [
        "traffic_channels", "scripts", "campaigns", "funnels", "landings", "offers", "offer_sources", "postbacks",
        "conversion_types",
    ]  # fmt: skip
    assert SIGNS == {
        "danger": ("▲", "danger"), "drift": ("≠", "changed outside"), "finding": ("!", "finding"),
        "step": ("✎", "open operator step"), "change": ("•", "change"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "ref"),
    [
        ("offers.keto.url", "offers/keto"), ("offers.keto", "offers/keto"),
        ("postbacks.sales.events[0]", "postbacks/sales"), ("funnels.one[1].offers", "funnels/one"),
        ("account", "account/"),
    ],
)  # fmt: skip
def test_a_finding_is_pinned_to_the_object_that_it_is_about(where: str, ref: str) -> None:
    found = Finding(Problem("own.yaml", 1, where, "It is so", "do that"), "rule", "warning", "own")
    marks = marks_of(Review(stack="own", verdict="nothing"), [found, found])
    assert marks == {ref: [Mark("finding", "It is so")]}


def test_a_curve_is_drawn_in_whole_pixels() -> None:
    one, other = (placed(x, y) for x, y in ((0.4, 10.6), (260.0, 64.2)))
    assert _curve(one, other) == "M192 33C227 33 227 86 262 86"


def placed(x: float, y: float) -> Placed:
    return Placed(Node(Ref("offers", "x")), 0, x, y)
