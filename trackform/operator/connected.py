"""What is known of the connections beside the log: since when each is there, and the clicks of its offers."""

from datetime import datetime, timedelta

from trackform.operator.desk import OperatorDesk
from trackform.operator.evidence import RECENT, SETTLING
from trackform_core.no_api.status import key_of
from trackform_core.session.session import Session
from trackform_digistore24.postback_connection import KIND
from trackform_redtrack.service import REDTRACK


def clicks_by_offer(
    desk: OperatorDesk, session: Session, now: datetime, recent: timedelta = RECENT
) -> dict[str, int] | None:
    """Clicks of the last days by the offer's name in the file; ``None`` where the listing shows none."""
    period = {"date_from": str((now - recent).date()), "date_to": str((now + timedelta(days=1)).date())}
    counts: dict[str, int] = {}
    for rows, _ in session.client(REDTRACK).pages("offers", **period):
        for row in rows:
            stat = row.get("stat")
            if isinstance(stat, dict) and isinstance(stat.get("clicks"), int | float):
                title = str(row.get("title"))
                counts[title] = counts.get(title, 0) + int(stat["clicks"])
    titles = {name: desk.composition.title_of("offers", name) for name in desk.composition.account.file.offers}
    clicks = {name: counts[title] for name, title in titles.items() if title in counts}
    return clicks or None


def confirmed(desk: OperatorDesk, now: datetime) -> dict[str, datetime]:
    """Since when each postback connection is known to be there; what a bridge wrote counts as there for long."""
    postbacks = {wanted.name: wanted for wanted in desk.composition.objects if wanted.section == "postbacks"}
    if desk.bridge:
        return dict.fromkeys(postbacks, now - 2 * SETTLING)
    entries = desk.ledger().entries
    records = {name: entries.get(key_of(KIND, dict(wanted.fields))) for name, wanted in postbacks.items()}
    return {name: datetime.fromisoformat(entry.confirmed) for name, entry in records.items() if entry}
