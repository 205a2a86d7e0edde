"""What each fault does to an answer, and which request it hits."""

import gzip
import json
from typing import Any

import httpx
import pytest

from trackform.sandbox.effects import EFFECTS, changed, dripping, emptied
from trackform.sandbox.faults import CutError, Fault, RefusedError
from trackform.sandbox.world import Sandbox


def order(sandbox: Sandbox, effect: str, **how: Any) -> None:
    sandbox.faults.add(Fault.model_validate({"service": "redtrack", "effect": effect, "method": "GET", **how}))


ROWS = [{"id": "1", "title": "a", "cap": 5, "on": True}, {"id": "2", "title": "b", "cap": 6, "on": False}]


@pytest.mark.parametrize(("effect", "expected"), [
    ("null", None),
    ("repeats", [*ROWS, ROWS[1]]),
    ("misses", ROWS[:1]),
    ("reorders", ROWS[::-1]),
    ("total", {"items": ROWS, "total": 3}),
    ("types", [{"id": str(n), "title": [title], "cap": {"amount": str(cap)}, "on": {"value": on}}
               for n, title, cap, on in ((1, "a", 5, True), (2, "b", 6, False))]),
    ("no_ids", [{**row, "id": None, "_id": None} for row in ROWS]),
    ("other_ids", [{**row, "id": "0"} for row in ROWS]),
    ("scalars", [1, "x", None]),
])  # fmt: skip
def test_what_becomes_of_rows(effect: str, expected: Any) -> None:
    change = EFFECTS[effect].change
    assert change is not None
    assert json.loads(changed(json.dumps(ROWS).encode(), change)) == expected
    # Inside an envelope the same.
    wrapped = json.loads(changed(json.dumps({"items": ROWS, "total": 2}).encode(), change))
    rows = expected if isinstance(expected, list) else ROWS
    assert wrapped == (None if effect == "null" else {"items": rows, "total": 3 if effect == "total" else 2})
    assert changed(b"no JSON", change) == b"no JSON"


@pytest.mark.parametrize(("effect", "expected"), [
    ("no_ids", {"result": "success", "data": {"id": None, "_id": None, "have_settings": "Y"}}),
    ("types", {"result": "success", "data": {"id": "7", "have_settings": ["Y"]}}),
])  # fmt: skip
def test_what_becomes_of_one_object(effect: str, expected: Any) -> None:
    change = EFFECTS[effect].change
    assert change is not None
    assert change({"result": "success", "data": {"id": "7", "have_settings": "Y"}}) == expected


def test_which_effects_hit_reads_alone() -> None:
    reads = {name for name, effect in EFFECTS.items() if effect.hits == "read"}
    assert reads == {"empty", "repeats", "misses", "reorders", "total", "stale"}


@pytest.mark.parametrize(
    ("body", "empty", "left"),
    [
        ([1, 2], [], []), ([1, 2], None, None), ({"items": [1], "total": 1}, None, {"items": None, "total": 0}),
        ({"total": {"clicks": 3}, "items": [1]}, [], {"total": {}, "items": []}), ("text", [], "text"),
        ({"data": {"transaction_list": [1], "item_count": 1, "page_count": 1, "page_no": 1}, "code": 0,
         "summary": {"a": [1]}},
         [], {"data": {"transaction_list": [], "item_count": 0, "page_count": 0, "page_no": 1}, "code": 0,
              "summary": {"a": [1]}}),
        ({"data": [1], "totals": 5, "page_count": "7"}, [], {"data": [], "totals": 5, "page_count": "7"}),
    ],
)  # fmt: skip
def test_a_listing_without_its_rows_keeps_its_envelope(body: Any, empty: list[Any] | None, left: Any) -> None:
    assert json.loads(emptied(json.dumps(body).encode(), empty)) == left


def test_lists_within_each_other() -> None:
    change = EFFECTS["deep"].change
    assert change is not None
    assert json.dumps(change(ROWS)) == "[" * 501 + "]" * 501


def test_a_body_that_drips_comes_in_the_end() -> None:
    naps: list[float] = []
    assert b"".join(dripping(b"{}", 0.5, naps.append)) == b" " * 10_000 + b"{}"
    assert naps == [0.5] * 10_000


@pytest.mark.parametrize("effect", ["repeats", "misses", "reorders", "scalars"])
def test_what_one_object_lists_are_no_rows(effect: str) -> None:
    change = EFFECTS[effect].change
    assert change is not None
    for one in ({"id": "1", "tags": ["a", "b"]}, {"data": {"id": "1", "tags": ["a", "b"]}}):
        assert change(one) == one
        assert change({"data": [one, {"id": "2"}]}) != {"data": [one, {"id": "2"}]}


def test_a_stale_read_shows_what_was_there_before(
    redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str]
) -> None:
    order(sandbox, "stale", path="^/sources$", times=None)
    before = redtrack.get("/sources").json()
    assert redtrack.post("/sources", json={"title": "new"}).is_success
    assert redtrack.get("/sources").json() == before
    assert redtrack.get("/offers").is_success
    sandbox.faults.clear()
    assert len(redtrack.get("/sources").json()) == len(before) + 1
    order(sandbox, "stale", path="^/sources$", times=None)
    assert len(redtrack.get("/sources").json()) == len(before) + 1, "what was shown before the clearing is forgotten"
    sandbox.faults.clear()
    assert redtrack.post("/sources", json={"title": "newer"}).is_success
    order(sandbox, "stale", path="^/sources$", times=None)
    assert len(redtrack.get("/sources").json()) == len(before) + 2, "also where nothing was read in between"


def test_bodies_that_are_too_long_or_too_short_or_too_slow(redtrack: httpx.Client, sandbox: Sandbox) -> None:
    naps: list[float] = []
    sandbox.faults.sleep = naps.append
    order(sandbox, "big:2")
    assert redtrack.get("/sources").content == b" " * 2**21
    order(sandbox, "bomb:2")
    with redtrack.stream("GET", "/sources") as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join(answer.iter_raw())
    assert len(packed) < 20_000
    assert gzip.decompress(packed) == b" " * 2**21
    order(sandbox, "drip:5")
    with redtrack.stream("GET", "/sources") as answer:
        for number, piece in enumerate(answer.iter_raw()):
            assert piece == b" "
            if number == 9:
                break
    assert naps == [5.0] * 10
    order(sandbox, "cut_body")
    with pytest.raises(CutError, match="middle of the body"):
        redtrack.get("/sources")


def test_a_connection_that_nobody_takes(redtrack: httpx.Client, sandbox: Sandbox) -> None:
    order(sandbox, "refuse")
    with pytest.raises(httpx.ConnectError) as error:
        redtrack.get("/sources")
    assert isinstance(error.value, RefusedError)


def test_a_status_goes_with_its_headers(redtrack: httpx.Client, sandbox: Sandbox) -> None:
    order(sandbox, "status:429", headers={"Retry-After": "86400"})
    answer = redtrack.get("/sources")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "86400")
    order(sandbox, "status:599")
    assert redtrack.get("/sources").status_code == 599


def test_the_nth_request_is_hit(redtrack: httpx.Client, sandbox: Sandbox) -> None:
    order(sandbox, "status:500", skip=2)
    assert [redtrack.get("/sources").status_code for _ in range(4)] == [200, 200, 500, 200]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_rate_hits_the_same_requests_for_the_same_seed(redtrack: httpx.Client, sandbox: Sandbox, seed: int) -> None:
    hit = []
    for _ in range(2):
        order(sandbox, "status:500", rate=0.3, seed=seed, times=None)
        hit.append([redtrack.get("/sources").status_code for _ in range(40)])
        sandbox.faults.clear()
    assert hit[0] == hit[1]
    assert 3 < hit[0].count(500) < 25


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"rate": 2}, {"skip": -1}, {"effect": "big"}, {"effect": "cut:3"},
                                   {"effect": "big:99999"}, {"effect": "drip:x"}])  # fmt: skip
def test_a_fault_that_cannot_be_is_refused(http: httpx.Client, wrong: dict[str, Any]) -> None:
    assert http.post("/_control/faults", json={"service": "redtrack", "effect": "cut", **wrong}).status_code == 400
