"""What the plugin answers of a change: the declared fields that differ, and no notes of ours."""

from types import ModuleType
from typing import Any

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto.provider_pb2 import DiffRequest, DiffResponse, PropertyDiff

from trackform_core.model.kind import NOTES
from trackform_core.sdk.shown_changes import show_no_notes

LAUNCHER = """
def diff(request, changes):
    return proto.DiffResponse(changes=getattr(proto.DiffResponse, changes))
"""


@pytest.fixture
def launcher() -> ModuleType:
    """As the SDK's launcher of a plugin answers."""
    module = ModuleType("__main__")
    vars(module)["proto"] = proto
    exec(LAUNCHER, vars(module))  # noqa: S102 -- the text above
    return module


def request(was: dict[str, Any], wanted: dict[str, Any], **more: Any) -> DiffRequest:
    structs = struct_pb2.Struct(), struct_pb2.Struct()
    for struct, values in zip(structs, (was, wanted), strict=True):
        struct.update(values)
    return DiffRequest(old_inputs=structs[0], news=structs[1], **more)


def test_fields_without_notes(launcher: ModuleType) -> None:
    show_no_notes(launcher, NOTES)
    was = {"cpc": 1, "gone": "x", "same": [1, {"a": 2}], "adopts": {"id": "1"}, "__provider": "a"}
    wanted = {"cpc": 2, "new": True, "same": [1, {"a": 2}], "object_id": "1", "__provider": "b"}
    answer = launcher.diff(request(was, wanted), "DIFF_UNKNOWN")
    assert (answer.changes, answer.hasDetailedDiff) == (DiffResponse.DIFF_SOME, True)
    assert {name: each.kind for name, each in answer.detailedDiff.items()} == {
        "cpc": PropertyDiff.UPDATE, "gone": PropertyDiff.DELETE, "new": PropertyDiff.ADD,
    }  # fmt: skip
    assert all(each.inputDiff for each in answer.detailedDiff.values())
    assert list(answer.diffs) == ["cpc", "gone", "new"]


def test_no_change_is_none_whatever_was_noted(launcher: ModuleType) -> None:
    show_no_notes(launcher, NOTES)
    answer = launcher.diff(request({"cpc": 1}, {"cpc": 1, "object_id": "1"}), "DIFF_NONE")
    assert (answer.changes, answer.hasDetailedDiff, dict(answer.detailedDiff)) == (DiffResponse.DIFF_NONE, True, {})


@pytest.mark.parametrize(
    "asked",
    [
        request({"cpc": 1}, {"cpc": 1, "object_id": "1"}),
        request({"cpc": 1}, {"cpc": 2}, ignoreChanges=["cpc"]),
        request({}, {"cpc": 2}),
    ],
    ids=["notes alone", "some are to be ignored", "an engine that sends no inputs"],
)
def test_else_the_engine_finds_out(launcher: ModuleType, asked: DiffRequest) -> None:
    show_no_notes(launcher, NOTES)
    answer = launcher.diff(asked, "DIFF_UNKNOWN")
    assert (answer.changes, answer.hasDetailedDiff) == (DiffResponse.DIFF_UNKNOWN, False)


def test_a_launcher_of_another_make_stays_as_it_is() -> None:
    other = ModuleType("__main__")
    show_no_notes(other, NOTES)
    assert not hasattr(other, "proto")
    vars(other)["proto"] = ModuleType("proto")
    before = vars(other)["proto"]
    show_no_notes(other, NOTES)
    assert vars(other)["proto"] is before


def test_it_is_done_once(launcher: ModuleType) -> None:
    show_no_notes(launcher, NOTES)
    once = vars(launcher)["proto"]
    show_no_notes(launcher, NOTES)
    assert vars(launcher)["proto"] is once
