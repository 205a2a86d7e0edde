"""The vendors' descriptions, small ones made here, against what the kinds rely on."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from trackform.doctor.specs import FILES, FUNCTIONS, compared, fetched, given
from trackform.doctor.specs import _kinds as kinds
from trackform_core.http import api as http
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.base import ByStatus
from trackform_redtrack.service import REDTRACK

PUBLISHED = Path(os.environ.get("TRACKFORM_SPECS") or Path(__file__).parents[4] / "shared" / "specs")


def redtrack() -> dict[str, Any]:
    """A description with all that is relied on, and not a field more."""
    paths: dict[str, Any] = {"/me/settings": {"get": {}}, "/conversions": {"get": {}}}
    definitions: dict[str, Any] = {}
    for kind in kinds():
        names = {wire.name.split(".")[0] for wire in kind.fields.values()} | kind.more
        definitions[kind.name] = {"properties": {name: {} for name in names}}
        body = {"in": "body", "schema": {"$ref": f"#/definitions/{kind.name}"}}
        paths[f"/{kind.path}"] = {"get": {}, "post": {"parameters": [body]}}
        if isinstance(kind, ByStatus):
            paths[f"/{kind.path}/status"] = {"patch": {}}
    return {"paths": paths, "definitions": definitions}


def digistore24() -> dict[str, Any]:
    return {
        "paths": {
            f"/{function}": {"post": {"parameters": [{"name": name} for name in sorted(names)]}}
            for function, names in FUNCTIONS.items()
        }
    }


def told(vendor: str, spec: Any) -> tuple[str, str]:
    (line,) = compared(vendor, json.dumps(spec) if vendor == "RedTrack" else yaml.safe_dump(spec))
    return line.state, line.said


def test_all_that_is_relied_on_is_there() -> None:
    assert told("RedTrack", redtrack())[0] == "ok"
    assert told("Digistore24", digistore24())[0] == "ok"


def test_a_field_that_went() -> None:
    spec = redtrack()
    del spec["definitions"]["offer"]["properties"]["country_codes"]
    assert told("RedTrack", spec) == ("fix", "no longer published, though we rely on it: offers.country_codes")


def test_a_field_that_came() -> None:
    spec = redtrack()
    spec["definitions"]["offer"]["properties"]["brand_new"] = {}
    state, said = told("RedTrack", spec)
    assert state == "ok"
    assert said.endswith("new and not declarable yet: offers.brand_new")


def test_calls_that_went() -> None:
    spec = redtrack()
    del spec["paths"]["/campaigns/status"], spec["paths"]["/networks"]["post"]
    state, said = told("RedTrack", spec)
    assert state == "fix"
    assert "PATCH /campaigns/status" in said
    assert "POST /networks" in said
    spec = digistore24()
    del spec["paths"]["/ipnInfo"]
    spec["paths"]["/validateAffiliate"]["post"]["parameters"].pop()
    assert told("Digistore24", spec)[1].endswith("validateAffiliate.product_ids, ipnInfo")


@pytest.mark.parametrize("text", ["", "<html>", "[]", '{"paths": 5}', "{: :", '{"paths": {"/offers": {"post": {}}}}'])
@pytest.mark.parametrize("vendor", FILES)
def test_what_is_no_description(vendor: str, text: str) -> None:
    (line,) = compared(vendor, text)
    assert line.state == "fix"


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / FILES["RedTrack"]).write_text(json.dumps(redtrack()), encoding="utf-8")
    one, other = given(tmp_path)
    assert one.state == "ok"
    assert (other.state, other.fix) == ("fix", f"download it from {DIGISTORE24.description_url}")


def test_the_vendors_own_descriptions() -> None:
    if not (PUBLISHED / FILES["RedTrack"]).exists():
        pytest.skip("the published descriptions are not here; TRACKFORM_SPECS names their folder")
    assert [line.state for line in given(PUBLISHED)] == ["ok", "ok"]


def test_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        REDTRACK.description_url: httpx.Response(200, json=redtrack()),
        DIGISTORE24.description_url: httpx.Response(503),
    }
    transport = httpx.MockTransport(lambda request: answers[str(request.url)])
    monkeypatch.setattr(http, "NETWORK", http.Network(lambda _url: transport))
    one, other = fetched()
    assert one.state == "ok"
    assert other.state == "fix"
    assert "--specs" in other.fix
