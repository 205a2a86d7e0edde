"""What the tests of the guard share: programs of traffic channels, and what is in the account."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine, Stopped

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from trackform_core.model.wire import Row, Values

Program = dict[str, dict[str, dict[str, Any]]]
MANY = 20
LIMITS = {"channel": {"delete": {"percent": 10, "objects": 5}, "update": {"percent": 10, "objects": 5},
                      "recreate": {"percent": 10, "objects": 5}}}  # fmt: skip


def channels(*names: str, **more: "Values") -> Program:
    return {"channel": {name: {"title": f"title of {name}"} | more.get(name, {}) for name in names}}


def live(room: "Room", kind: str) -> list["Row"]:
    return [row for row in room.all_stored(KINDS[kind]) if row.get("status") != 3]


def titles(room: "Room", kind: str = "channel") -> set[str]:
    return {str(row["title"]) for row in live(room, kind)}


def many(count: int = MANY) -> list[str]:
    return [f"c{number:02}" for number in range(count)]


def refused(engine: Engine, program: Program, *, ends: bool = True, **account: Any) -> str:
    """The refusal of a preview and of an `up`, which write nothing."""
    engine.room.forget()
    with pytest.raises(Stopped) as preview:
        engine.preview(program, **account)
    with pytest.raises(Stopped) as up:
        engine.up(program, **account)
    assert engine.room.writes() == []
    assert str(up.value) == str(preview.value)
    assert str(up.value).endswith(". Nothing was written") or not ends
    return str(up.value)
