from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from trackform.account_file import json_schema
from trackform.account_file.compose import SECTIONS, compose
from trackform.account_file.json_schema import schema, text
from trackform.account_file.models import AccountFile, read_account
from trackform.cli import main
from trackform.documents.yaml_document import read
from trackform.policy import Policy
from trackform.rules import check

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))
PARTS = sorted((ROOT / "docs" / "examples" / "shared").glob("*.yaml"))
STACKS = [ROOT / "stacks" / "demo.yaml", *sorted((ROOT / "stacks" / "shared").glob("*.yaml"))]


@pytest.fixture(scope="module")
def checker() -> jsonschema.Draft7Validator:
    jsonschema.Draft7Validator.check_schema(schema())
    return jsonschema.Draft7Validator(schema())


@pytest.mark.parametrize("path", [*EXAMPLES, *PARTS, *STACKS], ids=lambda path: path.name)
def test_files_fit_the_schema_and_name_it(path: Path, checker: jsonschema.Draft7Validator) -> None:
    assert [error.message for error in checker.iter_errors(read(path).data)] == []
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == ROOT / "docs" / "account-file.schema.json"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_right_as_a_whole(path: Path) -> None:
    found = check([(path.stem, compose(read_account(path)))], Policy())
    assert [str(finding) for finding in found if finding.severity == "error"] == []


def test_every_example_is_listed() -> None:
    listed = (ROOT / "docs" / "examples" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in EXAMPLES if f"({path.name})" not in listed] == []


@pytest.mark.parametrize(
    "data",
    [
        {"domains": {"main": "track.example.com"}},
        {"domains": {"main": {"url": "track.example.com"}}},
        {"domains": {"main": None}, "products": None},
        {"products": {"p": {"id": 411530, "upsells": ["411531", 411532]}}},
        {"digistore24": {"notify": "ops@example.com"}},
        {"digistore24": {"affiliate": "acme", "notify": ["a@example.com"], "account": 123456}},
        {"adopt": True, "protect": ["offers"], "on_delete": {"campaigns": "pause"}},
        {"extends": ["shared/x.yaml"], "variables": {"sid1": 7}},
        {"campaigns": {"c": {"enforce": ["status", "cpc"], "leave": ["tags"], "unset": ["notes"]}}},
        {"offer_sources": {"d": {"click_expiration": "off", "postback_token": {"secret": "ptoken"}}}},
        {"postbacks": {"sales": {"sum": 0}}, "funnels": {"f": {"offers": {"o": None}}}},
    ],
    ids=str,
)
def test_what_a_part_of_a_file_may_say(data: dict[str, Any], checker: jsonschema.Draft7Validator) -> None:
    assert list(checker.iter_errors(data)) == []


@pytest.mark.parametrize(
    "data",
    [
        {"offer": {}},
        {"offers": {"o": {"contries": ["DE"]}}},
        {"domains": {"main": 5}},
        {"campaigns": {"c": {"cost_model": "cpc"}}},
        {"adopt": ["offer"]},
        {"on_delete": {"campaigns": "stop"}},
        {"extends": "shared/x.yaml"},
        {"campaigns": {"c": {"enforce": ["cost_model"]}}},
        {"postbacks": {"sales": {"events": ["sale"]}}},
        {"offer_sources": {"d": {"postback_token": "in the clear"}}},
    ],
    ids=str,
)
def test_what_is_wrong_in_a_file(data: dict[str, Any], checker: jsonschema.Draft7Validator) -> None:
    assert list(checker.iter_errors(data))


def test_the_models_read_what_the_schema_lets_through() -> None:
    # The other way round, what the models refuse for being incomplete is none of the schema's business.
    made = AccountFile.model_validate(
        {"domains": {"main": "a.test"}, "digistore24": {"affiliate": "a", "notify": "b@c.test"}}
    )
    assert made.domains["main"].url == "a.test"
    assert made.digistore24 is not None
    assert made.digistore24.notify == ["b@c.test"]


def test_every_section_and_field_is_explained() -> None:
    made = schema()
    for section in SECTIONS:
        assert made["properties"][section]["description"]
    for name, model in made["definitions"].items():
        for field, form in model["properties"].items():
            assert form.get("description"), f"{name}.{field}"


def test_defaults_are_told() -> None:
    postback = schema()["definitions"]["PostbackEntry"]["properties"]
    assert postback["sum"]["default"] == "commission"


def test_the_command_prints_it_and_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(main, ["schema"])
    assert (printed.exit_code, printed.stdout) == (0, text())
    out = tmp_path / "schema.json"
    assert CliRunner().invoke(main, ["schema", "--out", str(out)]).exit_code == 0
    assert out.read_text(encoding="utf-8") == text()
    refused = CliRunner().invoke(main, ["schema", "--out", str(tmp_path / "none" / "x.json")])
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output


def test_what_stands_in_a_list_is_taken_whole_and_has_to_be_complete() -> None:
    model = {"properties": {"id": {"type": "integer", "description": "Its id."}}, "required": ["id"]}
    assert json_schema._model(model, part=False)["required"] == ["id"]
    part = json_schema._model(model, part=True)
    assert "required" not in part
    assert part["properties"]["id"]["description"] == "Its id. Required."
    assert {"type": "null"} in part["properties"]["id"]["anyOf"]


@pytest.mark.parametrize("form", [{}, {"type": "null"}])
def test_what_may_be_anything_or_nothing_needs_no_alternative(form: json_schema.Schema) -> None:
    assert json_schema._or_null(form) == form


def test_null_is_an_alternative_once() -> None:
    once = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert json_schema._or_null({"type": "string"}) == json_schema._or_null(once) == once
