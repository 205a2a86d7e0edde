"""Evidence from RedTrack's conversion log: do the postback connections and types that people entered work?

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
from trackform.operator.by_hand import Unmarked, unmarked
from trackform.reconcile.connections import DeclaredConnection, connections_of, is_test
from trackform.reconcile.rows import conversions
from trackform_core.text.counted import counted
from trackform_digistore24.marker import PREFIX, SUB, marked

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
class ArrivalCount:
    """Counts of the conversions that arrived over one connection with one type; test orders are counted apart.

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
class LogFinding:
    """A fault that the log shows. ``message`` says what is wrong, and what to do."""

    kind: Kind
    connection: str
    type: str
    message: str


@dataclass(frozen=True)
class Evidence:
    """The conversion log of one stack, counted and judged.

    Attributes:
        seen: by connection and type, the declared connections that brought nothing included.
        findings: what is wrong.
        silent_types: declared types that nothing brought; no finding: a good month has no refund.
        clicks: of the last 7 days, by offer; ``None`` where RedTrack does not tell.
        unmarked: what came over the offer sources and from no connection of ours.
    """

    seen: list[ArrivalCount]
    findings: list[LogFinding]
    silent_types: list[str] = field(default_factory=list)
    clicks: Mapping[str, int] | None = None
    unmarked: Unmarked = field(default_factory=Unmarked)

    def beside(self, section: str, name: str) -> str:
        """The log's line for an operator step about a connection or a type; empty for what no log can show."""
        if not name or section not in ("postbacks", "conversion_types"):
            return ""
        of_types = section == "conversion_types"
        own = [
            arrival
            for arrival in self.seen
            if arrival.last and name == (arrival.type if of_types else arrival.connection)
        ]
        last = max((arrival.last for arrival in own if arrival.last), default=None)
        if last is None:
            return f"RedTrack's log: nothing seen in {DAYS} days."
        facts = [f"last seen {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC", f"{_recent(own)} in {RECENT.days} days"]
        if other := _recent(arrival for arrival in own if of_types and arrival.booked_as not in (name, "")):
            facts.append(f"{other} of them counted as another type")
        if tests := sum(arrival.tests for arrival in own):
            facts.append(f"{counted(tests, 'test order')} in {DAYS} days")
        return f"RedTrack's log: {', '.join(facts)}."


def weigh(
    composition: Composition,
    rows: Iterable[Mapping[str, Any]],
    *,
    at: datetime,
    confirmed: Mapping[str, datetime],
    clicks: Mapping[str, int] | None,
) -> Evidence:
    """Judge rows of the conversion log against the declared connections and types.

    Args:
        composition: what is declared.
        rows: of the last 30 days; field names are those of RedTrack's published spec.
        at: now.
        confirmed: connection -> when it was confirmed to be there.
        clicks: offer -> its clicks of the last 7 days.

    Raises:
        ValueError: a row has no time.
    """
    return _LogJudge(composition, at, confirmed, clicks).weigh(list(rows))


class _LogJudge:
    def __init__(
        self,
        composition: Composition,
        at: datetime,
        confirmed: Mapping[str, datetime],
        clicks: Mapping[str, int] | None,
    ) -> None:
        self.flow = Flow(composition)
        self.connections = {connection.name: connection for connection in connections_of(composition)}
        self.sources = {connection.offer_source for connection in self.connections.values()} - {""}
        self.types = set(self.flow.types)
        self.at = at
        self.confirmed = confirmed
        self.clicks = clicks

    def weigh(self, rows: list[Mapping[str, Any]]) -> Evidence:
        seen = self._seen(rows)
        arrived = {arrival.connection for arrival in seen}
        nothing = [ArrivalCount(name, "") for name in self.connections if name not in arrived]
        # What was wrong weeks ago and has not come back since may have been corrected.
        lately = [arrival for arrival in seen if arrival.last and arrival.last > self.at - RECENT]
        findings = [finding for arrival in lately if (finding := self._about(arrival, lately))]
        findings += self._strangers(lately)
        findings += [finding for name in self.connections if (finding := self._silent(name, seen))]
        places = {name: place for place, name in enumerate(self.connections)}
        ordered = sorted(
            [*seen, *nothing], key=lambda arrival: (places.get(arrival.connection, len(places)), arrival.connection)
        )
        sent = {arrival.type for arrival in seen}
        silent_types = [name for name in self.flow.types if name not in sent]
        return Evidence(ordered, findings, silent_types, self.clicks, unmarked(self.flow.composition, rows))

    def _seen(self, rows: list[Mapping[str, Any]]) -> list[ArrivalCount]:
        arrivals: dict[tuple[str, str, str], ArrivalCount] = {}
        for row, conversion in zip(rows, conversions(rows), strict=True):
            mark = conversion.subs.get(SUB, "")
            marked = mark.startswith(PREFIX)
            if not marked and conversion.offer_source not in self.sources:
                # Another network's, which is none of ours.
                continue
            name = mark.removeprefix(PREFIX) if marked else ""
            connection = self.connections.get(name)
            sent = self._type_sent(conversion, connection, str(row.get("event") or ""))
            booked_as = "default" if conversion.is_default else conversion.type
            arrival = arrivals.setdefault((name, sent, booked_as), ArrivalCount(name, sent, booked_as))
            self._count(arrival, conversion, test=connection is not None and is_test(conversion, connection))
        return list(arrivals.values())

    def _count(self, arrival: ArrivalCount, conversion: Conversion, *, test: bool) -> None:
        arrival.last = max(arrival.last or conversion.at, conversion.at)
        arrival.tests += test
        arrival.total += not test
        arrival.recent += not test and conversion.at > self.at - RECENT

    def _type_sent(self, conversion: Conversion, connection: DeclaredConnection | None, event: str) -> str:
        """The type as Digistore24 sent it, from the sub with the macro; ``event`` is published, but not its meaning."""
        sent = connection.type_sent(conversion) if connection else ""
        return sent or event or ("" if conversion.is_default else conversion.type)

    def _about(self, arrival: ArrivalCount, lately: list[ArrivalCount]) -> LogFinding | None:
        """The finding about one type of a declared connection, if there is one."""
        if arrival.connection not in self.connections or not arrival.type:
            return None
        arriving = f"'{arrival.type}' arrives over '{arrival.connection}'"
        if arrival.type in self.types:
            if arrival.booked_as in (arrival.type, "") or self._was_corrected(arrival, lately):
                return None
            message = (
                f"{arriving} and RedTrack counts it as '{arrival.booked_as}'. Look under Tools → Conversion tracking → "
                "Conversion type whether the type is there, spelled exactly so"
            )
            return LogFinding("not_matched", arrival.connection, arrival.type, message)
        near = nearest(arrival.type, self.types)
        if near and near.lower() == arrival.type.lower():
            message = (
                f"{arriving}, and the file declares '{near}': names are compared by case. "
                f"Declare '{arrival.type}', in the file and in RedTrack"
            )
            return LogFinding("near_miss", arrival.connection, arrival.type, message)
        message = f"{arriving}, and the file declares no such conversion type. Declare it"
        return LogFinding("undeclared_type", arrival.connection, arrival.type, message)

    def _was_corrected(self, arrival: ArrivalCount, lately: list[ArrivalCount]) -> bool:
        """Whether RedTrack counted the type correctly later on."""
        right = [each.last for each in lately if each.type == arrival.type == each.booked_as and each.last]
        return arrival.last is not None and any(last > arrival.last for last in right)

    def _strangers(self, seen: list[ArrivalCount]) -> list[LogFinding]:
        """One finding for each connection that the file does not declare, with its conversions of the last 7 days."""
        counts: dict[str, int] = defaultdict(int)
        days: dict[str, list[datetime]] = defaultdict(list)
        for arrival in seen:
            if arrival.connection not in self.connections:
                counts[arrival.connection] += arrival.recent
                days[arrival.connection] += [arrival.last] if arrival.last else []
        findings = []
        for name, count in sorted(counts.items()):
            if not name:
                message = (
                    f"{counted(count, 'conversion')} of the offer source in {RECENT.days} days without a marker, the "
                    f"last on {max(days[name]).astimezone(UTC):%Y-%m-%d}: uploaded, or a "
                    "connection of Digistore24 sends them that the file does not declare. Compare Account → S2S "
                    "postback with the file: the same sale may be counted twice"
                )
                findings.append(LogFinding("unmarked", "", "", message))
                continue
            near = nearest(name, self.connections)
            kind: Kind = "near_miss" if near and near.lower() == name.lower() else "undeclared_connection"
            hint = did_you_mean(name, self.connections)
            message = (
                f"{counted(count, 'conversion')} in {RECENT.days} days with the marker '{marked(name)}', and the file "
                f"declares no connection '{name}'{': ' + hint if hint else '.'} Declare it, or remove it under Account "
                "→ S2S postback: the same sale may be counted twice"
            )
            findings.append(LogFinding(kind, name, "", message))
        return findings

    def _silent(self, name: str, seen: list[ArrivalCount]) -> LogFinding | None:
        """The finding about a sales connection that brought nothing. One for refunds alone may be silent for months."""
        connection = self.connections[name]
        since = self.confirmed.get(name)
        if not connection.active or "payment" not in connection.events or since is None or self.at - since < SETTLING:
            return None
        own = [arrival for arrival in seen if arrival.connection == name]
        last = max((arrival.last for arrival in own if arrival.last), default=None)
        if last is not None and last > self.at - RECENT:
            return None
        counts = self.clicks or {}
        clicked = {offer: counts[offer] for offer in self._offers(connection) if counts.get(offer)}
        if not clicked:
            return None
        others = sorted(
            {arrival.connection for arrival in seen if arrival.recent and self._hears_the_same(arrival, connection)}
        )
        message = (
            f"'{name}' is confirmed and brought nothing in {RECENT.days} days, while {_clicks(clicked)}. "
            + (f"Sales did arrive over {', '.join(others)}. " if others else "Perhaps nothing was sold. ")
            + f"Last seen: {f'{last:%Y-%m-%d}' if last else f'not in {DAYS} days'}. Look at its log in Digistore24 "
            "(Account → S2S postback) and at its products, events and `active`"
        )
        return LogFinding("silent", name, "", message)

    def _hears_the_same(self, arrival: ArrivalCount, connection: DeclaredConnection) -> bool:
        other = self.connections.get(arrival.connection)
        return other is not None and bool(
            "payment" in other.events and other.products & connection.products and other.name != connection.name
        )

    def _offers(self, connection: DeclaredConnection) -> list[str]:
        """The offers whose sales this connection should report."""
        offers = []
        for offer in self.flow.file.offers:
            product = self.flow.file.offers[offer].product or offer
            known = self.flow.file.products.get(product)
            if known and known.id in connection.products:
                offers.append(offer)
        return offers


def _recent(seen: Iterable[ArrivalCount]) -> int:
    return sum(arrival.recent for arrival in seen)


def _clicks(counts: Mapping[str, int]) -> str:
    phrases = [f"offer '{name}' had {counted(count, 'click')}" for name, count in counts.items()]
    return " and ".join(phrases)
