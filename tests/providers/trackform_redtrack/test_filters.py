"""Filters of funnels and their members, and optimization: what the file says is in force, whatever a PUT does."""

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.providers.conftest import KINDS, by
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.wire import Row, Values
from trackform_redtrack.filters import Filters

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

FUNNEL = KINDS["funnel"]
ITEM: dict[str, st.SearchStrategy[Any]] = {
    "active": st.booleans(), "exclude": st.booleans(), "comparison_type": st.sampled_from(["", "EQ", "CONTAINS"]),
    "kind": st.integers(0, 3),
}  # fmt: skip
VALUES = st.fixed_dictionaries(
    {}, optional=ITEM | {"values": st.lists(st.sampled_from(["DE", "AT", "CH"]), max_size=3)}
)
SUBS = st.fixed_dictionaries(
    {}, optional=ITEM | {"items": st.dictionaries(st.sampled_from(["sub1", "sub3"]), st.sampled_from(["", "x", "y"]))}
)
SETS = st.fixed_dictionaries(
    {},
    optional={
        "country": VALUES,
        "os": VALUES,
        "subs": SUBS,
        "unique_visitor": st.fixed_dictionaries({}, optional=ITEM),
    },
)
SWITCHES = st.fixed_dictionaries({
    "put": st.sampled_from(["merges", "replaces", "merges_deeply"]), "filters": st.sampled_from(["in_force", "all"]),
})  # fmt: skip
STEPS = st.lists(
    st.fixed_dictionaries({}, optional={"filters": SETS, "offer_filters": st.tuples(SETS, SETS).map(list)}),
    min_size=1, max_size=3,
)  # fmt: skip


def in_force(filters: Any) -> Values:
    """What lets visitors in or keeps them out, of a row or of a declaration."""
    found = {}
    for name, item in (filters or {}).items():
        if item.get("active"):
            items = {sub: value for sub, value in (item.get("items") or {}).items() if value}
            compared = item.get("comparison_type") or "EQ"
            found[name] = (bool(item.get("exclude")), compared, sorted(set(item.get("values") or ())), items)
    return found


def told(declared: Any) -> Values:
    """The same of a declaration, in which a filter is on unless it says otherwise."""
    return in_force({name: {"active": True, **item} for name, item in declared.items()})


def fields(offers: list[str], more: Values) -> Values:
    return {"title": "Keto", "offer_ids": offers, "offer_weights": [70, 30], "on_delete": "delete"} | more


@pytest.fixture
def offers(cases: "Cases") -> list[str]:
    found: list[str] = cases["funnel"].fields["offer_ids"]
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(switches=SWITCHES, steps=STEPS, outside=st.fixed_dictionaries({"funnel": SETS, "member": SETS}))
def test_preview_write_and_the_next_preview_agree(
    room: "Room", offers: list[str], switches: Values, steps: list[Values], outside: Values
) -> None:
    """Whatever the file said before, and whatever somebody sets in the web application in between."""
    room.switch(**switches)
    room.process()
    live = room.create(FUNNEL, fields(offers, steps[0]))
    try:
        was: Values = {}
        for step in steps:
            declared = fields(offers, step)
            room.process()
            live = room.read(FUNNEL, live)
            before = room.stored(FUNNEL, live.object_id)
            shown = set(room.differing(FUNNEL, live, declared))
            live = room.update(FUNNEL, live, declared)
            after = room.stored(FUNNEL, live.object_id)
            assert says(after, was | step, step), "what is declared is in force, what left the file is not"
            changed = {name for name, place in PLACES.items() if place(before) != place(after)}
            assert changed <= shown, "nothing is written that no preview showed"
            room.process()
            live = room.read(FUNNEL, live)
            assert room.differing(FUNNEL, live, declared) == []
            was = step
        room.edit(FUNNEL, live.object_id, set={
            "filters": outside["funnel"],
            "offers": [item | {"filters": outside["member"]} for item in after["offers"]],
        })  # fmt: skip
        room.process()
        live = room.read(FUNNEL, live)
        shown = set(room.differing(FUNNEL, live, declared))
        for name, place in PLACES.items():
            assert (name in shown) == (
                name in step and place(room.stored(FUNNEL, live.object_id)) != wanted(name, step)
            )
        room.update(FUNNEL, live, declared)
        assert says(room.stored(FUNNEL, live.object_id), step, step)
    finally:
        room.process()
        lifecycle.delete(FUNNEL, live.object_id, live.outs)


PLACES: dict[str, Any] = {
    "filters": lambda row: in_force(row.get("filters")),
    "offer_filters": lambda row: [in_force(item.get("filters")) for item in row["offers"]],
}


def wanted(name: str, step: Values) -> Any:
    said = step.get(name, {} if name == "filters" else [{}, {}])
    return told(said) if name == "filters" else [told(each) for each in said]


def says(row: Row, named: Values, step: Values) -> bool:
    return all(PLACES[name](row) == wanted(name, step) for name in named)


@given(filters=SETS)
def test_a_declaration_has_one_form(filters: Values) -> None:
    once = Filters.model_validate(filters).model_dump(exclude_none=True)
    assert Filters.model_validate(once).model_dump(exclude_none=True) == once
    assert in_force(once) == told(filters)


def test_a_filter_that_is_not_known_is_refused_by_name() -> None:
    checked = lifecycle.check(FUNNEL, {}, fields(["1", "2"], {"filters": {"contry": {"values": ["DE"]}}}), "?")
    assert [(each.field, each.reason) for each in checked.failures] == [("filters", "funnel has no filters.contry")]


@pytest.mark.parametrize("put", ["merges", "replaces", "merges_deeply"])
def test_a_filter_of_a_newer_service_survives_and_is_no_difference(room: "Room", offers: list[str], put: str) -> None:
    room.switch(put=put)
    declared = fields(offers, {"filters": by("country", "DE")})
    live = room.create(FUNNEL, declared)
    new = {"weather": {"active": True, "values": ["rain"]}}
    kept = room.stored(FUNNEL, live.object_id)["filters"]
    found = FUNNEL.body({"filters": kept | new}, {"filters": by("os", "iOS")}, frozenset(["filters"]))["filters"]
    assert found["weather"] == new["weather"]
    assert (found["country"]["active"], found["country"]["values"]) == (False, [])
    assert FUNNEL.live({"filters": kept | new}, declared)["filters"] == declared["filters"]


def test_what_was_never_declared_stays_and_what_was_declared_goes(room: "Room", offers: list[str]) -> None:
    live = room.create(FUNNEL, fields(offers, {}))
    mine = {"filters": by("country", "DE"), "offers": [{"id": offer, "filters": by("os", "iOS")} for offer in offers]}
    room.edit(FUNNEL, live.object_id, set=mine)
    room.process()
    live = room.update(FUNNEL, room.read(FUNNEL, live), fields(offers, {"title": "Keto 2"}))
    row = room.stored(FUNNEL, live.object_id)
    assert in_force(row["filters"]) == told(by("country", "DE"))
    assert [in_force(item["filters"]) for item in row["offers"]] == [told(by("os", "iOS"))] * 2
    live = room.update(FUNNEL, live, fields(offers, {"filters": by("country", "DE"), "title": "Keto 2"}))
    room.process()
    live = room.read(FUNNEL, live)
    assert room.differing(FUNNEL, live, fields(offers, {"title": "Keto 2"})) == ["filters"]
    live = room.update(FUNNEL, live, fields(offers, {"title": "Keto 2"}))
    row = room.stored(FUNNEL, live.object_id)
    assert in_force(row.get("filters")) == {}
    assert [in_force(item["filters"]) for item in row["offers"]] == [told(by("os", "iOS"))] * 2
    room.process()
    assert room.differing(FUNNEL, room.read(FUNNEL, live), fields(offers, {"title": "Keto 2"})) == []


def test_left_alone_it_stays_when_it_leaves_the_file(room: "Room", offers: list[str]) -> None:
    live = room.create(FUNNEL, fields(offers, {"filters": by("country", "DE")}))
    room.process()
    left = fields(offers, {"leave": ["filters"]})
    live = room.update(FUNNEL, room.read(FUNNEL, live), left)
    assert in_force(room.stored(FUNNEL, live.object_id)["filters"]) == told(by("country", "DE"))


@pytest.mark.parametrize("put", ["merges", "replaces", "merges_deeply"])
def test_optimization_is_merged_and_peoples_afterwards(room: "Room", cases: "Cases", put: str) -> None:
    room.switch(put=put)
    room.control("POST", "clock", json={"advance_seconds": 2})
    case = cases["campaign"]
    live = room.create(case.kind, case.fields)
    room.control("POST", "clock", json={"advance_seconds": 2})
    assert [item["optimization"] for item in room.stored(case.kind, live.object_id)["streams"]] == [
        {"is_enabled": True, "limit": 3}, {"is_enabled": False, "metric": "roi", "subs": ["sub1", "sub2"]},
    ]  # fmt: skip
    streams = room.stored(case.kind, live.object_id)["streams"]
    streams[0]["optimization"] |= {"threshold": 5, "limit": 9}
    room.edit(case.kind, live.object_id, set={"streams": streams})
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, case.fields) == []
    assert seen.outs["changed_outside"]["funnel_optimizations"][0] == {"is_enabled": True, "limit": 9}

    def after(first: Values) -> list[Values]:
        changed = case.fields | {"funnel_optimizations": [first, case.fields["funnel_optimizations"][1]]}
        room.process()
        room.update(case.kind, room.read(case.kind, live), changed)
        return [item["optimization"] for item in room.stored(case.kind, live.object_id)["streams"]]

    second = {"is_enabled": False, "metric": "roi", "subs": ["sub1", "sub2"]}
    assert after({"is_enabled": False, "limit": 3}) == [{"is_enabled": False, "limit": 9, "threshold": 5}, second]
    assert after({"is_enabled": False})[0] == {"is_enabled": False, "threshold": 5}, "what leaves the file goes"
