"""``trackform verify`` on a live account: it only reads, and clicks at most once, on a campaign made for that."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx

from trackform.flow.build import Flow
from trackform.operator.connected import clicks_by_offer, confirmed
from trackform.operator.desk import OperatorDesk
from trackform.operator.evidence import SETTLING
from trackform.operator.in_state import known_of
from trackform.project.live import live_session, refuse_another_account, refuse_what_is_elsewhere
from trackform.reconcile import rows as read_rows
from trackform.reconcile.model import Booking
from trackform.urls.promolink import linked_product
from trackform.verify.log import UNSEEN, Judged, judge
from trackform.verify.silence import CLICK_ID, SilentPeriod, sales_of, unheard
from trackform_core.errors import TrackformError
from trackform_core.http import api as http
from trackform_core.model.compare import EXTRA
from trackform_core.model.kind import Kind
from trackform_core.model.markers import Tells
from trackform_core.session.session import Session
from trackform_digistore24.bookings import Bookings, Clock
from trackform_digistore24.marker import marker
from trackform_digistore24.postback_connection import KIND as POSTBACK
from trackform_digistore24.service import DIGISTORE24, DIGISTORE24_BRIDGE
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.conversions import Logs
from trackform_redtrack.service import REDTRACK
from trackform_redtrack.traffic_channel import KIND as CHANNEL

TIMEOUT_S = 30
LOOKED_UP = 3
"""Clicks of a silent connection's sales that are looked up: one that RedTrack knows is enough."""

WHERE_TO_LOOK = (
    "Look under Account → S2S postback in Digistore24 whether it is there and active, for its products and order "
    "events, and what its log says"
)

NOBODY_SAID = (
    "nobody has said that it was entered at Digistore24, so that it brings nothing says nothing; `trackform operator` "
    "lists what is to be entered"
)

Row = Mapping[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class LiveCheck:
    """What to look at: so many days of the log; and a check campaign to click on, where one is named.

    ``live``: what the policy takes as given about the live services.
    """

    days: int
    campaign: str | None
    tracking_url: str
    live: Mapping[str, str]


def on_live_account(flow: Flow, stack: str, check: LiveCheck, tell: Tell, note: Tell) -> tuple[int, Judged]:
    """Read the log; return how many rows it has, and what in them is as declared and what is not.

    ``tell`` hears of progress, ``note`` of what is to be known beside the result.

    Raises:
        TrackformError: the account could not be read, is another one, or the campaign is no check campaign.
    """
    now = datetime.now(UTC)
    today = now.date()
    session = live_session(stack)
    refuse_another_account(session, flow.file)
    logs = Logs(session.client(REDTRACK), tell, note=note)
    account = LiveAccount(flow, session, logs, timedelta(days=check.days), tell)
    # Before the log is read: what Digistore24 booked by then had the time of the reading to arrive.
    clock = account.clock()
    rows = logs.conversions(today - timedelta(days=check.days), today)
    judged = judge(flow, rows, check.live)
    try:
        reasons = account.unheard(judged.silent, rows, clock, check.live, now) if judged.silent else {}
    except ValueError as error:
        raise TrackformError(f"{stack}: an answer could not be read: {error}") from None
    judged.unheard = list(reasons)
    judged.waiting = [name for name in judged.silent if name not in account.confirmed(now)]
    judged.bad += [f"{name} is confirmed and silent, while {facts}. {WHERE_TO_LOOK}" for name, facts in reasons.items()]
    if check.campaign:
        right, said = Check(flow, session, logs, check.tracking_url).click(check.campaign, today)
        (judged.good if right else judged.bad).append(said)
    return len(rows), judged


def document(count: int, judged: Judged) -> dict[str, Any]:
    """The same for machines."""
    return {
        "rows": count, "as_declared": judged.good, "differs": judged.bad, "silent": judged.silent,
        "not_confirmed": judged.waiting, "seen": judged.seen, "not_seen": UNSEEN,
    }  # fmt: skip


class LiveAccount:
    """What happened on a stack's accounts while connections were silent. ``period`` is how far back is looked."""

    def __init__(self, flow: Flow, session: Session, logs: Logs, period: timedelta, tell: Tell) -> None:
        self.flow = flow
        self.session = session
        self.logs = logs
        self.period = period
        has_key = session.settings.key(DIGISTORE24).is_whole
        self.books = Bookings(session.client(DIGISTORE24), tell) if has_key else None

    def clock(self) -> Clock | None:
        """Digistore24's time; ``None`` without a key to ask with."""
        return self.books.clock() if self.books else None

    @cached_property
    def desk(self) -> OperatorDesk:
        bridge = bool(self.session.settings.url(DIGISTORE24_BRIDGE))
        return OperatorDesk(self.session.account, self.flow.composition, lambda _: None, bridge=bridge)

    def confirmed(self, now: datetime) -> dict[str, datetime]:
        """Since when each connection is confirmed to be there.

        Raises:
            TrackformError: in another account.
        """
        if not self.desk.bridge:
            refuse_what_is_elsewhere(self.session, known_of(self.session.account).accounts)
        return confirmed(self.desk, now)

    def unheard(
        self, silent: Sequence[str], rows: Sequence[Row], clock: Clock | None, live: Mapping[str, str], now: datetime
    ) -> dict[str, str]:
        """Connection -> what should have made itself heard, of the silent ones that are confirmed to be there."""
        known = {name: since for name, since in self.confirmed(now).items() if name in silent}
        settled = {name for name, since in known.items() if now - since >= SETTLING}
        if self.desk.bridge:
            known |= {name: since for name, since in self._written().items() if name in known}
        if not known:
            return {}
        sales = self._sales(clock, min(known.values())) if clock else []
        clicks = clicks_by_offer(self.desk, self.session, now, self.period) or {}
        traffic = SilentPeriod(known, settled, sales, clicks, self._checks(now) if any(clicks.values()) else 0)
        traffic = replace(traffic, strangers=self._strangers(traffic, rows))
        return unheard(self.flow, silent, rows, traffic, live)

    def _checks(self, now: datetime) -> int:
        """Clicks of these days through campaigns that are there for checks: `--clicks` made them."""
        campaigns = self.flow.file.campaigns
        heard = {name for name in campaigns if heard_by_the_file(self.flow, name)}
        # Where nobody hears of any campaign, they are not all there for checks.
        checks = campaigns.keys() - heard if heard else set()
        titles = {self.flow.composition.title_of("campaigns", name) for name in checks}
        period = {"date_from": str((now - self.period).date()), "date_to": str((now + timedelta(days=1)).date())}
        pages = self.session.client(REDTRACK).pages("campaigns", **period) if titles else ()
        counts = (row.get("stat") or {} for rows, _ in pages for row in rows if row.get("title") in titles)
        return sum(int(each.get("clicks") or 0) for each in counts)

    def _written(self) -> dict[str, datetime]:
        """Since when the bridge has each connection, as far as it tells: what was sold before could not fire it."""
        rows = self.session.listing(POSTBACK).complete().values()
        return {
            name: read_rows.moment(str(row["created_at"]))
            for row in rows
            if (name := marker(row.get("url"))) and row.get("created_at")
        }

    def _sales(self, clock: Clock, since: datetime) -> list[Booking]:
        assert self.books is not None  # noqa: S101 -- it told the time
        start = clock.written(max(since, clock.now - self.period))
        transactions = self.books.transactions(start, clock.written(clock.now))
        purchases = self.books.purchases(str(row.get("purchase_id") or "") for row in transactions)
        return read_rows.bookings(transactions, [], purchases, clock.read)

    def _strangers(self, traffic: SilentPeriod, rows: Sequence[Row]) -> frozenset[str]:
        """Clicks of sales that are not RedTrack's; one of the account's own that is found ends the search."""
        ours = {str(row.get("clickid")) for row in rows}
        declared = [connection for connection in self.flow.connections if connection.name in traffic.since]
        sales = [sale for connection in declared for sale in sales_of(connection, traffic)]
        doubtful = {sale.click_id: sale.ordered or sale.at.date() for sale in sales if sale.click_id not in ours}
        known = self.logs.known_clicks(list(doubtful.items())[:LOOKED_UP]) if doubtful else {}
        if known and not any(known.values()):
            return frozenset(doubtful)
        return frozenset(click_id for click_id, is_known in known.items() if not is_known)


def lines_of(judged: Judged, live: Mapping[str, str]) -> Iterator[str]:
    """The same for people; ``live``: what the policy takes as given already."""
    for text in judged.good:
        yield f"  as declared: {text}"
    for text in judged.bad:
        yield f"  differs: {text}"
    if judged.waiting:
        yield (f"  not confirmed: {', '.join(judged.waiting)}: {NOBODY_SAID}")
    for name in (each for each in judged.silent if each not in (*judged.unheard, *judged.waiting)):
        yield (f"  silent: {name}: no order event of its kind in these days, or it does not fire")
    if new := [f"{name}: {value}" for name, value in judged.seen.items() if name not in live]:
        yield (f"  seen: stacks/policy.yaml may say live: {{{', '.join(new)}}}, and the proof takes it as given")
    yield (f"  cannot be seen here: {'; '.join(UNSEEN)}")


class Check:
    """One click on a campaign that exists for checks only; nothing is bought and no postback is sent."""

    def __init__(self, flow: Flow, session: Session, logs: Logs, tracking_url: str = "") -> None:
        self.flow = flow
        self.session = session
        self.logs = logs
        self.tracking_url = tracking_url.rstrip("/")

    def click(self, name: str, today: date) -> tuple[bool, str]:
        """Follow the campaign's tracking link once: whether it leads to a product with a click id, and what it did.

        Raises:
            TrackformError: it is no check campaign, by the file or as it is live: a channel would learn of it.
            ServiceError: RedTrack could not be read.
        """
        self._by_the_file(name)
        title = self.flow.composition.title_of("campaigns", name)
        row = self._live(title)
        if row is None:
            return False, f"there is no campaign '{title}' in RedTrack"
        link = self._link(row)
        if not link:
            return False, f"RedTrack shows no tracking link of '{title}'"
        answer = self._follow(link, title)
        target = answer.headers.get("location", "")
        if not target:
            return False, f"the tracking link of '{title}' answers {answer.status_code} and leads nowhere"
        click_id = httpx.URL(target).params.get("cid", "")
        if not CLICK_ID.fullmatch(click_id):
            return False, f"the tracking link of '{title}' leads to {target}, without a click id in cid"
        said = f"click on '{title}': leads to product {linked_product(target) or '?'} with the click id {click_id}"
        counted = self.logs.known_clicks([(click_id, today)]).get(click_id)
        word = {True: "is in RedTrack's click log", False: "is not in RedTrack's click log yet"}
        return True, said + (f", which {word[counted]}" if counted is not None else "")

    def _by_the_file(self, name: str) -> None:
        entry = self.flow.file.campaigns.get(name)
        if entry is None:
            known = ", ".join(self.flow.file.campaigns) or "none"
            raise TrackformError(f"the file has no campaign '{name}'; there are: {known}")
        if heard := heard_by_the_file(self.flow, name):
            self._refuse(name, f"its channel '{entry.channel or ''}'", heard)

    def _live(self, title: str) -> Row | None:
        """The campaign, once it is certain that nobody hears of it in RedTrack either."""
        row = next((row for _, row in self.session.listing(CAMPAIGN).named(title)), None)
        if row is None:
            return None
        if heard := _hears(row, CAMPAIGN):
            self._refuse(title, "the campaign in RedTrack", heard)
        channel = self.session.listing(CHANNEL).row(str(row.get("source_id") or ""))
        if channel and (heard := _hears(channel, CHANNEL)):
            self._refuse(title, f"its channel '{channel.get('title')}' in RedTrack", heard)
        return row

    def _refuse(self, name: str, who: str, heard: list[str]) -> None:
        raise TrackformError(
            f"campaign '{name}' is no check campaign: {who} tells of conversions ({', '.join(heard)}). Clicks are only "
            "made through a campaign of its own, whose channel has no integration"
        )

    def _link(self, row: Row) -> str:
        # The channel's macros behind the question mark are for the channel to fill.
        link = str(row.get("trackback_url") or "").partition("?")[0]
        path = httpx.URL(link).path if link else ""
        return f"{self.tracking_url}{path}" if self.tracking_url and path else link

    def _follow(self, link: str, title: str) -> httpx.Response:
        try:
            with http.NETWORK.once(link, TIMEOUT_S) as web:
                return web.get(link, follow_redirects=False)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise TrackformError(
                f"the tracking link of '{title}', {link}, gives no answer ({error}): look at the domain's DNS record "
                "and certificate in RedTrack"
            ) from error


def heard_by_the_file(flow: Flow, name: str) -> list[str]:
    """By which fields somebody hears of a campaign's conversions, as the file has it; none of a check campaign."""
    channel = flow.file.campaigns[name].channel or ""
    fields = flow.fields("traffic_channels", channel) if channel else {}
    heard = _hears(_with_extra(fields), CHANNEL)
    heard += [kind.name for kind in flow.types.values() if channel in (kind.forward or {})]
    campaign = _with_extra(flow.fields("campaigns", name))
    return heard or [f"{each} of the campaign" for each in _hears(campaign, CAMPAIGN)]


def _with_extra(fields: Row) -> Row:
    return {**fields, **(fields.get("extra") or {})}


def _hears(values: Row, kind: Kind[Any]) -> list[str]:
    """The fields by which somebody hears of it. `integrations` and its like may hold nothing but blanks."""
    names = [name.removeprefix(EXTRA) for name in kind.marked(Tells)]
    return [name for name in names if _filled(values.get(name))]


def _filled(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_filled, value.values()))
    return bool(value)
