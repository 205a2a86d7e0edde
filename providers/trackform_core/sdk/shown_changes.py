"""What a preview shows of a change: the fields that a person declares, without what one step notes for the next.

Pulumi's launcher says that something differs and never what, so the engine shows all inputs that do. Whoever answers it
may say so (`detailedDiff` of its protocol); a `DiffResult` of the SDK cannot. Where the launcher calls things otherwise
than today, it goes on as it would without us, and a preview shows more.
"""

import inspect
from collections.abc import Set as AbstractSet
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any


def show_no_notes(launcher: ModuleType, notes: AbstractSet[str]) -> None:
    """Keep the inputs of these names out of what differs, in each answer from now on."""
    proto = getattr(launcher, "proto", None)
    kind = getattr(proto, "DiffResponse", None)
    if not isinstance(kind, type) or not hasattr(kind(), "hasDetailedDiff"):
        return

    def answer(**fields: Any) -> Any:
        response, request = kind(**fields), _request(inspect.currentframe())
        if request is not None:
            _name_fields(response, request, notes)
        return response

    vars(answer).update({name: getattr(kind, name) for name in ("DIFF_UNKNOWN", "DIFF_NONE", "DIFF_SOME")})
    vars(launcher)["proto"] = SimpleNamespace(**{**vars(proto), "DiffResponse": answer})


def _request(answer: FrameType | None) -> Any:
    """What the launcher is asked, where it tells the inputs of the state."""
    caller = answer.f_back if answer else None
    request = caller.f_locals.get("request") if caller else None
    return request if hasattr(request, "old_inputs") else None


def _name_fields(response: Any, request: Any, notes: AbstractSet[str]) -> None:
    if response.changes == response.DIFF_NONE:
        # Said to be none: else a refresh shows the inputs that differ all the same.
        response.hasDetailedDiff = True
        return
    was, wanted = request.old_inputs.fields, request.news.fields
    if not was or request.ignoreChanges:
        # What is to be ignored, the engine alone knows.
        return
    for name in sorted(was.keys() | wanted.keys()):
        if name in notes or name.startswith("__") or (name in was and name in wanted and was[name] == wanted[name]):
            continue
        field = response.detailedDiff[name]
        field.kind = field.DELETE if name not in wanted else field.UPDATE if name in was else field.ADD
        field.inputDiff = True
        response.diffs.append(name)
    if response.detailedDiff:
        response.changes, response.hasDetailedDiff = response.DIFF_SOME, True
