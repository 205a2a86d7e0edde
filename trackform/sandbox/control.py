"""``/_control``: the sandbox's own controls, for tests, demos and people."""

import json
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, request
from pydantic import ValidationError

from trackform.sandbox import accounts, webapp
from trackform.sandbox.faults import Fault
from trackform.sandbox.switches import Switches
from trackform.sandbox.words import problems
from trackform.sandbox.world import world

blueprint = Blueprint("control", __name__)


def answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json; charset=utf-8")


def body() -> dict[str, Any]:
    given = json.loads(request.get_data() or b"{}")
    if not isinstance(given, dict):
        raise ValueError("the body is no JSON object")  # noqa: TRY004 - answered as a 400 like any other bad value
    return given


@blueprint.errorhandler(ValueError)
def problem(error: ValueError) -> Response:
    said = problems(error) if isinstance(error, ValidationError) else str(error)
    return answer({"error": said}, HTTPStatus.BAD_REQUEST)


@blueprint.errorhandler(LookupError)
def missing(error: LookupError) -> Response:
    return answer({"error": f"{error.args[0]} not found"}, HTTPStatus.NOT_FOUND)


@blueprint.get("/requests")
def requests() -> Response:
    """The request log; any field of an entry filters (``service``, ``method``, ``path``, ``account``, ``status``)."""
    fields = ("service", "method", "path", "account", "status")
    return answer(world().log.entries(**{name: request.args[name] for name in fields if name in request.args}))


@blueprint.delete("/requests")
def empty_requests() -> Response:
    world().log.clear()
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.post("/faults")
def order_fault() -> Response:
    fault = Fault.model_validate(body())
    world().faults.add(fault)
    return answer(fault.model_dump(), HTTPStatus.CREATED)


@blueprint.get("/faults")
def faults() -> Response:
    return answer([fault.model_dump() for fault in world().faults.pending()])


@blueprint.delete("/faults")
def empty_faults() -> Response:
    world().faults.clear()
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.get("/switches")
def switches() -> Response:
    return answer(world().switches.model_dump())


@blueprint.patch("/switches")
def set_switches() -> Response:
    """Set some switches; none is set if one is wrong."""
    here = world()
    wanted = Switches.model_validate(here.switches.model_dump() | body())
    for name in Switches.model_fields:
        setattr(here.switches, name, getattr(wanted, name))
    return answer(here.switches.model_dump())


@blueprint.post("/clock")
def clock() -> Response:
    """Skip ``advance_seconds`` (0 or more), stand still or go on (``stopped``); answers the sandbox's time."""
    given, here = body(), world().clock
    if "stopped" in given:
        here.stop(bool(given["stopped"]))
    now = here.advance(timedelta(seconds=float(given.get("advance_seconds", 0))))
    return answer({"now": now.isoformat()})


@blueprint.post("/reset")
def reset() -> Response:
    world().reset()
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.get("/accounts")
def known() -> Response:
    rows = accounts.known_accounts(world().store)
    domain = accounts.dedicated_domain
    return answer([row | ({"domain": domain(row["account"])} if row["service"] == "redtrack" else {}) for row in rows])


@blueprint.post("/keys/revoke")
def revoke_key() -> Response:
    key = body().get("key")
    if not isinstance(key, str) or not key:
        raise ValueError("key: required")
    accounts.revoke(world().store, key)
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.get("/state")
def state() -> Response:
    """Every stored row of an account, by kind. For tests: it shows what the services would keep to themselves."""
    account = request.args.get("account", "")
    store = world().store
    kinds = [kind for kind in store.kinds(account) if not kind.startswith("_")]
    return answer({kind: store.rows(account, kind) for kind in kinds})


@blueprint.post("/webapp")
def edit() -> Response:
    """Do what a person would do in the web application; see ``trackform.sandbox.webapp``."""
    return answer(webapp.edit(world(), webapp.Edit.model_validate(body())))
