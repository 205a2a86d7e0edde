"""A comment that is valid Markdown whatever stands in it, and never longer than a comment may be."""

import re
import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.thorough import examples
from tests.trackform.review.conftest import DATA, many, recorded, reviewed
from trackform.commands.review import _text as put_together
from trackform.preview.plan import read_plan
from trackform.review.escape import code, plain
from trackform.review.html import page
from trackform.review.judge import judge
from trackform.review.markdown import markdown
from trackform.review.model import Danger, FieldChange, Item, Review
from trackform.review.plain_text import terminal_text
from trackform.review.plan import Look

ALL = sorted(path.stem for path in DATA.glob("*.json"))
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def inline(text: str) -> list[Token]:
    return [child for token in PARSER.parse(text) for child in token.children or []]


def seen(text: str) -> str:
    """What a reader sees of it."""
    found = ""
    for token in inline(text):
        if token.type in ("text", "code_inline", "text_special"):
            found += token.content
    return found


def blocks(text: str) -> list[str]:
    return [token.type for token in PARSER.parse(text) if token.nesting != -1]


@pytest.mark.parametrize("name", ALL)
def test_it_is_made_of_headings_and_lists_alone(name: str) -> None:
    text = markdown(reviewed(name))
    allowed = {
        "paragraph_open",
        "inline",
        "heading_open",
        "bullet_list_open",
        "list_item_open",
        "hr",
        "blockquote_open",
    }
    assert set(blocks(text)) <= allowed
    tags = {token.content for token in inline(text) if token.type == "html_inline"}
    assert tags <= {"<code>", "</code>"}
    assert not [token for token in inline(text) if token.type in ("link_open", "image")]


def test_the_first_line_is_the_verdict() -> None:
    first = markdown(reviewed("dangerous")).splitlines()[0]
    assert seen(first) == "demo: 10 DANGERS, 6 to update, 1 to replace"
    assert seen(markdown(reviewed("clean")).splitlines()[0]) == "demo: nothing to do: 21 objects are as declared"


def test_danger_comes_before_everything_else_and_urls_part_by_part() -> None:
    text = markdown(reviewed("dangerous"))
    assert text.index("### Danger (10)") < text.index("### Updated (6)") < text.index("### Replaced (1)")
    assert "  - url, cid: `{clickid}` → `nothing`" in text
    assert "  - url, sum: `-{amount_affiliate_abs}` → `0`" in text
    assert "<code>a&#124;b &#96;c&#96; &lt;d&gt;↵# e @ops ptoken=(hidden)</code>" in text


def test_the_digest_and_how_to_apply_it_stand_at_the_end() -> None:
    review = reviewed("dangerous")
    assert f"`trackform review demo --apply {review.digest}`" in markdown(review).splitlines()[-1]
    for name in ("refused", "mistake", "clean"):
        assert "--apply" not in markdown(reviewed(name))


@example("1. one\n- two\n# three")
@example("a|b `c` <d> &amp; **e** _f_ ~~g~~ [h](i) $j$ \\k")
@example("@ops and ops@acme.test\u2028+ \x1b[31m\u202e")
@example("12) x")
@example(" `")
@settings(max_examples=examples(60, thorough=150))
@given(st.text(st.characters(codec="utf-8"), max_size=40) | st.text("`|<>&*_[]()#+-=!~$@1. \n\\", max_size=20))
def test_any_text_stays_one_text(value: str) -> None:
    """In a list, as all of them stand: neither code nor running text starts anything, ends anything or is lost."""
    for said in (plain(value), code(value), f"**{plain(value)}**" if value.strip() else ""):
        text = f"- first\n- {said} end\n- last"
        assert blocks(text).count("list_item_open") == 3
        assert not set(blocks(text)) - {"bullet_list_open", "list_item_open", "paragraph_open", "inline"}
        assert {token.content for token in inline(text) if token.type == "html_inline"} <= {"<code>", "</code>"}
        words = re.findall(r"[A-Za-z]+", value)
        assert all(word in seen(text) for word in words)
        assert "|" not in re.sub(r"\\\|", "", said), "a table's cell would end"


def test_what_nobody_sees_is_a_sign_and_pictures_stay() -> None:
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} für alle"
    for shown in (plain, code):
        assert family in shown(family)
        for unseen in ("\u061c", "\ufeff", "\u200d", "\U000e0041"):
            assert unseen not in shown(f"a{unseen}b")


def test_nobody_is_mentioned() -> None:
    joiner = "\N{WORD JOINER}"
    assert plain("see https://evil.test or www.evil.test") == "see https&#58;//evil.test or www&#46;evil.test"
    assert plain("fixes #12, a/b#3 and GH-4") == f"fixes #{joiner}12, a/b#{joiner}3 and GH-{joiner}4"
    assert plain("ask @ops, not ops@acme.test") == "ask @\N{WORD JOINER}ops, not ops@acme.test"


def test_a_terminal_and_a_line_are_safe() -> None:
    assert code("a\x1b[31mb\r\nc\u202e") == "`a\N{REPLACEMENT CHARACTER}[31mb↵c\N{REPLACEMENT CHARACTER}`"


def huge(items: int = 0, dangers: int = 0, value: str = "x") -> Review:
    made = [
        Item(
            change=("create", "update", "delete")[n % 3], section="offers", name=f"offer-{n:05}", kind="offer",
            service="RedTrack", fields=tuple(FieldChange(name=f"f{k}", old=value, new=f"{value}{n}") for k in range(6)),
        )
        for n in range(items)
    ]  # fmt: skip
    made.sort(key=lambda one: ("create", "update", "delete").index(one.change))
    told = tuple(Danger(kind="url", about=f"offers/offer-{n:05}", reason=value * 20) for n in range(dangers))
    return Review(stack="demo", verdict="differs", items=tuple(made), dangers=told)


@pytest.mark.parametrize(
    "review",
    [
        huge(items=30),
        huge(items=1000),
        huge(items=200, value="`|<\n" * 200),
        huge(dangers=5000),
        huge(items=500, dangers=500, value="ü€😀"),
        Review(stack="demo", verdict="failed", refusals=tuple(f"{n} " + "no " * 3000 for n in range(200))),
        Review(stack="demo", verdict="nothing", warnings=tuple(f"{n} " + "w" * 300 for n in range(2000))),
    ],
    ids=["fits", "objects", "long values", "dangers", "both", "refusals", "warnings"],
)
def test_it_is_never_longer_than_a_comment_may_be(review: Review) -> None:
    assert len(markdown(review, 4_000).encode()) <= 4_000
    text = markdown(review)
    assert len(text.encode()) <= 65_536
    assert set(blocks(text)) <= {
        "paragraph_open", "inline", "heading_open", "bullet_list_open", "list_item_open", "hr", "blockquote_open"
    }  # fmt: skip
    assert seen(text.splitlines()[0]) == review.summary
    counted = sum(int(n.replace(",", "")) for n in re.findall(r"^- … and ([\d,]+) more$", text, re.MULTILINE))
    entries = len(re.findall(r"^- (?!…)", text, re.MULTILINE))
    everything = len(review.items) + len(review.dangers) + len(review.refusals) + len(review.warnings)
    assert entries + counted == everything, "what is left out is counted"
    assert ("Too long for one comment" in text) is (text != markdown(review, 10**9))


def test_the_same_change_of_many_objects_is_one_entry() -> None:
    made = [
        Item(change="update", section="offers", name=f"o{n}", kind="offer", service="RedTrack", object_id=str(n),
             fields=(FieldChange(name="payout", old=1, new=2 + (n == 3)),))
        for n in range(5)
    ]  # fmt: skip
    review = Review(stack="demo", verdict="differs", items=tuple(made))
    same = "offers/o0, offers/o1, offers/o2, offers/o4"
    assert f"- **{same}** (offer)\n  - payout: `1` → `2`\n- **offers/o3** (offer)\n" in markdown(review)
    text = terminal_text(review, in_terminal=False)
    assert f"  {same} (offer)\n    payout: 1 → 2\n  offers/o3 (offer)\n" in text
    assert "Updated (5)" in text
    assert f"<strong>{same}</strong>" in page(review, "")
    many = [made[0].model_copy(update={"name": f"offer-with-a-long-name-{n}"}) for n in range(3000)]
    short = markdown(Review(stack="demo", verdict="differs", items=tuple(many)), 4_000)
    assert len(short.encode()) <= 4_000
    (more,) = re.findall(r"^- … and ([\d,]+) more$", short, re.MULTILINE)
    assert short.count("offers/") + int(more.replace(",", "")) == 3000


def test_several_stacks_share_one_comment() -> None:
    reviews = [huge(items=2000)] * 3
    text = put_together(reviews, Look(), "markdown", several=True, longest=65_536, in_terminal=False)
    assert text.count("> Too long for one comment") == 3
    assert len(text.encode()) <= 65_536


def test_it_is_cut_by_importance() -> None:
    text = markdown(huge(items=1500, dangers=100))
    danger, created, updated, deleted = (
        text.index(f"### {title} (") for title in ("Danger", "Created", "Updated", "Deleted")
    )
    assert danger < created < updated < deleted, "the order stays"
    assert text[danger:created].count("\n- ") == 100
    assert "… and" not in text[danger:created]
    kept = {name: text[at:].split("\n### ")[0] for name, at in (("c", created), ("u", updated), ("d", deleted))}
    assert "… and" not in kept["d"]
    assert "… and" in kept["c"]
    assert "  - f0: " in kept["d"]
    assert "  - f0: " not in kept["c"]
    assert "> Too long for one comment; in one line only: " in text.splitlines()[2]


def test_a_plan_of_the_engines_shape_at_any_size() -> None:
    data: Any = many(recorded("first"), 1200)
    review = judge(read_plan(data, "demo"))
    assert review.counts["create"] == 1221
    assert len(markdown(review).encode()) <= 65_536


@pytest.mark.parametrize(
    ("count", "longest", "more", "share"),
    [(1, 5_000, {}, 5_000), (1, 5_000, {"apart": 7}, 4_993), (3, 30_000, {}, 9_999), (3, 30_000, {"apart": 3}, 9_998),
     (3, 12_003, {}, 4_000), (3, 12_000, {}, 4_000), (3, 9_000, {}, 4_000), (1, 3_000, {}, 3_000)],
)  # fmt: skip
def test_how_much_of_the_room_each_stack_has(
    count: int, longest: int, more: dict[str, int], share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list[int]()

    def shown(_: Review, room: int) -> str:
        given.append(room)
        return ""

    monkeypatch.setattr(sys.modules[put_together.__module__], "markdown", shown)
    reviews = [huge(items=1)] * count
    put_together(reviews, Look(), "markdown", several=count > 1, longest=longest, in_terminal=False, **more)
    assert given == [share] * count
