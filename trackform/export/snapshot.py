"""Snapshots of an account, read once: the rows of every section in the order in which they were made."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from trackform.account_file.compose import SECTIONS
from trackform_core.http.aside import Aside
from trackform_core.http.paging import side_by_side
from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Row, id_of
from trackform_core.session.listing import Listing, Pages
from trackform_core.session.session import Session
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.service import REDTRACK

if TYPE_CHECKING:
    import threading

LEFT_S = 1.0
"""How long a refusal waits for the other answers that are on their way."""


@dataclass(frozen=True)
class Snapshot:
    """The account as it was read.

    Attributes:
        rows: section -> rows, the oldest first.
        unread: section -> why it could not be read.
        redtrack_user: the account's id, for the pin.
        digistore24_account: the same; empty without a key.
        affiliate: asks Digistore24 for the account's name, which is its affiliate name; empty when not known.
    """

    rows: Mapping[str, list[Row]]
    unread: Mapping[str, str] = field(default_factory=dict)
    redtrack_user: str = ""
    digistore24_account: str = ""
    affiliate: Callable[[], str] = lambda: ""


def take(session: Session, tell: Callable[[str], None] = lambda _: None) -> Snapshot:
    """Read all sections, to the last page.

    Args:
        session: the session of the account's stack.
        tell: is told about the progress: what is read, and how much of it there is so far.

    Raises:
        trackform_core.http.service_error.ServiceError: a service did not answer; half an account is not exported.
    """
    unread = {section: reason for section, kind in SECTIONS.items() if (reason := _out_of_reach(session, kind))}
    has_digistore24 = bool(session.settings.key(DIGISTORE24).text)
    services = [REDTRACK, *([DIGISTORE24] if has_digistore24 else [])]
    owners = Aside(partial(session.owners, services), "owners")
    begun = {
        section: Aside(partial(_begun, session, kind), f"first page of {section}")
        for section, kind in SECTIONS.items()
        if section not in unread
    }
    rows: dict[str, list[Row]] = {}
    try:
        for number, (section, kind) in enumerate(SECTIONS.items(), 1):
            if section in begun:
                about = f"{number} of {len(SECTIONS)}: {section}"
                tell(about)
                pages = _counted(begun[section].result(), lambda count, about=about: tell(f"{about}, {count:,} so far"))  # type: ignore[misc]
                row_of = Listing(lambda pages=pages: pages, kind.is_gone, kind.key_of).complete()  # type: ignore[misc]
                rows[section] = sorted(row_of.values(), key=age)
        user, vendor = [*owners.result(), ""][:2]
    except ServiceError:
        # What was about to be answered is; nobody waits for what hangs.
        until = time.monotonic() + LEFT_S
        asked: list[threading.Thread] = [*begun.values(), owners]
        for each in asked:
            each.join(max(0.0, until - time.monotonic()))
        raise
    return Snapshot(rows, unread, user, vendor, cache(lambda: _own_name(session) if has_digistore24 else ""))


def _begun(session: Session, kind: Kind[Any]) -> Pages:
    """The pages of a kind's listing, of which the first one is there."""
    pages = side_by_side(kind.pages(session.client(kind.service)))
    return chain(list(islice(pages, 1)), pages)


def _counted(pages: Pages, tell: Callable[[int], None]) -> Pages:
    """The pages; ``tell`` hears how many rows there are after each that is not the first."""
    count = 0
    for rows, total in pages:
        if count and rows:
            tell(count + len(rows))
        count += len(rows)
        yield rows, total


def age(row: Row) -> tuple[int, str, str, str]:
    """Sort key of rows by when they were made: RedTrack numbers them, the bridge says the time.

    Funnels tell neither. Their titles have the same order on every account, their ids have not.
    """
    serial = row.get("serial_number")
    return (
        serial if isinstance(serial, int) else 0,
        str(row.get("created_at", "")),
        str(row.get("title") or row.get("name")),
        id_of(row),
    )


def _out_of_reach(session: Session, kind: Kind[Any]) -> str:
    if not kind.has_listing:
        return f"{kind.service.name} lists no {kind.titles}: write those down by hand"
    if kind.service.acts_for is not None and not session.settings.url(kind.service):
        return f"{kind.titles} have no public API, and trackform:bridgeUrl names no bridge"
    if kind.service.acts_for is DIGISTORE24 and not session.settings.key(DIGISTORE24).text:
        return "there is no Digistore24 key"
    return ""


def _own_name(session: Session) -> str:
    info = session.client(DIGISTORE24).ask("getUserInfo")
    return str(info.get("user_name", "")) if isinstance(info, dict) else ""
