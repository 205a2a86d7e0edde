"""Days, filters and pages, which the click log and the conversion log have in common."""

from collections.abc import Mapping

from trackform.sandbox.redtrack.objects import number
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.view import View, within
from trackform.sandbox.store import Row

MAX_PER = 10_000
DEFAULT_PER = 100


def asked_for(view: View, kind: str, query: Mapping[str, str], filters: Mapping[str, str]) -> list[Row]:
    """The rows of these days. ``filters`` has a row's field for each parameter; several values are told by commas.

    Raises:
        Problem: 400 without both dates, which the spec requires.
    """
    if view.date_from is None or view.date_to is None:
        raise RedTrackProblem(400, "date_from and date_to are required")
    rows = within(view.rows(kind), view.date_from, view.date_to)
    for parameter, name in filters.items():
        if query.get(parameter):
            wanted = query[parameter].split(",")
            rows = [row for row in rows if row[name] in wanted]
    return rows


def page_of(rows: list[Row], query: Mapping[str, str]) -> list[Row]:
    per = min(number(query, "per", DEFAULT_PER), MAX_PER)
    start = (number(query, "page", 1) - 1) * per
    return rows[start : start + per]
