"""What becomes of an object, as a value: decided once, carried by the Account, rendered anywhere."""

from typing import Any, get_args

import pytest

from tests.providers.conftest import KINDS
from trackform_core.lifecycle.fate import SAID, Fate, FateId, fate_of, kept

IDS = get_args(FateId)


def test_each_has_words_of_its_own() -> None:
    assert SAID.keys() == set(IDS)
    assert len(set(SAID.values())) == len(IDS)


@pytest.mark.parametrize("id_", IDS)
def test_it_goes_through_an_input(id_: FateId) -> None:
    for detail in ("", "'new' takes it over"):
        fate = Fate(id_, detail)
        assert Fate.of_input(fate.as_input()) == fate
        assert fate.harms is (SAID[id_].split()[0].rstrip(",:") in ("deleted", "paused"))
        assert not (fate.harms and fate.spares)


@pytest.mark.parametrize("given", [None, "deleted", {}, {"fate": "sold"}, {"fate": None}, ["deleted"]])
def test_what_is_none(given: Any) -> None:
    """A state of a later version may hold fates that this one does not know."""
    assert Fate.of_input(given) is None


def test_what_a_person_does_is_neither_harm_nor_mercy() -> None:
    assert (Fate("by-hand").harms, Fate("by-hand").spares) == (False, False)
    assert Fate("paused-clicked").clicked
    assert Fate("deleted").clicked is False
    assert Fate("paused").clicked is None


@pytest.mark.parametrize(
    ("kind", "outs", "fate"),
    [
        ("offer", {}, "deleted-unless-clicked"), ("campaign", {"on_delete": "delete"}, "deleted-unless-clicked"),
        ("offer", {"on_delete": "pause"}, "paused"), ("offer", {"on_delete": "keep"}, "kept-asked"),
        ("domain", {}, "kept-default"), ("offer", {"existing": True, "on_delete": "delete"}, "kept-existing"),
        ("offer", {"adopted": True}, "kept-adopted"), ("funnel", {}, "deleted-unless-used"),
        ("channel", {"adopted": True, "on_delete": "delete"}, "deleted-unless-used"), ("postback", {}, "deleted"),
    ],
)  # fmt: skip
def test_of_what_the_state_tells(kind: str, outs: dict[str, Any], fate: FateId) -> None:
    assert fate_of(KINDS[kind], outs) == Fate(fate)
    assert (kept(KINDS[kind], outs) is not None) is fate.startswith("kept")
