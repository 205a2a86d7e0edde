"""The conversion log and its upload."""

from collections.abc import Mapping
from typing import Any

from trackform.sandbox.clock import moment, stamp
from trackform.sandbox.redtrack.booking import book
from trackform.sandbox.redtrack.fields import CONVERSION, UPLOAD, check_types, published
from trackform.sandbox.redtrack.logs import asked_for, page_of
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.view import View
from trackform.sandbox.store import Row

FILTERS = {
    "clickid": "clickid",
    "campaign_id": "campaign_id",
    "source_id": "source_id",
    "offer_id": "offer_id",
    "network_id": "program_id",
}


def listing(view: View, query: Mapping[str, str]) -> tuple[list[Row], int]:
    """A page of the log and the number of all matching rows.

    ``type`` takes slots (``default_type,type1``), as in the published spec. Rows come oldest first (ours).

    Raises:
        Problem: 400 without both dates, which the spec requires.
    """
    rows = asked_for(view, "conversion", query, FILTERS)
    if query.get("type"):
        slots = query["type"].split(",")
        rows = [row for row in rows if any(row.get(slot) for slot in slots)]
    if query.get("type_role"):
        roles = query["type_role"].split(",")
        slots = [row["id"] for row in view.rows("conversion_type") if row["role"] in roles]
        rows = [row for row in rows if any(row.get(slot) for slot in slots)]
    return [published(row, CONVERSION) for row in page_of(rows, query)], len(rows)


def upload(view: View, body: Any) -> None:
    """Book one conversion or an array of them, as if postbacks had come in.

    Raises:
        Problem: 400, a click id of no click of this account, or a wrong time; nothing is booked then.
    """
    uploads = [_checked(view, item) for item in (body if isinstance(body, list) else [body])]
    for query, at in uploads:
        book(view.sandbox, query, at=at, trusted=True)


def _checked(view: View, item: Any) -> tuple[dict[str, str], str]:
    """An uploaded conversion as the parameters of a postback, and its time ("" is now)."""
    if not isinstance(item, dict):
        raise RedTrackProblem(400, "invalid request body")
    check_types(item, UPLOAD, "ConversionUploadRequest")
    click = view.sandbox.store.get(view.account, "click", str(item.get("clickid") or ""))
    if click is None:
        raise RedTrackProblem(400, "clickid: click not found")
    if item.get("campaign_id") not in (None, "", click["campaign_id"]):
        raise RedTrackProblem(400, "campaign_id: not the campaign of this click")
    given = item.get("created_at")
    try:
        at = stamp(moment(given)) if given else ""
    except ValueError as error:
        raise RedTrackProblem(400, f"created_at: wrong time {given!r}") from error
    query = {"clickid": click["id"], "type": item.get("type") or ""}
    return query | ({} if item.get("payout") is None else {"sum": str(item["payout"])}), at
