"""`trackform accept`: what ends it, what it asks, and what it says of what it left."""

import pytest

from tests.machines import for_machines
from tests.trackform.accept.desk import OWN, SHARED, Desk, Live

LIVE: Live = {"offers/other": {"title": "New"}}


def test_a_file_that_is_no_json(made: Desk) -> None:
    path = made.folder / "preview.json"
    path.write_text("Previewing update")
    done = made.accept(path, "--yes")
    assert done.exit_code == 1
    assert f"{path}:1: this is no JSON: Expecting value" in done.output


def test_an_account_file_with_mistakes(made: Desk) -> None:
    preview = made.preview(LIVE)
    made.write(OWN.replace("countries", "x") + "zzz: 1\n", SHARED)
    done = made.accept(preview, "--yes")
    assert done.exit_code == 1
    assert "the account file has mistakes\nstacks/demo.yaml:" in done.output
    assert "zzz: unknown key" in done.output


def test_another_stack_with_mistakes(made: Desk) -> None:
    (made.folder / "stacks" / "beta.yaml").write_text("zzz: 1\n")
    done = made.accept(made.preview(LIVE), "--yes")
    assert done.exit_code == 1
    assert "stacks/beta.yaml:1: zzz: unknown key" in done.output
    assert made.file.read_text() == OWN


@pytest.mark.parametrize(
    ("arguments", "answer", "status", "written"),
    [
        ([], "y\n", 0, True),
        ([], "n\n", 1, False),
        (["offers/other"], None, 0, True),
        (["--dry-run"], None, 0, False),
        (["--dry-run", "--yes"], None, 0, False),
        (["--yes"], None, 0, True),
    ],
)
def test_when_it_asks(made: Desk, arguments: list[str], answer: str | None, status: int, written: bool) -> None:
    done = made.accept(made.preview(LIVE), *arguments, answer=answer)
    assert done.exit_code == status, done.output
    assert ("title: New" in made.file.read_text()) is written
    assert ("Written: stacks/demo.yaml." in done.stdout) is written
    assert ("nothing was written" in done.output) is (status == 1)
    assert ("Write this?" in done.output) is (answer is not None)


def test_each_line_says_where_and_what(made: Desk) -> None:
    done = made.accept(made.preview({"offers/other": {"title": "New", "countries": ["DE"]}}), "--yes")
    assert "stacks/demo.yaml:7: offers/other.title: other -> New\n" in done.stdout
    assert "Not drift: the file changed offers/other.countries; `pulumi up` writes it\n" in done.stdout


def test_for_machines(made: Desk) -> None:
    steered: Live = {"campaigns/fb": {"cpc": 0.4}}
    done = made.accept(made.preview(LIVE, steered=steered), "--yes", "--json")
    told = for_machines(done.stdout)
    assert (told["stack"], told["written"], told["effects"], told["other_stacks"]) == ("demo", True, [], {})
    assert told["accepted"] == [
        {"what": "offers/other.title", "was": "other", "now": "New", "file": "stacks/demo.yaml", "line": 7}
    ]
    assert told["left"] == [{"what": "campaigns/fb.cpc", "why": "steered", "live": 0.4, "declared": None}]
    assert told["not_expressed"] == []
    assert "+  other: {title: New}" in told["diff"]["stacks/demo.yaml"]
    dry = for_machines(made.accept(made.preview({"offers/other": {"title": "B"}}), "--dry-run", "--json").stdout)
    assert dry["written"] is False


def test_part_of_extra_is_said_under_extra(made: Desk) -> None:
    declared = OWN.replace("  other: {}", "  other: {extra: {pixels_relations: a, pixels: x}}")
    made.write(declared, SHARED)
    preview = made.preview({"offers/other": {"extra": {"pixels_relations": "b", "pixels": "x"}}})
    done = made.accept(preview, "--yes")
    assert done.exit_code == 0, done.output
    assert "  other: {extra: {pixels_relations: b, pixels: x}}" in made.file.read_text()
    gone = made.preview({"offers/other": {"extra": {"pixels": "x"}}})
    assert made.accept(gone, "--yes").exit_code == 0
    assert "  other: {extra: {pixels: x}}" in made.file.read_text()


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("?cid={clickid}", "?cid={clickid}&sid5=a", "variables: {sid5: a}"),
        ("?cid={clickid}", "?cid={clickid}&sid1=a&sid2=b", "variables: {sid1: a, sid2: b}"),
        ("?cid={clickid}", "?cid={clickid}&other=a", "url: "),
        ("/acme?", "/acme/key?", "campaignkey: key"),
        ("/411530/", "/411599/", "url: "),
    ],
)
def test_how_an_offers_link_is_said(made: Desk, was: str, now: str, said: str) -> None:
    link = "https://www.digistore24.com/redir/411530/acme?cid={clickid}".replace(was, now)
    (line,) = (
        line for line in made.accepted({"offers/keto-guide": {"url": link}}).splitlines() if "keto-guide: {u" in line
    )
    assert said in line


@pytest.mark.parametrize(
    ("own", "live", "line"),
    [
        ("", ["x@acme.test"], "notify: [x@acme.test]"),
        (", notify: [a@acme.test]", ["x@acme.test"], "notify: [x@acme.test]}"),
        (", notify: [a@acme.test]", [], "notify: []}"),
    ],
)
def test_who_is_notified(made: Desk, own: str, live: list[str], line: str) -> None:
    made.write(OWN.replace("type: order_type, domain: main", f"type: order_type, domain: main{own}"), SHARED)
    text = made.accepted({"postbacks/sales": {"error_emails": live}})
    (sales,) = (each for each in text.splitlines() if each.startswith("  sales:"))
    assert line in sales


def test_a_domain_in_short_form_is_written_out(made: Desk) -> None:
    live: Live = {"domains/main": {"fallback_url": "https://f.test"}}
    preview = made.preview(live, applied={"domains/main": {"fallback_url": "https://old"}})
    assert made.accept(preview, "domains/main.fallback_url").exit_code == 0
    assert 'main: {url: track.acme.test, fallback_url: "https://f.test"}' in made.file.read_text()


@pytest.mark.parametrize("live", [None, []])
def test_a_field_that_was_to_be_empty_is_no_longer_watched(made: Desk, live: list[str] | None) -> None:
    text = made.accepted({"offers/keto-guide": {"unset": live}})
    assert "  keto-guide: {}\n" in text


def test_what_the_rules_would_call_an_error_is_not_written(made: Desk) -> None:
    """A link without a click ID books nothing: accepted, it would be what everybody reviews from then on."""
    made.strict = True
    before = made.file.read_text()
    live: Live = {
        "offers/keto-guide": {"url": "https://www.digistore24.com/redir/411530/acme"}, "offers/other": {"title": "New"},
    }  # fmt: skip
    for arguments in (["--yes"], ["--yes", "--json"], ["--dry-run"]):
        done = made.accept(made.preview(live), *arguments)
        assert done.exit_code == 1, done.output
        assert (
            "nothing was written: with these values the rules would call the file wrong\nstacks/demo.yaml:"
            in done.output
        )
        assert "TRACKFORM_ALLOW=rule:" in done.output
        assert made.file.read_text() == before
    done = made.accept(made.preview(live), "--yes", "offers/other")
    assert done.exit_code == 0, done.output
    assert "title: New" in made.file.read_text()
