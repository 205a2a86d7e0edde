"""Each reason for which a live value, or a deletion, is not written into the file, and that each was met here."""

from pathlib import Path
from typing import Any

import pytest

from tests.machines import for_machines
from tests.trackform.accept.desk import OWN, SHARED, Desk, Live, url_of
from tests.trackform.reached import places, raises, traced
from trackform.accept import fields, plan
from trackform.accept.workspace import workspace
from trackform.documents.yaml_text import REMOVE, CannotEdit
from trackform.urls import TEMPLATES

EXISTING = OWN.replace("second: go.acme.test}", "second: {existing: go.acme.test}}")
IPN = """\
ipn_connections:
  mine: {domain_id: x, url: 'https://ipn.acme.test/', products: [keto-guide], passphrase: {secret: phrase}}
"""
SHORT_OF_ALL = "it covers the product ids {}, which are not those of whole products with their upsells (left over: {})"

# What is changed, its live value, and the reason; the file where it is not the usual one.
REFUSED: list[tuple[str, Any, str, str]] = [
    ("offers/keto-guide.notes", "[secret]", "it is a secret, and secrets are never written into a file", OWN),
    ("domains/second.fallback_url", "https://f.test", "this stack only refers to the object", EXISTING),
    ("funnels/keto.template", False, "the account file has no key for template", OWN),
    ("funnels/keto.offer_ids", [], "it has no offers left, and the account file needs one", OWN),
    ("campaigns/fb.funnel_ids", [], "it has no funnels left, and the account file needs one", OWN),
    (
        "campaigns/fb.channel_id", "id of offers/other",
        "it now refers to id of offers/other, which is not among this stack's traffic_channels", OWN,
    ),
    ("postbacks/sales.product_ids", ["411530", "9"], SHORT_OF_ALL.format("411530, 9", "411530, 9"), OWN),
    ("postbacks/sales.product_ids", ["500", "9"], SHORT_OF_ALL.format("500, 9", "9"), OWN),
    ("postbacks/sales.product_ids", [], SHORT_OF_ALL.format("(none)", "none"), OWN),
    ("ipn_connections/mine.product_ids", ["411531"], SHORT_OF_ALL.format("411531", "411531"), OWN + IPN),
    ("offers/keto-guide.status", "sleeping", "stacks/demo.yaml:6: offers.keto-guide.status: 'sleeping' is not", OWN),
    ("offers/other.offer_source_id", None, "the file would not ask for the live value then", OWN),
]  # fmt: skip


def accept_one(desk: Desk, what: str, live: Any, own: str) -> str:
    """What is said of one live value that is not accepted; the files stay."""
    desk.write(own, SHARED)
    name, _, field = what.partition(".")
    preview = desk.preview({name: {field: live}}, applied={name: {field: ["x"]}})
    done = desk.accept(preview, "--yes", what)
    assert done.exit_code == 2, done.output
    assert (desk.file.read_text(), desk.shared.read_text()) == (own, SHARED)
    return done.stderr


@pytest.mark.parametrize(("what", "live", "reason", "own"), REFUSED, ids=[f"{one[0]} {one[1]}" for one in REFUSED])
def test_what_cannot_be_said_is_refused_with_what_to_do(
    desk: Desk, what: str, live: Any, reason: str, own: str
) -> None:
    said = accept_one(desk, what, live, own)
    assert f"Not accepted: {what}: {reason}" in said
    assert said.rstrip("\n").partition(". By hand: ")[2] != ""
    assert desk.folder.as_posix() not in said.replace("stacks/", "")


def stale(desk: Desk) -> str:
    preview = desk.preview({"offers/other": {"title": "theirs"}})
    desk.write(OWN.replace("  other: {}", "  other: {title: mine}"), SHARED)
    done = desk.accept(preview, "--yes")
    assert (done.exit_code, "theirs" in desk.file.read_text()) == (2, False)
    return done.stderr


def taken_out(desk: Desk) -> str:
    what = "domains/second"
    applied: Live = {what: {"fallback_url": "https://before.test"}}
    preview = desk.preview({what: {"fallback_url": "https://f.test"}}, applied=applied)
    desk.write(OWN.replace(", second: go.acme.test", ""), SHARED)
    done = desk.accept(preview, "--yes", f"{what}.fallback_url")
    assert done.exit_code == 2, done.output
    return done.stderr


def removal_of_what_is_referred_to(desk: Desk) -> str:
    desk.write(OWN, SHARED)
    done = desk.accept(desk.preview({}, gone=("offers/other",)), "--yes")
    assert (done.exit_code, desk.file.read_text()) == (2, OWN)
    return done.stderr


def removal_of_what_shares_its_line(desk: Desk) -> str:
    own = (
        OWN.replace("landings: {}\n", "") + "? landings\n: ? quiz\n  : {url: 'https://l.test/'}\n  ? b\n  : {url: x}\n"
    )
    desk.write(own, SHARED)
    done = desk.accept(desk.preview({}, gone=("landings/quiz",)), "--yes")
    assert (done.exit_code, desk.file.read_text()) == (2, own)
    return done.stderr


STORIES = [
    (stale, "offers/other.title: the file changed since this preview. By hand: make the preview again"),
    (taken_out, "domains/second.fallback_url: the file changed since this preview. By hand: make the preview again"),
    (
        removal_of_what_is_referred_to,
        "offers/other: funnels/keto, funnels/second refer to it. By hand: let them refer to another one first",
    ),
    (
        removal_of_what_shares_its_line,
        (
            "landings/quiz: stacks/demo.yaml: landings.quiz shares its line with something else: edit it by hand. By "
            "hand: remove it by hand, and what needs it"
        ),
    ),
]


@pytest.mark.parametrize(("story", "told"), STORIES, ids=[story.__name__ for story, _ in STORIES])
def test_what_is_refused_besides(made: Desk, story: Any, told: str) -> None:
    assert f"Not accepted: {told}" in story(made)


def test_every_reason_was_given(made: Desk) -> None:
    modules = (fields, plan)
    with traced(modules) as reached:
        for what, live, _, own in REFUSED:
            accept_one(made, what, live, own)
        for story, _ in STORIES:
            made.write(OWN, SHARED)
            story(made)
    tells = raises("CannotSay", "_refuse")
    known = {place: said for module in modules for place, said in places(module, tells).items()}
    assert len(known) >= 11, "or the search for them finds nothing"
    assert {place: said for place, said in known.items() if place not in reached} == {}


@pytest.fixture
def stack(made: Desk) -> Path:
    return made.folder / "stacks"


def test_a_wrong_edit_is_noticed_before_anything_is_written(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is read back: what it says then is what was meant, and nothing else."""
    monkeypatch.setattr(
        "trackform.accept.workspace.edited", lambda text, *_: text.replace("keto: {offers", "kato: {offers")
    )
    with workspace(stack, "demo", TEMPLATES) as place:
        with pytest.raises(CannotEdit, match=r"offers\.other\.title is written in a way that is not changed here"):
            place.apply([(("offers", "other", "title"), "x")], own=False)
        assert place.with_real_paths(stack) == str(stack)


def test_what_does_not_survive_the_merge_is_not_written(stack: Path) -> None:
    with workspace(stack, "demo", TEMPLATES) as place:
        target = (("offers", "other", "extra", "coupon"), {"a": None})
        with pytest.raises(CannotEdit, match=r"coupon cannot be made to read back as intended: edit it by hand"):
            place.apply([target], own=False)


def test_a_file_that_was_changed_meanwhile_is_left(stack: Path) -> None:
    with workspace(stack, "demo", TEMPLATES) as place:
        place.apply([(("offers", "other", "title"), "x"), (("products", "other", "id"), "501")], own=False)
        assert {name.as_posix() for name in place.changed()} == {"demo.yaml", "shared/base.yaml"}
        (stack / "shared/base.yaml").write_text(SHARED + "# meanwhile\n")
        with pytest.raises(CannotEdit, match=r"base\.yaml was changed meanwhile\. Nothing was written: run again"):
            place.write()
    assert (stack / "demo.yaml").read_text() == OWN


def test_removing_what_is_not_there_changes_nothing(stack: Path) -> None:
    with workspace(stack, "demo", TEMPLATES) as place:
        place.apply([(("offers", "other", "nothing"), REMOVE), (("nowhere",), REMOVE)], own=False)
        assert place.changed() == []


def test_of_a_change_to_two_shared_files_each_stack_is_told_once(made: Desk) -> None:
    two = "traffic_channels: {old: {preset: tiktok, alias: a}}\n"
    (made.shared.parent / "two.yaml").write_text(two)
    own = OWN.replace("[shared/base.yaml]", "[shared/base.yaml, shared/two.yaml]")
    made.write(own, SHARED)
    (made.folder / "stacks" / "beta.yaml").write_text(own)
    live: Live = {"conversion_types/sale": {"duplicates": "edit"}, "traffic_channels/old": {"alias": "b"}}
    done = made.accept(made.preview(live), "--yes", "--json")
    assert done.exit_code == 0, done.output
    assert for_machines(done.stdout)["other_stacks"] == {
        "beta": ["conversion_types/sale.duplicates: 'ignore' -> 'edit'", "traffic_channels/old.alias: 'a' -> 'b'"]
    }


def test_where_one_of_several_cannot_be_said_the_others_are(made: Desk) -> None:
    live: Live = {"offers/other": {"title": "new"}, "offers/keto-guide": {"status": "sleeping"}}
    applied: Live = {"offers/keto-guide": {"status": "active"}}
    done = made.accept(made.preview(live, applied=applied), "--yes", "offers/other", "offers/keto-guide.status")
    assert done.exit_code == 2, done.output
    assert made.file.read_text() == OWN.replace("  other: {}", "  other: {title: new}")


def test_a_campaign_without_a_domain_says_so(made: Desk) -> None:
    text = made.accepted({"campaigns/fb": {"domain_id": None}})
    assert "  fb: {channel: facebook, funnel: keto, domain: none}" in text


def test_a_url_that_no_key_can_say_is_written_whole(made: Desk) -> None:
    live = url_of(made, "sales").replace("rdtk_event_id={transaction_id}", "rdtk_event_id={transaction_id}&sub9=x")
    assert f'url: "{live}"' in made.accepted({"postbacks/sales": {"url": live}})
