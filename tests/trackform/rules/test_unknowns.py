"""What is set and nobody knows the effect of leaves its offers unproven, named at its line: to the letter."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import RETURNS, SALES, Edit, Row, Told, edited, expected, findings, seen

OFFER, CAMPAIGN, FUNNEL = (
    "guide: {countries: [DE]}",
    "fb: {channel: facebook, funnel: all}",
    "all: {offers: {guide: 100}}",
)
EXPIRY, CHANNEL = "    click_expiration: off\n", "facebook: {preset: facebook}"
LATE = "its values and what they do are not published"
WHITELIST = "postbacks from other addresses are refused, and Digistore24 publishes none"
PAYOUTS = "it is a payout of its own, and which one wins over the postback's `sum` is not published"
ELSEWHERE = "it tells somebody of clicks or conversions in a way that no `forward` shows"
CAP = "what RedTrack does with conversions beyond it is not published"
FOUR = (
    "guide: {cap: 5}\n  again: {product: guide, cap: 5}\n  third: {product: guide, cap: 5}\n"
    "  fourth: {product: guide, cap: 6}"
)
DECLARE = "declare it here, with adopt: true, in place of `existing`"
EXISTING = "  digistore24:\n    preset: digistore24\n" + EXPIRY, "  digistore24: {existing: Digistore24}\n"
NAMED = (
    (SALES, f"{SALES}    products: [guide]\n"), (RETURNS, f"{RETURNS}    products: [guide]\n"),
)  # fmt: skip


def source(*lines: str) -> Edit:
    return EXPIRY, EXPIRY + "".join(f"    {line}\n" for line in lines)


def row(what: str, edits: tuple[Edit, ...], where: str, on: str, said: str, fix: str) -> Row:
    return Row("unproven", what, edits, (Told(where, on, said, fix),), "warning")


ROWS = [
    row("a status of conversions", (source("postback_status: pending"),), "offer_sources.digistore24.postback_status",
        "postback_status:", f"sets postback_status (pending): {LATE}", "leave postback_status out"),
    row("a mode that RedTrack may spell so", (source("postback_mode: dedupe"),),
        "offer_sources.digistore24.postback_mode", "postback_mode:",
        "sets postback_mode (dedupe): RedTrack's values for it are not published", "leave postback_mode out"),
    row("a status that RedTrack may spell so", ((OFFER, "guide: {default_conversion_status: '2'}"),),
        "offers.guide.default_conversion_status", "guide:",
        "sets default_conversion_status (2): RedTrack's values for it are not published",
        "leave default_conversion_status out"),
    row("a whitelist", (source("extra: {enable_ip_whitelist: true}"),),
        "offer_sources.digistore24.extra.enable_ip_whitelist", "extra:", f"sets extra.enable_ip_whitelist: {WHITELIST}",
        "leave extra.enable_ip_whitelist out"),
    row("rates of its own", (source("extra:", "  custom_rates: {is_enabled: true}"),),
        "offer_sources.digistore24.extra.custom_rates", "custom_rates:",
        "sets extra.custom_rates: amounts are converted at rates of its own", "leave extra.custom_rates out"),
    row("payouts by type", ((CAMPAIGN, CAMPAIGN.replace("}", ", extra: {custom_conversion_type_payouts: [{}]}}")),),
        "campaigns.fb.extra.custom_conversion_type_payouts", "fb:",
        f"sets extra.custom_conversion_type_payouts: {PAYOUTS}", "leave extra.custom_conversion_type_payouts out"),
    row("postbacks of a campaign", ((CAMPAIGN, CAMPAIGN.replace("}", ", postbacks: [{url: 'https://x.test/'}]}")),),
        "campaigns.fb.postbacks", "fb:", f"sets postbacks: {ELSEWHERE}", "leave postbacks out"),
    row("a pixel", ((CHANNEL, "facebook: {preset: facebook, postback_pixel: <img>}"),),
        "traffic_channels.facebook.postback_pixel", "facebook:", f"sets postback_pixel (<img>): {ELSEWHERE}",
        "leave postback_pixel out"),
    row("a cap on conversions", ((OFFER, "guide: {cap: 5}"),), "offers.guide.cap", "guide:",
        f"sets cap (5): {CAP}", "leave cap out"),
    row("what is left to others", (source("leave: [currency, notes]"),), "offer_sources.digistore24.leave", "leave:",
        "leaves currency to others, and what is live there decides what is booked", "take currency out of `leave`"),
    row("an offer source of another stack", (EXISTING,), "offer_sources.digistore24.existing", "digistore24: {ex",
        "only refers to what exists, and its fields are managed elsewhere", DECLARE),
    row("an offer of another stack", ((OFFER, "guide: {existing: Guide}"), *NAMED), "offers.guide.existing",
        "guide: {ex", "only refers to what exists, and its link and its offer source are managed elsewhere", DECLARE),
    row("a channel of another stack", ((CHANNEL, "facebook: {existing: Facebook}"),),
        "traffic_channels.facebook.existing", "facebook:",
        "only refers to what exists, and whom it tells beside what `forward` says is managed elsewhere",
        DECLARE),
    row("a campaign of another stack", ((CAMPAIGN, f"{CAMPAIGN}\n  other: {{existing: Other}}"),),
        "campaigns.other.existing", "other:", "only refers to what exists, and which offers its clicks reach, and whom "
        "it tells of their sales, is managed elsewhere", DECLARE),
    row("a funnel of another stack, of a campaign that is paused", ((FUNNEL, "all: {existing: All}"),
        (CAMPAIGN, "fb: {channel: facebook, funnel: all, status: paused}")), "funnels.all.existing", "all:",
        "only refers to what exists, and which offers it holds is managed elsewhere", DECLARE),
    row("payouts by type of a campaign that is paused", ((CAMPAIGN, CAMPAIGN.replace("}", ", status: paused, extra: "
        "{custom_conversion_type_payouts: [{}]}}")),), "campaigns.fb.extra.custom_conversion_type_payouts", "fb:",
        f"sets extra.custom_conversion_type_payouts: {PAYOUTS}", "leave extra.custom_conversion_type_payouts out"),
    row("a funnel inside a campaign", ((CAMPAIGN, "fb: {channel: facebook, funnel: embedded}"),), "campaigns.fb.funnel",
        "fb:", "keeps a funnel of its own, and which offers that holds is not in the file",
        "save the funnel as a template, declare it, and name it here"),
    row("the same of several, told once", ((OFFER, FOUR),), "offers.guide.cap", "guide:",
        f"sets cap (5): {CAP}; so do again, third",
        "leave cap out"),
]  # fmt: skip
FOURTH = Told("offers.fourth.cap", "fourth:", f"sets cap (6): {CAP}", "leave cap out")
ROWS[-1] = Row("unproven", ROWS[-1].what, ROWS[-1].edits, (*ROWS[-1].told, FOURTH), "warning")


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


@pytest.mark.parametrize(
    "edits",
    [
        (("  main: track.acme.test", "  main: {existing: track.acme.test}"),),
        (
            ("funnels:\n", "scripts: {all: {existing: All}}\nlandings: {page: {existing: Page}}\nfunnels:\n"),
            (FUNNEL, "all: {landings: {page: 1}, offers: {guide: 100}}"),
        ),
        (source("extra: {ip_whitelist: '', customer_fields: [], custom_rates: {}}"),),
        (source("extra: {custom_rates: {is_enabled: false, rates: {EUR: 1.1}}}", "postback_status: ''"),),
        ((OFFER, "guide: {default_conversion_status: '', extra: {pixels: [], fingerprint_settings: {}}}"),),
        ((CAMPAIGN, CAMPAIGN.replace("}", ", extra: {custom_conversion_type_payouts: [], integrations: {}}}")),),
    ],
)
def test_what_is_empty_or_switched_off_says_nothing(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    assert [str(each) for each in findings(tmp_path, edited(*edits))] == []
