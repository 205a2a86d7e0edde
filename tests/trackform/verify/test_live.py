"""`trackform verify` as if on a live account: it reads; it clicks only when asked, and only where nobody hears."""

import httpx
import pytest

from tests.terminal import seen
from tests.trackform.export.living import BASE
from tests.trackform.verify.conftest import DOMAIN, Live
from trackform_core.http import api as http
from trackform_redtrack.conversions import Logs


def test_what_was_bought_is_as_declared_and_nothing_is_written(live: Live) -> None:
    live.sale()
    live.sale("refund")
    status, told = live.told()
    assert status == 0
    assert told["as_declared"] == [
        "single_payment by billing, 2 times", "refund by returns, 1 time", "initial_sale by sales, 2 times",
    ]  # fmt: skip
    assert (told["rows"], told["differs"], told["silent"]) == (5, [], [])
    assert told["seen"] == {"negative_sum": "booked", "refund_amount": "negative"}
    assert live.living.writes() == []
    assert live.clicks == 2


def test_for_people(live: Live) -> None:
    live.sale("refund")
    done = live.verify("--days", "3")
    assert done.stdout.splitlines()[0] == "acme: 3 conversions in 3 days, nothing differs"
    assert "may say live: {negative_sum: booked, refund_amount: negative}" in done.stdout
    assert "cannot be seen here: what Digistore24 earned" in done.stdout
    assert "RedTrack conversions" not in done.stderr
    assert "RedTrack conversions" in seen("verify", "acme", progress=True).told


def test_what_somebody_changed_by_hand_differs(live: Live) -> None:
    kind = live.row("conversion_type", name="refund")
    live.living.edit("conversion_type", kind["id"], name="Refund")
    connection = next(row for row in live.living.rows("connection") if row["url"].endswith("tf.billing"))
    live.living.edit("connection", connection["id"], url=connection["url"].replace("sum=0", "sum=1"))
    live.sale("refund")
    status, told = live.told()
    assert status == 2
    assert told["differs"] == [
        "default by returns, 1 time: no conversion type of the file is called so (refund was sent)",
        "billing: 1 conversion of 1.00 or the like, and its sum is 0",
    ]


def test_a_click_through_the_check_campaign(live: Live) -> None:
    status, told = live.told("--clicks", "check")
    assert (status, live.clicks) == (0, 1)
    (said,) = told["as_declared"]
    assert said.startswith("click on 'check': leads to product 411530 with the click id ")
    assert said.endswith(", which is in RedTrack's click log")
    # No postback and no write: what happened beside the click was reading.
    assert live.living.writes() == []
    assert live.web.get("_control/requests", params={"service": "t"}).json()[0]["path"] != "/postback"
    assert len(live.web.get("_control/requests", params={"service": "t"}).json()) == 1


def test_the_tracking_link_may_be_served_elsewhere(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = httpx.MockTransport(lambda request: pytest.fail(f"{request.url} was asked for"))
    inner = http.NETWORK.transport
    network = http.Network(lambda url: nowhere if httpx.URL(url).host == DOMAIN else inner(url), sleep=lambda _: None)
    monkeypatch.setattr(http, "NETWORK", network)
    status, told = live.told("--clicks", "check", "--tracking-url", f"{BASE}/t/")
    assert (status, len(told["as_declared"]), live.clicks) == (0, 1, 1)


def test_a_domain_that_does_not_answer(live: Live) -> None:
    live.control("faults", service="t", effect="cut")
    done = live.verify("--clicks", "check")
    assert done.exit_code == 1
    assert "gives no answer" in done.stderr
    assert "look at the domain's DNS record" in done.stderr


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("offer", {"url": "https://www.digistore24.com/redir/411530/acme?sid1={clickid}"}, "without a click id in cid"),
        ("campaign", {"status": 2}, "answers 404 and leads nowhere"),
        ("campaign", {"title": "another"}, "there is no campaign 'check' in RedTrack"),
    ],
)
def test_a_click_that_goes_wrong(live: Live, kind: str, fields: dict[str, object], said: str) -> None:
    title = "keto-guide" if kind == "offer" else "check"
    live.living.edit(kind, live.row(kind, title=title)["id"], **fields)
    status, told = live.told("--clicks", "check")
    assert status == 2
    assert said in told["differs"][0]


def test_no_click_where_a_channel_would_hear_of_it(live: Live) -> None:
    done = live.verify("--clicks", "fb")
    assert (done.exit_code, "'fb' is no check campaign: its channel 'facebook'" in done.stderr) == (1, True)
    assert "initial_sale" in done.stderr
    done = live.verify("--clicks", "chek")
    assert (done.exit_code, "no campaign 'chek'; there are: fb, check" in done.stderr) == (1, True)
    assert live.clicks == 0


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("source", {"postback_url": "https://x.test/?c={ref_id}"}, "its channel 'check' in RedTrack"),
        ("source", {"integrations": {"source_name": "facebook"}}, "(integrations)"),
        ("campaign", {"postbacks": [{"url": "https://x.test"}]}, "the campaign in RedTrack"),
    ],
)
def test_no_click_where_somebody_added_an_integration_by_hand(
    live: Live, kind: str, fields: dict[str, object], said: str
) -> None:
    live.living.edit(kind, live.row(kind, title="check")["id"], **fields)
    done = live.verify("--clicks", "check")
    assert (done.exit_code, said in done.stderr) == (1, True), done.output
    assert live.clicks == 0


@pytest.mark.parametrize("declared", ["postbacks: [{url: 'https://x.test'}]", "extra: {pixels: [{code: x}]}"])
def test_no_click_where_the_file_lets_somebody_hear_of_the_campaign(live: Live, declared: str) -> None:
    """Whatever the account has by now."""
    there = "check: {channel: check, funnel: keto}"
    live.file.write_text(live.file.read_text().replace(there, f"check: {{channel: check, funnel: keto, {declared}}}"))
    done = live.verify("--clicks", "check")
    named = declared.removeprefix("extra: {").partition(":")[0]
    assert (done.exit_code, f"({named} of the campaign)" in done.stderr) == (1, True), done.output
    assert live.clicks == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--every-setting"], "--every-setting needs --sandbox"),
        (["--strict"], "--strict needs --every-setting"),
        (["--tracking-url", "http://x.test"], "--tracking-url needs --clicks"),
        (["--sandbox", "http://127.0.0.1:1", "--clicks", "check"], "for a live account"),
        (["--sandbox", "http://x.test"], "keys are shown to a sandbox on this machine alone"),
        (["--sandbox", "http://127.0.0.1@x.test"], "keys are shown to a sandbox on this machine alone"),
    ],
)
def test_options_that_do_not_go_together(live: Live, arguments: list[str], said: str) -> None:
    done = live.verify(*arguments)
    assert (done.exit_code, said in done.stderr) == (1, True)


def test_the_key_of_another_account(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDTRACK_API_KEY", "of-somebody-else")
    status, told = live.told()
    assert (status, told["rows"]) == (0, 0)
    path = live.file
    path.write_text(
        path.read_text().replace("currency: USD}", f"currency: USD, redtrack_user: {live.living.owner}}}", 1)
    )
    done = live.verify()
    assert done.exit_code == 1
    assert live.living.owner in done.stderr


def test_an_account_that_cannot_be_read(live: Live) -> None:
    live.control("faults", service="redtrack", effect="status:500", path="conversions", times=None)
    done = live.verify()
    assert (done.exit_code, done.stderr.splitlines()[-1].startswith("Error: RedTrack")) == (1, True)


def test_no_sandbox_there(live: Live) -> None:
    done = live.verify("--sandbox", "http://127.0.0.1:1")
    assert (done.exit_code, "no sandbox at http://127.0.0.1:1" in done.stderr) == (1, True)


def test_a_conversion_at_no_time(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, whichever service says it; only silent connections are looked for by time."""
    live.sale()
    conversions = Logs.conversions
    monkeypatch.setattr(
        Logs, "conversions", lambda *given: [{**row, "created_at": "soon"} for row in conversions(*given)]
    )  # fmt: skip
    done = live.verify()
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        1, "Error: acme: an answer could not be read: Invalid isoformat string: 'soon'",
    )  # fmt: skip
