"""The click log, ``/tracks``."""

from collections.abc import Mapping

from trackform.sandbox.redtrack.fields import TRACK, published
from trackform.sandbox.redtrack.logs import asked_for, page_of
from trackform.sandbox.redtrack.view import View
from trackform.sandbox.store import Row

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
    rows = asked_for(view, "click", query, FILTERS)
    return [_shown(view, row) for row in page_of(rows, query)], len(rows)


def _shown(view: View, row: Row) -> Row:
    titles = {kind: (view.find(kind, row[name]) or {}).get("title", "") for kind, name in TITLED.items()}
    more = {"program_id": row["network_id"], "track_time": row["created_at"], "user_id": view.account}
    shown: Row = published(row | row["subs"] | titles | more, TRACK)
    return shown
