"""What `trackform probe --record` keeps, and that it keeps nothing that anybody could not share."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trackform.probe.stage import DIGISTORE24_KEY, ProbeStage
from tests.trackform.reconcile.stage import REDTRACK_KEY
from trackform.recording.allowed import known_fields
from trackform.recording.masking import Masking, strings_in
from trackform.recording.recorder import Recorder, read_recording
from trackform_core.errors import TrackformError
from trackform_core.http.exchange import Exchange

FILE = Path("recording.json")
CANARY = "canary"


def recorded(stage: ProbeStage) -> str:
    done = stage.probe("--record", str(FILE))
    assert done.exit_code == 0, done.output
    return FILE.read_text(encoding="utf-8")


def test_no_key_mail_name_amount_or_title_is_kept(stage: ProbeStage) -> None:
    stage.declare()
    stage.control("affiliates", {"name": "canaryname", "key": DIGISTORE24_KEY})
    stage.control("products", {"id": "411530", "price": "7351.37", "name": "Canary Guide"})
    more = {"sub1": "canary sub", "alias": "canaryalias", "notes": "ask canary@example.test"}
    stage.edit("network", title="Canary Network", **more)
    link = "https://canary.example.test/x?cid={clickid}"
    money: dict[str, Any] = {"payment": {"amount": 6173.25}, "tags": ["canarytag"]}
    stage.edit("offer", title="canaryoffer", url=link, program_id=stage.network, **money)
    stage.edit("landing", title="canary page", url="https://canary.example.test/lander")
    stage.edit("domain", url="track.canary.test")
    order = stage.sale()
    stage.follow("refund", order)
    text = recorded(stage)
    transactions = {row["deduplicate_token"] for row in stage.conversions}
    clicks = {row["clickid"] for row in stage.conversions}
    amounts = {f"{abs(row['payout'])}" for row in stage.conversions} | {"7351.37", "6173.25"}
    objects = {row["id"] for kind in ("network", "offer", "source", "campaign") for row in rows(stage, kind)}
    for secret in {CANARY, REDTRACK_KEY, DIGISTORE24_KEY, "api_key", "411530", "keto", "facebook", "digistore24.com",
                   "acme.test", "example", order, *transactions, *clicks, *amounts, *objects}:  # fmt: skip
        assert not re.search(rf"(?<![\d.]){re.escape(secret)}(?!\d)", text, re.IGNORECASE), secret
    assert "@" not in text


def rows(stage: ProbeStage, kind: str) -> list[Any]:
    found: list[Any] = [row for _, row in stage.sandbox.store.everywhere(kind)]
    return found


def test_structure_names_enums_and_lengths_are_kept(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    exchanges = json.loads(recorded(stage))["exchanges"]
    offers = next(each for each in exchanges if each["path"] == "offers" and each["answer"])["answer"]
    assert offers[0]["status"] == 1
    assert len(offers[0]["title"]) == len("keto-guide")
    assert offers[0]["url"].startswith("https://")
    assert set(offers[0]) >= {"id", "title", "payment", "program_id"}
    booked = next(each for each in exchanges if each["path"] == "listTransactions")["answer"]["data"]
    assert {row["transaction_type"] for row in booked["transaction_list"]} == {"payment", "refund"}
    assert sorted(row["amount"] > 0 for row in booked["transaction_list"]) == [False, True]
    network = next(each for each in exchanges if each["path"] == "networks" and each["answer"])["answer"][0]
    assert offers[0]["program_id"] == network["id"]


def test_a_long_list_is_cut(stage: ProbeStage) -> None:
    stage.declare()
    for number in range(40):
        stage.edit("source", title=f"channel {number}")
    exchanges = json.loads(recorded(stage))["exchanges"]
    sources = max((each["answer"] for each in exchanges if each["path"] == "sources" and each["answer"]), key=len)
    assert len(sources) == 26
    assert sources[-1] == {"$more": 41 - 25}


def test_it_keeps_one_account_and_replaces_no_other_file(stage: ProbeStage) -> None:
    stage.declare()
    Path("stacks/other.yaml").write_text(Path("stacks/demo.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert "name one stack" in stage.probe("--all", "--record", str(FILE)).output
    FILE.write_text("mine\n", encoding="utf-8")
    done = stage.probe("demo", "--record", str(FILE))
    assert done.exit_code == 1
    assert FILE.read_text(encoding="utf-8") == "mine\n"


VALUES = st.recursive(
    st.text(max_size=12) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_a_replaced_value_has_the_same_type_and_length_and_is_replaced_alike(value: Any) -> None:
    masking = Masking(strings_in(value))
    masked = masking.value(value)
    assert masking.value(value) == masked
    assert shape(masked) == shape(value)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return "map", [shape(inner) for inner in value.values()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, str):
        return "text", len(value)
    return type(value), value if value is None or isinstance(value, bool) else (value > 0) - (value < 0)


@pytest.mark.parametrize(
    ("value", "kept"),
    [("{cid}", "{cid}"), ("cid", "cid"), ("{secret}", "{xxxxx1}"),
     ("2026-09-18T13:16:09-07:00", "2001-01-01T00:00:00+00:00"),
     ("2026-09-18 13:16:09", "2001-01-01 00:00:00"), ("2026-09-18", "2001-01-01"), ("Y", "Y"), (True, True), (0, 0),
     ("5f0c1d2e3b4a59687766554f", "000000000000000000000001"), ("48213", "11111"), ("https://a.test/b", "https://xxxxxxx1"),
     (-12.75, -1.5), (12, 1001)],
)  # fmt: skip
def test_what_is_kept_of_a_value(value: Any, kept: Any) -> None:
    assert Masking(set()).value(value) == kept


def test_a_key_that_is_somebodys_value_is_no_field() -> None:
    masking = Masking({"berta"})
    assert masking.value({"berta": 1, "notes": True, "buyer@x.test": None}) == {
        "field_1": 1001, "notes": True, "field_2": None,
    }  # fmt: skip


def test_keys_of_a_map_that_anybody_fills_are_no_fields() -> None:
    """Nor are names of Python's."""
    masking = Masking(set())
    sent = {"integrations": {"params": {"our_secret_shop": "x", "title": 1}}, "rates": {"EUR": 1.25, "PLN": 4.5}}
    assert masking.value(sent) == {
        "integrations": {"field_1": {"field_2": "1", "title": 1001}}, "rates": {"EUR": 1.5, "field_3": 2.5},
    }  # fmt: skip
    assert not known_fields() & {"ArithmeticError", "copyright", "__name__"}


def test_of_headers_usual_media_types_and_numbers_are_kept() -> None:
    sent = {
        "content-type": "application/vnd.canary+json",
        "retry-after": "canary",
        "ratelimit-limit": "20",
        "via": "canary",
    }
    assert Masking(set()).headers(sent) == {"content-type": "another", "ratelimit-limit": "20"}
    assert Masking(set()).headers({"content-type": "Text/HTML; charset=canary"}) == {"content-type": "text/html"}


def test_parameters_of_ours_keep_their_values_and_others_their_names_at_most() -> None:
    """Ours: numbers, and the few words that are sent. The name of a search says what is searched."""
    asked = {
        "page": "2", "per": "canary", "sort_by": "date", "search[role]": "affiliate", "search[purchase_id]": "ORD7",
        "search[Canary Shop]": "x", "notes": "canary", "Canary Shop": "1", "canary[": "y", "status": "1,2",
        "deep[a][b]": "z",
    }  # fmt: skip
    assert Masking({"canary"}).asked(asked) == {
        "page": "2", "per": "xxxxx1", "sort_by": "date", "search[role]": "affiliate", "search[purchase_id]": "xxx2",
        "field_1": "3", "notes": "xxxxx1", "field_2": "1", "field_3": "4", "status": "xx5", "field_4": "6",
    }  # fmt: skip
    assert Masking({"shop"}).asked({"shop": "1"}) == {"field_1": "1"}


@pytest.mark.parametrize("word", ["affiliate", "date", "asc", "desc", "en", "true", "0", "17"])
def test_the_words_that_are_sent_are_kept_where_they_are_asked_for(word: str) -> None:
    assert Masking(set()).asked({"sort_order": word, "notes": word})["sort_order"] == word
    assert Masking(set()).asked({"notes": "desc"}) == {"notes": "xxx1"}


def test_of_a_path_the_published_words_are_kept() -> None:
    masking = Masking(set())
    paths = [
        "me/settings",
        "v2/scripts",
        "offers/5f0c1d2e3b4a59687766554f",
        "offers/48213",
        "offers/status",
        "canary/clone",
    ]
    assert [masking.path(each) for each in paths] == [
        "me/settings", "v2/scripts", "offers/000000000000000000000001", "offers/11111", "offers/status", "xxxxx1/clone",
    ]  # fmt: skip


def test_a_value_that_a_service_publishes_is_kept_of_its_own_field() -> None:
    masking = Masking(set())
    row = {"status": "active", "type": "active", "currency": "USD", "notes": "USD", "code": 12, "page": 12}
    assert masking.value(row) == {
        "status": "active", "type": "xxxxx1", "currency": "USD", "notes": "xx2", "code": 12, "page": 1001,
    }  # fmt: skip
    assert masking.value({"code": 13}) == {"code": 1002}


def test_times_are_kept_as_they_are_written() -> None:
    masking = Masking(set())
    written = {
        "2026-09-18T13:16:09.123Z": "2001-01-01T00:00:00.000Z", "2026-09-18 13:16:09+0200": "2001-01-01 00:00:00+00:00",
        "2026-09-18T13:16:09.5": "2001-01-01T00:00:00.0", "2026-9-18": "xxxxxxxx1", "at 2026-09-18": "xxxxxxxxxxxx2",
    }  # fmt: skip
    assert {text: masking.value(text) for text in written} == written


def test_what_comes_twice_is_replaced_alike_and_what_differs_is_not() -> None:
    masking = Masking(set())
    assert masking.value(["a b", "a b", "c d", 5, 5, 6, "12", "12", "34"]) == [
        "xx1", "xx1", "xx2", 1001, 1001, 1002, "11", "11", "12",
    ]  # fmt: skip
    many = [masking.value(f"canary {number:04}") for number in range(40)]
    assert (many[0], many[6], many[7], many[33], many[39]) == (
        "xxxxxxxxxx3", "xxxxxxxxxx9", "xxxxxxxxxxa", "xxxxxxxxx10", "xxxxxxxxx16",
    )  # fmt: skip


def test_a_list_of_twenty_five_is_kept_and_the_next_is_counted() -> None:
    masking = Masking(set())
    assert masking.value([True] * 25) == [True] * 25
    assert masking.value([True] * 26) == [True] * 25 + [{"$more": 1}]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a" * 40, True), ("a" * 41, False), ("sub12", True), ("sub123", False), ("a_b", True), ("a__b", False),
     ("Ab", False), ("a-b", False), ("", False), ("_a", False)],
)  # fmt: skip
def test_what_looks_like_a_field(name: str, kept: bool) -> None:
    assert (Masking(set()).name(name) == name) is kept


def test_published_fields_are_kept_also_those_of_rows_within_rows() -> None:
    assert known_fields() >= {
        "streams",
        "weight",
        "payment",
        "amount",
        "sub40",
        "convtype40",
        "p_sub40",
        "type40",
        "EUR",
    }
    assert not known_fields() & {"sub0", "sub41"}


def test_the_recorder_keeps_whose_key_it_was_and_of_the_answers_what_services_publish() -> None:
    recorder = Recorder()
    heard = Exchange(
        "redtrack", "GET", "offers", {"page": "1"}, None, 200, {"via": "canary"}, [{"title": "canary"}], False
    )
    recorder.hear(heard)
    recorder.hear_of_nobody(replace(heard, path="me/settings"))
    form = {"ipn_url": "https://canary.test", "language": "en"}
    recorder.hear(replace(heard, service="digistore24", method="POST", path="ipnSetup", query={}, sent=form))
    recorder.hear(replace(heard, method="POST", sent={"language": "en"}))
    kept = recorder.recording({"put": "merges", "page_cap": "50", "unwritable": "canary"})
    assert kept.answers == {"put": "merges", "page_cap": "50"}
    assert [each.key for each in kept.exchanges] == ["own", "nobody", "own", "own"]
    assert [each.headers for each in kept.exchanges] == [{}] * 4
    assert kept.exchanges[0].answer == kept.exchanges[2].answer == [{"title": "xxxxx1"}]
    # A form has parameters; the body of RedTrack has fields.
    assert [each.sent for each in kept.exchanges[2:]] == [
        {"ipn_url": "https://xxxxxxxxxx2", "language": "en"}, {"language": "x3"},
    ]  # fmt: skip
    assert "canary" not in kept.text()
    assert kept.text().endswith("}\n")


def test_a_recording_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrackformError, match=r"nowhere\.json is not there$"):
        read_recording(tmp_path / "nowhere.json")


def test_what_is_asked_with_a_key_of_nobody_is_kept_as_that(stage: ProbeStage) -> None:
    stage.declare()
    exchanges = json.loads(recorded(stage))["exchanges"]
    assert [(each["path"], each["status"]) for each in exchanges if each["key"] == "nobody"] == [("me/settings", 401)]
