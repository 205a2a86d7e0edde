"""What `trackform status` shows: campaigns and links, who paused what, the last `up`, and what is left to do."""

import csv
import dataclasses
import io
import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from tests.trackform.status.conftest import Stage
from trackform.account_file.sections import SECTIONS, Ref
from trackform.cli import main
from trackform.status import plan
from trackform_core.errors import Refused
from trackform_core.model.kind import Kind
from trackform_core.no_api.ledger import ledger_of
from trackform_core.session.messages import AS_TOLD


def status(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["status", "demo", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def rows() -> dict[str, dict[str, Any]]:
    (document,) = for_machines(status("--json").stdout)
    return {f"{row['section']}/{row['name']}": row for row in document["rows"]}


def tracking_link(stage: Stage) -> str:
    return str(stage.state[Ref("campaigns", "fb")].outs["tracking_link"])


def test_a_set_up_that_is_as_declared(stage: Stage) -> None:
    stage.ran(1795803799, **{"git.author": "Ann Ops", "git.head": "bd9d562ec1f4", "git.dirty": "false"})
    done = status()
    lines = done.stdout.splitlines()
    assert lines[0] == "demo: last `pulumi up` 2026-11-27 18:23 UTC, succeeded, commit bd9d562 of Ann Ops"
    shown = [line.split() for line in lines]
    assert ["campaigns/fb", "facebook", "live"] in shown
    assert ["offers/keto-guide", "live"] in shown
    assert tracking_link(stage) in lines
    assert "https://www.digistore24.com/redir/411530/acme?cid={clickid}" in lines
    assert "what the services show is as the file says, but 1 operator step is open" in lines
    # What a person has to do stays open, and the channel's events are entered by hand.
    assert "1 operator step is open: trackform operator demo" in lines
    assert "  traffic_channels/facebook: enter" in lines
    assert done.exit_code == 4


def test_links_for_ads_that_lead_to_the_landing_at_once(stage: Stage) -> None:
    link, campaign = tracking_link(stage), stage.row("campaign", title="fb")["id"]
    carried = link.partition("?")[2]
    of = rows()
    assert of["campaigns/fb"]["link"] == link
    assert of["campaigns/fb"]["no_redirect"] == [f"https://l.acme.test/a?v=1&cmpid={campaign}&{carried}"]
    assert of["scripts/page"]["code"] == stage.state[Ref("scripts", "page")].outs["script_code"]
    assert of["scripts/page"]["code"].startswith("<script src=")
    assert of["scripts/page"]["code"] in status().stdout.splitlines()


def test_without_a_script_every_ad_goes_over_the_tracking_link(stage: Stage) -> None:
    stage.edit("scripts: {page: {campaign: fb, type: 1}}\n", "")
    assert rows()["campaigns/fb"]["no_redirect"] == []


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"status": 2}, "paused in RedTrack"),
        ({"expires_at": "2024-05-01T00:00:00Z"}, "live; ended on 2024-05-01"),
    ],
)
def test_a_campaign_that_gets_no_visitors(stage: Stage, change: dict[str, Any], state: str) -> None:
    stage.change("campaign", {"title": "fb"}, **change)
    assert rows()["campaigns/fb"]["state"] == state


def test_an_offer_that_is_capped_shows_at_its_campaign(stage: Stage) -> None:
    stage.change("offer", {"title": "keto-guide"}, cap=50)
    of = rows()
    assert of["offers/keto-guide"]["state"] == "live; capped at 50 conversions a day in RedTrack"
    assert of["campaigns/fb"]["state"] == "live; offer keto-guide capped at 50 conversions a day in RedTrack"


def test_what_the_file_does_itself_is_said_to_be_the_files(stage: Stage) -> None:
    stage.edit("status: active", "status: paused, cap: 20")
    stage.change("offer", {"title": "keto-guide"}, status=2, cap=20)
    assert rows()["offers/keto-guide"]["state"] == "paused by the file; capped at 20 conversions a day by the file"


def test_what_is_not_there(stage: Stage) -> None:
    stage.edit("campaigns: {fb:", "campaigns: {new: {channel: facebook, funnel: keto}, fb:")
    stage.delete("offer", title="keto-guide")
    program = stage.row("network", title="digistore24")["id"]
    stage.living.make("offer", title="another", url="https://shop.test", program_id=program)
    of = rows()
    assert (of["campaigns/new"]["state"], of["offers/keto-guide"]["state"]) == ("not made yet", "deleted outside")
    shown = status()
    assert "to create: campaigns/new" in shown.stdout
    assert "changed outside: offers/keto-guide (Deleted outside" in shown.stdout
    assert shown.exit_code == 3


def test_what_leaves_the_file(stage: Stage) -> None:
    stage.edit("scripts: {page: {campaign: fb, type: 1}}\n", "")
    assert rows()["scripts/page"]["state"] == "leaves the file"
    assert status().exit_code == 2


def test_a_channel_that_somebody_else_chose_goes_by_its_title(stage: Stage) -> None:
    other = stage.living.make("source", title="Somebody's channel")
    stage.change("campaign", {"title": "fb"}, source_id=other)
    assert rows()["campaigns/fb"]["channel"] == "Somebody's channel"


def test_what_cannot_be_read_is_named_and_the_rest_is_shown(stage: Stage) -> None:
    for row in stage.living.rows("conversion_type"):
        stage.living.delete("conversion_type", str(row["id"]))
    shown = status()
    told = "the bridge to RedTrack lists no conversion type"
    assert f"could not be read: conversion_types/initial_sale: conversion type '1' (type1): {told} at all. " in (
        shown.stdout
    )
    assert f"could not be read: conversion_types/upsell: {told}{AS_TOLD}" in shown.stdout
    assert tracking_link(stage) in shown.stdout
    assert shown.exit_code == 1


def declines(stage: Stage, path: str) -> None:
    """RedTrack answers 403 below this path."""
    with stage.living.web() as web:
        fault = {"service": "redtrack", "effect": "status:403", "path": path, "times": None}
        web.post("/_control/faults", json=fault).raise_for_status()


def test_what_the_service_declines_is_named_and_the_rest_is_shown(stage: Stage) -> None:
    declines(stage, "landings")
    shown = status()
    assert "could not be read: landings/advertorial: RedTrack: " in shown.stdout
    assert tracking_link(stage) in shown.stdout
    assert shown.exit_code == 1


def test_what_cannot_be_compared_is_named_and_the_rest_is_shown(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a kind may ask for once its object was read."""
    compared = plan._declared

    def refused(kind: Kind[Any], *rest: Any) -> Any:
        if kind is SECTIONS["landings"]:
            raise Refused("nobody knows")
        return compared(kind, *rest)

    monkeypatch.setattr(plan, "_declared", refused)
    shown = status()
    assert "could not be read: landings/advertorial: nobody knows" in shown.stdout
    assert tracking_link(stage) in shown.stdout
    assert shown.exit_code == 1


def test_where_nobody_tells_whose_the_key_is_nothing_is_shown(stage: Stage) -> None:
    declines(stage, "me")
    shown = status()
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr.splitlines()[-1].startswith("Error: demo: RedTrack: ")


def test_a_table_for_a_spreadsheet(stage: Stage) -> None:
    text = status("--csv", "-").stdout
    table = list(csv.DictReader(io.StringIO(text)))
    assert [(row["stack"], row["section"], row["name"]) for row in table] == [
        ("demo", "campaigns", "fb"), ("demo", "offers", "keto-guide"), ("demo", "landings", "advertorial"),
        ("demo", "scripts", "page"),
    ]  # fmt: skip
    assert table[0]["link"] == tracking_link(stage)
    assert status("--csv", "status.csv").exit_code == 4
    assert (stage.folder / "status.csv").read_bytes().decode().replace("\r\n", "\n") == text.replace("\r\n", "\n")
    # What an earlier run wrote may be replaced, and nothing else.
    assert status("--csv", "status.csv").exit_code == 4
    (stage.folder / "status.csv").write_text("mine")
    assert "status.csv" in status("--csv", "status.csv").stderr


def test_a_stack_that_was_never_applied(stage: Stage) -> None:
    (stage.folder / "state" / ".pulumi" / "stacks" / "trackform" / "demo.json").unlink()
    shown = status()
    assert shown.stdout.startswith("demo: was never applied\n")
    assert "to create: " in shown.stdout
    assert shown.exit_code == 2


def test_a_state_that_is_cut_short_says_who_knows_the_way_out(stage: Stage) -> None:
    file = stage.folder / "state" / ".pulumi" / "stacks" / "trackform" / "demo.json"
    file.write_text('{"checkpoint": ')
    assert "Ask `trackform doctor demo`" in status().stderr


def test_the_key_of_another_account_is_refused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.edit("account: {currency: USD}", f"account: {{currency: USD, redtrack_user: {stage.living.owner}}}")
    monkeypatch.setenv("REDTRACK_API_KEY", "of-somebody-else")
    shown = status()
    assert shown.exit_code == 1
    assert stage.living.owner in shown.stderr


def test_a_key_of_another_account_than_the_one_that_was_applied_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all that is in the state would be called deleted outside."""
    monkeypatch.setenv("REDTRACK_API_KEY", "of-somebody-else")
    shown = status()
    assert shown.exit_code == 1
    assert f"live in the RedTrack account {stage.living.owner}, as its first `pulumi up` recorded" in shown.stderr
    monkeypatch.setenv("REDTRACK_API_KEY", stage.living.redtrack_key)
    ledger = ledger_of("demo")
    dataclasses.replace(ledger, accounts={"digistore24_account": "999999"}).write()
    shown = status()
    assert shown.exit_code == 1
    assert "holds what people saw in the Digistore24 account 999999" in shown.stderr


def test_a_connection_that_nobody_confirmed_holds_its_campaign(stage: Stage) -> None:
    state = stage.folder / "state" / ".pulumi" / "stacks" / "trackform" / "demo.json"
    text = json.loads(state.read_text())
    for each in text["checkpoint"]["latest"]["resources"]:
        if each["urn"].endswith("Campaign::fb"):
            each["inputs"]["starts_after"] = each["outputs"]["starts_after"] = ["tf.sales"]
    state.write_text(json.dumps(text))
    stage.change("campaign", {"title": "fb"}, status=2)
    held = rows()["campaigns/fb"]
    assert (held["state"], held["waits_for"]) == ("paused until tf.sales is confirmed", ["tf.sales"])
