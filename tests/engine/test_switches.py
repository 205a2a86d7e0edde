"""Every setting of every switch of the sandbox, with the real CLI.

The default of each switch is what all other tests run on. Here, `ANOTHER` turns every switch that does not refuse the
whole set-up to another setting, all at once; the plan that is not premium, the three forms of a bad key and the rate
limit (with the third answers about refunds and notices, which no set-up depends on) are tests of their own. That no
setting was left out is held against the sandbox's own list.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, get_args

import pytest

from tests.engine.project import Project
from trackform.sandbox.switches import Switches

pytestmark = pytest.mark.engine
MAPPED = 1
"""The demo's one channel, whose slots are mapped by hand."""

ANOTHER: dict[str, Any] = {
    "put": "replaces",
    "deleted": "status3",
    "empty_list": "array",
    "clickid": "without_braces",
    "postback_url": "writable",
    "campaign_list": "without_streams",
    "titles": "unique",
    "page_cap": 1,
    "missing_sum": "offer_payout",
    "negative_sum": "ignored",
    "refund_amount": "positive",
    "duplicates": "per_click_and_type",
    "event_ids": "across_types",
    "latency": 0.01,
    "ipn_info_missing": "error",
    "filters": "all",
    "missing_script": "404",
    "zero_sum": "missing",
    "notice_amount": "payment",
    "return_ids": "payments",
    "upsell_ids": "shared",
    "rebill_type": "rebill",
    "retries": "anew",
    "currency_macro": "purchase",
    "repeated_parameter": "last",
    "expiration_unit": "hours",
    "link_cid": "lost",
    "utc_offset": "number",
    "products": "named",
}
BAD_KEYS = {"bad_key": ["401", "500", "200_error"]}
ALONE: dict[str, Any] = {
    "post_networks": "premium_only", "put": "merges_deeply", "requests_per_minute": 16, "refund_amount": "zero",
    "notice_amount": "empty",
}  # fmt: skip


def test_a_whole_life_on_the_other_settings(project: Project) -> None:
    """Up, again, drift in what is declared and in what is not, a deletion, each healed as it must be."""
    sandbox = project.sandbox
    sandbox.switch(**ANOTHER)
    project.up_ok()
    sandbox.forget_requests()
    project.up_ok("--expect-no-changes")
    assert sandbox.writes() == []

    offer = sandbox.row("offer", title="keto-guide")
    sandbox.edit("offer", offer["id"], country_codes=["CH"], notes="by hand", cap=5)
    network = sandbox.row("network", title="digistore24")
    sandbox.edit("network", network["id"], sum="{amount_vendor}", notes="by hand")
    campaign = sandbox.row("campaign", title="fb-keto-de")
    sandbox.edit("campaign", campaign["id"], cost_model="CPM", tags=["by hand"])
    assert {name: list(step.changed) for name, step in project.planned().items()} == {
        "keto-guide": ["countries"], "digistore24": ["sum"], "fb-keto-de": ["cost_model"],
    }  # fmt: skip
    project.up_ok()
    healed = sandbox.row("offer", id=offer["id"])
    assert healed == {**healed, "url": offer["url"], "country_codes": ["AT", "DE"], "notes": "by hand", "cap": 5}
    healed = sandbox.row("network", id=network["id"])
    assert healed == {**healed, "sum": network["sum"], "subs": network["subs"], "notes": "by hand"}
    healed = sandbox.row("campaign", id=campaign["id"])
    assert healed == {**healed, "cost_model": "CPC", "streams": campaign["streams"], "tags": ["by hand"]}
    project.ok("preview", "--expect-no-changes")

    sandbox.edit("offer", title="another", url="https://shop.test", program_id=network["id"])
    sandbox.edit("offer", offer["id"], delete=True)
    assert project.planned()["keto-guide"].op == "create"
    project.up_ok()
    assert sandbox.row("offer", title="keto-guide")["id"] != offer["id"]
    assert sandbox.row("stream", title="keto")["offers"][0]["id"] == sandbox.row("offer", title="keto-guide")["id"]
    project.ok("preview", "--expect-no-changes")


def test_what_only_a_person_can_do_waits_and_the_rest_is_made(project: Project) -> None:
    """A plan that may not POST /networks and a name without CNAME: steps, and no failure."""
    sandbox = project.sandbox
    sandbox.switch(post_networks=ALONE["post_networks"], put=ALONE["put"])
    project.edit("main: track.acme.test", "main: nocname.acme.test")
    said = project.up_ok().told
    for words in ("premium", "digistore24", "by hand", "CNAME", "awaiting DNS", "trackform operator demo --live"):
        assert words in said
    waiting = ("digistore24", "main", "keto-guide", "keto", "fb-keto-de")
    state = project.state()
    assert [state[name]["outputs"]["status"] for name in waiting] == [
        "awaiting operator", "awaiting DNS", "awaiting offer source 'digistore24'", "awaiting offer 'keto-guide'",
        "awaiting funnel 'keto', tracking domain 'nocname.acme.test'",
    ]  # fmt: skip
    assert [len(sandbox.rows(kind)) for kind in ("source", "connection", "offer", "stream", "campaign")] == [
        1, 3, 0, 0, 0,
    ]  # fmt: skip
    assert project.output("open_steps") == {"count": MAPPED + 2, "next": "trackform operator demo --live"}
    assert {name: step.op for name, step in project.planned().items()} == dict.fromkeys(waiting, "create")
    reviewed = project.trackform("review", "demo", "--json")
    assert reviewed.status == 4, reviewed.text

    sandbox.switch(post_networks="allowed")
    by_hand = sandbox.redtrack("POST", "networks", json={"title": "digistore24", "notes": "mine"})["id"]
    sandbox.switch(post_networks=ALONE["post_networks"], put=ALONE["put"])
    project.edit("main: nocname.acme.test", "main: track.acme.test")
    assert project.planned()["digistore24"].new["adopts"]["id"] == by_hand
    project.up_ok()
    adopted = sandbox.row("network", id=by_hand)
    assert adopted == {**adopted, "clickid": "{cid}", "notes": "mine"}
    assert sandbox.row("offer", title="keto-guide")["program_id"] == by_hand
    assert len(sandbox.rows("campaign")) == 1
    assert project.output("open_steps")["count"] == MAPPED
    project.ok("preview", "--expect-no-changes")


@pytest.mark.parametrize("form", BAD_KEYS["bad_key"])
def test_a_bad_key_is_called_so(demo: Project, form: str) -> None:
    sandbox = demo.sandbox
    sandbox.switch(bad_key=form)
    before = demo.state()
    sandbox.control("POST", "/keys/revoke", json={"key": sandbox.keys.redtrack})
    refused = demo.preview()
    assert refused.status != 0
    assert "Traceback" not in refused.text
    assert "the environment variable REDTRACK_API_KEY" in refused.told
    assert "RedTrack" in refused.told
    assert sandbox.keys.redtrack not in refused.text
    assert demo.state() == before
    assert sandbox.writes() == []


def test_a_rate_limit_is_waited_for(project: Project) -> None:
    """The sandbox's clock stands still, late in a minute, until the limit is met: so it is on a slow machine too.

    The limit is met once: what is left fits into the next minute.
    """
    sandbox = project.sandbox
    sandbox.switch(**{name: ALONE[name] for name in ("requests_per_minute", "refund_amount", "notice_amount")})
    now = datetime.fromisoformat(sandbox.control("POST", "/clock", json={"stopped": True})["now"])
    sandbox.control("POST", "/clock", json={"advance_seconds": (58 - now.second) % 60})

    def requests(**only: str) -> set[tuple[str, str]]:
        return {(entry["method"], entry["path"]) for entry in sandbox.requests(service="redtrack", **only)}

    with ThreadPoolExecutor() as pool:
        up = pool.submit(project.up_ok)
        while not requests(status="429") and not up.done():
            time.sleep(0.05)
        sandbox.control("POST", "/clock", json={"stopped": False})
        up.result()
    assert requests(status="429")
    assert requests(status="429") <= requests(status="200") | requests(status="201"), "sent again, and answered"
    titles = [row["title"] for row in sandbox.rows("offer")]
    assert titles == ["keto-guide"]
    assert len(sandbox.rows("conversion_type")) == 7


def test_no_setting_is_forgotten() -> None:
    """Every setting of every switch is a default, or is turned on above."""
    used = [ANOTHER, ALONE]
    for name, info in Switches.model_fields.items():
        settings = {turned[name] for turned in used if name in turned} | set(BAD_KEYS.get(name, ()))
        wanted = set(get_args(info.annotation)) - {info.default}
        assert settings >= wanted, name
        assert settings - {info.default}, name
