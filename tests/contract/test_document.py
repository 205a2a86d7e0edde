"""The document itself: whole, and in step with the models that our client and the sandbox are made of."""

from typing import TYPE_CHECKING, Any, get_args

import pytest
from jsonschema import Draft202012Validator

from tests.contract.document import METHODS, document, operation, resolved
from trackform.sandbox.bridge import resources
from trackform_digistore24 import postback_connection
from trackform_redtrack import conversion_type

if TYPE_CHECKING:
    from trackform_core.model.kind import Kind

SCHEMAS = document()["components"]["schemas"]
OPERATIONS = [
    (method, path, item[method]) for path, item in document()["paths"].items() for method in METHODS if method in item
]
OF_KIND = {"ConversionType": conversion_type.KIND, "PostbackConnection": postback_connection.KIND}
OF_SANDBOX = {"ConversionType": resources.CONVERSION_TYPES, "PostbackConnection": resources.CONNECTIONS}


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [each for value in part.values() for each in references(value)]
    return [each for value in part for each in references(value)] if isinstance(part, list) else []


def test_it_is_openapi_3_1_and_says_whose_it_is() -> None:
    assert document()["openapi"].startswith("3.1.")
    assert "no API of RedTrack and none of Digistore24" in document()["info"]["description"]


def test_every_reference_leads_somewhere() -> None:
    found = references(document())
    assert len(found) > 40
    for each in found:
        assert resolved({"$ref": each}), each


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize(("method", "path", "asked"), OPERATIONS)
def test_every_operation_is_complete(method: str, path: str, asked: dict[str, Any]) -> None:
    assert asked["operationId"]
    assert asked["summary"]
    assert {"default"} < set(asked["responses"])
    assert ("requestBody" in asked) == (method in ("post", "put"))
    assert [*(asked.get("security") or document()["security"])[0]] == ["bridge"]
    known = [resolved(one) for one in document()["paths"][path]["parameters"]]
    assert ("X-Account", "header", True) in [(one["name"], one["in"], one["required"]) for one in known]
    for response in map(resolved, asked["responses"].values()):
        assert "X-Bridge" in response["headers"]


def test_every_operation_is_found_by_its_path() -> None:
    assert len(OPERATIONS) == 10
    assert len({asked["operationId"] for _, _, asked in OPERATIONS}) == 10
    for method, path, asked in OPERATIONS:
        assert (operation(method, path.replace("{id}", "an-id")) or ({}, {}))[1] == asked
    for path in ("/conversion-types/a/b", "/conversion-types/", "/types"):
        assert operation("put", path) is None


@pytest.mark.parametrize("name", OF_KIND)
def test_our_client_sends_the_fields_of_the_document(name: str) -> None:
    kind: Kind[Any] = OF_KIND[name]
    wires = {wire.name for wire in kind.fields.values()}
    assert wires == set(SCHEMAS[f"{name}Fields"]["properties"])
    assert kind.served == set(SCHEMAS["ServerSet"]["properties"])


@pytest.mark.parametrize("name", OF_SANDBOX)
def test_the_sandbox_has_the_fields_and_defaults_of_the_document(name: str) -> None:
    model = OF_SANDBOX[name].body
    fields = SCHEMAS[f"{name}Fields"]
    assert set(model.model_fields) == set(fields["properties"])
    assert {each for each, info in model.model_fields.items() if info.is_required()} == set(fields["required"])
    for each, info in model.model_fields.items():
        if not info.is_required():
            assert resolved(fields["properties"][each])["default"] == info.default


def test_the_choices_are_those_of_the_models() -> None:
    assert set(SCHEMAS["Duplicates"]["enum"]) == set(get_args(conversion_type.Duplicates))
    assert set(SCHEMAS["OrderEvents"]["items"]["enum"]) == set(get_args(postback_connection.OrderEvent))
