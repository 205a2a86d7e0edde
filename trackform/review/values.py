"""Values of a plan as they may be shown: without secrets, with names in place of ids; URLs part by part."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from trackform.account_file.sections import Ref, Wanted
from trackform.preview.plan import Step
from trackform.review.escape import one_line
from trackform.review.model import Part
from trackform.urls import differences
from trackform.urls.compare import SECRET_PARAMS
from trackform_core.model.pulumi_names import UNKNOWN

SECRET = "[secret]"  # noqa: S105 -- a stand-in for one
"""What Pulumi prints in place of a secret."""
LATER = "known after `pulumi up`"

_SECRET_PARAM = re.compile(rf"\b((?:{'|'.join(sorted(SECRET_PARAMS))})=)[^&#\s\"']+", re.IGNORECASE)
_FINGERPRINT = 12


def masked(value: Any) -> Any:
    """Without the values of secret parameters, wherever in a text they stand."""
    if isinstance(value, Mapping):
        return {str(name): masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return _SECRET_PARAM.sub(r"\1(hidden)", value) if isinstance(value, str) else value


class Shower:
    """Turns the values of one plan into what may be shown."""

    def __init__(self, steps: Iterable[Step], wanted: Iterable[Wanted] = ()) -> None:
        self.names = {step.object_id: step.ref for step in steps if step.object_id}
        self._wanted = {Ref(each.section, each.name): each.fields for each in wanted}

    def shown(self, step: Step, field: str, value: Any) -> Any:
        if value is None:
            return None
        if field in step.kind.secret:
            return SECRET
        return masked(self._named(step, field, value))

    def parts(self, step: Step, field: str, old: Any, new: Any) -> tuple[Part, ...]:
        """Where two URLs differ; empty where they are none, or secret."""
        if field in step.kind.secret or not (_is_url(old) and _is_url(new)):
            return ()
        parts = differences(old, new)
        return tuple(Part(part=each.part, old=masked(each.left), new=masked(each.right)) for each in parts)

    def _named(self, step: Step, field: str, value: Any) -> Any:
        if isinstance(value, list):
            return [
                self._new(step, field, value, at) if item == UNKNOWN else self._named(step, field, item)
                for at, item in enumerate(value)
            ]
        if isinstance(value, Mapping):
            return {name: self._named(step, field, item) for name, item in value.items()}
        if value == UNKNOWN:
            return self._new(step, field)
        # Only where a reference is meant: an id can look like any other word.
        refers = field in step.kind.references and isinstance(value, str)
        ref = self.names.get(value) if refers else None
        return f"{ref.section}/{ref.name}" if ref else value

    def _new(self, step: Step, field: str, values: list[Any] | None = None, at: int = 0) -> str:
        """The name behind an id that is not known yet: as the file has it, or what is left of all that it needs."""
        declared = self._wanted.get(step.ref, {}).get(field)
        if values is not None and isinstance(declared, list):
            declared = declared[at] if len(declared) == len(values) else None
        if isinstance(declared, Ref):
            return f"{declared.section}/{declared.name} (new)"
        known = {self.names.get(each) for each in values or () if isinstance(each, str)}
        needed = [f"{ref.section}/{ref.name}" for ref in step.needs.get(field, ()) if ref not in known]
        return f"{(', ' if values is None else ' or ').join(needed)} (new)" if needed else LATER


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and "://" in value


def text(value: Any) -> str:
    """A value in one line, as people read it."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return one_line(value) or "an empty text"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return one_line(", ".join(value)) or "none"
    return one_line(json.dumps(value, ensure_ascii=False, sort_keys=True))


def exact(value: Any) -> str:
    """A value for a digest: two are equal exactly when this is. What is secret goes in as a fingerprint."""
    said = json.dumps(value, ensure_ascii=False, sort_keys=True)
    shown = json.dumps(masked(value), ensure_ascii=False, sort_keys=True)
    return shown if shown == said else f"{shown} #{hashlib.sha256(said.encode()).hexdigest()[:_FINGERPRINT]}"
