"""A row of the table, from what is live: in words, with who made it so, and with the links that ads may lead to."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from trackform.account_file.sections import Ref
from trackform.status.build import StatusRows


class Table(StatusRows):
    """Of a file and an account that are given as data. Ids are `<section>/<name>` of what the set-up has."""

    def __init__(self, outputs: dict[str, dict[str, Any]], live: dict[str, Any] | None = None, **file: Any) -> None:
        sections = ("campaigns", "offers", "landings", "scripts", "funnels", "traffic_channels")
        self._file: Any = SimpleNamespace(**{section: file.get(section, {}) for section in sections})
        refs = {name: Ref(*name.split("/")) for name in outputs}
        self._looked: Any = SimpleNamespace(
            plan=SimpleNamespace(ids=refs, steps={}), outputs={refs[name]: each for name, each in outputs.items()},
            unread={},
        )  # fmt: skip
        self._session: Any = SimpleNamespace(listing=lambda _kind: SimpleNamespace(row=(live or {}).get))

        self._now = datetime(2026, 11, 27, tzinfo=UTC)


def state(section: str, row: dict[str, Any] | None, **outs: Any) -> str:
    table = Table(
        {}, {"7": row} if row is not None else {}, **{section: {"a": SimpleNamespace(status="paused", cap=5)}}
    )
    return "; ".join(table._state(Ref(section, "a"), {"object_id": "7", **outs}))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"status": 1}, "live"), ({"status": 2}, "paused by the file"), ({"status": 3}, "deleted in RedTrack"),
        ({"status": 7}, "7 in RedTrack"), ({"status": 0}, "status not known in RedTrack"),
        ({"status": None}, "status not known in RedTrack"), ({}, "status not known in RedTrack"),
        (None, "status not known in RedTrack"),
    ],
)  # fmt: skip
def test_whether_it_runs(row: dict[str, Any] | None, said: str) -> None:
    for section in ("campaigns", "offers"):
        assert state(section, row) == said
    # What nobody can pause is live wherever it is there.
    assert state("landings", row) == ""


@pytest.mark.parametrize(
    ("waits", "status", "said"),
    [
        (["tf.sales"], 2, "paused until tf.sales is confirmed"),
        (["tf.sales", "tf.returns"], 2, "paused until tf.sales, tf.returns are confirmed"),
        ([], 2, "paused by the file"), (["tf.sales"], 1, "live"), (["tf.sales"], 3, "deleted in RedTrack"),
    ],
)  # fmt: skip
def test_what_a_campaign_waits_for(waits: list[str], status: int, said: str) -> None:
    assert state("campaigns", {"status": status}, starts_after=waits) == said


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        (0, "live"), (1, "live; capped at 1 conversion a day in RedTrack"),
        (5, "live; capped at 5 conversions a day by the file"), (-1, "live"), ("5", "live"), (None, "live"),
    ],
)  # fmt: skip
def test_how_an_offer_is_capped(cap: Any, said: str) -> None:
    assert state("offers", {"status": 1, "cap": cap}) == said
    assert state("campaigns", {"status": 1, "cap": cap}) == "live"


FUNNELS: dict[str, dict[str, Any]] = {
    "funnels/one": {"offer_ids": ["offers/a", "offers/b"], "landing_ids": ["landings/a"]},
    "funnels/two": {"offer_ids": ["offers/b", "offers/gone"], "landing_ids": ["landings/b", "landings/a"]},
    "funnels/none": {"offer_ids": None},
    "landings/a": {"url": "https://l.test/a"},
    "landings/b": {"url": "https://l.test/b?x=1"},
    "landings/unsaid": {"url": None},
}


def test_a_campaign_says_what_keeps_its_offers_from_getting_visitors_each_once() -> None:
    offers: dict[str, dict[str, Any]] = {f"offers/{name}": {"object_id": f"id-{name}"} for name in "ab"}
    live = {"id-a": {"status": 2}, "id-b": {"status": 1, "cap": 5}, "7": {"status": 1}}
    table = Table(FUNNELS | offers, live)
    outs = {"object_id": "7", "funnel_ids": ["funnels/one", "funnels/none", "funnels/nobody", "funnels/two"]}
    assert list(table._state(Ref("campaigns", "fb"), outs)) == [
        "live", "offer a paused in RedTrack", "offer b capped at 5 conversions a day in RedTrack",
    ]  # fmt: skip
    assert list(table._state(Ref("campaigns", "fb"), {"object_id": "7"})) == ["live"]


def test_ads_may_lead_to_each_landing_at_once_with_what_the_tracking_link_carries() -> None:
    outs = {
        "object_id": "7", "funnel_ids": ["funnels/one", "funnels/two"],
        "tracking_link": "https://t.test/7?sub1={a}&sub2&sub3=",
    }  # fmt: skip
    table = Table(FUNNELS, scripts={"page": None})
    assert list(table._no_redirect(outs)) == [
        "https://l.test/a?cmpid=7&sub1={a}&sub3=", "https://l.test/b?x=1&cmpid=7&sub1={a}&sub3=",
    ]  # fmt: skip
    unsaid: dict[str, dict[str, Any]] = {
        "funnels/one": {"landing_ids": ["landings/unsaid", "landings/gone", "landings/b"]}
    }
    assert len(list(Table(FUNNELS | unsaid, scripts={"page": None})._no_redirect(outs))) == 2
    assert list(table._no_redirect({**outs, "tracking_link": ""})) == []
    # Without a script on the page nobody would count the click.
    assert list(Table(FUNNELS)._no_redirect(outs)) == []


@pytest.mark.parametrize(
    ("channel", "name"),
    [("traffic_channels/fb", "fb"), ("8", "Theirs"), ("9", "9"), ("10", "10"), (None, ""), ("", "")],
)
def test_where_the_traffic_comes_from(channel: str | None, name: str) -> None:
    table = Table({"traffic_channels/fb": {}}, {"8": {"title": "Theirs"}, "10": {"title": ""}})
    assert table._name(channel) == name
