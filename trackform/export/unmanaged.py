"""Unmanaged objects: an account has them, its file does not mention them; and whether anything still uses them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from trackform.account_file.compose import SECTIONS, Composition
from trackform.account_file.references import references
from trackform.export.build import is_embedded
from trackform.export.snapshot import Snapshot
from trackform_core.model.postback_token import without_token
from trackform_core.model.wire import Row, id_of
from trackform_core.session.listing import Listing
from trackform_core.session.session import Session
from trackform_redtrack.base import CLICK_WINDOW, RedTrackKind

STATUS = {1: "active", 2: "paused"}


@dataclass(frozen=True)
class Unmanaged:
    """One live object that no entry of the file means.

    Attributes:
        key: its natural key, or the URL of a connection without a marker.
        status: of offers and campaigns; empty where there is none.
        used_by: campaigns that send to it, with their status.
        clicks: in the last 30 days; None where RedTrack counts none for it.
        note: why it is listed though the file has its title.
    """

    section: str
    id: str
    key: str
    status: str = ""
    used_by: list[str] = field(default_factory=list)
    clicks: int | None = None
    note: str = ""

    def row(self) -> dict[str, Any]:
        return asdict(self)


def unmanaged(composition: Composition, snapshot: Snapshot, clicks: Mapping[str, int]) -> list[Unmanaged]:
    """Objects that the file does not mention by key or id, without those that its ``ignore`` patterns fit.

    Args:
        composition: what the file asks for.
        snapshot: what there is.
        clicks: id -> clicks in the last 30 days.
    """
    users = users_of(snapshot)
    unmentioned = []
    for section, rows in snapshot.rows.items():
        kind = SECTIONS[section]
        wanted = [each for each in composition.objects if each.section == section]
        picked = {str(each.fields["adopt_id"]) for each in wanted if each.fields.get("adopt_id")}
        keys = Counter(str(each.fields.get(kind.key)) for each in wanted if not each.fields.get("adopt_id"))
        rest = [
            row
            for row in rows
            if id_of(row) not in picked
            and not kind.is_generated(row)
            and not (section == "funnels" and is_embedded(row))
        ]
        there = Counter(str(kind.key_of(row)) for row in rest)
        for row in rest:
            name = str(kind.key_of(row))
            if 0 < there[name] <= keys[name]:
                continue
            key = str(kind.key_of(row) or without_token(row.get("url")) or "")
            if _is_ignored(f"{section}/{key}", composition.account.file.ignore):
                continue
            status = STATUS.get(row["status"], "") if isinstance(row.get("status"), int) else ""
            used_by = sorted(users.get((section, id_of(row)), ()))
            several = f"one of {there[name]} of this {kind.key}, and the file means {keys[name]}: say with `id` which"
            note = several if keys[name] else ""
            unmentioned.append(Unmanaged(section, id_of(row), key, status, used_by, clicks.get(id_of(row)), note))
    return unmentioned


def _is_ignored(name: str, patterns: Iterable[str]) -> bool:
    """By a pattern, or word for word: a title may hold brackets and stars of its own."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)


def clicks_of(session: Session, sections: Iterable[str]) -> dict[str, int]:
    """Id -> clicks in the last 30 days, for the kinds whose listing counts them. One listing a section."""
    today = datetime.now(UTC).date()
    clicks: dict[str, int] = {}
    for section in sections:
        kind = SECTIONS[section]
        if not isinstance(kind, RedTrackKind) or not kind.counts_clicks:
            continue
        period = {"date_from": str(today - CLICK_WINDOW), "date_to": str(today + timedelta(days=1))}
        pages = session.client(kind.service).pages(kind.path, **period)
        for row in Listing(partial(iter, pages), kind.is_gone, kind.key_of).complete().values():
            count = (row.get("stat") or {}).get("clicks")
            if isinstance(count, int | float):
                clicks[id_of(row)] = int(count)
    return clicks


def users_of(snapshot: Snapshot) -> dict[tuple[str, str], set[str]]:
    """(section, id) -> the campaigns that send to it, over whatever is between."""
    rows = {(section, id_of(row)): row for section in snapshot.rows for row in snapshot.rows[section]}
    campaigns_of: dict[tuple[str, str], set[str]] = {}
    for campaign in snapshot.rows.get("campaigns", ()):
        name = f"{campaign.get('title')} ({STATUS.get(campaign.get('status') or 0, 'status not known')})"
        for place in _sends_to("campaigns", campaign, rows):
            campaigns_of.setdefault(place, set()).add(name)
    return campaigns_of


def _sends_to(section: str, row: Row, rows: Mapping[tuple[str, str], Row]) -> Iterator[tuple[str, str]]:
    """All that a row refers to, and what that refers to; a script counts for a campaign, and sends nobody to it."""
    for held in references(section):
        if held.section == "campaigns":
            continue
        for item in row.get(held.wire) or [] if held.weights else [{"id": row.get(held.wire)}]:
            place = held.section, str(item.get("id") or "")
            yield place
            # A funnel that lives only inside its campaign is in no listing.
            yield from _sends_to(held.section, rows.get(place) or item.get("stream") or {}, rows)
