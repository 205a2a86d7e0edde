"""Options that a step of their own brings nowhere: they are no difference, today or when something else changes."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from tests.providers.small_engine import Engine


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("channel", {"adopt": True}),
        ("landing", {"adopt": True}),
        ("landing", {"mark": True}),
        ("postback", {"adopt": True}),
    ],
)
@pytest.mark.parametrize("comes", [True, False])
def test_a_preview_shows_what_a_person_changed_and_no_option(
    room: "Room", engine: "Engine", cases: "dict[str, Case]", name: str, options: dict[str, Any], *, comes: bool
) -> None:
    """It came into the file, or left it, in a run that had nothing to do: nobody changed it since."""
    field = {"channel": "alias", "landing": "url", "postback": "currency"}[name]
    case = cases[name]
    plain, more = {name: {"it": case.fields}}, {name: {"it": case.fields | options}}
    for program in (plain, more) if comes else (more, plain):
        engine.up(program)
    row = next(row for row in room.all_stored(case.kind) if case.kind.key_of(row) == case.fields[case.kind.key])
    room.edit(case.kind, row["id"], set={field: case.changes[field][field]})
    engine.preview(program)
    (step,) = (step for step in engine.steps if step["op"] == "update")
    was, wanted = step["oldState"]["inputs"], step["newState"]["inputs"]
    differing = {each for each in (was.keys() | wanted.keys()) - {"drift"} if was.get(each) != wanted.get(each)}
    assert differing == {field}
