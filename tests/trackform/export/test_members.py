"""Filters of members and optimization in an export, and on a twin: said where there is more to say than a weight."""

from typing import Any

import pytest
import yaml

from tests.trackform.export.living import House
from tests.trackform.export.rows import exported
from trackform.export.paper import whole
from trackform.export.sharing import Sharing
from trackform.export.unsent import entry_key

DE = {"country": {"active": True, "exclude": False, "comparison_type": "EQ", "kind": 5, "values": ["DE"]}}
FORM = {"country": {"active": True, "kind": 5, "values": ["DE"]}}


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


def test_a_filter_that_no_file_can_say_is_named_once_with_its_member_and_the_others_are_said() -> None:
    odd = {"subs": {"active": True, "items": {"sub21": "x"}}, "country": {"active": True, "values": ["DE"]}}
    new = {"source": {"active": True, "values": ["a", "b"]}, **DE}
    offers = [
        {"id": "o1", "weight": 60, "filters": odd}, {"id": "o2", "weight": 30, "filters": DE},
        {"id": "o3", "weight": 10, "filters": new},
    ]  # fmt: skip
    rows: dict[str, Any] = {"offers": [{}, {"id": "o2", "title": "yoga"}, {"id": "o3", "title": "zen"}]}
    found, _ = exported({**rows, "funnels": {"offers": offers}})
    said = {"yoga": {"weight": 30, "filters": FORM}, "zen": {"weight": 10, "filters": FORM}}
    assert found.data["funnels"]["keto"]["offers"] == {"keto": 60, **said}
    named = Sharing(found).not_shared["funnels"]["keto"]
    assert named.keys() == {"offers", "offers.filters.source"}
    assert named["offers"].keys() == {"keto"}
    assert "sub21" in named["offers"]["keto"]["filters"]


def test_what_is_the_accounts_own_in_one_filter_keeps_no_member_from_others() -> None:
    own = {"isp": {"active": True, "values": ["act_7001"]}}
    offers = [{"id": "o1", "weight": 70, "filters": own}, {"id": "o2", "weight": 30, "filters": DE}]
    found, _ = exported({"offers": [{}, {"id": "o2", "title": "yoga"}], "funnels": {"offers": offers}})
    parted = Sharing(found)
    assert parted.shared["funnels"]["keto"]["offers"] == {"keto": 70, "yoga": {"weight": 30, "filters": FORM}}
    assert parted.own["funnels"]["keto"]["offers"] == {"keto": {"weight": 70, "filters": own}}
    assert parted.not_shared["funnels"]["keto"]["offers"].keys() == {"keto"}


@pytest.mark.parametrize(
    ("section", "field", "key"),
    [
        ("campaigns", "channel_id", "channel"), ("funnels", "offer_ids", "offers"), ("offers", "title", "title"),
        ("offers", "nothing_of_ours", "nothing_of_ours"),
        ("funnels", "offer_filters", "offers.filters"), ("campaigns", "funnel_optimizations", "funnels.optimization"),
    ],
)  # fmt: skip
def test_a_field_is_called_as_its_entry_has_it(section: str, field: str, key: str) -> None:
    assert entry_key(section, field) == key
