"""Drift on plain preview, for every kind: shown by field, healed by `up`, and left alone where the file is silent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.applied import SetUps
from tests.engine.project import Project
from tests.engine.served import Row, Served

pytestmark = pytest.mark.engine

Edit = dict[str, Any]

# Of every kind one field that the file declares, as a person could change it in the web application: the row's field
# and its new value, then the declared field and what a preview has to say of it.
DECLARED: dict[str, tuple[str, Edit, str, str]] = {
    "domain": ("main", {"fallback_url": "https://elsewhere.test"}, "fallback_url", "elsewhere.test"),
    "network": ("digistore24", {"sum": "{amount_vendor}"}, "sum", "{amount_vendor}"),
    "source": ("facebook", {"ref_id_alias": "gclid"}, "ref_id_alias", "gclid"),
    "conversion_type": ("upsell", {"duplicates": "ignore"}, "duplicates", "ignore"),
    "connection": ("sales", {"events": ["chargeback", "payment"]}, "events", "chargeback"),
    "offer": ("keto-guide", {"url": "https://elsewhere.test/?cid={clickid}"}, "url", "elsewhere.test"),
    "stream": ("keto", {}, "offer_ids", "of a stranger"),
    "campaign": ("fb-keto-de", {"cost_model": "CPM"}, "cost_model", "CPM"),
}

# Of every kind one field that the file does not mention.
SILENT: dict[str, Edit] = {
    "domain": {"use_auto_generated_ssl": False},
    "network": {"notes": "by hand"},
    "source": {"cost_id": "{cost}"},
    "conversion_type": {"show_in_journey": False},
    "connection": {"error_emails": ["someone@acme.test"]},
    "offer": {"notes": "by hand"},
    "stream": {"expires_at": "2031-01-01T00:00:00Z"},
    "campaign": {"tags": ["by hand"]},
}

INITIAL: dict[str, tuple[Edit, str]] = {
    "offer": ({"status": 2}, "offer 'keto-guide': status was changed outside, not managed: paused"),
    "campaign": ({"cpc": 0.4}, "campaign 'fb-keto-de': cpc was changed outside, not managed: 0.4"),
    "network": ({"status": "paused"}, "status was changed outside, not managed: paused"),
}


def live(sandbox: Served, kind: str) -> Row:
    """The row that the demo account declares of a kind, by the name in the table above."""
    name = DECLARED[kind][0]
    if kind == "domain":
        return sandbox.row(kind, url="track.acme.test")
    if kind == "conversion_type":
        return sandbox.row(kind, name=name)
    if kind == "connection":
        (found,) = (row for row in sandbox.rows(kind) if row["url"].endswith(f"sub20=tf.{name}"))
        return found
    return sandbox.row(kind, title="Facebook" if kind == "source" and not name else name)


def edit(sandbox: Served, kind: str, change: Edit) -> None:
    sandbox.edit(kind, live(sandbox, kind)["id"], **change)


def declare_one_of_each(project: Project) -> None:
    """Write a field for every kind into the file, and take one out that would leave none undeclared."""
    project.edit("{main: track.acme.test}", '{main: {url: track.acme.test, fallback_url: "https://acme.test"}}')
    project.edit(", notify: ops@acme.test", "")
    project.edit("{countries: [DE, AT]}", "{countries: [DE, AT], status: active}")
    project.edit(
        "{preset: digistore24, click", "{preset: digistore24, status: active, click", "shared/digistore24.yaml"
    )


@pytest.fixture
def account(set_ups: SetUps, tmp_path: Path) -> Iterator[Project]:
    """The demo account with a declared field of every kind, set up."""
    made = set_ups.copy("drift", tmp_path / "project", declare_one_of_each)
    yield made
    made.sandbox.close()


def strangers(sandbox: Served) -> dict[str, str]:
    """Ids of one more object of each kind, made by hand: a listing that shows nothing at all would prove nothing."""
    network = sandbox.edit("network", title="another")["id"]
    offer = sandbox.edit("offer", title="another", url="https://shop.test", program_id=network)["id"]
    source = sandbox.edit("source", title="another")["id"]
    stream = sandbox.edit("stream", title="another", offers=[{"id": offer, "weight": 100}])["id"]
    url = "https://tracker.test/postback"
    made = {
        "domain": sandbox.edit("domain", url="another.acme.test")["id"],
        "conversion_type": sandbox.edit("conversion_type", slot=20, name="another")["id"],
        "connection": sandbox.edit("connection", product_ids=["1"], events=["payment"], url=url)["id"],
        "campaign": sandbox.edit("campaign", title="another", source_id=source)["id"],
    }
    return {"network": network, "offer": offer, "source": source, "stream": stream, **made}


def told_without_the_engine(account: Project) -> None:
    """`trackform status` tells of drift what a review of the CLI's preview does, field by field."""
    saved = account.folder / "preview.json"
    saved.write_text(account.ok("preview", "--json", "--show-sames", "--refresh").stdout)
    review = account.trackform("review", "demo", "--json", "--preview", str(saved)).json
    (status,) = account.trackform("status", "demo", "--json").json
    drift = [item for item in review["items"] if item["change"] == "drift"]
    assert status["drift"] == drift
    assert len(drift) == len(DECLARED)
    assert status["last"]["result"] == "succeeded"


def test_drift_of_every_kind_is_shown_by_field_and_healed(account: Project) -> None:
    sandbox = account.sandbox
    stranger = strangers(sandbox)["offer"]
    for kind, change in SILENT.items():
        edit(sandbox, kind, change)
    before = {kind: live(sandbox, kind) for kind in DECLARED}
    for kind, (_, change, _, _) in DECLARED.items():
        edit(sandbox, kind, change)
    edit(sandbox, "stream", {"offers": [*before["stream"]["offers"], {"id": stranger, "weight": 50}]})

    planned = account.planned()
    # A stranger in a funnel is there with its weight.
    assert {name: (step.op, step.changed.keys() - {"offer_weights"}) for name, step in planned.items()} == {
        name: ("update", {field}) for name, _, field, _ in DECLARED.values()
    }
    assert planned["keto"].changed["offer_weights"] == ([100, 50], [100])
    assert planned["keto-guide"].changed["url"][0] == "https://elsewhere.test/?cid={clickid}"

    told_without_the_engine(account)

    shown = account.preview("--diff", "--expect-no-changes")
    assert shown.status not in (0, None), shown.text
    for name, _, field, word in DECLARED.values():
        assert f"~ {field}" in shown.text.replace("  ", " "), (name, shown.text)
        assert (stranger if field == "offer_ids" else word) in shown.text
    nightly = account.refresh_only()
    assert nightly.status != 0, nightly.text

    sandbox.forget_requests()
    account.up_ok()
    assert len(sandbox.writes()) == len(DECLARED), sandbox.writes()
    for kind, (_, change, _, _) in DECLARED.items():
        row = live(sandbox, kind)
        for field in change:
            assert row[field] == before[kind][field], kind
        for field, value in SILENT[kind].items():
            assert row[field] == value, kind
    assert [offer["id"] for offer in live(sandbox, "stream")["offers"]] == [live(sandbox, "offer")["id"]]
    account.ok("preview", "--expect-no-changes")


def test_what_was_deleted_there_is_created_again(account: Project) -> None:
    sandbox = account.sandbox
    kept = strangers(sandbox)
    for kind in reversed(DECLARED):
        sandbox.edit(kind, live(sandbox, kind)["id"], delete=True)
    assert {name: step.op for name, step in account.planned().items()} == {
        name: "create" for name, _, _, _ in DECLARED.values()
    }
    nightly = account.refresh_only()
    assert nightly.status != 0, nightly.text
    account.up_ok()
    for kind, stranger in kept.items():
        assert live(sandbox, kind)["id"] != stranger
    account.ok("preview", "--expect-no-changes")


def test_what_people_steer_is_named_and_left_alone(account: Project) -> None:
    sandbox = account.sandbox
    for kind, (change, _) in INITIAL.items():
        edit(sandbox, kind, change)
    sandbox.forget_requests()
    shown = account.ok("preview", "--expect-no-changes")
    for _, words in INITIAL.values():
        assert words in shown.text
    nightly = account.refresh_only()
    assert nightly.status == 0, nightly.text
    assert sandbox.writes() == []
    for kind, (change, _) in INITIAL.items():
        assert live(sandbox, kind).items() >= change.items()

    account.edit("cpc: 0.25", "cpc: 0.3")
    assert {name: list(step.changed) for name, step in account.planned().items()} == {"fb-keto-de": ["cpc"]}
    account.up_ok()
    assert len(sandbox.writes()) == 1, sandbox.writes()
    assert live(sandbox, "campaign")["cpc"] == 0.3
    assert live(sandbox, "offer")["status"] == 2


def test_a_change_shows_none_on_what_depends_on_it(account: Project) -> None:
    """Two offers, three connections and a campaign hang on the offer source and the offer."""
    account.edit("click_expiration: off", "click_expiration: off, notes: news", "shared/digistore24.yaml")
    account.edit("countries: [DE, AT]", "countries: [DE, AT], notes: news")
    planned = account.planned()
    assert {name: step.op for name, step in planned.items()} == {"digistore24": "update", "keto-guide": "update"}
    assert planned["digistore24"].changed == {"notes": (None, "news")}
    assert planned["keto-guide"].changed == {"notes": (None, "news")}


def test_what_leaves_a_map_goes_and_what_is_added_to_an_exact_one_shows(account: Project) -> None:
    """Filters, a postback's parts, `extra`: a preview shows it, `up` does it, and the next preview is clean."""
    sandbox = account.sandbox
    sandbox.switch(put="merges_deeply")
    funnel, campaign = sandbox.row("stream", title="keto"), sandbox.row("campaign", title="fb-keto-de")
    filters = "filters: {country: {values: [DE]}, os: {values: [iOS]}}"
    account.edit("{offers: {keto-guide: 100}}", f"{{offers: {{keto-guide: 100}}, {filters}}}")
    hooks = 'postbacks: [{url: "https://hook.test/", request_method: 1}]'
    account.edit("cost_model: CPC", f"{hooks}, extra: {{coupon: x, notifications: {{a: 1, b: 2}}}}, cost_model: CPC")
    assert {name: set(step.changed) for name, step in account.planned().items()} == {
        "keto": {"filters"}, "fb-keto-de": {"extra", "postbacks"},
    }  # fmt: skip
    account.up_ok()

    account.edit(", os: {values: [iOS]}", "")
    account.edit(", request_method: 1", "")
    account.edit("{coupon: x, notifications: {a: 1, b: 2}}", "{notifications: {a: 1}}")
    planned = account.planned()
    assert {name: set(step.changed) for name, step in planned.items()} == {
        "keto": {"filters"}, "fb-keto-de": {"extra", "postbacks"},
    }  # fmt: skip
    assert planned["keto"].changed["filters"][1].keys() == {"country"}
    account.up_ok()
    shown, live = sandbox.row("stream", id=funnel["id"])["filters"], sandbox.row("campaign", id=campaign["id"])
    assert {name for name, each in shown.items() if each["active"]} == {"country"}
    assert live["postbacks"] == [{"url": "https://hook.test/"}]
    assert (live["coupon"], live["notifications"]["a"], live["notifications"]["b"]) == ("", 1, 0)

    sandbox.edit("stream", funnel["id"], filters=shown | {"browser": {"active": True, "values": ["Safari"]}})
    sandbox.edit("campaign", campaign["id"], postbacks=[{"url": "https://hook.test/", "goals": ["theirs"]}])
    assert {name: set(step.changed) for name, step in account.planned().items()} == {"keto": {"filters"}}
    account.edit("cpc: 0.25", "cpc: 0.3")
    account.up_ok()
    shown = sandbox.row("stream", id=funnel["id"])["filters"]
    assert {name for name, each in shown.items() if each["active"]} == {"country"}
    assert sandbox.row("campaign", id=campaign["id"])["postbacks"][0]["goals"] == ["theirs"]
    account.ok("preview", "--expect-no-changes")
