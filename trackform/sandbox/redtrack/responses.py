"""RedTrack's HTTP API: routes, authentication, envelopes and status codes.

An unknown path, and a known one with a method that does not exist (DELETE of an offer or campaign, GET of one stream or
domain), answers an HTML page with 200, as was seen on the live service for unknown paths.
"""

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from trackform.sandbox.accounts import REDTRACK, is_revoked, redtrack_account
from trackform.sandbox.redtrack import catalog, conversions, objects, settings, tracks
from trackform.sandbox.redtrack.entities import CAMPAIGN, DOMAIN, ENTITIES, SOURCE, STREAM, Entity
from trackform.sandbox.redtrack.fields import published
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.rules import STATUSES
from trackform.sandbox.redtrack.view import EARNED, View, day
from trackform.sandbox.spoiler import HTML
from trackform.sandbox.store import Row
from trackform.sandbox.world import identify, world

if TYPE_CHECKING:
    from collections.abc import Callable

blueprint = Blueprint("redtrack", __name__)

OPEN = {"redtrack.dictionary", "redtrack.not_there"}
BAD_KEY = {"401": 401, "500": 500, "200_error": 200}


def answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json; charset=utf-8")


@blueprint.errorhandler(RedTrackProblem)
def problem(error: RedTrackProblem) -> Response:
    return answer({"error": error.message}, error.status)


@blueprint.before_request
def authenticate() -> Response | None:
    """The key counts in the query only (seen in client code); dictionaries need none."""
    if request.endpoint in OPEN:
        return None
    key = request.args.get("api_key", "")
    if not key:
        raise RedTrackProblem(401, "API token required")
    here = world()
    if is_revoked(here.store, key):
        raise RedTrackProblem(BAD_KEY[here.switches.bad_key], "API token is not valid")
    account = redtrack_account(key)
    identify(REDTRACK, account)
    wait = here.limits.wait(account, here.switches.requests_per_minute)
    if wait:
        refused = answer({"error": "rate limit exceeded"}, HTTPStatus.TOO_MANY_REQUESTS)
        refused.headers["Retry-After"] = str(wait)
        return refused
    return None


@blueprint.after_request
def tell_the_limit(response: Response) -> Response:
    """Where there is a limit, a header has it, under the name seen on the live service (client code)."""
    if limit := world().switches.requests_per_minute:
        response.headers["X-Ratelimit-Limit-Minute"] = str(limit)
    return response


def view() -> View:
    query = request.args
    account = str(request.environ["sandbox.account"])
    return View(world(), account, day(query.get("date_from")), day(query.get("date_to")))


def body() -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise RedTrackProblem(400, "invalid request body") from error


def json_object() -> Row:
    given = body()
    if not isinstance(given, dict):
        raise RedTrackProblem(400, "invalid request body")
    return given


def rows_or_empty(rows: list[Row]) -> list[Row] | None:
    """The body of a listing without rows is ``null`` (seen in client code) or an empty array."""
    return rows or (None if world().switches.empty_list == "null" else [])


def totals(rows: list[Row]) -> Row:
    names = ("clicks", *EARNED)
    return {name: round(sum(row["stat"][name] for row in rows), 2) for name in names} if rows else {}


def listing(entity: Entity) -> Response:
    here = view()
    matching = objects.matching(here, entity, request.args)
    shown = objects.page(here, matching, request.args) if entity.paged else matching
    rows = [objects.show(here, entity, row, listed=True) for row in shown]
    if entity.enveloped:
        return answer({"items": rows_or_empty(rows), "total": len(matching)})
    if request.args.get("total_stat") != "true":
        return answer(rows_or_empty(rows))
    general = {"general_total": totals(rows)} if entity.kind == "offer" else {}
    return answer({**general, "total": totals(rows), "items": rows_or_empty(rows)})


def create(entity: Entity) -> Response:
    return answer(objects.create(view(), entity, json_object()), entity.created)


def read(entity: Entity, row_id: str) -> Response:
    here = view()
    return answer(objects.show(here, entity, objects.stored(here, entity, row_id)))


def update(entity: Entity, row_id: str) -> Response:
    return answer(objects.update(view(), entity, row_id, json_object()), entity.updated)


def delete(entity: Entity, row_id: str) -> Response:
    objects.delete(view(), entity, row_id)
    return Response(status=HTTPStatus.NO_CONTENT)


def set_status(entity: Entity) -> Response:
    ids = [row_id for row_id in request.args.get("ids", "").split(",") if row_id]
    status = request.args.get("status", "")
    if not ids or status not in map(str, STATUSES):
        raise RedTrackProblem(400, "ids and status (1, 2 or 3) are required")
    objects.set_status(view(), entity, ids, int(status))
    return Response(status=HTTPStatus.OK)


def register(entity: Entity) -> None:
    """The routes of one entity, as the published spec has them."""
    one_path = f"/{entity.path}/<row_id>"
    routes: list[tuple[str, str, Callable[..., Response]]] = [
        (f"/{entity.path}", "GET", listing),
        (f"/{entity.path}", "POST", create),
        (one_path, "PUT", update),
    ]
    if entity.readable:
        routes.append((one_path, "GET", read))
    routes.append((f"/{entity.path}/status", "PATCH", set_status) if entity.by_status else (one_path, "DELETE", delete))
    for path, method, handler in routes:
        endpoint = f"{entity.kind}_{method.lower()}{'_one' if path == one_path else ''}"
        blueprint.add_url_rule(path, endpoint, partial(handler, entity), methods=[method])


for each in ENTITIES:
    register(each)


@blueprint.get("/campaigns/v2")
def campaigns_v2() -> Response:
    here = view()
    matching = objects.matching(here, CAMPAIGN, request.args)
    rows = [objects.show(here, CAMPAIGN, row, listed=True) for row in objects.page(here, matching, request.args)]
    return answer({"items": rows_or_empty(rows), "total": totals(rows)})


@blueprint.put("/sources")
def update_source_as_published() -> Response:
    """The spec writes the update without the id in the path; that call does not work (seen in client code)."""
    raise RedTrackProblem(404, "Source not found")


@blueprint.post("/sources/clone")
def clone_source() -> Response:
    here = view()
    source = objects.stored(here, SOURCE, str(json_object().get("source_id", "")))
    return answer(objects.create(here, SOURCE, source | {"title": f"{source['title']} (copy)"}), HTTPStatus.CREATED)


@blueprint.post("/domains/regenerated_free_ssl/<row_id>")
def regenerate_ssl(row_id: str) -> Response:
    row = objects.stored(view(), DOMAIN, row_id)
    if (row.get("ssl") or {}).get("active"):
        raise RedTrackProblem(400, "free and custom certificate: choose one of them")
    return Response(status=HTTPStatus.NO_CONTENT)


@blueprint.route("/streams/<row_id>/optimization", methods=["GET", "DELETE"])
def stream_optimization(row_id: str) -> Response:
    here = view()
    stream = objects.stored(here, STREAM, row_id)
    if request.method == "DELETE":
        return Response(status=HTTPStatus.NO_CONTENT)
    campaigns = [reference for row in here.rows("campaign") for reference in row.get("streams") or []]
    reference = next((r for r in campaigns if r.get("id") == row_id), {"id": row_id, "weight": 100})
    shown = reference | {"stream": published(stream, STREAM.fields)}
    return answer({"optimization": {"is_enabled": False}} | shown)


@blueprint.get("/streams/<row_id>/optimization/paths")
def stream_paths(row_id: str) -> Response:
    objects.stored(view(), STREAM, row_id)
    return answer(rows_or_empty([]))


@blueprint.get("/conversions")
def conversion_log() -> Response:
    rows, total = conversions.listing(view(), request.args)
    return answer({"items": rows_or_empty(rows), "total": total})


@blueprint.get("/tracks")
def click_log() -> Response:
    rows, total = tracks.listing(view(), request.args)
    return answer({"items": rows_or_empty(rows), "total": total})


@blueprint.post("/conversions")
def upload_conversions() -> Response:
    conversions.upload(view(), body())
    return Response(status=HTTPStatus.CREATED)


@blueprint.route("/me/settings", methods=["GET", "PUT"])
def me_settings() -> Response:
    if request.method == "PUT":
        return answer(settings.write(view(), json_object()))
    return answer([settings.read(view())])


@blueprint.get("/source_presets")
def source_presets() -> Response:
    """Undocumented, seen in client code: 100 rows a page, whatever ``per`` says."""
    start = (objects.number(request.args, "page", 1) - 1) * catalog.PRESETS_PER_PAGE
    return answer(rows_or_empty(list(catalog.SOURCE_PRESETS[start : start + catalog.PRESETS_PER_PAGE])))


def dictionary(name: str) -> Response:
    return answer(catalog.DICTIONARIES[name])


for each_name in catalog.DICTIONARIES:
    blueprint.add_url_rule(f"/{each_name}", "dictionary", dictionary, defaults={"name": each_name}, methods=["GET"])


@blueprint.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def not_there(path: str) -> Response:
    """The API's own documentation page, with 200 (seen in client code)."""
    del path
    return Response(HTML, content_type="text/html; charset=utf-8")
