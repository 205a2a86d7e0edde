"""What a status tells of drift is what a preview tells, field by field, though it asks no engine."""

from typing import Any

from click.testing import CliRunner

from tests.machines import for_machines
from tests.trackform.status.conftest import Stage
from trackform.cli import main
from trackform.preview.plan import read_plan
from trackform.review.read import Reader

EDITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "domain": ({"url": "track.acme.test"}, {"fallback_url": "https://elsewhere.test"}),
    "network": ({"title": "digistore24"}, {"sum": "{amount_vendor}"}),
    "source": ({"title": "facebook"}, {"ref_id_alias": "gclid"}),
    "conversion_type": ({"name": "upsell"}, {"duplicates": "ignore"}),
    "offer": ({"title": "keto-guide"}, {"url": "https://elsewhere.test/?cid={clickid}", "status": 2}),
    "landing": ({"title": "advertorial"}, {"url": "https://elsewhere.test/a"}),
    "stream": ({"title": "keto"}, {"offers": []}),
    "campaign": ({"title": "fb"}, {"cost_model": "CPM", "cpc": 0.4}),
    "script": ({"name": "page"}, {"script_type": 2}),
}
"""Kind of the sandbox -> by what it is known, and what somebody makes of it in the web application."""


def status_of_demo() -> dict[str, Any]:
    done = CliRunner().invoke(main, ["status", "demo", "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    (document,) = for_machines(done.stdout)
    return dict(document)


def preview_of(stage: Stage) -> dict[str, Any]:
    """The same as a preview tells it."""
    reader = Reader(read_plan({"steps": stage.steps()}), stage.wanted().values())
    rows: dict[str, Any] = {"drift": [], "differs": {}}
    for item in reader.items:
        if item.change == "drift":
            rows["drift"].append(item.model_dump(mode="json"))
        else:
            rows["differs"].setdefault(item.change, []).append(item.ref)
    return rows


def same_as_a_preview(stage: Stage) -> dict[str, Any]:
    document = status_of_demo()
    expected = preview_of(stage)
    assert {name: document[name] for name in expected} == expected
    assert document["unread"] == []
    assert stage.living.writes() == []
    return document


def test_nothing_drifted(stage: Stage) -> None:
    stage.living.house.sandbox.log.clear()
    document = same_as_a_preview(stage)
    assert (document["drift"], document["differs"]) == ([], {})


def test_every_kind_is_told_as_a_preview_tells_it(stage: Stage) -> None:
    for stored, (known_by, change) in EDITS.items():
        stage.change(stored, known_by, **change)
    stage.living.edit("connection", str(stage.connection("sales")["id"]), events=["chargeback", "payment"])
    stage.living.house.sandbox.log.clear()
    drift = same_as_a_preview(stage)["drift"]
    assert {item["section"] for item in drift} == {
        "domains", "offer_sources", "traffic_channels", "conversion_types", "offers", "postbacks", "landings",
        "funnels", "campaigns", "scripts",
    }  # fmt: skip


def test_what_was_deleted_outside(stage: Stage) -> None:
    stage.living.make("landing", title="another", url="https://l.acme.test/b")
    for stored in ("offer", "landing", "campaign", "conversion_type"):
        stage.delete(stored, **EDITS[stored][0])
    stage.living.house.sandbox.log.clear()
    document = same_as_a_preview(stage)
    assert {item["section"] for item in document["drift"] if item["note"].startswith("Deleted outside")} == {
        "offers", "landings", "campaigns", "conversion_types",
    }  # fmt: skip
    # What refers to it will have another id.
    assert document["differs"] == {"update": ["funnels/keto", "scripts/page"]}


def test_a_change_of_the_file_is_no_drift(stage: Stage) -> None:
    stage.change("offer", {"title": "keto-guide"}, country_codes=["CH"])
    stage.edit("cost_model: CPC", "cost_model: CPM")
    stage.living.house.sandbox.log.clear()
    document = same_as_a_preview(stage)
    assert [item["section"] for item in document["drift"]] == ["offers"]
    assert document["differs"] == {"update": ["campaigns/fb"]}


def test_what_the_file_says_by_now_is_no_drift_any_more(stage: Stage) -> None:
    stage.change("offer", {"title": "keto-guide"}, country_codes=["CH"])
    stage.edit("countries: [DE, AT]", "countries: [CH]")
    stage.living.house.sandbox.log.clear()
    document = same_as_a_preview(stage)
    assert (document["drift"], document["differs"]) == ([], {})
