"""What RedTrack's conversion log proves of the connections and types that people entered.

Pure: rows of the log and a composition go in. A connection is recognised by the marker that its URL carries
(``sub20=tf.<name>``, in the log ``p_sub20``); the type that was sent, by the sub that carries the same macro.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Literal

from trackform.documents.problems import did_you_mean, nearest
from trackform.flow.build import Flow
from trackform.reconcile.connections import MARKER, MARKER_SUB, DeclaredConnection, connections_of, is_test
from trackform.reconcile.rows import conversions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from trackform.account_file.sections import Composition
    from trackform.reconcile.model import Conversion

DAYS = 30
"""How far back the log is read."""
RECENT = timedelta(days=7)
SETTLING = timedelta(days=2)
"""A connection that was confirmed a moment ago cannot have proved itself."""

Kind = Literal["near_miss", "undeclared_type", "not_matched", "undeclared_connection", "unmarked", "silent"]

MEANING: dict[Kind, str] = {
    "near_miss": "a name arrives that differs from a declared one by case",
    "undeclared_type": "a type arrives that the file does not declare",
    "not_matched": "a declared type arrives, and RedTrack counts it as the default conversion",
    "undeclared_connection": "a connection arrives that the file does not declare",
    "unmarked": "conversions of the offer source arrive without a marker",
    "silent": "a confirmed sales connection brings nothing, while its offers have clicks",
}


@dataclass
class Seen:
    """What arrived over one connection with one type; test orders are counted apart.

    Attributes:
        connection: the name in the marker; empty without one.
        type: as it was sent, in its case; empty where the log does not tell.
        booked_as: what RedTrack shows as its type.
        last: the latest, test orders included; ``None`` for a declared connection of which nothing arrived.
        recent: in the last 7 days.
        total: in the last 30 days.
        tests: test orders in the last 30 days.
    """

    connection: str
    type: str
    booked_as: str = ""
    last: datetime | None = None
    recent: int = 0
    total: int = 0
    tests: int = 0


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. ``message`` says what, and what to do."""

    kind: Kind
    connection: str
    type: str
    message: str


@dataclass(frozen=True)
class Evidence:
    """What the log shows of one stack.

    Attributes:
        seen: by connection and type, the declared connections that brought nothing included.
        findings: what is wrong.
        silent_types: declared types that nothing brought; no finding: a good month has no refund.
        clicks: of the last 7 days, by offer; ``None`` where RedTrack does not tell.
    """

    seen: list[Seen]
    findings: list[Finding]
    silent_types: list[str] = field(default_factory=list)
    clicks: Mapping[str, int] | None = None

    def beside(self, section: str, name: str) -> str:
        """One line for the step about a connection or a type; empty for what no log can show."""
        if not name or section not in ("postbacks", "conversion_types"):
            return ""
        of_types = section == "conversion_types"
        own = [one for one in self.seen if one.last and name == (one.type if of_types else one.connection)]
        last = max((one.last for one in own if one.last), default=None)
        if last is None:
            return f"RedTrack's log: nothing seen in {DAYS} days."
        told = [f"last seen {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC", f"{_recent(own)} in {RECENT.days} days"]
        if other := _recent(one for one in own if of_types and one.booked_as not in (name, "")):
            told.append(f"{other} of them counted as another type")
        if tests := sum(one.tests for one in own):
            told.append(f"{tests} test order{'' if tests == 1 else 's'} in {DAYS} days")
        return f"RedTrack's log: {', '.join(told)}."


def weigh(
    composition: Composition,
    rows: Iterable[Mapping[str, Any]],
    *,
    at: datetime,
    confirmed: Mapping[str, datetime],
    clicks: Mapping[str, int] | None,
) -> Evidence:
    """What rows of the conversion log say about the declared connections and types.

    Args:
        composition: what is declared.
        rows: of the last 30 days; field names are those of RedTrack's published spec.
        at: now.
        confirmed: connection -> when it was confirmed to be there.
        clicks: offer -> its clicks of the last 7 days.

    Raises:
        ValueError: a row has no time.
    """
    return _Scales(composition, at, confirmed, clicks).weigh(list(rows))


class _Scales:
    def __init__(
        self,
        composition: Composition,
        at: datetime,
        confirmed: Mapping[str, datetime],
        clicks: Mapping[str, int] | None,
    ) -> None:
        self.flow = Flow(composition)
        self.connections = {one.name: one for one in connections_of(composition)}
        self.sources = {one.offer_source for one in self.connections.values()} - {""}
        self.types = set(self.flow.types)
        self.at = at
        self.confirmed = confirmed
        self.clicks = clicks

    def weigh(self, rows: list[Mapping[str, Any]]) -> Evidence:
        seen = self._seen(rows)
        arrived = {one.connection for one in seen}
        nothing = [Seen(name, "") for name in self.connections if name not in arrived]
        # What was wrong weeks ago and has not come back since may have been corrected.
        lately = [one for one in seen if one.last and one.last > self.at - RECENT]
        found = [finding for one in lately if (finding := self._about(one, lately))]
        found += self._strangers(lately)
        found += [finding for name in self.connections if (finding := self._silent(name, seen))]
        places = {name: place for place, name in enumerate(self.connections)}
        ordered = sorted([*seen, *nothing], key=lambda one: (places.get(one.connection, len(places)), one.connection))
        sent = {one.type for one in seen}
        return Evidence(ordered, found, [name for name in self.flow.types if name not in sent], self.clicks)

    def _seen(self, rows: list[Mapping[str, Any]]) -> list[Seen]:
        found: dict[tuple[str, str, str], Seen] = {}
        for row, conversion in zip(rows, conversions(rows), strict=True):
            mark = conversion.subs.get(MARKER_SUB, "")
            marked = mark.startswith(MARKER)
            if not marked and conversion.offer_source not in self.sources:
                # Another network's, which is none of ours.
                continue
            name = mark.removeprefix(MARKER) if marked else ""
            connection = self.connections.get(name)
            sent = self._type_sent(conversion, connection, str(row.get("event") or ""))
            booked_as = "default" if conversion.is_default else conversion.type
            one = found.setdefault((name, sent, booked_as), Seen(name, sent, booked_as))
            self._count(one, conversion, test=connection is not None and is_test(conversion, connection))
        return list(found.values())

    def _count(self, one: Seen, conversion: Conversion, *, test: bool) -> None:
        one.last = max(one.last or conversion.at, conversion.at)
        one.tests += test
        one.total += not test
        one.recent += not test and conversion.at > self.at - RECENT

    def _type_sent(self, conversion: Conversion, connection: DeclaredConnection | None, event: str) -> str:
        """The sub with the macro is what Digistore24 said; ``event`` is a published field whose meaning is not."""
        told = connection.type_sent(conversion) if connection else ""
        return told or event or ("" if conversion.is_default else conversion.type)

    def _about(self, one: Seen, lately: list[Seen]) -> Finding | None:
        """What is to be said of one type of a declared connection."""
        if one.connection not in self.connections or not one.type:
            return None
        if one.type in self.types:
            if one.booked_as in (one.type, "") or self._was_corrected(one, lately):
                return None
            told = (
                f"'{one.type}' arrives over '{one.connection}' and RedTrack counts it as '{one.booked_as}'. Look under "
                "Tools → Conversion tracking → Conversion type whether the type is there, spelled exactly so"
            )
            return Finding("not_matched", one.connection, one.type, told)
        near = nearest(one.type, self.types)
        if near and near.lower() == one.type.lower():
            told = (
                f"'{one.type}' arrives over '{one.connection}', and the file declares '{near}': names are compared by "
                f"case. Declare '{one.type}', in the file and in RedTrack"
            )
            return Finding("near_miss", one.connection, one.type, told)
        told = (
            f"'{one.type}' arrives over '{one.connection}', and the file declares no such conversion type. Declare it"
        )
        return Finding("undeclared_type", one.connection, one.type, told)

    def _was_corrected(self, one: Seen, lately: list[Seen]) -> bool:
        """Whether the same type was counted as itself afterwards."""
        right = [each.last for each in lately if each.type == one.type == each.booked_as and each.last]
        return one.last is not None and any(last > one.last for last in right)

    def _strangers(self, seen: list[Seen]) -> list[Finding]:
        """Connections that the file does not know, each once: what they brought in the last 7 days."""
        counts: dict[str, int] = defaultdict(int)
        for one in seen:
            if one.connection not in self.connections:
                counts[one.connection] += one.recent
        found = []
        for name, count in sorted(counts.items()):
            if not name:
                told = (
                    f"{_many(count)} of the offer source in {RECENT.days} days without a marker: uploaded, or a "
                    "connection of Digistore24 sends them that the file does not declare. Compare Account → S2S "
                    "postback with the file: the same sale may be counted twice"
                )
                found.append(Finding("unmarked", "", "", told))
                continue
            near = nearest(name, self.connections)
            kind: Kind = "near_miss" if near and near.lower() == name.lower() else "undeclared_connection"
            hint = did_you_mean(name, self.connections)
            told = (
                f"{_many(count)} in {RECENT.days} days with the marker '{MARKER}{name}', and the file declares no "
                f"connection '{name}'{': ' + hint if hint else '.'} Declare it, or remove it under Account → S2S "
                "postback: the same sale may be counted twice"
            )
            found.append(Finding(kind, name, "", told))
        return found

    def _silent(self, name: str, seen: list[Seen]) -> Finding | None:
        """A sales connection that should have brought something. What only brings refunds may be silent for months."""
        connection = self.connections[name]
        since = self.confirmed.get(name)
        if not connection.active or "payment" not in connection.events or since is None or self.at - since < SETTLING:
            return None
        own = [one for one in seen if one.connection == name]
        last = max((one.last for one in own if one.last), default=None)
        if last is not None and last > self.at - RECENT:
            return None
        counts = self.clicks or {}
        clicked = {offer: counts[offer] for offer in self._offers(connection) if counts.get(offer)}
        if not clicked:
            return None
        others = sorted({one.connection for one in seen if one.recent and self._hears_the_same(one, connection)})
        told = (
            f"'{name}' is confirmed and brought nothing in {RECENT.days} days, while {_clicks(clicked)}. "
            + (f"Sales did arrive over {', '.join(others)}. " if others else "Perhaps nothing was sold. ")
            + f"Last seen: {f'{last:%Y-%m-%d}' if last else f'not in {DAYS} days'}. Look at its log in Digistore24 "
            "(Account → S2S postback) and at its products, events and `active`"
        )
        return Finding("silent", name, "", told)

    def _hears_the_same(self, one: Seen, connection: DeclaredConnection) -> bool:
        other = self.connections.get(one.connection)
        return other is not None and bool(
            "payment" in other.events and other.products & connection.products and other.name != connection.name
        )

    def _offers(self, connection: DeclaredConnection) -> list[str]:
        """The offers whose sales it should hear of."""
        found = []
        for offer in self.flow.file.offers:
            product = self.flow.file.offers[offer].product or offer
            known = self.flow.file.products.get(product)
            if known and known.id in connection.products:
                found.append(offer)
        return found


def _recent(seen: Iterable[Seen]) -> int:
    return sum(one.recent for one in seen)


def _many(count: int) -> str:
    return "1 conversion" if count == 1 else f"{count} conversions"


def _clicks(counts: Mapping[str, int]) -> str:
    told = [f"offer '{name}' had {count} click{'' if count == 1 else 's'}" for name, count in counts.items()]
    return " and ".join(told)
