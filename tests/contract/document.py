"""Holds requests and answers against ``docs/bridge.openapi.yaml``."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

FILE = Path(__file__).parents[2] / "docs" / "bridge.openapi.yaml"
NAME = "urn:bridge"
METHODS = ("get", "post", "put", "delete")


@cache
def document() -> dict[str, Any]:
    loaded = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


@cache
def _registry() -> Registry[Any]:
    found: Registry[Any] = Registry().with_resource(NAME, DRAFT202012.create_resource(document()))
    return found


def resolved(part: Any) -> Any:
    """A part of the document, with a reference at its top followed."""
    if isinstance(part, dict) and set(part) == {"$ref"}:
        found: Any = document()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return resolved(found)
    return part


def faults(schema: Any, value: Any) -> list[str]:
    """What of a value the schema does not allow, each with its place."""
    here = json.loads(json.dumps(schema).replace('"#/', f'"{NAME}#/'))
    validator = Draft202012Validator(here, registry=_registry(), format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """(path item, operation) for a path below the bridge's address."""
    for template, item in document()["paths"].items():
        parts, given = template.strip("/").split("/"), path.strip("/").split("/")
        fits = len(parts) == len(given) and all(
            part == value or (part.startswith("{") and value) for part, value in zip(parts, given, strict=True)
        )
        if fits and method.lower() in item:
            return item, item[method.lower()]
    return None


def request_faults(method: str, path: str, query: dict[str, str], headers: httpx.Headers, body: bytes) -> list[str]:
    """What of a request the document does not know or allow."""
    found = operation(method, path)
    if found is None:
        return [f"{method} {path}: not in the document"]
    item, asked = found
    told = [] if headers.get("authorization", "").startswith("Bearer ") else ["no bearer key"]
    known = {one["name"]: one for one in map(resolved, [*item.get("parameters", ()), *asked.get("parameters", ())])}
    for name, one in known.items():
        if one["in"] == "header":
            told += [f"header {name}: {fault}" for fault in faults(one["schema"], headers.get(name))]
    for name, value in query.items():
        if name not in known or known[name]["in"] != "query":
            told.append(f"{name}: no such parameter")
        else:
            told += [f"{name}: {one}" for one in faults(known[name]["schema"], json.loads(value))]
    if "requestBody" in asked:
        schema = asked["requestBody"]["content"]["application/json"]["schema"]
        told += [f"body {one}" for one in faults(schema, json.loads(body))]
        if "json" not in headers.get("content-type", ""):
            told.append("the body is not sent as JSON")
    elif body:
        told.append("a body where none belongs")
    return [f"{method} {path}: {one}" for one in told]


def answer_faults(method: str, path: str, response: httpx.Response) -> list[str]:
    """What of an answer the document does not allow."""
    found = operation(method, path)
    if found is None:
        return [f"{method} {path}: not in the document"]
    responses = found[1]["responses"]
    status = response.status_code
    if response.is_success and str(status) not in responses:
        return [f"{method} {path}: status {status} is not in the document"]
    expected = resolved(responses.get(str(status), responses["default"]))
    told = []
    for name, header in expected.get("headers", {}).items():
        schema = resolved(header)["schema"]
        told += [f"header {name}: {one}" for one in faults(schema, response.headers.get(name))]
    content = expected.get("content", {}).get("application/json")
    if content is None:
        told += ["a body where none belongs"] if response.content else []
    elif "json" not in response.headers.get("content-type", ""):
        told.append(f"content-type {response.headers.get('content-type')!r} is not JSON")
    else:
        told += [f"body {one}" for one in faults(content["schema"], response.json())]
    return [f"{method} {path} answered {status}: {one}" for one in told]


class Held(httpx.BaseTransport):
    """Passes requests on, and notes what the document does not allow: of the answers, and of the requests if asked."""

    def __init__(self, inner: httpx.BaseTransport, root: str, *, requests: bool = False) -> None:
        self._inner = inner
        self._root = httpx.URL(root).path.rstrip("/")
        self._requests = requests
        self.faults: list[str] = []
        self.exchanges = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        path = request.url.path.removeprefix(self._root)
        self.exchanges += 1
        self.faults += answer_faults(request.method, path, response)
        if self._requests:
            query = dict(request.url.params)
            self.faults += request_faults(request.method, path, query, request.headers, request.content)
        return response

    def close(self) -> None:
        self._inner.close()
