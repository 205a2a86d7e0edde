"""Rules of single kinds of object: what a write must fulfil, and what an answer adds to the stored row."""

from datetime import timedelta
from urllib.parse import urlencode

from trackform.sandbox.clock import moment, stamp
from trackform.sandbox.redtrack.fields import FILTERS, SUBS, VALUED
from trackform.sandbox.redtrack.links import bare, braced, postback_link, tracking_link
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.view import DELETED, View
from trackform.sandbox.store import Row, object_id

LANDING_TYPES = {"l": "l", "landing": "l", "p": "p", "prelanding": "p"}
SPELLED_OUT = {"l": "landing", "p": "prelanding"}
EQUAL = "EQ"
"""The one comparison that was seen in client code."""
STATUSES = (1, 2, DELETED)


def network(view: View, body: Row, current: Row | None) -> None:
    """POST may need a premium plan (published spec); a postback_url is ours to compute unless the switch says so."""
    switches = view.sandbox.switches
    if current is None and switches.post_networks == "premium_only":
        raise RedTrackProblem(403, "action not allowed")
    if switches.postback_url == "computed":
        body.pop("postback_url", None)
    form = braced if switches.clickid == "with_braces" else bare
    for name in ("clickid", "sum"):
        if body.get(name):
            body[name] = form(body[name])


def show_network(view: View, row: Row, _listed: bool) -> Row:
    shown: Row = {"offer_count": view.member_count("offer_count", row["id"])}
    if view.sandbox.switches.postback_url == "computed" or not row.get("postback_url"):
        shown["postback_url"] = postback_link(view.domain(), row)
    return shown


def offer(view: View, body: Row, _current: Row | None) -> None:
    """The title is ``title``, not ``name``, and the offer source must exist (seen in client code)."""
    if "name" in body:
        raise RedTrackProblem(400, "name is not allowed, use title")
    if view.sandbox.switches.postback_url == "computed":
        body.pop("postback_url", None)
    program = body.get("program_id")
    if program and view.find("network", program) is None:
        raise RedTrackProblem(400, "program_id: network not found")
    _check_status(body)


def show_offer(view: View, row: Row, _listed: bool) -> Row:
    owner = view.find("network", row["program_id"])
    shown = {"network_title": owner["title"] if owner else ""}
    if owner and (view.sandbox.switches.postback_url == "computed" or not row.get("postback_url")):
        shown["postback_url"] = postback_link(view.domain(), owner)
    return shown


def campaign(view: View, body: Row, current: Row | None) -> None:
    """A stream given inside a new campaign is a 500; a campaign just created is not found by its first PUT.

    Both were seen in client code. ``copy_from`` (undocumented, seen there too) clones the funnel of another campaign.
    """
    if current is None and any(stream.get("stream") for stream in body.get("streams") or []):
        raise RedTrackProblem(500, "internal server error")
    if current is not None and current.pop("_fresh", False):
        view.sandbox.store.put(view.account, "campaign", current)
        age = view.sandbox.clock.now() - moment(current["created_at"])
        if age < timedelta(milliseconds=500):
            raise RedTrackProblem(404, "Campaign not found")
    source = body.get("source_id")
    if source and view.find("source", source) is None:
        raise RedTrackProblem(400, "source_id: source not found")
    _check_status(body)
    for stream in body.get("streams") or []:
        stream.pop("stream", None)
    if current is None:
        origin = body.pop("copy_from", None)
        if origin:
            body["streams"] = _copied_funnel(view, origin)
        body["_fresh"] = True


def _copied_funnel(view: View, campaign_id: str) -> list[Row]:
    origin = view.sandbox.store.get(view.account, "campaign", campaign_id)
    if origin is None:
        raise RedTrackProblem(400, "copy_from: campaign not found")
    copies = []
    for reference in origin.get("streams") or []:
        stream = view.find("stream", reference["id"])
        if stream:
            copy = stream | {"id": object_id(), "template": False, "_embedded": True}
            view.sandbox.store.put(view.account, "stream", copy)
            copies.append(reference | {"id": copy["id"]})
    return copies


def show_campaign(view: View, row: Row, listed: bool) -> Row:
    source = view.find("source", row["source_id"]) or {}
    host = view.domain(row.get("domain_id"))
    nested = not listed or view.sandbox.switches.campaign_list == "with_streams"
    references = row.get("streams") or []
    return {
        "source_title": source.get("title", ""),
        "trackback_url": tracking_link(host, row["id"], source),
        "impression_url": "",
        "postback_url": postback_link(host, {}),
        "streams": [
            reference | {"stream": stream}
            if nested and (stream := view.find("stream", reference.get("id")))
            else reference
            for reference in references
        ],
    }


def show_source(view: View, row: Row, _listed: bool) -> Row:
    return {"campaign_count": view.member_count("campaign_count", row["id"])}


def domain(view: View, body: Row, current: Row | None) -> None:
    """Only the type ``track`` is known to work; the CNAME must resolve first (both seen in client code).

    In the sandbox every name resolves, except those that begin with ``nocname.``.
    """
    if body.get("type", "track") != "track":
        raise RedTrackProblem(400, "domain type is not defined")
    url = body.get("url") or ""
    if url.startswith("nocname."):
        raise RedTrackProblem(400, "we can't check your CNAME record")
    if any(row["url"] == url and row["id"] != (current or {}).get("id") for row in view.rows("domain")):
        raise RedTrackProblem(409, "domain already exists")


def show_domain(_view: View, row: Row, _listed: bool) -> Row:
    created = moment(row["created_at"])
    expires = stamp(created + timedelta(days=90))
    return {
        "acme": {"active": row.get("use_auto_generated_ssl", False), "crt": "", "key": "", "error": "",
                 "expires": expires},
        "registry_expiry_date": stamp(created + timedelta(days=365)),
    }  # fmt: skip


def landing(_view: View, body: Row, current: Row | None) -> None:
    """A create takes ``l`` or ``p`` (seen in client code); an update also what a listing shows."""
    given = body.get("type")
    if given is None:
        return
    if given not in (SPELLED_OUT if current is None else LANDING_TYPES):
        raise RedTrackProblem(400, f"wrong landing type {given!r}")
    body["type"] = LANDING_TYPES[given]


def show_landing(_view: View, row: Row, listed: bool) -> Row:
    """Listings mix both spellings (seen in client code): every other landing is spelled out."""
    return {"type": SPELLED_OUT[row["type"]]} if listed and row["serial_number"] % 2 == 0 else {}


def show_script(view: View, row: Row, _listed: bool) -> Row:
    """The code by its address, as seen in client code: the numbers of the published spec stand for the words there."""
    host = view.domain(row.get("domain_id"))
    params = {"attribution": row.get("attribution_type", 0), "cookieduration": row.get("attribution_window", 0)}
    params |= {"cookiedomain": row.get("cookie_domain"), "defaultcampaignid": row.get("campaign_id")}
    query = urlencode({name: value for name, value in params.items() if value not in (None, "")})
    return {"script_code": f'<script src="https://{host}/uniclick.js?{query}"></script>'}


def stream(_view: View, _body: Row, current: Row | None) -> None:
    """A stream embedded in a campaign is not found by a PUT (seen in client code)."""
    if current is not None and current.get("_embedded"):
        raise RedTrackProblem(404, "Stream not found")


def show_stream(view: View, row: Row, _listed: bool) -> Row:
    """Whether answers carry filters that are off is not known, nor what numbers them."""

    def shown(filters: Row | None) -> Row:
        filters = filters or {}
        if view.sandbox.switches.filters == "in_force":
            known = {name: item for name, item in filters.items() if name in FILTERS}
            return {name: item for name, item in known.items() if item and item.get("active")}
        return {
            name: {"active": False, "exclude": False, "comparison_type": EQUAL, "kind": number}
            | ({"items": dict.fromkeys(SUBS, "")} if name == "subs" else {})
            | ({"values": []} if name in VALUED else {})
            | (filters.get(name) or {})
            for number, name in enumerate(FILTERS, 1)
        }

    def with_filters(item: Row) -> Row:
        filters = shown(item.get("filters"))
        return item | {"filters": filters} if filters or "filters" in item else item

    members = ("offers", "landings", "prelandings")
    return with_filters(row) | {name: [with_filters(item) for item in row.get(name) or []] for name in members}


def _check_status(body: Row) -> None:
    if body.get("status", 1) not in STATUSES:
        raise RedTrackProblem(400, "wrong status")
