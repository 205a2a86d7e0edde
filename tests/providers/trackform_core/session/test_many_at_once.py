"""As many calls at a time as the plugin serves: what one of them reads, none reads again, and nothing is doubled."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.small_engine import PROVIDERS
from trackform_core.dynamic import Failed
from trackform_core.http.bounds import BOUNDS

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

ALIKE = ("domain", "channel", "offer_source", "offer", "funnel", "campaign", "landing", "script")
"""Kinds of which any number can be made that differ in their natural key alone."""


def together(work: Callable[[int], Any]) -> list[Any]:
    """What each thread's work came to, or its error."""
    begin, found = threading.Barrier(BOUNDS.at_once), [None] * BOUNDS.at_once

    def run(number: int) -> None:
        begin.wait()
        try:
            found[number] = work(number)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test looks at it
            found[number] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(BOUNDS.at_once)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


def asked(room: "Room") -> Counter[tuple[str, str]]:
    counted = Counter((entry["method"], entry["path"]) for entry in room.requests())
    room.forget()
    return counted


@pytest.mark.parametrize("name", ALIKE)
def test_each_is_made_once_and_each_page_is_read_once(room: "Room", cases: "dict[str, Case]", name: str) -> None:
    case, provider = cases[name], PROVIDERS[name]
    key = case.kind.key

    def fields(number: int) -> dict[str, Any]:
        title = f"go{number}.acme.test" if name == "domain" else f"number {number}"
        return {"account": "default", **case.fields, key: title}

    room.process()
    room.forget()
    checked = together(lambda number: provider.check({}, fields(number)))
    assert all(each.failures == [] for each in checked)
    read = asked(room)
    # Of a listing that tells no total, one page more proves that it ends.
    assert read.keys() <= {("GET", f"/{case.kind.path}")}  # type: ignore[attr-defined]
    assert read.total() <= 2
    made = together(lambda number: provider.create(checked[number].inputs))
    assert len({each.id for each in made}) == BOUNDS.at_once
    written = asked(room)
    assert written.pop(("POST", f"/{case.kind.path}")) == BOUNDS.at_once  # type: ignore[attr-defined]
    assert written.total() <= 1
    room.process()
    for each in together(lambda number: provider.read(made[number].id, made[number].outs)):
        assert not isinstance(each, Exception)
    assert max(asked(room).values()) == 1


@pytest.mark.parametrize("name", ALIKE)
def test_of_one_natural_key_one_is_made(room: "Room", cases: "dict[str, Case]", name: str) -> None:
    case, provider = cases[name], PROVIDERS[name]
    title = "only.acme.test" if name == "domain" else "only one"
    room.process()
    inputs = provider.check({}, {"account": "default", **case.fields, case.kind.key: title}).inputs
    room.forget()
    made = together(lambda _number: provider.create(dict(inputs)))
    refused = [each for each in made if isinstance(each, Failed)]
    assert len(refused) == BOUNDS.at_once - 1
    assert all("declared twice" in str(each) for each in refused)
    assert asked(room)[("POST", f"/{case.kind.path}")] == 1  # type: ignore[attr-defined]
