"""The public side of a tracking domain: tracking links and incoming postbacks. No key is asked for."""

import json

from flask import Blueprint, Response, request

from trackform.sandbox.redtrack import booking, clicks
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.world import world

blueprint = Blueprint("tracking", __name__)


def answer(value: dict[str, object], status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json; charset=utf-8")


@blueprint.errorhandler(RedTrackProblem)
def problem(error: RedTrackProblem) -> Response:
    return answer({"status": 0, "message": error.message}, error.status)


def _note_owner(kind: str, row_id: str) -> None:
    """Name the account in the request log: a public URL carries none."""
    owned = world().store.find(kind, row_id)
    if owned:
        request.environ["sandbox.account"] = owned[0]


@blueprint.get("/postback")
def postback() -> Response:
    here = world()
    at = -1 if here.switches.repeated_parameter == "last" else 0
    query = {name: values[at] for name, values in request.args.lists()}
    _note_owner("click", query.get("clickid", ""))
    return answer(booking.book(here, query, sender=request.remote_addr or ""))


@blueprint.get("/<campaign_id>")
def tracking_link(campaign_id: str) -> Response:
    _note_owner("campaign", campaign_id)
    click = clicks.click(world(), campaign_id, request.args)
    return Response(status=302, headers={"Location": click["url"]})
