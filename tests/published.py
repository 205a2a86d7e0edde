"""What the vendors publish of their APIs' requests, and whether each request of ours is one of them.

The fixture is used by every test (``tests/conftest.py``): whatever a test makes a client send is held against the
published specs. What is kept of them is in ``data/published-requests.json``; a test compares it with the specs where
those are at hand.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from trackform_core.http.api import JsonApi

SPECS = Path(os.environ.get("TRACKFORM_SPECS") or Path(__file__).parents[2] / "shared" / "specs")
FILES = {"redtrack": SPECS / "redtrack-swagger.json", "digistore24": SPECS / "digistore24-openapi.yaml"}
KEPT = Path(__file__).parent / "data" / "published-requests.json"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
METHODS = ("get", "post", "put", "patch", "delete")

WORKS = {"redtrack": {"PUT /sources/{id}": "PUT /sources"}}
"""The spec writes it with a parameter of the path that its path has not; in production it is this (seen in clients)."""

LANGUAGE = "language"
"""Of every call of Digistore24, by its help pages; the spec does not repeat it for each function."""


def published(vendor: str) -> dict[str, dict[str, list[str]]]:
    """``GET /offers/{id}`` to the names of its query and of its body."""
    spec = yaml.load(FILES[vendor].read_text(encoding="utf-8"), _Loader)  # noqa: S506 -- a safe one
    found = {
        f"{method.upper()} {path}": {"query": _query(operation), "body": _body(spec, operation)}
        for path, operations in spec["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }
    return found | {request: found.pop(meant) for request, meant in WORKS.get(vendor, {}).items()}


def _query(operation: Any) -> list[str]:
    return sorted(each["name"] for each in operation.get("parameters", ()) if each["in"] == "query")


def _body(spec: Any, operation: Any) -> list[str]:
    """Of a JSON object, in the words of Swagger 2 or of OpenAPI 3."""
    forms = [each["schema"] for each in operation.get("parameters", ()) if each["in"] == "body"]
    forms += [each["schema"] for each in operation.get("requestBody", {}).get("content", {}).values()]
    names: set[str] = set()
    for form in forms:
        schema = spec["definitions"][form["$ref"].rpartition("/")[2]] if "$ref" in form else form
        names |= set(schema.get("properties", {}))
    return sorted(names)


TABLE: dict[str, dict[str, dict[str, list[str]]]] = json.loads(KEPT.read_text(encoding="utf-8"))
PATTERNS = {
    vendor: [
        (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(request))), known) for request, known in requests.items()
    ]
    for vendor, requests in TABLE.items()
}


@cache
def _known(vendor: str, request: str) -> dict[str, list[str]] | None:
    return next((names for pattern, names in PATTERNS[vendor] if pattern.fullmatch(request)), None)


def fault(vendor: str, method: str, path: str, options: dict[str, Any]) -> str:
    """What of a request the vendor does not publish; empty where it publishes all of it."""
    request = f"{method} /{path.strip('/')}"
    known = _known(vendor, request)
    if known is None:
        return f"{vendor}: {request} is not published"
    if unknown := set(options) - {"params", "json", "extensions"}:
        return f"{vendor}: {request} is sent as {', '.join(sorted(unknown))}"
    query = {name.partition("[")[0] for name in options.get("params") or ()} - {LANGUAGE}
    body = set(options.get("json") or ()) - {LANGUAGE}
    strange = sorted((query - set(known["query"])) | (body - set(known["body"])))
    return f"{vendor}: {request} does not publish {', '.join(strange)}" if strange else ""


@pytest.fixture(autouse=True)
def only_published_requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test after which a client of ours has sent what its vendor does not publish."""
    faults: list[str] = []
    send = JsonApi.send

    def watched(self: JsonApi, method: str, path: str, **options: Any) -> Any:
        if self.endpoint.name in PATTERNS and (found := fault(self.endpoint.name, method, path, options)):
            faults.append(found)
        return send(self, method, path, **options)

    monkeypatch.setattr(JsonApi, "send", watched)
    yield
    if faults:
        pytest.fail("\n".join(sorted(set(faults))), pytrace=False)


def faults_of(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is not published of requests that a sandbox logged: of the real CLI, which runs in processes of its own."""
    told = set()
    for entry in entries:
        options = {"params": entry["query"], "json": entry["body"]}
        if entry["service"] in PATTERNS:
            told.add(fault(entry["service"], entry["method"], entry["path"], {n: v for n, v in options.items() if v}))
    return sorted(told - {""})
