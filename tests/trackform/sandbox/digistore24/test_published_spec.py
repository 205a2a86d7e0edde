"""Answers fit Digistore24's published OpenAPI, as far as its schemas say anything."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from trackform.sandbox.digistore24.functions import FUNCTIONS

Call = Callable[..., Any]

FOLDER = Path(os.environ.get("TRACKFORM_SPECS", Path(__file__).parents[4].parent / "shared" / "specs"))
SPEC = FOLDER / "digistore24-openapi.yaml"

pytestmark = pytest.mark.skipif(
    not SPEC.is_file(), reason="no digistore24-openapi.yaml: set TRACKFORM_SPECS to the folder with the published specs"
)

OF_VENDORS = ("listProducts", "getProduct", "getUpsells", "listMarketplaceEntries")
ASKED: dict[str, dict[str, str]] = {
    "validateAffiliate": {"affiliate_name": "acme", "product_ids": "411530"},
    "getProduct": {"product_id": "411530"},
    "getUpsells": {"product_id": "411530"},
    "listCurrencies": {"convert_to": "all"},
    "ipnSetup": {"ipn_url": "https://ipn.acme.test/", "name": "acme", "product_ids": "all", "domain_id": "acme"},
    "ipnDelete": {"domain_id": "acme"},
}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    loaded = yaml.safe_load(SPEC.read_text())
    assert isinstance(loaded, dict)
    return loaded


def operation(spec: dict[str, Any], function: str) -> dict[str, Any]:
    found = next(iter(spec["paths"][f"/{function}"].values()))
    assert isinstance(found, dict)
    return found


def schema_of(spec: dict[str, Any], function: str) -> dict[str, Any] | None:
    answer = next(value for code, value in operation(spec, function)["responses"].items() if str(code) == "200")
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return draft(schema) if schema else None


def draft(schema: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` as JSON schema. What is listed must be there, or fitting would prove nothing."""
    if isinstance(schema, list):
        return [draft(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: draft(value) for key, value in schema.items() if key not in ("nullable", "example")}
    if isinstance(schema.get("properties"), dict):
        plain["properties"] = {name: draft(value) for name, value in schema["properties"].items()}
        plain["required"] = list(schema["properties"])
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


@pytest.mark.parametrize("function", FUNCTIONS)
def test_answers_fit_the_published_schema(
    spec: dict[str, Any], envelope: Call, order: Call, vendor_key: str, function: str
) -> None:
    order("sale", product_id=411530, click_id="click", order_id="A")
    order("refund", order_id="A")
    # What only a vendor sees is asked with the vendor's key.
    key = {"key": vendor_key} if function in OF_VENDORS else {}

    answer = envelope(function, **key, **ASKED.get(function, {}))

    schema = schema_of(spec, function)
    if schema is None:
        pytest.skip(f"the spec says nothing of {function}'s answer")
    # The schemas describe the envelope, {data}, or the bare data: answers always come in the envelope.
    described = schema.get("properties", {})
    jsonschema.validate(answer if "data" in described else answer["data"], schema)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_parameters_are_the_published_ones(spec: dict[str, Any], function: str) -> None:
    published = operation(spec, function)
    body = published.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    names = [*(parameter["name"] for parameter in published.get("parameters", [])), *body.get("properties", {})]

    assert list(FUNCTIONS[function].parameters) == names
