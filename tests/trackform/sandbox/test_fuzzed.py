"""Whatever the vendors' published specs allow to be asked, the sandbox answers as they say, and never with a fault.

Where the specs are at hand: ``TRACKFORM_SPECS`` names their folder, ``TRACKFORM_EXAMPLES`` how many requests of each
operation are made.
"""

import json
import os
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
import yaml
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.published import FILES
from tests.trackform.sandbox.conftest import KEY
from trackform.sandbox.world import Sandbox

EXAMPLES = int(os.environ.get("TRACKFORM_EXAMPLES") or 2)
VENDOR_KEY = "500001-vendor"


def redtrack() -> Any:
    return json.loads(FILES["redtrack"].read_text(encoding="utf-8")) | {"basePath": "/redtrack"}


def digistore24() -> Any:
    spec = yaml.safe_load(FILES["digistore24"].read_text(encoding="utf-8"))
    # The spec has schemas among the methods of a path, {} where OpenAPI wants a list, and a default outside of a
    # parameter's schema.
    for operations in spec["paths"].values():
        spec["components"].setdefault("schemas", {}).update(operations.pop("components", {}).get("schemas", {}))
    for operation in (each for operations in spec["paths"].values() for each in operations.values()):
        operation["security"] = [{"ApiKeyAuth": []}]
        operation["parameters"] = list(operation.get("parameters") or ())
        for each in operation["parameters"]:
            each.pop("default", None)
        for answer in operation["responses"].values():
            for form in answer.get("content", {}).values():
                form["schema"] = in_envelope(form["schema"])
    return without_formats(spec) | {"servers": [{"url": "/digistore24/api/call"}]}


def in_envelope(schema: Any) -> Any:
    """Some schemas describe the whole answer, others what is under its ``data``: answers always are whole."""
    known = schema.get("properties", {})
    return schema if "data" in known else {"type": "object", "properties": {"data": schema}, "required": ["data"]}


def without_formats(spec: Any) -> Any:
    """The examples of the spec's own date-times are none: 2012-06-07 00:45:36."""
    if isinstance(spec, list):
        return [without_formats(each) for each in spec]
    if not isinstance(spec, dict):
        return spec
    return {name: without_formats(each) for name, each in spec.items() if (name, each) != ("format", "date-time")}


def asked_of_redtrack(case: Any) -> None:
    """With a key, and without what the spec allows and RedTrack is known to do otherwise."""
    # The spec has the array alone, and says in words that this makes an object of it.
    query = {name: value for name, value in (case.query or {}).items() if name != "total_stat"}
    case.query = {**query, "api_key": KEY}
    streams = case.body.get("streams") if isinstance(case.body, dict) else None
    for stream in streams or []:
        # A 500 of the live service (seen in client code).
        stream.pop("stream", None)


def asked_of_digistore24(case: Any) -> None:
    case.headers = {**(case.headers or {}), "X-DS-API-KEY": VENDOR_KEY}


def is_refusal(answer: Any) -> bool:
    """Digistore24 tells errors inside 200, of which the spec says nothing."""
    return bool(answer.status_code != HTTPStatus.OK or answer.json()["result"] == "error")


@pytest.mark.parametrize(
    ("vendor", "read", "asked"),
    [("redtrack", redtrack, asked_of_redtrack), ("digistore24", digistore24, asked_of_digistore24)],
    ids=["redtrack", "digistore24"],
)
def test_every_operation(
    app: Flask, sandbox: Sandbox, vendor: str, read: Callable[[], Any], asked: Callable[[Any], None]
) -> None:
    if not FILES[vendor].is_file():
        pytest.skip("TRACKFORM_SPECS names the folder of the published specs")
    # The other setting, null, is what a client saw, and not what the spec says.
    sandbox.switches.empty_list = "array"
    schema = schemathesis.openapi.from_dict(read())
    schema.app = app
    operations = list(schema.get_all_operations())
    assert len(operations) > 50
    for found in operations:
        assert isinstance(found, Ok), found.err()
        operation = found.ok()

        @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def answered(case: Any) -> None:
            asked(case)
            answer = case.call()
            conforms = [] if vendor == "digistore24" and is_refusal(answer) else [response_schema_conformance]
            case.validate_response(answer, checks=[not_a_server_error, *conforms])

        answered()
