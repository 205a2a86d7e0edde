"""How each sort of field is said in the account file; offline, from made-up previews."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.machines import for_machines
from tests.trackform.accept.desk import OWN, SHARED, Desk, url_of
from trackform.accept.drift import Drift, _stale, drift_of
from trackform.accept.plan import asked
from trackform.accept.workspace import Workspace
from trackform.account_file.compose import Ref, compose
from trackform.account_file.models import read_account
from trackform.account_file.sections import SECTIONS
from trackform.cli import main
from trackform.documents.yaml_text import CannotEdit
from trackform.preview.plan import read_plan
from trackform.preview.steps import NotAPreview
from trackform_core.lifecycle.pending import PREFIX


@pytest.mark.parametrize(
    ("what", "field", "live", "line"),
    [
        ("domains/main", "fallback_url", "https://f.test", None),
        ("domains/main", "url", "new.acme.test", "domains: {main: new.acme.test, second: go.acme.test}"),
        ("offers/keto-guide", "title", "Keto Guide", "  keto-guide: {unset: [notes], title: Keto Guide}"),
        ("offers/keto-guide", "unset", [], "  keto-guide: {}"),
        (
            "offers/keto-guide", "url", "https://www.digistore24.com/redir/411530/acme/summer?cid={clickid}",
            "  keto-guide: {unset: [notes], campaignkey: summer}",
        ),
        (
            "offers/keto-guide", "url", "https://www.digistore24.com/redir/411530/acme?cid={clickid}&sid1={sub1}",
            '  keto-guide: {unset: [notes], variables: {sid1: "{sub1}"}}',
        ),
        ("funnels/keto", "offer_ids", ["id of offers/other"], "  keto: {offers: {other: 30}}"),
        (
            "campaigns/fb", "channel_id", "id of traffic_channels/taboola",
            "  fb: {channel: taboola, funnel: keto, domain: main}",
        ),
        (
            "campaigns/fb", "funnel_ids", ["id of funnels/second"],
            "  fb: {channel: facebook, funnel: second, domain: main}",
        ),
        (
            "campaigns/fb", "funnel_ids", ["id of funnels/keto", "id of funnels/second"],
            "  fb: {channel: facebook, domain: main, funnels: {keto: 100, second: 100}}",
        ),
        (
            "postbacks/sales", "product_ids", ["411530", "411531"],
            "  sales: {events: [payment], type: order_type, domain: main, products: [keto-guide]}",
        ),
        (
            "postbacks/sales", "error_emails", ["a@acme.test"],
            "  sales: {events: [payment], type: order_type, domain: main, notify: [a@acme.test]}",
        ),
        ("traffic_channels/facebook", "ref_id_alias", "gclid", None),
    ],
)  # fmt: skip
def test_one_value(made: Desk, what: str, field: str, live: object, line: str | None) -> None:
    if (what, field) == ("domains/main", "fallback_url"):
        made.write(
            OWN.replace("{main: track.acme.test,", "{main: {url: track.acme.test, fallback_url: https://old},"), SHARED
        )
        line = 'domains: {main: {url: track.acme.test, fallback_url: "https://f.test"}, second: go.acme.test}'
    if field == "ref_id_alias":
        line = "traffic_channels: {facebook: {preset: facebook, ref_id_alias: gclid}, taboola: {preset: taboola}}"
    done = made.accept(made.preview({what: {field: live}}), "--yes")
    assert done.exit_code == 0, done.output
    assert line in made.file.read_text().splitlines(), made.file.read_text()
    assert made.shared.read_text() == SHARED


FILTERED = OWN.replace("{keto-guide: 70,", "{keto-guide: {weight: 70, filters: {country: {values: [DE]}}},")
BOTH = (
    "  keto: {offers: {keto-guide: {weight: 70, filters: {country: {values: [DE]}}}, other: {weight: 30, "
    "filters: {os: {active: true, values: [iOS]}}}}}"
)
DE, OS = {"country": {"active": True, "values": ["DE"]}}, {"os": {"active": True, "values": ["iOS"]}}


@pytest.mark.parametrize(
    ("live", "line"),
    [
        ({"offer_filters": [{}, {}]}, "  keto: {offers: {keto-guide: 70, other: 30}}"),
        (
            {"offer_filters": [DE, OS]},
            BOTH,
        ),
        ({"offer_ids": ["id of offers/other"], "offer_filters": [{}]}, "  keto: {offers: {other: 30}}"),
        ({"filters": OS}, None),
    ],
)  # fmt: skip
def test_filters_that_somebody_changed(made: Desk, live: dict[str, object], line: str | None) -> None:
    made.write(FILTERED, SHARED)
    if line is None:
        made.write(FILTERED.replace("  second: {", "  second: {filters: {country: {values: [DE]}}, "), SHARED)
    done = made.accept(made.preview({"funnels/second" if line is None else "funnels/keto": live}), "--yes")
    assert done.exit_code == 0, done.output
    wanted = line or "  second: {filters: {os: {active: true, values: [iOS]}}, offers: {other: 100}}"
    assert wanted in made.file.read_text().splitlines(), made.file.read_text()


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        ("track.acme.test", "go.acme.test", "  sales: {events: [payment], type: order_type, domain: second}"),
        ("{order_type}", "{billing_type}", "  sales: {events: [payment], type: billing_type, domain: main}"),
        ("sum={amount_affiliate}", "sum=0", "  sales: {events: [payment], type: order_type, domain: main, sum: 0}"),
        (
            "sum={amount_affiliate}", "sum=-{amount_affiliate_abs}",
            "  sales: {events: [payment], type: order_type, domain: main, sum: minus_commission}",
        ),
        (
            "rdtk_event_id={transaction_id}", "rdtk_event_id={order_id}",
            '  sales: {events: [payment], type: order_type, domain: main, event_id: "{order_id}"}',
        ),
        (
            "clickid={cid}", "clickid={sub9}",
            '  sales: {events: [payment], type: order_type, domain: main, variables: {clickid: "{sub9}"}}',
        ),
    ],
)  # fmt: skip
def test_a_postback_url_is_said_by_its_keys(made: Desk, was: str, now: str, line: str) -> None:
    text = made.accepted({"postbacks/sales": {"url": url_of(made, "sales").replace(was, now, 1)}})
    assert line in text.splitlines(), text


def test_what_a_file_asks_for_has_ids_and_the_names_of_secrets(made: Desk) -> None:
    made.write(
        OWN.replace("type: order_type, domain: main", "type: order_type, domain: main, token: {secret: RT}"), SHARED
    )
    inputs = asked(compose(read_account(made.file)), Drift(ids={"id 7": Ref("offers", "other")}))
    assert inputs[Ref("funnels", "keto")]["offer_ids"] == ["new:offers/keto-guide", "id 7"]
    assert inputs[Ref("postbacks", "sales")]["token"] == "secret RT"
    assert "token" not in inputs[Ref("postbacks", "returns")]


def test_a_preset_value_that_is_gone_is_declared_empty(made: Desk) -> None:
    text = made.accepted({"traffic_channels/facebook": {"ref_id_alias": None}})
    assert 'facebook: {preset: facebook, ref_id_alias: ""}' in text


def test_a_shared_value_is_changed_where_it_stands_or_overridden(made: Desk) -> None:
    live = {"conversion_types/sale": {"duplicates": "edit"}}
    assert made.accepted(live, "--own").endswith("conversion_types:\n  sale: {duplicates: edit}\n")
    made.write(OWN, SHARED)
    assert made.accepted(live) == OWN
    assert made.shared.read_text() == SHARED.replace("duplicates: ignore", "duplicates: edit")


def test_a_shared_value_that_is_gone_is_removed_with_null_in_the_own_file(made: Desk) -> None:
    live: dict[str, dict[str, object]] = {"conversion_types/sale": {"duplicates": None}}
    assert made.accepted(live, "--own").endswith("conversion_types:\n  sale: {duplicates: null}\n")


def test_what_no_file_says_goes_into_the_own_file(made: Desk) -> None:
    """The conversion type stands in the shared file, its title nowhere."""
    text = made.accepted({"conversion_types/upsell": {"name": "upsell2"}})
    assert text.endswith("conversion_types:\n  upsell: {title: upsell2}\n")
    assert made.shared.read_text() == SHARED


def test_what_another_stack_would_not_survive_is_refused(made: Desk) -> None:
    shared = SHARED + "traffic_channels: {old: {preset: tiktok}}\n"
    made.write(OWN, shared)
    for stack in ("beta", "gamma"):
        (made.folder / "stacks" / f"{stack}.yaml").write_text(OWN.replace("channel: facebook", "channel: old"))
    preview = made.preview({}, gone=("traffic_channels/old",))
    done = made.accept(preview, "--yes")
    assert done.exit_code == 1
    assert "beta, gamma would not be right any more; --own writes here only" in done.output
    for stack in ("beta", "gamma"):
        assert f"stacks/{stack}.yaml:15: campaigns.fb.channel: traffic_channels has no 'old'" in done.output
    assert made.shared.read_text() == shared
    assert made.accept(preview, "--yes", "--own").exit_code == 0
    assert "old: null}" in made.file.read_text()


def test_weights_are_taken_when_named(made: Desk) -> None:
    preview = made.preview({}, steered={"funnels/keto": {"offer_weights": [50, 50]}})
    assert "nothing to accept" in made.accept(preview, "--yes").output
    done = made.accept(preview, "funnels/keto.offer_weights")
    assert done.exit_code == 0, done.output
    assert "keto: {offers: {keto-guide: 50, other: 50}}" in made.file.read_text()


@pytest.mark.parametrize(
    ("what", "field", "live", "reason"),
    [
        (
            "funnels/keto",
            "offer_ids",
            ["stranger"],
            "it now refers to stranger, which is not among this stack's offers",
        ),
        ("postbacks/sales", "product_ids", ["411530"], "left over: 411530"),
        ("postbacks/sales", "token", "[secret]", "secrets are never written"),
        ("offers/keto-guide", "notes", "[secret]", "secrets are never written"),
    ],
)
def test_what_cannot_be_said(made: Desk, what: str, field: str, live: object, reason: str) -> None:
    preview = made.preview({what: {field: live}}, applied={what: {field: ["x"]}})
    done = made.accept(preview, "--yes", f"{what}.{field}")
    assert done.exit_code == 2, done.output
    assert reason in done.output
    assert made.file.read_text() == OWN


def test_what_an_edit_also_changes_is_said_before(made: Desk) -> None:
    """The postback URLs are made from the offer source's macros."""
    preview = made.preview({"offer_sources/digistore24": {"sum": "{amount_vendor}"}})
    done = made.accept(preview, "offer_sources/digistore24", answer="n\n")
    assert done.exit_code == 1
    assert "This also changes what the stack asks for" in done.output
    assert "postbacks/sales.url" in done.output
    assert made.file.read_text() == OWN
    assert made.accept(preview, "offer_sources/digistore24", answer="y\n").exit_code == 0
    assert 'offer_sources:\n  digistore24: {sum: "{amount_vendor}"}' in made.file.read_text()


def test_removal_names_who_refers(made: Desk) -> None:
    preview = made.preview({}, gone=("offers/other", "funnels/second"))
    done = made.accept(preview, "--yes")
    assert done.exit_code == 2
    assert "offers/other: funnels/keto refers to it" in done.output
    assert "second: {offers" not in made.file.read_text()
    assert "  other: {}" in made.file.read_text()


def test_what_waits_for_a_person_was_not_deleted_outside(made: Desk) -> None:
    preview = made.preview({}, gone=("offers/other", "funnels/second"))
    data = json.loads(preview.read_text())
    for step in data["steps"]:
        if step["op"] == "refresh" and step["urn"].endswith(("::other", "::second")):
            step["oldState"]["id"] = f"{PREFIX}another/x/y"
    preview.write_text(json.dumps(data))
    before = made.file.read_text()
    assert made.accept(preview, "--yes").output == "demo: nothing to accept.\n"
    assert made.file.read_text() == before


def test_what_was_held_back_was_not_changed_outside(made: Desk) -> None:
    what = "offers/keto-guide"
    waits = {"offer_source_id": f"{PREFIX}operator/offer source/x"}
    preview = made.preview({what: {"offer_source_id": "the old one"}}, applied={what: waits})
    before = made.file.read_text()
    assert "Not drift: the file changed offers/keto-guide.offer_source_id" in made.accept(preview, "--yes").output
    assert made.file.read_text() == before


def test_both_changed_needs_a_name(made: Desk) -> None:
    made.write(OWN.replace("keto-guide: {unset: [notes]}", "keto-guide: {notes: mine}"), SHARED)
    what = "offers/keto-guide"
    preview = made.preview({what: {"notes": "theirs"}}, applied={what: {"notes": "before"}})
    done = made.accept(preview, "--yes")
    assert "was changed both outside (theirs) and in the file (mine)" in done.output
    assert "notes: mine" in made.file.read_text()
    assert made.accept(preview, f"{what}.notes").exit_code == 0
    assert "notes: theirs" in made.file.read_text()
    again = made.accept(preview, f"{what}.notes", "--json", "--yes")
    assert (again.exit_code, for_machines(again.output)["accepted"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["offers/kato-guide"], 'differs in nothing; did you mean "offers/keto-guide"?'),
        (["--json"], "--json needs --yes or --dry-run"),
    ],
)
def test_what_is_not_understood(made: Desk, arguments: list[str], told: str) -> None:
    done = made.accept(made.preview({"offers/keto-guide": {"title": "x"}}), *arguments)
    assert done.exit_code in (1, 2)
    assert told in done.output


def test_of_several_stacks_the_one_that_pulumi_has_is_meant(made: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (made.folder / "stacks" / "beta.yaml").write_text(OWN)
    preview = made.preview({"campaigns/fb": {"title": "new"}})
    command = ["accept", "--preview", str(preview), "--yes"]
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    asked = CliRunner().invoke(main, command)
    assert asked.exit_code != 0
    assert "say which stack with --stack; known: beta, demo" in asked.output
    monkeypatch.setenv("PULUMI_STACK", "demo")
    assert CliRunner().invoke(main, command).exit_code == 0
    assert "title: new" in made.file.read_text()


def test_a_preview_of_another_file_is_refused(made: Desk) -> None:
    preview = made.preview({"campaigns/fb": {"title": "new"}})
    made.write(OWN.replace("fb: {", "fb: {title: other, "), SHARED)
    done = made.accept(preview, "--yes")
    assert done.exit_code == 2
    assert "the file changed since this preview" in done.output
    (made.folder / "other.json").write_text("{}")
    assert "this preview has no steps" in made.accept(made.folder / "other.json").output
    (made.folder / "other.json").write_text(preview.read_text().replace("pulumi:demo:", "pulumi:acme:"))
    assert "this preview is of stack 'acme', not of 'demo'" in made.accept(made.folder / "other.json").output


def test_a_byte_order_mark_and_windows_lines_stay(made: Desk) -> None:
    made.file.write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())
    preview = made.preview({"campaigns/fb": {"title": "Größe"}})
    done = made.accept(preview, "campaigns/fb")
    assert done.exit_code == 0, done.output
    text = OWN.replace(
        "fb: {channel: facebook, funnel: keto, domain: main}",
        "fb: {channel: facebook, funnel: keto, domain: main, title: Größe}",
    )
    assert made.file.read_bytes() == b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("track.acme.test", "nobodys.acme.test"),
        ("rdtk_event_id={transaction_id}", "rdtk_event_id="),
        ("clickid={cid}", ""),
    ],
)
def test_a_postback_url_that_its_keys_cannot_say_is_written_whole(made: Desk, was: str, now: str) -> None:
    live = url_of(made, "sales").replace(was, now, 1)
    text = made.accepted({"postbacks/sales": {"url": live}})
    assert f'  sales: {{events: [payment], type: order_type, domain: main, url: "{live}"}}' in text.splitlines(), text


def test_a_notification_of_all_products_names_none(made: Desk) -> None:
    of_all = OWN + "ipn_connections:\n  shop: {url: https://shop.test/ipn, domain_id: d, passphrase: {secret: PASS}}\n"
    made.write(of_all.replace("test/ipn,", "test/ipn, products: [other],"), SHARED)
    assert made.accepted({"ipn_connections/shop": {"product_ids": ["all"]}}) == of_all


def test_where_the_plainest_edits_say_too_little_each_is_made_in_its_own_way(made: Desk) -> None:
    """Without the key, the preset says it again."""
    text = made.accepted({"traffic_channels/facebook": {"ref_id_alias": None}, "offers/other": {"title": "Other"}})
    assert 'traffic_channels: {facebook: {preset: facebook, ref_id_alias: ""}, taboola: {preset: taboola}}' in text
    assert "  other: {title: Other}\n" in text
    assert text.count("\n") == OWN.count("\n")


def test_an_account_file_with_mistakes_is_not_edited(made: Desk) -> None:
    preview = made.preview({"offers/other": {"title": "Other"}})
    made.file.write_text(OWN.replace("affiliate: acme", "afiliate: acme"))
    done = made.accept(preview, "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "Error: the account file has mistakes\nstacks/demo.yaml:3: digistore24.affiliate: is missing\n"
    )
    made.file.write_text(OWN)
    made.shared.with_name("odd.yaml").write_bytes(b"\xff\xfe")
    done = made.accept(preview, "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "stacks/shared/odd.yaml" in done.stderr


def test_of_a_preview_that_came_to_nothing_nothing_can_be_accepted() -> None:
    refused = {"diagnostics": [{"message": "error: no", "severity": "error"}]}
    with pytest.raises(NotAPreview, match=r"^this preview has no steps\. Make one with `pulumi preview --json"):
        drift_of(read_plan(refused, "demo"))


@pytest.mark.parametrize(
    ("field", "members"),
    [
        ("offer_weights", "offer_ids"),
        ("offer_filters", "offer_ids"),
        ("landing_filters", "landing_ids"),
        ("prelanding_weights", "prelanding_ids"),
    ],
)
def test_of_what_is_said_of_each_member_the_members_decide_whether_it_is_stale(field: str, members: str) -> None:
    """Weights and filters go by the place of their members."""
    funnel = SECTIONS["funnels"]
    before, now = {members: ["1"], field: [1], "status": 1}, {members: ["1"], field: [2], "status": 2}
    assert _stale(funnel, [field], before, now) == {field}
    assert _stale(funnel, [field, "status"], before, now | {members: ["2"]}) == {"status"}
    assert _stale(funnel, [], before, now) == set()


def test_where_one_way_cannot_be_written_the_next_one_is(made: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://www.digistore24.com/redir/411530/acme?cid={clickid}&sid1={sub1}"
    tried: list[Any] = []
    written = Workspace.apply

    def apply(place: Workspace, targets: Any, *, own: bool) -> None:
        tried.append(targets)
        if len(tried) == 1:
            raise CannotEdit("not here")
        written(place, targets, own=own)

    monkeypatch.setattr(Workspace, "apply", apply)
    done = made.accept(made.preview({"offers/keto-guide": {"url": url}}), "--yes")
    assert done.exit_code == 0, done.output
    assert f'  keto-guide: {{unset: [notes], url: "{url}"}}' in made.file.read_text().splitlines()
