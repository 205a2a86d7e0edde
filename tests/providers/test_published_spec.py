"""Every writable field of RedTrack's published spec can be declared: by name, or under ``extra``."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from providers.redtrack.base import RedTrackKind
from providers.resources import RESOURCES

SPECS = Path(os.environ.get("TRACKFORM_SPECS") or Path(__file__).parents[3] / "shared" / "specs")
SPEC = SPECS / "redtrack-swagger.json"
KINDS = {
    resource.provider.kind.name: resource.provider.kind
    for resource in RESOURCES
    if isinstance(resource.provider.kind, RedTrackKind)
}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip(f"RedTrack's published spec is not in {SPECS.name}/; TRACKFORM_SPECS names its folder")
    found: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return found


def properties(spec: dict[str, Any], path: str) -> set[str]:
    """The properties of the model that a POST of this path takes."""
    parameters = spec["paths"][path]["post"]["parameters"]
    schema = next(parameter["schema"] for parameter in parameters if parameter["in"] == "body")
    return set(spec["definitions"][schema["$ref"].rpartition("/")[2]]["properties"])


@pytest.mark.parametrize("name", KINDS)
def test_every_field_has_its_place(spec: dict[str, Any], name: str) -> None:
    kind = KINDS[name]
    named = {wire.name.split(".")[0] for wire in kind.fields.values()}
    published = properties(spec, f"/{kind.path}")
    assert published - named - kind.more - kind.served == set(), "cannot be declared"
    assert named - published == set(), "declared, but not in the spec"
    assert kind.more - published == set(), "extra, but not in the spec"
    assert not named & kind.more
    assert not (named | kind.more) & kind.served
