"""Every writable field of RedTrack's published spec can be declared: by name, or under ``extra``."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from trackform.resources import RESOURCES
from trackform_redtrack.base import RedTrackKind

SPECS = Path(os.environ.get("TRACKFORM_SPECS") or Path(__file__).parents[4] / "shared" / "specs")
SPEC = SPECS / "redtrack-swagger.json"
PUBLISHED: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[2] / "data" / "redtrack-fields.json").read_text(encoding="utf-8")
)
"""Path -> the properties of the model that its POST takes, as the spec had them in November 2026."""
KINDS = {
    resource.provider.kind.name: resource.provider.kind
    for resource in RESOURCES
    if isinstance(resource.provider.kind, RedTrackKind)
}


def properties(spec: dict[str, Any], path: str) -> list[str]:
    parameters = spec["paths"][path]["post"]["parameters"]
    schema = next(parameter["schema"] for parameter in parameters if parameter["in"] == "body")
    return sorted(spec["definitions"][schema["$ref"].rpartition("/")[2]]["properties"])


@pytest.mark.skipif(not SPEC.exists(), reason="TRACKFORM_SPECS names the folder of the published specs, whole")
def test_what_is_kept_of_the_spec_is_what_it_says() -> None:
    spec = json.loads(SPEC.read_text(encoding="utf-8"))
    assert {path: properties(spec, f"/{path}") for path in PUBLISHED} == PUBLISHED


@pytest.mark.parametrize("name", KINDS)
def test_every_field_has_its_place(name: str) -> None:
    kind = KINDS[name]
    named = {wire.name.split(".")[0] for wire in kind.fields.values()}
    published = set(PUBLISHED[kind.path])
    assert published - named - kind.more - kind.served == set(), "cannot be declared"
    assert named - published == set(), "declared, but not in the spec"
    assert kind.more - published == set(), "extra, but not in the spec"
    assert not named & kind.more
    assert not (named | kind.more) & kind.served
    assert kind.may_compute <= kind.more
