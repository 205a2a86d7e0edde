"""The click log, ``/tracks``."""

from collections.abc import Mapping

from sandbox.redtrack.fields import TRACK, published
from sandbox.redtrack.objects import number
from sandbox.redtrack.problems import Problem
from sandbox.redtrack.view import View, within
from sandbox.store import Row

MAX_PER = 10_000
DEFAULT_PER = 100
FILTERS = {
    "clickid": "id", "campaign_id": "campaign_id", "source_id": "source_id", "offer_id": "offer_id",
    "network_id": "network_id",
}  # fmt: skip
TITLED = {"campaign": "campaign_id", "source": "source_id", "offer": "offer_id", "network": "network_id"}


def listing(view: View, query: Mapping[str, str]) -> tuple[list[Row], int]:
    """A page of the log, oldest click first (ours), and the number of all matching rows.

    Parameters and fields are those of the published spec; what a click of this sandbox does not have is left out.

    Raises:
        Problem: 400 without both dates, which the spec requires.
    """
    if view.date_from is None or view.date_to is None:
        raise Problem(400, "date_from and date_to are required")
    rows = within(view.rows("click"), view.date_from, view.date_to)
    for parameter, name in FILTERS.items():
        if query.get(parameter):
            wanted = query[parameter].split(",")
            rows = [row for row in rows if row[name] in wanted]
    per = min(number(query, "per", DEFAULT_PER), MAX_PER)
    start = (number(query, "page", 1) - 1) * per
    return [_shown(view, row) for row in rows[start : start + per]], len(rows)


def _shown(view: View, row: Row) -> Row:
    titles = {kind: (view.find(kind, row[name]) or {}).get("title", "") for kind, name in TITLED.items()}
    more = {"program_id": row["network_id"], "track_time": row["created_at"], "user_id": view.account}
    shown: Row = published(row | row["subs"] | titles | more, TRACK)
    return shown
