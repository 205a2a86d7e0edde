"""Digistore24's API over HTTP: ``/digistore24/api/call/<FUNCTION>``, one envelope, errors inside HTTP 200."""

import time
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request

from trackform.sandbox.accounts import DIGISTORE24, digest, digistore24_account, is_revoked
from trackform.sandbox.digistore24.errors import ApiError, Code
from trackform.sandbox.digistore24.functions import FUNCTIONS, Call
from trackform.sandbox.digistore24.ledger import wire_time
from trackform.sandbox.digistore24.parameters import parameters_of
from trackform.sandbox.world import identify, world

blueprint = Blueprint("digistore24", __name__)

# The version in a client's changelog; the OpenAPI's examples show "1.010".
API_VERSION = "1.2"
KEY_HEADER = "X-DS-API-KEY"
# Enough to tell two keys of one account apart, and nothing that leads back to a key.
OWNER_DIGITS = 16
LENGTH_REQUIRED = "<html><head><title>411 Length Required</title></head><body>411 Length Required</body></html>"


@blueprint.route("/<function>", methods=["GET", "POST", "PUT", "DELETE"])
@blueprint.route("/<function>/format/<form>", methods=["GET", "POST", "PUT", "DELETE"])
def call(function: str, form: str = "json") -> Response:
    """Any function by any verb: the help documents GET and POST, the OpenAPI one verb each, clients send POST."""
    began = time.monotonic()
    if request.method in ("POST", "PUT") and "CONTENT_LENGTH" not in request.environ:
        return Response(LENGTH_REQUIRED, HTTPStatus.LENGTH_REQUIRED, mimetype="text/html")
    try:
        answer = {"result": "success", "data": _answer(function, form)}
    except ApiError as error:
        answer = {"result": "error", "code": int(error.code), "message": error.message}
    return jsonify(
        {
            "api_version": API_VERSION,
            "current_time": wire_time(world().clock.now()),
            "runtime_seconds": round(time.monotonic() - began, 4),
            # Ours: the live service answers in the account's time zone.
            "timezone": "UTC",
            "utc_offset": 0 if world().switches.utc_offset == "number" else "+00:00",
            **answer,
        }
    )


def _answer(function: str, form: str) -> Any:
    sandbox = world()
    key = request.headers.get(KEY_HEADER, "").strip()
    # A missing key and a wrong one were both measured to answer code 2, although a code of its own exists.
    if not key or is_revoked(sandbox.store, key):
        raise ApiError(Code.BAD_API_KEY, "The API key is missing or not valid.")
    account = digistore24_account(key)
    identify(DIGISTORE24, account)
    if sandbox.limits.wait(f"{DIGISTORE24}:{account}", sandbox.switches.requests_per_minute):
        raise ApiError(Code.TOO_MANY_REQUESTS, "Too many requests.")
    if form.lower() != "json":
        raise ApiError(Code.BAD_API_CALL, f"this sandbox answers in JSON only, not in {form}")
    known = FUNCTIONS.get(function)
    if known is None:
        raise ApiError(Code.BAD_API_CALL, f"unknown function: {function}")
    parameters = parameters_of(request, known.parameters)
    return known.answer(Call(sandbox, account, digest(key)[:OWNER_DIGITS], parameters))
