"""What a review says of an object of which nobody knows whether it exists."""

from typing import TYPE_CHECKING

from tests.providers.conftest import cases, engine, furnished, room
from tests.providers.trackform_core.lifecycle.test_unconfirmed import lose, program
from trackform.preview.plan import read_plan
from trackform.review.read import MAY_EXIST, Reader

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from tests.providers.small_engine import Engine

__all__ = ["cases", "engine", "furnished", "room"]

STACK = {"op": "same", "urn": "urn:pulumi:default::trackform::pulumi:pulumi:Stack::trackform-default"}


def test_it_may_exist_already(room: "Room", engine: "Engine", cases: "dict[str, Case]") -> None:
    case = cases["channel"]
    lose(room, case.kind, after=False)
    engine.up(program(case))
    engine.preview(program(case))
    (item,) = Reader(read_plan({"steps": [STACK, *engine.steps]})).items
    assert (item.change, item.name, item.note) == ("create", "it", MAY_EXIST)
    assert {field.name for field in item.fields} >= {"title", "alias"}
