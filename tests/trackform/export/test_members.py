"""Filters of members and optimization in an export, and on a twin: said where there is more to say than a weight."""

from typing import Any

import pytest
import yaml

from tests.trackform.export.living import House
from tests.trackform.export.rows import exported
from trackform.export.paper import whole

DE = {"country": {"active": True, "exclude": False, "comparison_type": "EQ", "kind": 5, "values": ["DE"]}}
FORM = {"country": {"active": True, "values": ["DE"]}}


def test_a_member_with_filters_says_both() -> None:
    offers = [
        {"id": "o1", "weight": 70, "filters": DE},
        {"id": "o2", "weight": 30, "filters": {"os": {"active": False}}},
    ]
    more: dict[str, Any] = {"offers": [{}, {"id": "o2", "title": "yoga"}], "funnels": {"offers": offers, "filters": DE}}
    found, text = exported(more)
    entry = found.data["funnels"]["keto"]
    assert entry["offers"] == {"keto": {"weight": 70, "filters": FORM}, "yoga": 30}
    assert entry["filters"] == FORM
    assert "not known here" not in text


def test_a_funnel_with_optimization_is_said_with_its_weight() -> None:
    streams = [{"id": "f1", "weight": 100, "optimization": {"is_enabled": True, "limit": 3, "strange": 1}}]
    found, _ = exported({"campaigns": {"streams": streams}})
    assert found.data["campaigns"]["fb-de"]["funnels"] == {
        "keto": {"weight": 100, "optimization": {"is_enabled": True, "limit": 3}}
    }
    plain, _ = exported({"campaigns": {"streams": [streams[0] | {"optimization": {"is_enabled": False}}]}})
    assert plain.data["campaigns"]["fb-de"]["funnel"] == "keto"


def test_a_secret_in_a_filter_is_not_written() -> None:
    secret = {"referrer": {"active": True, "values": ["https://x.test/?api_key=canary-secret"]}}
    found, text = exported({"funnels": {"offers": [{"id": "o1", "weight": 100, "filters": secret}]}})
    assert "canary" not in text
    assert "filters of keto is not written here: it holds a secret. It stays as it is" in text
    assert found.data["funnels"]["keto"]["offers"] == {"keto": 100}


@pytest.mark.parametrize("switches", [{}, {"filters": "all"}, {"put": "merges_deeply"}])
def test_a_living_account_is_taken_over_without_a_write_and_set_up_again_elsewhere(
    house: House, switches: dict[str, Any]
) -> None:
    house.empty(**switches)
    living, twin = house.living(), house.living(2)
    network, source = living.make("network", title="n"), living.make("source", title="s")
    offer = living.make("offer", title="o", url="https://x.test/?cid={clickid}", program_id=network)
    stream = living.make("stream", title="f", filters=DE, offers=[{"id": offer, "weight": 100, "filters": DE}])
    optimization = {"is_enabled": True, "metric": "roi"}
    living.make(
        "campaign", title="c", source_id=source, streams=[{"id": stream, "weight": 100, "optimization": optimization}]
    )
    text = whole(living.export(), "acme")
    assert living.apply(own=text) == []
    data = yaml.safe_load(text)
    data.pop("account"), data["digistore24"].pop("account", None), data.pop("adopt")
    for section in ("funnels", "campaigns", "offers"):
        for entry in data[section].values():
            entry.pop("id", None)
    twin.apply(own=yaml.safe_dump(data))
    (row,), (campaign,) = twin.rows("stream"), twin.rows("campaign")
    assert row["filters"]["country"]["values"] == row["offers"][0]["filters"]["country"]["values"] == ["DE"]
    assert campaign["streams"][0]["optimization"] == optimization
