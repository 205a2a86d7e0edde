"""An export names a preset where it says more of an object right than wrong."""

from typing import Any

import pytest

from tests.trackform.export.rows import account
from trackform.account_file.compose import SECTIONS
from trackform.export import export
from trackform.export.fields import plain
from trackform.urls.presets import FIELDS, presets

KINDS = [(section, name) for section in sorted(FIELDS) for name in presets(section)]


def row(section: str, name: str, **otherwise: Any) -> dict[str, Any]:
    return {"id": "x", **presets(section)[name], "title": "own title", **otherwise}


@pytest.mark.parametrize(("section", "name"), KINDS)
def test_a_copy_of_a_preset_is_the_preset(section: str, name: str) -> None:
    found = plain(section, row(section, name))
    assert (found.data, found.extra, found.notes) == ({"preset": name}, {}, [])


def test_what_differs_from_it_is_said() -> None:
    entry = plain("traffic_channels", row("traffic_channels", "taboola", ref_id="{other}", imp_id="{i}"))
    assert list(entry.data) == ["preset", "ref_id"], "the preset comes first"
    assert entry.data == {"preset": "taboola", "ref_id": "{other}"}
    assert entry.extra == {"imp_id": "{i}"}
    entry = plain("traffic_channels", row("traffic_channels", "taboola", preset_id=""))
    assert (entry.data, entry.extra) == ({"preset": "taboola", "preset_id": ""}, {})


def test_what_it_has_and_the_object_has_not_is_said_to_be_empty() -> None:
    entry = plain("traffic_channels", row("traffic_channels", "taboola", ref_id=""))
    assert entry.data == {"preset": "taboola", "ref_id": ""}


def test_one_that_is_wrong_about_half_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"ref_id": "{a}", "external_id": "{b}", "cost_id": "{c}", "imp_id": "{d}"}
    monkeypatch.setattr("trackform.export.fields.presets", lambda _: {"four": said, "less": {"ref_id": "{a}"}})
    right = {"id": "x", "title": "t", **said}
    assert plain("traffic_channels", right).data == {"preset": "four"}
    one_off = plain("traffic_channels", {**right, "ref_id": "{z}"})
    assert one_off.data == {"preset": "four", "ref_id": "{z}"}
    without = plain("traffic_channels", {**right, "imp_id": ""})
    assert (without.data, without.extra) == ({"preset": "four"}, {"imp_id": ""})
    half = plain("traffic_channels", {**right, "external_id": "{z}", "cost_id": "{z}"})
    assert half.data["preset"] == "less", "the other is right about two of its four"
    neither = plain("traffic_channels", {**right, "ref_id": "{z}", "external_id": "{z}"})
    assert "preset" not in neither.data


def test_of_two_that_fit_the_one_that_says_more(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"b": {"ref_id": "{a}", "imp_id": "{d}"}, "a": {"ref_id": "{a}"}, "c": {"ref_id": "{a}", "imp_id": "{d}"}}
    monkeypatch.setattr("trackform.export.fields.presets", lambda _: both)
    assert plain("traffic_channels", {"id": "x", "title": "t", **both["b"]}).data == {"preset": "b"}


def test_a_preset_that_does_not_fit_the_kind_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {"odd": {"ref_id": "{a}", "subs": "not a list", "imp_id": "{d}", "cost_id": "{c}"}}
    monkeypatch.setattr("trackform.export.fields.presets", lambda _: odd)
    right = {"id": "x", "title": "t", "ref_id": "{a}", "imp_id": "{d}", "cost_id": "{c}"}
    assert "preset" not in plain("traffic_channels", right).data


@pytest.mark.parametrize(("section", "name"), KINDS)
def test_a_whole_account_with_it_is_proven(section: str, name: str) -> None:
    found = export(account({section: presets(section)[name] | {"title": SECTIONS[section].title}}))
    assert found.unproven == []
    (entry,) = found.data[section].values()
    assert entry["preset"] == name
