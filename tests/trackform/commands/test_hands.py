"""Being the colleague and the customer on the sandbox: `trackform sandbox edit` and `play`."""

import re
from pathlib import Path

import click
import httpx
import pytest
from click.testing import CliRunner, Result

from tests.kept import as_kept
from tests.trackform.verify.conftest import Live
from trackform.account_file.sections import SECTIONS
from trackform.cli import main
from trackform.commands.sandbox_hands import value_of
from trackform.sandbox.webapp import KINDS as EDITABLE
from trackform.verify.edits import edited
from trackform.verify.hands import HEADS, WEBAPP_KINDS, WORDS, Hands, Happening, Played, conversion_rows, happening
from trackform_core.errors import TrackformError

URL = "http://127.0.0.1"
BOUGHT = ["sale:411530", "upsell:411531", "refund:411530"]


def run(live: Live, *arguments: str) -> Result:
    keys = ["--redtrack-key", live.living.redtrack_key, "--digistore24-key", live.living.digistore24_key]
    done = CliRunner().invoke(main, ["sandbox", *arguments, "--url", URL, *keys])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def hands(live: Live) -> Hands:
    return Hands(live.web, live.living.redtrack_key, live.living.digistore24_key)


def test_an_object_is_changed_behind_trackforms_back(served: Live) -> None:
    done = run(served, "edit", "offer", "keto-guide", 'country_codes=["CH"]', "notes=a=b", "status=2")
    assert (done.exit_code, done.output) == (
        0, "offer 'keto-guide': country_codes, notes, status changed in the web application\n",
    )  # fmt: skip
    row = served.row("offer", title="keto-guide")
    assert (row["country_codes"], row["notes"], row["status"]) == (["CH"], "a=b", 2)


def test_a_landing_is_changed_as_well(served: Live) -> None:
    served.living.make("landing", title="Lander", url="https://lander.test/a", type="l")
    assert run(served, "edit", "landing", "Lander", "url=https://lander.test/b").exit_code == 0
    assert served.row("landing", title="Lander")["url"] == "https://lander.test/b"


def test_whatever_the_sandbox_lets_a_person_edit_can_be_edited() -> None:
    """But for the account itself, which is no object."""
    assert WEBAPP_KINDS.keys() == set(EDITABLE) - {"account"}


def test_a_connection_is_known_by_its_name(served: Live) -> None:
    assert run(served, "edit", "connection", "sales", "active=false").exit_code == 0
    (row,) = (row for row in served.living.rows("connection") if "tf.sales" in row["url"])
    assert row["active"] is False
    assert run(served, "edit", "connection", row["url"], "active=true").exit_code == 0
    assert run(served, "edit", "connection", "tf.sales", "active=false").exit_code == 0


@pytest.mark.parametrize("kind", WEBAPP_KINDS)
def test_what_is_not_there_is_said_with_what_is(served: Live, kind: str) -> None:
    none_yet = {"landing": {"title": "Lander", "url": "https://lander.test/a"}, "script": {"name": "Shop"}}
    if kind in none_yet:
        served.living.make(kind, **none_yet[kind])
    done = run(served, "edit", kind, "nobody", "x=1")
    assert done.exit_code == 1
    known = hands(served).rows(WEBAPP_KINDS[kind][0])
    connections = "sales, returns, billing"
    named = connections if kind == "connection" else ", ".join(str(row[WEBAPP_KINDS[kind][1]]) for row in known)
    assert f"no {kind} 'nobody'; there are: {named}" in done.output.replace("\n", " ")
    assert named


@pytest.mark.parametrize("verb", [["edit", "offer", "x", "a=1"], ["play", "fb", "sale:1"]], ids=["edit", "play"])
@pytest.mark.parametrize("key", ["REDTRACK_API_KEY", "DIGISTORE24_API_KEY"])
def test_without_a_key_nobody_is_asked(
    verb: list[str], key: str, served: Live, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Path("Pulumi.yaml").write_text("name: trackform\n")
    monkeypatch.setenv("PULUMI_STACK", "acme")
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY"):
        monkeypatch.delenv(f"{name}__ACME", raising=False)
        monkeypatch.setenv(name, "somebody")
    monkeypatch.delenv(key)
    done = CliRunner().invoke(main, ["sandbox", *verb])
    assert (done.exit_code, f"Error: no API key: set {key}__ACME, or " in done.output) == (1, True), done.output
    monkeypatch.chdir(tmp_path_factory.mktemp("nowhere"))
    done = CliRunner().invoke(main, ["sandbox", *verb])
    assert (done.exit_code, "Call it in the folder of a project, or say --redtrack-key" in done.output) == (1, True)


def test_in_a_project_the_stack_says_where_and_whose(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody has them who came along docs/getting-started.md: keys named by the stack, settings in its file."""
    Path("Pulumi.yaml").write_text("name: trackform\n")
    monkeypatch.setenv("PULUMI_STACK", "acme")
    for name, own in (("REDTRACK", served.living.redtrack_key), ("DIGISTORE24", served.living.digistore24_key)):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
        monkeypatch.setenv(f"{name}_API_KEY__ACME", own)
    Path("stacks/further").mkdir()
    monkeypatch.chdir("stacks/further")
    done = CliRunner().invoke(main, ["sandbox", "edit", "offer", "keto-guide", "notes=theirs"])
    assert done.exit_code == 0, done.output
    assert served.row("offer", title="keto-guide")["notes"] == "theirs"
    assert "booked 0.00, earned 0.00" in CliRunner().invoke(main, ["sandbox", "play", "fb", "sale", "refund"]).output
    Path("stacks/Pulumi.acme.yaml").write_text("config: {}\n")
    told = CliRunner().invoke(main, ["sandbox", "play", "fb", "sale"]).output
    assert "acme is on https://api.redtrack.io, which is no sandbox on this machine" in told
    monkeypatch.setenv("PULUMI_STACK", "acmee")
    told = CliRunner().invoke(main, ["sandbox", "play", "fb", "sale"]).output
    assert "there is no stack acmee; known: acme" in told


def test_a_field_that_is_empty_takes_a_value_of_any_sort() -> None:
    """Nobody knows of which one it is."""
    for value in (7, "seven", [7], True):
        assert edited(SECTIONS["offers"], {"theirs": None}, {"theirs": value}) == {"theirs": value}


def test_a_field_needs_a_value(served: Live) -> None:
    done = run(served, "edit", "offer", "keto-guide", "status")
    assert done.exit_code == 1
    assert "status: expected FIELD=VALUE" in done.output


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("[1]", [1]), ("true", True), ("on", "on"), ('"2"', "2")])
def test_a_value_is_json_where_it_is(text: str, value: object) -> None:
    assert value_of(text) == value


def test_a_click_and_its_orders(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    done = run(served, "play", "fb", *BOUGHT)
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert lines[0][:4] == ["the", "ad", "leads", "to"]
    assert "/redir/411530/acme?cid=" in lines[0][4]
    (clicked,) = served.living.rows("click")
    assert "ad-1" in str(clicked)
    steady = re.sub(r"\b[0-9a-f]{24}\b", "<click>", done.output)
    as_kept("commands/play.txt", re.sub(r"[ \t]+$", "", steady, flags=re.MULTILINE).rstrip())


def test_where_nothing_was_booked_it_is_said(served: Live) -> None:
    for name in ("sales", "billing"):
        run(served, "edit", "postback", name, "active=false")
    told = run(served, "play", "fb", "sale").output
    assert "RedTrack's conversion log\n  nothing of this click\nbooked 0.00, earned 23.50: not the same\n" in told


def test_on_a_terminal_only_headings_stand_out(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers and links are not coloured here and there."""
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "xterm-256color"), ("COLUMNS", "200")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = run(served, "play", "fb", *BOUGHT).output.splitlines()
    assert {click.unstyle(line).split()[0] for line in lines if click.unstyle(line) != line} == {"type"}


def test_what_is_looked_for_and_who_asks(served: Live) -> None:
    """RedTrack's kinds with its key, those of the bridge for an account: each its own."""
    person = hands(served)
    asked = {kind: person.rows(path) for kind, (path, _) in WEBAPP_KINDS.items()}
    assert {kind for kind, rows in asked.items() if not rows} == {"landing", "script"}, "the account has none"
    paths = {f"/{path}" for path, _ in WEBAPP_KINDS.values()}
    entries = [
        entry for entry in served.web.get("_control/requests").json()
        if any(path.endswith(entry["path"]) for path in paths)
    ]  # fmt: skip
    assert {entry["service"] for entry in entries} == {"redtrack", "bridge"}
    assert person.find("connection", "sales")["url"].endswith("sub20=tf.sales")
    assert person.find("campaign", "fb")["title"] == "fb"
    assert person._account(of_digistore24=True) == served.living.vendor
    assert person._account(of_digistore24=False) == served.living.owner


def test_only_conversions_of_the_click_count(served: Live) -> None:
    served.sale()
    played = hands(served).play("fb", [Happening("sale", "411530")])
    assert {row["clickid"] for row in played.conversions} == {str(httpx.URL(played.redirect).params["cid"])}
    assert (played.booked, played.earned) == (23.5, 23.5)
    assert hands(served).play("fb", []).earned == 0.0
    today = hands(served).conversions()
    assert [row["created_at"] for row in today] == sorted(row["created_at"] for row in today)
    assert len(today) == 2 * len(played.conversions)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("nonsense:411530", "there is no order event 'nonsense'; known: sale, add_on, "),
        ("refnd:411530", "there is no order event 'refnd'; did you mean \"refund\"?"),
        ("upsell", "says no product: write upsell:PRODUCT, by its id at Digistore24"),
        ("partial_refund:411530:200%", "200% is more than was paid: write 100% at most"),
        ("partial_refund:411530:0%", "0% is no money: write more than 0, or leave it out"),
        ("sale:411530:0.00", "0.00 is no money: write more than 0, or leave it out"),
        ("sale:411530:50%", "a share is for a partial_refund alone: write an amount, such as 10.00"),
        ("refund:411530:5", "a refund takes no amount: write refund:411530"),
        ("sale:411530:-5", "'-5' is no amount: 10.00, or a share such as 50%"),
    ],
)
def test_what_cannot_happen_is_said_before_anything_does(event: str, said: str) -> None:
    with pytest.raises(TrackformError) as error:
        happening(event)
    assert f"{event}: {said}" in str(error.value)


def test_what_the_sandbox_refuses_is_said(served: Live) -> None:
    assert "the sandbox refused: " in run(served, "play", "fb", "sale:999999").output
    served.living.edit("campaign", served.row("campaign", title="fb")["id"], status=2)
    done = run(served, "play", "fb", "sale:411530")
    assert done.exit_code == 1
    assert "the tracking link answers " in done.output


@pytest.mark.parametrize(
    ("kind", "name", "said", "row"),
    [
        ("offer", "keto-guide", ["status=paused", "countries=CH"], {"status": 2, "country_codes": ["CH"]}),
        ("campaign", "fb", ["cpc=0.40", "status=active"], {"cpc": 0.4, "status": 1}),
        ("traffic_channel", "facebook", ["ref_id_alias=gclid"], {"ref_id_alias": "gclid"}),
    ],
)
def test_a_field_is_said_as_in_the_account_file(
    served: Live, kind: str, name: str, said: list[str], row: dict[str, object]
) -> None:
    done = run(served, "edit", kind, name, *said)
    assert done.exit_code == 0, done.output
    assert served.row(WORDS[kind], title=name).items() >= row.items()


@pytest.mark.parametrize(
    ("kind", "name", "said", "answer"),
    [
        ("offer", "keto-guide", "colour=red", "offer has no field 'colour'. There are: "),
        ("offer", "keto-guide", "countrys=CH", "offer has no field 'countrys': did you mean countries?"),
        ("offer", "keto-guide", "status=banana", "offer: status cannot be 'banana': "),
        ("offer", "keto-guide", "status=7", "offer: status cannot be 7: it is 1 now"),
        ("offer", "keto-guide", "url=nonsense", "offer: url cannot be 'nonsense': it is 'https://"),
        ("offer", "keto-guide", "country_codes=7", "offer: country_codes cannot be 7: it is ['AT', 'DE'] now"),
        ("campaign", "fb", "cpc=abc", "campaign: cpc cannot be 'abc': "),
        ("campaign", "fb", "source_id=7", "campaign: source_id cannot be 7: "),
        ("campaign", "fb", "cpc=-1", "campaign: cpc cannot be -1: "),
        ("campaign", "fb", "title=", "campaign: title cannot be '': "),
        ("offer", "keto-guide", "title= ", "offer: title cannot be ' ': "),
        (
            "domain",
            "track.acme.test",
            "url=https://x.test",
            "tracking domain: url cannot be 'https://x.test': it is 'track.a",
        ),
        ("conversion_type", "upsell", "slot=99", "conversion type: slot cannot be 99: "),
        ("connection", "sales", "active=7", "postback connection: active cannot be 7: "),
    ],
)
def test_nonsense_is_no_edit(served: Live, kind: str, name: str, said: str, answer: str) -> None:
    before = served.living.rows(kind)
    done = run(served, "edit", kind, name, said)
    assert done.exit_code == 1
    assert answer in done.output
    assert served.living.rows(kind) == before


def test_a_part_of_the_money_goes_back(served: Live) -> None:
    for amount, booked in (("", "11.75"), (":20%", "18.80"), (":10.00", "18.50")):
        done = run(served, "play", "fb", "sale:411530", f"partial_refund:411530{amount}")
        assert done.exit_code == 0, done.output
        assert f"earned {booked}" in done.output
    assert "'ten' is no amount: 10.00, or a share such as 50%" in run(served, "play", "fb", "sale:1:ten").output


def test_what_cannot_happen_is_explained(served: Live) -> None:
    assert "refund follows a sale: begin with sale:PRODUCT" in run(served, "play", "fb", "refund:411530").output
    run(served, "edit", "offer", "keto-guide", "url=https://example.com/oops")
    assert "not a promolink: https://example.com/oops" in run(served, "play", "fb", "sale:411530").output


def test_an_ad_by_which_no_click_is_learnt_is_explained() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/t/"):
            return httpx.Response(302, headers={"location": "https://lander.test/a"})
        return httpx.Response(200, json=[{"id": "1", "title": "fb"}])

    web = httpx.Client(transport=httpx.MockTransport(answer), base_url=URL)
    with web, pytest.raises(TrackformError) as caught:
        Hands(web, "r", "d").play("fb", [Happening("sale", "411530")])
    assert "the ad leads to https://lander.test/a, which has no cid: " in str(caught.value)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    "arguments",
    [["sandbox", "edit", "offer", "x", "a=1"], ["sandbox", "play", "fb", "sale:1"]],
)
def test_without_a_sandbox_it_is_said_how_to_start_one(arguments: list[str]) -> None:
    done = CliRunner().invoke(main, [*arguments, "--redtrack-key", "k", "--digistore24-key", "1-k"])
    assert done.exit_code == 1
    assert "no sandbox at http://127.0.0.1:8650 (refused): start one with `trackform sandbox serve`" in done.output


STRANGERS = {
    "a page": (200, "<html>Hello</html>"), "no such page": (404, "not found"), "something else": (200, '{"ok": true}'),
    "a list": (200, "[]"), "refused": (403, '{"refund_amount": "negative"}'), "nothing": (204, ""),
}  # fmt: skip


@pytest.mark.parametrize("answer", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("verb", ["edit offer x a=1", "play fb sale:1"])
def test_another_server_is_no_sandbox_and_is_shown_no_key(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str], verb: str
) -> None:
    seen: list[str] = []

    def other(self: httpx.Client, request: httpx.Request, **_: object) -> httpx.Response:
        seen.append(f"{request.url} {dict(request.headers)}")
        return httpx.Response(answer[0], text=answer[1], request=request)

    monkeypatch.setattr(httpx.Client, "send", other)
    done = CliRunner().invoke(main, ["sandbox", *verb.split(), "--redtrack-key", "red-k", "--digistore24-key", "1-dig"])
    assert (done.exit_code, done.output) == (
        1,
        "Error: what answers at http://127.0.0.1:8650 is no sandbox: start one with `trackform sandbox serve`\n",
    )
    assert len(seen) == 1
    assert "red-k" not in seen[0]
    assert "1-dig" not in seen[0]


def test_each_column_of_the_log_holds_what_its_heading_says() -> None:
    row = {"type": "sale", "payout": 1.5, "p_sub1": "42", "deduplicate_token": "e7", "p_sub20": "tf.sales"}
    by_hand = {"type": "sale", "payout": None}
    rows = conversion_rows(Played("", [row, by_hand], 0, 0))
    cells = {head: list(cells) for head, cells in zip(HEADS, zip(*rows, strict=True), strict=True)}
    assert cells == {
        "type": ["sale", "sale"], "payout": ["1.50", "0.00"], "product": ["42", ""], "event id": ["e7", ""],
        "connection": ["tf.sales", ""],
    }  # fmt: skip
