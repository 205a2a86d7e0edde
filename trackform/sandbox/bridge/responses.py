"""The bridge over HTTP. A contract of ours, which anyone with a partner API or a browser robot can serve as well.

``Authorization: Bearer <key of the bridge>``, and ``X-Account``: the id of the RedTrack account for conversion types,
of the Digistore24 account for connections. Here any key may act for any account that its service knows already. Errors
are ``{"error": …}``.
"""

import json
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request

from trackform.sandbox.accounts import is_revoked
from trackform.sandbox.bridge import resources
from trackform.sandbox.bridge.resources import RESOURCES, BridgeProblem, Resource
from trackform.sandbox.world import identify, world

blueprint = Blueprint("bridge", __name__)

SCHEME = "Bearer "
DEFAULT_PER = 100
MAX_PER = 1000


def answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json; charset=utf-8")


@blueprint.errorhandler(BridgeProblem)
def problem(error: BridgeProblem) -> Response:
    return answer({"error": error.message}, error.status)


@blueprint.after_request
def label(response: Response) -> Response:
    """Say on every answer whose contract this is."""
    response.headers["X-Bridge"] = "trackform-contract"
    return response


def account(resource: Resource) -> str:
    sent = request.headers.get("Authorization", "")
    key = sent.removeprefix(SCHEME).strip() if sent.startswith(SCHEME) else ""
    here = world()
    if not key or is_revoked(here.store, key):
        raise BridgeProblem(401, "a valid key of the bridge is required: Authorization: Bearer <key>")
    wanted = request.headers.get("X-Account", "").strip()
    if not wanted:
        raise BridgeProblem(400, "X-Account: the account is required")
    if here.store.get(wanted, "account", resource.service) is None:
        raise BridgeProblem(403, f"the key may not act for the account {wanted}")
    identify(resource.service, wanted)
    return wanted


def body() -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise BridgeProblem(400, "the body is no JSON") from error


def number(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise BridgeProblem(400, f"{name}: a whole number from 1")
    return int(text)


def listing(resource: Resource) -> Response:
    rows = world().store.rows(account(resource), resource.kind)
    per = min(number("per", DEFAULT_PER), MAX_PER)
    start = (number("page", 1) - 1) * per
    return answer({"items": rows[start : start + per], "total": len(rows)})


def create(resource: Resource) -> Response:
    row, new = resources.create(world(), account(resource), resource, body())
    return answer(row, HTTPStatus.CREATED if new else HTTPStatus.OK)


def read(resource: Resource, row_id: str) -> Response:
    return answer(resources.stored(world(), account(resource), resource, row_id))


def update(resource: Resource, row_id: str) -> Response:
    return answer(resources.update(world(), account(resource), resource, row_id, body()))


def delete(resource: Resource, row_id: str) -> Response:
    resources.delete(world(), account(resource), resource, row_id)
    return Response(status=HTTPStatus.NO_CONTENT)


for each in RESOURCES:
    for below, method, handler in (
        ("", "GET", listing),
        ("", "POST", create),
        ("/<row_id>", "GET", read),
        ("/<row_id>", "PUT", update),
        ("/<row_id>", "DELETE", delete),
    ):
        blueprint.add_url_rule(
            f"/{each.path}{below}",
            f"{each.kind}_{handler.__name__}",
            partial(handler, each),
            methods=[method],
        )
