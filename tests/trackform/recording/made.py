"""Recordings made up of single exchanges, and what a sandbox answers when they are played again."""

from collections.abc import Mapping
from typing import Any

from trackform.recording.differences import differences
from trackform.recording.model import Recording
from trackform.recording.replay import Replayed, replayed
from trackform.sandbox.switches import Switches


def exchange(path: str, answer: Any = None, method: str = "GET", **more: Any) -> dict[str, Any]:
    """One that went well, of RedTrack unless it says otherwise."""
    return {
        "service": "redtrack", "method": method, "path": path, "query": {}, "sent": None, "status": 200,
        "headers": {}, "answer": answer, "is_empty": False,
    } | more  # fmt: skip


def called(function: str, answer: Any, query: Mapping[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """One of Digistore24."""
    return exchange(function, answer, service="digistore24", query=query or {}, **more)


def recording(*exchanges: dict[str, Any], answers: Mapping[str, str] | None = None) -> Recording:
    return Recording.model_validate(
        {"trackform_recording": 1, "answers": answers or {}, "exchanges": list(exchanges)}
    )  # fmt: skip


def played(*exchanges: dict[str, Any], **switches: Any) -> list[Replayed]:
    return [answer for _, answer in replayed(recording(*exchanges), Switches(**switches))]


def told(*exchanges: dict[str, Any], answers: Mapping[str, str] | None = None, **switches: Any) -> list[str]:
    return [str(each) for each in differences(recording(*exchanges, answers=answers), Switches(**switches))]


def number(value: int) -> str:
    """An id of RedTrack's."""
    return f"{value:024x}"
