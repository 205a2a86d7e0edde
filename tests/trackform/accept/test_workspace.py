"""The copy in which an edit is tried: what it changes, whose file that is, and how it is written."""

from pathlib import Path
from typing import Any

import pytest

from tests.trackform.accept.desk import OWN, SHARED, Desk
from trackform.accept.workspace import leaves, workspace
from trackform.documents.yaml_text import REMOVE
from trackform.urls import TEMPLATES


@pytest.fixture
def stack(made: Desk) -> Path:
    return made.folder / "stacks"


@pytest.mark.parametrize(
    ("was", "value", "found"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "c": 3}, [("x", "b", REMOVE), ("x", "c", 3)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 9, "c": 2}}, [("x", "a", "b", 9)]),
        ({"a": 1}, {}, [("x", {})]),
        ({}, {"a": 1}, [("x", {"a": 1})]),
        ({"a": 1}, REMOVE, [("x", REMOVE)]),
        ([1, 2], [1, 3], [("x", [1, 3])]),
        (1, 1, []),
        (1, True, [("x", True)]),
        (False, 0, [("x", 0)]),
        ({"a": 1}, {"a": {"b": 1}}, [("x", "a", {"b": 1})]),
    ],
)
def test_the_single_changes_of_a_value(was: Any, value: Any, found: list[Any]) -> None:
    assert [(*path, item) for path, item in leaves(("x",), was, value)] == found


def test_what_no_file_says_goes_into_the_stacks_own(stack: Path) -> None:
    with workspace(stack, "demo", TEMPLATES) as place:
        place.apply([(("offers", "other", "title"), "New"), (("conversion_types", "sale", "slot"), 7)], own=False)
        assert [name.as_posix() for name in place.changed()] == ["demo.yaml", "shared/base.yaml"]
        assert place.place(("offers", "other", "title")) == (str(stack / "demo.yaml"), 7)
        assert place.place(("conversion_types", "sale", "slot")) == (str(stack / "shared/base.yaml"), 1)
        place.back({name: text for name, text in place.files.items() if name.as_posix() == "demo.yaml"})
        assert [name.as_posix() for name in place.changed()] == ["shared/base.yaml"]
        place.write()
    assert (stack / "demo.yaml").read_text() == OWN
    assert (stack / "shared/base.yaml").read_text() == SHARED.replace("slot: 1", "slot: 7")


def test_a_value_of_both_files_is_changed_where_it_counts(stack: Path) -> None:
    (stack / "demo.yaml").write_text(OWN + "conversion_types: {sale: {slot: 5}}\n")
    with workspace(stack, "demo", TEMPLATES) as place:
        place.apply([(("conversion_types", "sale", "slot"), REMOVE)], own=False)
        assert place.document.data["conversion_types"]["sale"] == {"duplicates": "ignore"}
        assert [name.as_posix() for name in place.changed()] == ["demo.yaml"]


def test_who_else_extends_a_file(stack: Path) -> None:
    """Over several files, in a circle, and never what is outside of the folder."""
    files = {
        "beta.yaml": "extends: [shared/middle.yaml]\n", "shared/middle.yaml": "extends: [base.yaml, ../beta.yaml]\n",
        "alone.yaml": "extends: [nowhere.yaml, ../../outside.yaml]\n", "gamma.yaml": "adopt: true\n",
    }  # fmt: skip
    for name, text in files.items():
        (stack / name).write_text(text)
    stacks = ["alone", "beta", "demo", "gamma"]
    with workspace(stack, "demo", TEMPLATES) as place:
        assert place.users(Path("shared/base.yaml"), stacks) == ["beta"]
        assert place.users(Path("shared/middle.yaml"), stacks) == ["beta"]
        assert place.users(Path("gamma.yaml"), stacks) == ["gamma"]
        assert place.users(Path("demo.yaml"), stacks) == []


def test_a_difference_as_git_shows_it(stack: Path) -> None:
    (stack / "demo.yaml").write_text("adopt: true")
    with workspace(stack, "demo", TEMPLATES) as place:
        place.apply([(("adopt",), False)], own=False)
        path = (stack / "demo.yaml").as_posix()
        assert place.diff(Path("demo.yaml")) == (
            f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-adopt: true\n\\ No newline at end of file\n"
            "+adopt: false\n\\ No newline at end of file\n"
        )


def test_settings_and_ledgers_are_not_copied_and_rights_stay(stack: Path) -> None:
    (stack / "Pulumi.demo.yaml").write_text("config: {}\n")
    (stack / "demo.ledger.yaml").write_text("a: 1\n")
    (stack / "demo.yaml").chmod(0o640)
    with workspace(stack, "demo", TEMPLATES) as place:
        assert {name.as_posix() for name in place.files} == {"demo.yaml", "shared/base.yaml"}
        assert place.with_real_paths(f"{place.copy}/demo.yaml:3: x") == f"{stack}/demo.yaml:3: x"
        place.apply([(("adopt",), True)], own=False)
        place.write()
    assert not place.copy.exists()
    assert (stack / "demo.yaml").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in stack.iterdir() if path.name.startswith(".")] == [], "nothing is left beside it"
