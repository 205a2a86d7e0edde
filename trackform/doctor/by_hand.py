"""Connections that somebody made by hand: beside those of the file they book each sale once more."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from trackform.account_file.compose import Composition
from trackform.doctor.check_result import CheckResult, ok, unknown, wrong
from trackform.operator.by_hand import unmarked
from trackform.operator.connected import confirmed
from trackform.operator.desk import OperatorDesk
from trackform.operator.evidence import DAYS
from trackform.reconcile.connections import connections_of
from trackform_core.http.service_error import ServiceError
from trackform_core.session.session import Session
from trackform_digistore24.marker import PREFIX, SUB
from trackform_digistore24.postback_connection import KIND, REMOVE, by_hand, doubling
from trackform_digistore24.service import DIGISTORE24_BRIDGE
from trackform_redtrack.conversions import Logs
from trackform_redtrack.service import REDTRACK

TOPIC = "connections by hand"
LOOK = f"look under Account → S2S postback in Digistore24 for rows without sub{SUB}={PREFIX}… in their URL"


def connections_by_hand(
    session: Session, composition: Composition, tell: Callable[[str], None]
) -> Iterator[CheckResult]:
    """Whether anybody made connections beside ours: as the bridge lists them, else as RedTrack's log shows them.

    ``tell`` hears of progress.
    """
    if all(connection.books is not None for connection in connections_of(composition)):
        return
    try:
        if session.settings.url(DIGISTORE24_BRIDGE):
            yield from _listed(session, composition)
        elif session.settings.key(REDTRACK).is_whole:
            yield _logged(session, composition, tell)
    except ServiceError as error:
        fix = error.advice or "look at the message above; nothing was written"
        yield wrong(TOPIC, f"{error.service}: {error.message}", fix, session.account)


def _listed(session: Session, composition: Composition) -> Iterator[CheckResult]:
    rows = list(session.listing(KIND).complete().values())
    postbacks = {wanted.name: dict(wanted.fields) for wanted in composition.objects if wanted.section == "postbacks"}
    said = [f"'{name}': {doubling(row, values)}" for name, values in postbacks.items() for row in by_hand(rows, values)]
    for text in said:
        yield wrong(TOPIC, text, f"{REMOVE[0].lower()}{REMOVE[1:]}", session.account)
    if not said:
        yield ok(TOPIC, "none fires for the products and order events of this file", session.account)


def _logged(session: Session, composition: Composition, tell: Callable[[str], None]) -> CheckResult:
    now = datetime.now(UTC)
    # Whose midnight ends a day is not known: tomorrow is asked for as well.
    tomorrow = now.date() + timedelta(days=1)
    rows = Logs(session.client(REDTRACK), tell).conversions(tomorrow - timedelta(days=DAYS), tomorrow)
    arrived = unmarked(composition, rows)
    desk = OperatorDesk(session.account, composition, lambda _: None)
    since = confirmed(desk, now)
    if since.keys() >= {connection.name for connection in connections_of(composition)}:
        # Until the last one was confirmed, whoever entered it may have replaced such a row.
        arrived = arrived.since(max(since.values()))
    if arrived:
        return wrong(
            TOPIC, f"RedTrack's log has {arrived}. Each sale may be booked twice",
            f"{LOOK}; `trackform operator {session.account} --live` says what to write into them", session.account,
        )  # fmt: skip
    return unknown(
        TOPIC,
        f"RedTrack's log shows none in {DAYS} days. That is no proof: without a sale a connection leaves nothing", LOOK,
        session.account,
    )  # fmt: skip
