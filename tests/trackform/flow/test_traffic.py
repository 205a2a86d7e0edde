"""Which channels buy clicks on an offer: those whose running campaigns really lead to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.trackform.rules.rows import Edit, edited
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow.build import Flow
from trackform.flow.traffic import Lead

OFFER, CAMPAIGN, FUNNEL = (
    "guide: {countries: [DE]}",
    "fb: {channel: facebook, funnel: all}",
    "all: {offers: {guide: 100}}",
)
CHANNELS = "  facebook: {preset: facebook}\n"
MANY = CHANNELS + "  taboola: {preset: taboola}\n  tiktok: {preset: tiktok}\n"
PAST, FUTURE = "2000-01-01T00:00:00", "2999-01-01T00:00:00"
OTHERS = "  tb: {channel: taboola, funnel: more}\n  tt: {channel: tiktok, funnel: both, status: paused}"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
Built = Callable[..., Flow]


@pytest.fixture
def flow(tmp_path: Path) -> Built:
    """The flow of the account with some edits."""

    def built(*edits: Edit, now: datetime = NOW) -> Flow:
        file = tmp_path / "acme.yaml"
        file.write_text(edited(*edits))
        return Flow(compose(read_account(file)), now)

    return built


def funnel(text: str) -> Edit:
    return FUNNEL, f"all: {{{text}}}"


def campaign(text: str) -> Edit:
    return CAMPAIGN, f"fb: {{channel: facebook, {text}}}"


@pytest.mark.parametrize(
    ("edits", "channels"),
    [
        ((), ("facebook",)),
        ((campaign("funnel: all, status: active"),), ("facebook",)),
        ((campaign("funnel: all, status: paused"),), ()),
        ((campaign(f"funnel: all, expires_at: '{PAST}'"),), ()),
        ((campaign(f"funnel: all, expires_at: '{FUTURE}'"),), ("facebook",)),
        ((campaign("funnel: embedded"),), ()),
        (((CAMPAIGN, "fb: {existing: FB}"),), ()),
        ((campaign("funnels: {all: 1}"),), ("facebook",)),
        ((campaign("funnels: {all: 0}"),), ()),
        ((funnel("offers: {guide: 0}"),), ()),
        ((funnel("offers: {guide: 1}"),), ("facebook",)),
        ((funnel(f"expires_at: '{PAST}', offers: {{guide: 1}}"),), ()),
        ((funnel(f"expires_at: '{FUTURE}', offers: {{guide: 1}}"),), ("facebook",)),
        (((OFFER, "guide: {status: paused}"),), ()),
        (((OFFER, f"guide: {{expires_at: '{PAST}'}}"),), ()),
        (((OFFER, f"guide: {{expires_at: '{FUTURE}'}}"),), ("facebook",)),
        # A landing between changes nothing.
        ((funnel("offers: {guide: 1}, landings: {page: 1}"),
          ("funnels:\n", "landings:\n  page: {url: 'https://page.test/'}\nfunnels:\n")), ("facebook",)),
    ],
)  # fmt: skip
def test_who_buys_clicks(flow: Built, edits: tuple[Edit, ...], channels: tuple[str, ...]) -> None:
    (sold,) = flow(*edits).sold
    assert sold.setup.channels == channels


@pytest.mark.parametrize(
    ("of_all", "of_member", "open_"),
    [
        ("country: {values: [FR]}", "country: {values: [DE]}", False),
        ("country: {values: [FR, DE]}", "country: {values: [de]}", True),
        ("country: {values: [DE], exclude: true}", "country: {values: [DE]}", False),
        ("country: {values: [DE]}", "country: {values: [DE, AT], exclude: true}", False),
        ("country: {values: [DE, FR]}", "country: {values: [DE], exclude: true}", True),
        ("country: {values: [DE], exclude: true}", "country: {values: [FR], exclude: true}", True),
        ("country: {values: [FR], active: false}", "country: {values: [DE]}", True),
        ("country: {values: [FR], comparison_type: CONTAINS}", "country: {values: [DE]}", True),
        ("country: {values: [FR]}", "os: {values: [iOS]}", True),
        ("country: {values: [FR]}", "country: {}", True),
        ("unique_visitor: {}", "unique_visitor: {exclude: true}", True),
    ],
)
def test_filters_that_nobody_fits(flow: Built, of_all: str, of_member: str, open_: bool) -> None:
    held = f"filters: {{{of_all}}}, offers: {{guide: {{weight: 1, filters: {{{of_member}}}}}}}"
    (sold,) = flow(funnel(held)).sold
    assert bool(sold.setup.channels) is open_
    # Either alone lets somebody in.
    for alone in (f"filters: {{{of_all}}}, offers: {{guide: 1}}", f"offers: {{guide: {{filters: {{{of_member}}}}}}}"):
        assert flow(funnel(alone)).sold[0].setup.channels == ("facebook",)


def test_each_offer_has_the_channels_that_sell_it(flow: Built) -> None:
    """One channel of several campaigns counts once; the others' clicks end elsewhere."""
    built = flow(
        (CHANNELS, MANY), (OFFER, f"{OFFER}\n  again: {{product: guide}}\n  idle: {{product: guide}}"),
        (FUNNEL, f"{FUNNEL}\n  more: {{offers: {{again: 1}}}}\n  both: {{offers: {{guide: 1, again: 1}}}}"),
        (CAMPAIGN, f"{CAMPAIGN}\n  fb2: {{channel: facebook, funnels: {{both: 1, more: 1}}}}\n{OTHERS}"),
    )  # fmt: skip
    assert {sold.offer: sold.setup.channels for sold in built.sold} == {
        "guide": ("facebook",), "again": ("facebook", "taboola"), "idle": (),
    }  # fmt: skip
    assert built.channels == ("facebook", "taboola")
    assert built.traffic.leads("again") == [
        Lead("facebook", "fb2", "both"), Lead("facebook", "fb2", "more"), Lead("taboola", "tb", "more"),
    ]  # fmt: skip


def test_what_ends_has_ended_from_that_moment_on(flow: Built) -> None:
    ends = campaign("funnel: all, expires_at: '2026-11-27T00:00:00'")
    assert flow(ends).channels == ()
    assert flow(ends, now=datetime(2026, 11, 26, 23, 59, tzinfo=UTC)).channels == ("facebook",)
