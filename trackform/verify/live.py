"""``trackform verify`` on a live account: it only reads, and clicks at most once, on a campaign made for that."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click
import httpx

from trackform.flow.build import Flow
from trackform.project.live import live_session, refuse_another_account
from trackform.urls.promolink import linked_product
from trackform.verify.log import UNSEEN, Judged, judge
from trackform_core.errors import TrackformError
from trackform_core.http import api as http
from trackform_core.model.compare import EXTRA
from trackform_core.model.kind import Kind
from trackform_core.model.markers import Tells
from trackform_core.session.session import Session
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.conversions import Logs
from trackform_redtrack.service import REDTRACK
from trackform_redtrack.traffic_channel import KIND as CHANNEL

TIMEOUT_S = 30
CLICK_ID = re.compile(r"[0-9a-f]{24}")
"""The form of RedTrack's click ids (seen in client code)."""

Row = Mapping[str, Any]
Tell = Callable[[str], None]


def on_live_account(
    flow: Flow, stack: str, days: int, campaign: str | None, tracking_url: str, live: Mapping[str, str], as_json: bool
) -> bool:
    """Read the log, and say whether anything in it is not as declared.

    Raises:
        TrackformError: the account could not be read, is another one, or the campaign is no check campaign.
    """
    today = datetime.now(UTC).date()
    session = live_session(stack)
    refuse_another_account(session, flow.file)
    logs = Logs(session.client(REDTRACK), lambda text: click.echo(text, err=True))
    rows = logs.conversions(today - timedelta(days=days), today)
    judged = judge(flow, rows, live)
    if campaign:
        right, said = Check(flow, session, logs, tracking_url).click(campaign, today)
        (judged.good if right else judged.bad).append(said)
    if as_json:
        document = {
            "rows": len(rows), "as_declared": judged.good, "differs": judged.bad, "silent": judged.silent,
            "seen": judged.seen, "not_seen": UNSEEN,
        }  # fmt: skip
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(f"{stack}: {len(rows)} conversions in {days} days")
        _tell(judged, live)
    return bool(judged.bad)


def _tell(judged: Judged, live: Mapping[str, str]) -> None:
    for text in judged.good:
        click.echo(f"  as declared: {text}")
    for text in judged.bad:
        click.echo(f"  differs: {text}")
    for name in judged.silent:
        click.echo(f"  silent: {name}: no order event of its kind in these days, or it does not fire")
    if new := [f"{name}: {value}" for name, value in judged.seen.items() if name not in live]:
        click.echo(f"  seen: stacks/policy.yaml may say live: {{{', '.join(new)}}}, and the proof takes it as given")
    click.echo(f"  cannot be seen here: {'; '.join(UNSEEN)}")


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
        entry = self.flow.file.campaigns[name]
        title = entry.existing or entry.title or name
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
        channel = entry.channel or ""
        fields = self.flow.fields("traffic_channels", channel) if channel else {}
        heard = _hears(_with_extra(fields), CHANNEL)
        heard += [kind.name for kind in self.flow.types.values() if channel in (kind.forward or {})]
        campaign = _with_extra(self.flow.fields("campaigns", name))
        of_campaign = [f"{each} of the campaign" for each in _hears(campaign, CAMPAIGN)]
        if heard or of_campaign:
            self._refuse(name, f"its channel '{channel}'", heard or of_campaign)

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
            with httpx.Client(transport=http.NETWORK.transport(link), timeout=TIMEOUT_S) as web:
                return web.get(link, follow_redirects=False)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise TrackformError(
                f"the tracking link of '{title}', {link}, gives no answer ({error}): look at the domain's DNS record "
                "and certificate in RedTrack"
            ) from error


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
