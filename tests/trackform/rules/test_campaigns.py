"""Campaigns: each finding, to the letter."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import Edit, Row, Told, edited, expected, findings, seen

OFFER, CAMPAIGN = "guide: {countries: [DE]}", "fb: {channel: facebook, funnel: all}"
FUNNEL = "all: {offers: {guide: 100}}"
NONE = "{offers: {guide: 0}}"
PAST = "expires_at: '2000-01-01T00:00:00'"
PAUSED = (OFFER, "guide: {status: paused}")
OVER = "ended on 2000-01-01, and is still sent visitors"
SPARE = (OFFER, "guide: {countries: [DE]}\n  spare: {product: guide, status: paused}")
IN_DE = "filters: {country: {values: [DE]}}"
GUIDE_IN_AT = "guide: {weight: 100, filters: {country: {values: [AT]}}}"
ROWS = [
    Row("weights", "a funnel", ((FUNNEL, "all: {offers: {guide: 0}}"),), (
        Told("funnels.all.offers", "all:", "every offer has the weight 0"),)),
    Row("weights", "a campaign", ((CAMPAIGN, "fb: {channel: facebook, funnels: {all: 0}}"),), (
        Told("campaigns.fb.funnels", "fb:", "every funnel has the weight 0"),)),
    Row("weights", "each of several", ((FUNNEL, f"{FUNNEL}\n  one: {NONE}\n  two: {NONE}"),),
        (Told("funnels.one.offers", "one:", "every offer has the weight 0"),
         Told("funnels.two.offers", "two:", "every offer has the weight 0"))),
    Row("offer-paused", "the only one", (PAUSED,), (
        Told("campaigns.fb", "fb:", "all of its offers are paused: guide"),)),
    Row("offer-paused", "all of several, in several funnels", (
        (OFFER, "guide: {status: paused}\n  spare: {product: guide, status: paused}"),
        (FUNNEL, "all: {offers: {guide: 100}}\n  more: {offers: {spare: 1}}"),
        (CAMPAIGN, "fb: {channel: facebook, funnels: {all: 1, more: 1}}")), (
        Told("campaigns.fb", "fb:", "all of its offers are paused: guide, spare"),)),
    Row("offer-paused", "the only one is over", ((OFFER, f"guide: {{{PAST}}}"),), (
        Told("campaigns.fb", "fb:", "all of its offers are paused or over: guide"),
        Told("offers.guide.expires_at", "guide:", OVER, rule="ended"))[::-1]),
    Row("offer-paused", "the only funnel is over", ((FUNNEL, f"all: {{offers: {{guide: 100}}, {PAST}}}"),), (
        Told("funnels.all.expires_at", "all:", OVER, rule="ended"),
        Told("campaigns.fb", "fb:", "all of its funnels have ended: all"))),
    Row("offer-paused", "the only one with a weight", (SPARE, ("{guide: 100}", "{guide: 0, spare: 100}")), (
        Told("campaigns.fb", "fb:", "all of its offers that have a weight are paused: spare"),)),
    Row("offer-paused", "those of the only funnel with a share", (
        SPARE, (FUNNEL, f"{FUNNEL}\n  more: {{offers: {{spare: 1}}}}"),
        (CAMPAIGN, "fb: {channel: facebook, funnels: {all: 0, more: 1}}")), (
        Told("campaigns.fb", "fb:", "all of its offers are paused: spare"),)),
    Row("offer-paused", "nobody fits the filters", ((FUNNEL, f"all: {{{IN_DE}, offers: {{{GUIDE_IN_AT}}}}}"),), (
        Told("campaigns.fb", "fb:", "the filters of its funnel let nobody through to its offers: guide"),)),
    Row("offer-paused", "nobody fits the filters of the one that runs", (
        SPARE, (FUNNEL, f"all: {{{IN_DE}, offers: {{{GUIDE_IN_AT}, spare: 1}}}}")), (
        Told("campaigns.fb", "fb:", "the filters of its funnel let nobody through to its offers: guide"),)),
    Row("ended", "a campaign", ((CAMPAIGN, f"fb: {{channel: facebook, funnel: all, {PAST}}}"),), (
        Told("campaigns.fb.expires_at", "fb:", OVER),), "warning"),
    Row("ended", "an offer of two", ((OFFER, f"{OFFER}\n  spare: {{product: guide, {PAST}}}"),
        ("{guide: 100}", "{guide: 100, spare: 1}")), (
        Told("offers.spare.expires_at", "spare:", OVER),), "warning"),
    Row("ended", "a funnel of two", ((FUNNEL, f"{FUNNEL}\n  old: {{offers: {{guide: 1}}, {PAST}}}"),
        (CAMPAIGN, "fb: {channel: facebook, funnels: {all: 1, old: 1}}")), (
        Told("funnels.old.expires_at", "old:", OVER),), "warning"),
    *(Row("ended", f"no date: {date}", ((OFFER, f"guide: {{expires_at: '{date}'}}"),), (
        Told("offers.guide.expires_at", "guide:",
             f"'{date}' is no ISO time: whether it has passed nobody here can tell",
             "expires_at: '2030-12-31T00:00:00'"),), "warning")
      for date in ("01.01.2020", "01/31/2020", "1577836800", "2020-13-01", "tomorrow")),
    Row("ended", "a campaign that reaches nothing", ((CAMPAIGN, f"fb: {{channel: facebook, funnel: all, {PAST}}}"),
        (FUNNEL, f"all: {{{IN_DE}, offers: {{{GUIDE_IN_AT}}}}}")), (
        Told("campaigns.fb.expires_at", "fb:", OVER, "write `status: paused` under campaigns.fb"),), "warning"),
    Row("offer-half-paused", "one of two", (SPARE, ("{guide: 100}", "{guide: 100, spare: 1}")), (
        Told("funnels.all.offers.spare", "all:", "is paused and has a weight"),), "warning"),
    Row("offer-half-paused", "all of a funnel of two", (
        SPARE, (FUNNEL, f"{FUNNEL}\n  more: {{offers: {{spare: 1}}}}"),
        (CAMPAIGN, "fb: {channel: facebook, funnels: {all: 1, more: {weight: 1}}}")), (
        Told("campaigns.fb.funnels.more", "fb:",
             "has a share, and all offers of more that have a weight are paused: spare"),), "warning"),
    Row("offer-half-paused", "told once, however many campaigns", (SPARE, ("{guide: 100}", "{guide: 100, spare: 1}"),
        (CAMPAIGN, f"{CAMPAIGN}\n  more: {{channel: facebook, funnels: {{all: 1, all2: 1}}}}"),
        (FUNNEL.replace("100", "100, spare: 1"), ("all: {offers: {guide: 100, spare: 1}}\n  all2: {offers: {spare: 2, "
         "guide: 1}}"))), (
        Told("funnels.all.offers.spare", "all:", "is paused and has a weight"),
        Told("funnels.all2.offers.spare", "all2:", "is paused and has a weight")), "warning"),
]  # fmt: skip

OTHERS = (FUNNEL, f"{FUNNEL}\n  other: {{existing: Other}}"), (CAMPAIGN, CAMPAIGN.replace("all}", "other}"))


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


@pytest.mark.parametrize(
    "edits",
    [
        # One weight above 0 is enough, however small.
        (SPARE, ("{guide: 100}", "{guide: 1, spare: 0}")),
        ((FUNNEL, f"{FUNNEL}\n  more: {{offers: {{guide: 0}}}}".replace("guide: 0", "guide: 1")),
         (CAMPAIGN, "fb: {channel: facebook, funnels: {all: 0, more: 1}}")),
        # Nobody clicks on a paused campaign, nor on one that this stack does not manage.
        (PAUSED, (CAMPAIGN, CAMPAIGN.replace("all}", "all, status: paused}"))),
        (PAUSED, (CAMPAIGN, "fb: {existing: fb}")),  # whatever else that leaves open
        # What is paused, gets no share or ends one day may say when.
        ((CAMPAIGN, f"fb: {{channel: facebook, funnel: all, status: paused, {PAST}}}"),),
        ((OFFER, f"{OFFER}\n  spare: {{product: guide, {PAST}}}"), ("{guide: 100}", "{guide: 100, spare: 0}")),
        ((OFFER, "guide: {expires_at: '2999-01-01T00:00:00'}"),),
        # One of its offers runs, and somebody fits the filters.
        (SPARE, (FUNNEL, f"{FUNNEL}\n  more: {{offers: {{spare: 1}}}}"),
         (CAMPAIGN, "fb: {channel: facebook, funnels: {all: 1, more: 0}}")),
        (SPARE, (FUNNEL, f"all: {{{IN_DE}, offers: {{guide: 1, spare: 0}}}}")),
    ],
)  # fmt: skip
def test_nothing_is_said(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    told = [str(one) for one in findings(tmp_path, edited(*edits)) if one.rule not in ("told-nothing", "unproven")]
    assert told == []


@pytest.mark.parametrize("edits", [OTHERS, (PAUSED, *OTHERS)])
def test_of_a_funnel_managed_elsewhere_nobody_knows_the_offers(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    assert {(one.rule, one.problem.where) for one in findings(tmp_path, edited(*edits))} == {
        ("unproven", "funnels.other.existing")
    }
