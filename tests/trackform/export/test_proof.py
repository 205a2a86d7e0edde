"""What the proof does with a draft that is wrong: a field goes, or is left alone, or the object is given up."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.trackform.export.rows import account, exported
from trackform.export import export, proof
from trackform.export.build import build
from trackform.export.draft import Drafts, Verdicts
from trackform.export.snapshot import Snapshot
from trackform_core.model.compare import Comparison

OFFER = ("offers", "o1")
Spoil = Callable[[dict[str, Any], Verdicts], None]


def spoiled(monkeypatch: pytest.MonkeyPatch, spoil: Spoil, section: str = "offers") -> list[Verdicts]:
    """Every attempt's drafts are made wrong in the section's only entry; the verdicts that led to them."""
    verdicts: list[Verdicts] = []

    def wrong(snapshot: Snapshot, known: Verdicts) -> Drafts:
        verdicts.append(known)
        drafts = build(snapshot, known)
        for draft in drafts.declared(section).values():
            spoil(draft.data, known)
        return drafts

    monkeypatch.setattr(proof, "build", wrong)
    return verdicts


def test_a_key_that_does_not_fit_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(data: dict[str, Any], known: Verdicts) -> None:
        if "product" not in known.dropped.get(OFFER, {}):
            data["product"] = "nobody"

    spoiled(monkeypatch, spoil)
    _, text = exported()
    assert "  # product is not declared: products has no 'nobody'. It stays as it is\n  keto: {}\n" in text


@pytest.mark.parametrize("name", ["id", "leave", "title"])
def test_without_what_tells_which_it_is_it_is_given_up(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    spoiled(monkeypatch, lambda data, _: data.update({name: {"not": "this"}}))
    found, text = exported()
    assert "offers" not in found.data
    assert f"not declared: offer 'keto' (o1): {name}: must be " in text


def test_a_template_that_does_not_render_is_told_of_its_object(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled(monkeypatch, lambda data, _: data.update({"template": "nowhere.j2"}))
    found = export(account())
    assert found.unproven == []
    refused = {draft.place: draft.refused for draft in found.drafts.entries if draft.refused}
    assert OFFER in refused
    assert "nowhere.j2" in refused[OFFER]


def test_what_is_no_objects_fault_is_not_proven() -> None:
    found = export(account({"postbacks": {"error_emails": [7]}}))
    assert found.unproven == ["digistore24 notify: must be text (got 7)"]


def test_what_does_not_read_back_is_dropped_then_left_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written over and over, whatever is tried: the field cannot be declared, and neither can its object."""
    verdicts = spoiled(monkeypatch, lambda *_: None)
    never_read_back = frozenset({"tags"})
    monkeypatch.setattr(
        Comparison, "to_write", lambda live, _: never_read_back if live.kind.name == "landing" else frozenset()
    )
    snapshot = account({"landings": {"tags": ["y"]}})
    found = export(snapshot)
    assert found.unproven == []
    assert len(verdicts) == 4, "as it is, dropped, left alone, given up"
    assert {draft.place: draft.refused for draft in found.drafts.entries if draft.refused} == {
        ("landings", "l1"): "tags: it would not read back as it is"
    }


def test_it_gives_up_after_some_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts = spoiled(monkeypatch, lambda *_: None)
    monkeypatch.setattr(proof, "_judge", lambda *_: ["never right"])
    assert export(account()).unproven == ["never right"]
    assert len(verdicts) == 9


def test_a_further_field_that_does_not_read_back_goes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the map of further fields with the last of them."""
    monkeypatch.setattr(
        Comparison,
        "to_write",
        lambda live, _: frozenset([f"extra.{name}" for name in live.declared.get("extra") or ()][:1]),
    )
    spoken = "  # extra.pixels is not declared: it would not read back as it is. It stays as it is\n"
    spoken += "  # extra.pixels_relations is not declared: it would not read back as it is. It stays as it is\n"
    _, text = exported({"offers": {"pixels": "a", "pixels_relations": "b"}})
    assert f"{spoken}  keto: {{}}\n" in text


def test_an_account_without_links_and_connections_has_no_digistore24(monkeypatch: pytest.MonkeyPatch) -> None:
    changes: dict[str, Any] = {"offers": [], "postbacks": [], "funnels": [], "campaigns": []}
    found, _ = exported(changes, redtrack_user="u1")
    assert "digistore24" not in found.data
    assert found.data["account"] == {"redtrack_user": "u1"}
    found, _ = exported(changes, digistore24_account="77", affiliate=lambda: "me")
    assert found.data["digistore24"] == {"account": "77", "affiliate": "me"}


def test_what_two_objects_say_of_each_other_is_told_by_its_path() -> None:
    document = proof._Paths({"offers": {}}, "acme.yaml")
    assert document.origin(("offers", "keto", 0)) == ("offers.keto.0", 0)
    problem = document.problem(("offers", "keto"), "is wrong", "mend it")
    assert (problem.file, problem.line, problem.message, problem.suggestion) == (
        '["offers", "keto"]',
        0,
        "is wrong",
        "mend it",
    )
