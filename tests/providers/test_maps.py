"""Maps and lists inside objects, of every field of every kind: what a preview shows is what an update writes.

Each holds exactly what the file names, or what it names laid over what is there; which of the two stands on the field.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.providers.conftest import KINDS
from tests.providers.generated import KNOWN_BY, declarations, edits, holds_several
from tests.thorough import examples
from trackform.resources import RESOURCES
from trackform_core.lifecycle import service as lifecycle
from trackform_core.lifecycle.service import Live
from trackform_core.model.kind import OPTIONS, Kind
from trackform_core.model.markers import Exact, Merged
from trackform_core.model.wire import Each, Members, Row, Values, canonical, is_blank
from trackform_redtrack.filters import Filters, FiltersWire

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

EVERY: dict[str, Kind[Any]] = {each.provider.kind.name: each.provider.kind for each in RESOURCES}
SWITCHES = st.fixed_dictionaries({
    "put": st.sampled_from(["merges", "replaces", "merges_deeply"]), "filters": st.sampled_from(["in_force", "all"]),
    "campaign_list": st.sampled_from(["with_streams", "without_streams"]),
})  # fmt: skip
Path = tuple[Any, ...]
Leaves = dict[Path, Any]
"""Place -> value of each entry."""


@pytest.mark.parametrize("name", EVERY)
def test_every_map_and_list_says_how_it_is_meant(name: str) -> None:
    for field, info in EVERY[name].model.model_fields.items():
        marks = [mark for mark in info.metadata if isinstance(mark, Exact | Merged)]
        several = holds_several(info.annotation) and (field not in OPTIONS or field == "extra")
        assert len(marks) == int(several), field
        assert all(mark.why for mark in marks if isinstance(mark, Merged)), field


def leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Each entry that says something, by its place; a map in a list by what it is known by."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for place, item in enumerate(value):
            known = next((item[key] for key in KNOWN_BY if key in item), place)
            yield from leaves(item, (*path, place if path[-1] == "subs" else known))
    elif value is not None:
        yield path, canonical(value)


def declared_leaves(kind: Kind[Any], values: Values) -> Leaves:
    found: dict[str, Any] = {"extra": values.get("extra") or {}}
    for name, wire in kind.fields.items():
        value = values.get(name)
        if isinstance(wire, Members) and wire.part != "ids":
            value = dict(zip(values.get(wire.ids) or (), value or (), strict=False))
            if isinstance(wire, Each) and isinstance(wire.inner, FiltersWire):
                value = {
                    member: Filters.model_validate(each).model_dump(exclude_none=True) for member, each in value.items()
                }
        elif isinstance(wire, Members) and value:
            value = sorted(value)
        found[name] = value
    return dict(leaves(found, ()))


def live_leaves(kind: Kind[Any], row: Row) -> Leaves:
    found: dict[str, Any] = {"extra": {name: row[name] for name in kind.more & row.keys()}}
    for name, wire in kind.fields.items():
        items = {item["id"]: item for item in row.get(wire.name) or []} if isinstance(wire, Members) else {}
        if isinstance(wire, Each):
            found[name] = {member: wire.inner.read(item, {}) for member, item in items.items()}
        elif isinstance(wire, Members) and wire.part == "ids":
            found[name] = sorted(items)
        elif isinstance(wire, Members):
            found[name] = {member: item.get("weight", 0) for member, item in items.items()}
        else:
            found[name] = row.get(name) if name in kind.write_only else wire.read(row, {})
    # RedTrack's number of a filter counts only where the file names one.
    return {path: value for path, value in spoken(dict(leaves(found, ()))).items() if path[-1] != "kind"}


def spoken(found: Leaves) -> Leaves:
    """Without what says that there is nothing."""
    return {path: value for path, value in found.items() if not is_blank(value)}


class Story:
    """One object, the files that declare it one after another, and what people do to it in between."""

    def __init__(self, room: "Room", case: "Case", fields: Values) -> None:
        self.room, self.kind = room, case.kind
        self.anew: set[str] = set()
        room.control("POST", "clock", json={"advance_seconds": 2})
        self.live = room.create(self.kind, {**fields, "on_delete": "delete"})
        room.control("POST", "clock", json={"advance_seconds": 2})

    @property
    def row(self) -> Row:
        return self.room.stored(self.kind, self.live.object_id)

    def edit(self, changes: Row) -> None:
        self.room.edit(self.kind, self.live.object_id, set=changes)

    def up(self, fields: Values) -> list[str]:
        """A preview, the update and the next preview, which agree; the fields that the first showed."""
        room, kind = self.room, self.kind
        room.process()
        seen = room.read(kind, self.live)
        news = room.check(kind, {**fields, "on_delete": "delete"}, seen.inputs)
        shown = lifecycle.diff(kind, seen.outs, news)[0]
        before, old, new = live_leaves(kind, self.row), declared_leaves(kind, seen.inputs), declared_leaves(kind, news)
        self.anew = (news.keys() & kind.fields.keys()) - seen.inputs.keys()
        room.forget()
        if shown:
            self.live = lifecycle.update(kind, seen.object_id, seen.outs, news)
        else:
            self.live = Live(seen.object_id, seen.outs, news)
        after = live_leaves(kind, self.row)
        self._agree(old, new, before, after)
        differing = {path for path in {*old, *new} if spoken(old).get(path) != spoken(new).get(path)}
        told = {path[0] for path in differing if path[0] not in kind.of_each or not self._moves(path, old, new)}
        assert told <= {*shown, *seen.outs["changed_outside"]}, "what people set already is no change"
        room.process()
        self.live = room.read(kind, self.live)
        assert room.differing(kind, self.live, {**fields, "on_delete": "delete"}) == [], "the next preview is clean"
        assert spoken(declared_leaves(kind, self.live.inputs)) == spoken(new)
        return shown

    def _agree(self, old: Leaves, new: Leaves, before: Leaves, after: Leaves) -> None:
        """What is shown is live afterwards, and nothing else has changed."""
        for path in {*before, *after, *old, *new}:
            if self._moves(path, old, new):
                continue
            if old.get(path) != new.get(path) and (path in new or self._goes(path, new)):
                assert after.get(path) == spoken(new).get(path), (path, "is shown, and so it is live")
            else:
                assert after.get(path) == before.get(path), (path, "is not shown, and is as it was")

    def _goes(self, path: Path, new: Leaves) -> bool:
        """What leaves a map or a list goes; a field that leaves the file stays."""
        is_map = path[0] == "extra" or isinstance(self.kind.fields[path[0]], Each | FiltersWire)
        return is_map or any(each[0] == path[0] for each in new)

    def _moves(self, path: Path, old: Leaves, new: Leaves) -> bool:
        """Whether it comes or goes with something that is shown: a list, a member, or a map in a list."""
        ids = getattr(self.kind.fields.get(path[0]), "ids", "")
        if self.anew & {path[0], ids}:
            return True
        if path[0] in self.kind.of_each:
            return (path[1] in old.get((ids,), ())) != (path[1] in new.get((ids,), ()))
        if any(each[: len(path)] == path[: len(each)] and each != path for each in new):
            # A map in place of a text, or a text in place of a map.
            return True
        owners = [path[: at + 1] for at, part in enumerate(path) if str(part).startswith("https://")]
        return any(
            any(each[: len(owner)] == owner for each in old) != any(each[: len(owner)] == owner for each in new)
            for owner in owners
        )

    def end(self) -> None:
        self.room.process()
        lifecycle.delete(self.kind, self.live.object_id, self.live.outs)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=examples(6, thorough=12), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), switches=SWITCHES)
def test_preview_write_and_next_preview_agree(
    room: "Room", cases: "Cases", name: str, data: st.DataObject, switches: Values
) -> None:
    case = cases[name]
    room.switch(**switches)
    room.process()
    story = Story(room, case, data.draw(declarations(case)))
    try:
        declared = data.draw(declarations(case))
        story.up(declared)
        story.edit(data.draw(edits(case, story.row)))
        story.up(declared)
        story.edit(data.draw(edits(case, story.row)))
        story.up(data.draw(declarations(case)))
    finally:
        story.end()


@pytest.fixture(params=["merges", "replaces", "merges_deeply"])
def put(request: pytest.FixtureRequest, room: "Room") -> str:
    """Whatever a PUT does to what it is not sent."""
    room.switch(put=request.param)
    return str(request.param)


@pytest.mark.usefixtures("put")
def test_an_entry_that_leaves_a_map_goes_and_anybody_elses_stays(room: "Room", cases: "Cases") -> None:
    case = cases["offer_source"]
    fields = {"title": "Digistore24"}
    hints, rates = {"sub1": "a", "sub2": "b"}, {"is_enabled": True, "rates": {"EUR": 1, "USD": 2}}
    story = Story(room, case, fields | {"extra": {"hints": hints, "custom_rates": rates, "sub7": "x"}})
    story.edit({"hints": hints | {"sub3": "theirs"}, "sub8": "theirs"})
    assert story.up(fields | {"extra": {"hints": {"sub1": "a"}, "custom_rates": {"rates": {"EUR": 1}}}}) == ["extra"]
    assert spoken(dict(leaves({name: story.row.get(name) for name in case.kind.more}, ()))) == {
        ("hints", "sub1"): "a", ("hints", "sub3"): "theirs", ("custom_rates", "rates", "EUR"): 1, ("sub8",): "theirs",
    }  # fmt: skip
    assert story.up(fields) == ["extra"]
    assert spoken(dict(leaves({name: story.row.get(name) for name in case.kind.more}, ()))) == {
        ("hints", "sub3"): "theirs", ("sub8",): "theirs",
    }  # fmt: skip


@pytest.mark.usefixtures("put")
def test_an_entry_that_leaves_is_left_alone_where_the_file_says_so(room: "Room", cases: "Cases") -> None:
    story = Story(room, cases["offer_source"], {"title": "t", "extra": {"sub7": "x", "hints": {"sub1": "a"}}})
    room.process()
    news = room.check(story.kind, {"title": "t", "leave": ["sub7", "hints"]}, story.live.inputs)
    lifecycle.update(story.kind, story.live.object_id, story.live.outs, news)
    assert (story.row["sub7"], story.row["hints"]) == ("x", {"sub1": "a"})


@pytest.mark.usefixtures("put")
def test_a_map_is_emptied_once(room: "Room", cases: "Cases") -> None:
    fields: Values = {"title": "t", "unset": ["custom_rates"]}
    story = Story(room, cases["offer_source"], {"title": "t"})
    story.edit({"custom_rates": {"is_enabled": True, "rates": {"EUR": 2}}})
    room.process()
    story.live = room.update(story.kind, room.read(story.kind, story.live), fields)
    assert is_blank(story.row["custom_rates"])
    room.process()
    room.forget()
    live = room.read(story.kind, story.live)
    assert room.differing(story.kind, live, fields) == []
    room.update(story.kind, live, fields)
    assert room.writes() == []


@pytest.mark.usefixtures("put")
def test_a_map_in_a_list_keeps_its_own_parts_when_another_leaves(room: "Room", cases: "Cases") -> None:
    case = cases["campaign"]
    fields = {name: case.fields[name] for name in ("title", "channel_id", "funnel_ids")}
    first, second, third = ({"url": f"https://{name}.test/", "request_method": 1} for name in "abc")
    story = Story(room, case, fields | {"postbacks": [first, second]})
    theirs = [first | {"goals": ["of a"]}, second | {"goals": ["of b"], "payment_percent": 5}]
    story.edit({"postbacks": theirs})
    assert story.up(fields | {"postbacks": [first, second]}) == []
    story.up(fields | {"postbacks": [second]})
    assert story.row["postbacks"] == theirs[1:]
    story.up(fields | {"postbacks": [third, {"url": second["url"]}]})
    assert story.row["postbacks"] == [third, {name: theirs[1][name] for name in ("url", "goals", "payment_percent")}]
    story.edit({"postbacks": [*story.row["postbacks"], first]})
    assert story.up(fields | {"postbacks": [third, {"url": second["url"]}]}) == ["postbacks"], "one more is drift"
    # A map is known by what it says: one that says something else altogether goes on from the one in its place.
    room.process()
    room.update(
        story.kind, room.read(case.kind, story.live), fields | {"postbacks": [third, {"url": "https://d.test/"}]}
    )
    assert story.row["postbacks"][1] == {"url": "https://d.test/", "goals": ["of b"], "payment_percent": 5}


def test_of_weights_only_those_are_written_that_the_file_changed(room: "Room", cases: "Cases", said: Any) -> None:
    case = cases["funnel"]
    one, two, three = sorted({*case.fields["offer_ids"], *case.changes["offer_ids"]["offer_ids"]})
    fields = {"title": "Keto", "offer_ids": [one, two], "offer_weights": [50, 50]}
    story = Story(room, case, fields)

    def weights() -> dict[str, int]:
        return {item["id"]: item["weight"] for item in story.row["offers"]}

    story.edit({"offers": [{"id": one, "weight": 60}, {"id": two, "weight": 40}]})
    assert story.up(fields | {"offer_weights": [70, 50]}) == ["offer_weights"]
    assert weights() == {one: 70, two: 40}
    assert "offer_weights was changed outside, not managed: [70, 40] (declared: [70, 50])" in said.text
    story.up({"title": "Keto", "offer_ids": [three, one, two], "offer_weights": [30, 70, 50]})
    assert weights() == {three: 30, one: 70, two: 40}


def test_what_is_said_in_the_order_of_members_is_said_of_them(room: "Room", cases: "Cases") -> None:
    case = cases["funnel"]
    one, two, three = sorted({*case.fields["offer_ids"], *case.changes["offer_ids"]["offer_ids"]})
    ours = {"country": {"values": ["DE"]}}
    more = {"title": "Keto", "offer_weights": [70, 30], "offer_filters": [{}, ours]}
    story = Story(room, case, more | {"offer_ids": [one, two]})
    assert story.up(more | {"offer_ids": [three, one]}) == ["offer_filters", "offer_ids", "offer_weights"]
    live = {item["id"]: (item["weight"], bool(item.get("filters"))) for item in story.row["offers"]}
    assert live == {three: (70, False), one: (30, True)}


@pytest.mark.parametrize(
    ("name", "field", "row", "empty"),
    [
        ("funnel", "filters", {"filters": {"os": {"active": True, "values": ["iOS"]}}}, {}),
        ("offer", "tags", {"tags": ["theirs"]}, []), ("channel", "subs", {"subs": [{"value": "theirs"}]}, []),
        ("campaign", "postbacks", {"postbacks": [{"url": "https://theirs.test/"}]}, []),
    ],
)  # fmt: skip
def test_a_field_that_is_declared_empty_is_shown_and_emptied(
    room: "Room", cases: "Cases", name: str, field: str, row: Row, empty: Any
) -> None:
    case = cases[name]
    kind = case.kind
    needed = {name: value for name, value in case.fields.items() if name in kind.needed}
    story = Story(room, case, needed)
    story.edit(row)
    assert story.up(needed) == []
    assert story.up(needed | {field: empty}) == [field]
    assert is_blank(kind.fields[field].read(story.row, {}))
    story.edit(row)
    assert story.up(needed | {field: empty}) == [field]
    assert story.up(needed) == [], "there was nothing, and there is nothing"
    story.edit(row)
    assert story.up(needed) == [], "no longer watched"


def test_a_field_that_leaves_the_file_stays_and_the_preview_says_so(room: "Room", cases: "Cases", said: Any) -> None:
    case = cases["offer"]
    needed = {name: case.fields[name] for name in ("title", "url", "offer_source_id")}
    extra = {"postback_url": "https://x.test/", "cap_alert": True}
    story = Story(room, case, needed | {"tags": ["a"], "notes": "x", "status": "paused", "cap": 0, "extra": extra})
    said.clear()
    assert story.up(needed) == ["extra", "notes", "status", "tags"]
    stays = "has left the file, and stays as it is in RedTrack"
    assert [each.removeprefix("offer 'Keto Guide': ") for each in said.messages if "left the file" in each] == [
        f"extra.postback_url {stays}: https://x.test/; `unset: [postback_url]` empties it",
        f"notes {stays}: x; `unset: [notes]` empties it",
        f"status {stays}: paused",
        f"tags {stays}: ['a']; `unset: [tags]` empties it",
    ]
    assert (story.row["notes"], story.row["tags"], story.row["status"]) == ("x", ["a"], 2)
    said.clear()
    assert story.up(needed) == []
    assert "left the file" not in said.text


def test_an_empty_sub_at_the_end_and_an_empty_part_of_one_say_nothing(room: "Room", cases: "Cases") -> None:
    subs = [{}, {"value": "{a}", "hint": ""}, {"alias": ""}, {}]
    story = Story(room, cases["channel"], {"title": "Taboola", "subs": subs})
    assert story.live.inputs["subs"] == [{}, {"value": "{a}"}]
    assert story.up({"title": "Taboola", "subs": subs}) == []


def test_a_certificate_with_a_key_that_is_none_is_refused(room: "Room", cases: "Cases") -> None:
    ssl = {"crt": "CERT", "key": "KEY", "chain": "x"}
    (failure,) = lifecycle.check(KINDS["domain"], {}, cases["domain"].fields | {"ssl": ssl}, "?").failures
    assert (failure.field, failure.reason) == ("ssl", "tracking domain has no ssl.chain")
    assert room.writes() == []
