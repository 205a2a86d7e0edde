"""What people did in the web application, and no field of the file says: paused, capped, ended."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.trackform_core.lifecycle.test_presence import as_stored

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from tests.providers.said import Said

    Cases = dict[str, Case]

PAUSED = "is paused in RedTrack, and the file says no status: it gets no visitors"


@pytest.mark.parametrize(
    ("kind", "row", "values", "said"),
    [
        ("campaign", {"status": 2}, {}, [PAUSED]), ("offer", {"status": 2}, {}, [PAUSED]),
        ("offer", {"status": 2}, {"status": "paused"}, []), ("offer", {"status": 2}, {"status": "active"}, []),
        ("offer", {"status": 1}, {}, []), ("channel", {"status": 2}, {}, []),
        ("funnel", {"expires_at": "2020-03-04T10:00:00Z"}, {}, ["ended on 2020-03-04: it gets no visitors any more"]),
        ("offer", {"expires_at": "2020-03-04"}, {"expires_at": "2020-03-04"},
         ["ended on 2020-03-04: it gets no visitors any more"]),
        ("campaign", {"expires_at": "2990-01-01T00:00:00Z"}, {}, []), ("campaign", {"expires_at": "soon"}, {}, []),
        ("campaign", {"expires_at": "0001-01-01T00:00:00Z"}, {}, []), ("campaign", {"expires_at": None}, {}, []),
        ("offer", {"cap": 5, "clcap": 6, "click_cap": 7}, {"clcap": 6},
         ["is capped in RedTrack, which the file does not say: 5 conversions a day (cap)",
          "is capped in RedTrack, which the file does not say: 7 clicks in a period (click_cap)"]),
        ("offer", {"cap": 1}, {}, ["is capped in RedTrack, which the file does not say: 1 conversion a day (cap)"]),
        ("offer", {"cap": 0, "clcap": None}, {}, []), ("campaign", {"cap": 5}, {}, []),
    ],
)  # fmt: skip
def test_of_a_live_row(kind: str, row: dict[str, Any], values: dict[str, Any], said: list[str]) -> None:
    assert KINDS[kind].stopped(row, values) == said


def test_what_somebody_paused_is_named_by_each_refresh(room: "Room", cases: "Cases", said: "Said") -> None:
    case = cases["campaign"]
    fields = {name: value for name, value in case.fields.items() if name != "status"}
    live = room.create(case.kind, fields)
    room.read(case.kind, live)
    assert said.ids == []
    room.edit(case.kind, live.object_id, set={"status": 2})
    room.process()
    room.read(case.kind, live)
    assert (said.ids, said.messages) == (["stopped"], [f"campaign '{fields['title']}' {PAUSED}"])
    said.clear()
    room.process()
    declared = case.fields | {"status": "active"}
    room.create(case.kind, declared | {"existing": True})
    room.process()
    room.check(case.kind, {"title": fields["title"], "existing": True, **{n: fields[n] for n in ("channel_id",)}})
    assert said.ids[-1] == "stopped", "what is only referred to as well"


def test_taking_over_tells_what_it_leaves(room: "Room", cases: "Cases", said: "Said") -> None:
    case = cases["offer"]
    wanted = case.fields | {"status": "active", "cap": 5}
    room.edit(case.kind, set=as_stored(case.kind, wanted | {"status": "paused", "cap": 99}))
    room.check(case.kind, wanted | {"adopt": True})
    name = f"offer '{wanted['title']}'"
    way_out = "List it under `enforce`, or set it in the web application"
    assert said.messages == [
        f"{name}: cap is 99, and stays so when it is taken over (declared: 5). {way_out}",
        f"{name}: status is paused, and stays so when it is taken over (declared: active). {way_out}",
    ]
    assert said.ids == ["left-alone"] * 2
    said.clear()
    room.check(case.kind, wanted | {"adopt": True, "enforce": ["status", "cap"]})
    room.check(case.kind, wanted | {"adopt": True, "leave": ["status", "cap"]})
    assert said.messages == []


def test_taking_over_tells_no_weights_of_members_that_are_not_in_the_list(
    room: "Room", cases: "Cases", said: "Said"
) -> None:
    case = cases["funnel"]
    (other,) = case.changes["offer_ids"]["offer_ids"][1:]
    fields = {"title": "Keto", "offer_ids": case.fields["offer_ids"], "offer_weights": [70, 30]}
    room.edit(case.kind, set={"title": "Keto", "offers": [{"id": other, "weight": 5}]})
    room.check(case.kind, fields | {"adopt": True})
    assert said.messages == []
