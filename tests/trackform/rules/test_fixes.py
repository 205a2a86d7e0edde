"""Fixes fix: each finding's edits are made, word for word, in the text of the file. It is gone, and no new one came."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from tests.trackform.rules.accounts import BREAKS, WARNINGS, Data, accounts
from tests.trackform.rules.mending import mended, tried
from tests.trackform.rules.rows import ANSWERED, KNOWN, RETURNS, SALES_URL, TEXT, Row, edited, findings, sales
from tests.trackform.rules.test_check import ROWS
from trackform.policy import Policy
from trackform.rules import RULES
from trackform.rules.history import Slots

few = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
ASKED = Policy(live=KNOWN)

BY_HAND = {
    "account-currency", "error-email", "forward-event", "macro-unknown", "not-judged", "not-shared", "offer-length",
    "placeholder", "placeholder-told", "returns-lost", "shared-account", "told-nothing",
    "told-rebill", "weights",
}  # fmt: skip
"""Rules of whose findings nobody but a person can mend any; each says why."""


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said_to_do_mends_it(tmp_path: Path, row: Row) -> None:
    left = tried(tmp_path, edited(*row.edits), row.policy, row.before)
    if row.rule in BY_HAND:
        assert row.rule in {each.rule for each in left}


def text_of(data: Data) -> str:
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(data, Dumper=dumper, sort_keys=False, width=2000, allow_unicode=True))


@pytest.mark.parametrize(
    ("rule", "change"),
    [(r, c) for r, _, c in [*BREAKS, *WARNINGS]],
    ids=[f"{r}: {t}" for r, t, _ in [*BREAKS, *WARNINGS]],
)
@few
@given(data=accounts())
def test_in_generated_accounts(
    tmp_path_factory: pytest.TempPathFactory, rule: str, change: Callable[[Data], None], data: Data
) -> None:
    folder = tmp_path_factory.mktemp("mended")
    broken = copy.deepcopy(data)
    change(broken)
    left = tried(folder, text_of(broken), ASKED, generated=True)
    if rule not in BY_HAND:
        assert rule not in {each.rule for each in left} or rule in SOME_BY_HAND


SOME_BY_HAND = {
    "booked", "macro-braces", "macro-misspelt", "type-macro", "guarantee", "told", "unproven",
}  # fmt: skip
"""Rules of which a person must mend some findings: what was meant is not to be seen."""


def test_rules_whose_findings_only_a_person_can_mend() -> None:
    assert {rule.id for rule in RULES.values() if rule.by_hand} == BY_HAND


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("event-mode", "upsell: {slot: 2, duplicates: by_event_id,", "upsell: {slot: 2, unset: [duplicates],"),
        ("unproven", "guide: {countries: [DE]}", "guide: {countries: [DE], unset: [cap, payout]}"),
        ("click-expiration-unsaid", "    preset: digistore24\n    click_expiration: off\n",
         "    clickid: '{cid}'\n    sum: '{amount_affiliate}'\n    unset: [click_expiration]\n"),
    ],
)  # fmt: skip
def test_what_gets_a_value_is_emptied_no_more(tmp_path: Path, rule: str, old: str, new: str) -> None:
    policy = Policy(live={key: value for key, value in KNOWN.items() if key != "zero_sum"})
    assert old in TEXT
    left = tried(tmp_path, TEXT.replace(old, new), policy)
    assert rule not in {each.rule for each in left}


@pytest.mark.parametrize(
    ("url", "own", "common"),
    [("EUR", "    currency: EUR\n", "USD"), ("EUR", "", "EUR"), ("{currency}", "", ""), ("{currency}", "", "EUR")],
)
def test_a_url_says_the_currency_that_is_mended(tmp_path: Path, url: str, own: str, common: str) -> None:
    text = edited(sales("&sub20=", f"&currency={url}&sub20="), ("  currency: USD\n  notify", "  notify"))
    text = text.replace("    events: [payment]\n", f"    events: [payment]\n{own}")
    if common:
        text = text.replace("  affiliate: acme\n", f"  affiliate: acme\n  currency: {common}\n")
    assert tried(tmp_path, text, ASKED) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    type: transaction_type\n    sum: commission\n", "    type: transaction_type\n    sum: -47\n"),
        ("    type: transaction_type\n    sum: commission\n", "    type: transaction_type\n    sum: 0\n"),
        ("    type: order_type\n", "    type: order_type\n    event_id: '{order_id}'\n"),
        ("    type: transaction_type\n", "    type: transaction_type\n    event_id: '{order_id}'\n"),
    ],
)
def test_what_is_mended_depends_on_no_open_setting(tmp_path: Path, old: str, new: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new)
    errors = [each for each in findings(tmp_path, text, Policy(), None) if each.severity == "error"]
    assert errors
    assert all(each.edits for each in errors)
    text = mended(text, errors[0])
    said = {edit.path for edit in errors[0].edits}
    after = findings(tmp_path, text, Policy(), None)
    assert not [each for each in after if said & {edit.path for edit in each.edits}]


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ({"refund_amount": "zero"}, "sum: minus_commission"),
        ({"refund_amount": "positive"}, "sum: minus_commission"),
        ({"upsell_ids": "shared"}, 'event_id: "{transaction_id}-{product_id}"'),
        ({"zero_sum": "missing", "missing_sum": "offer_payout"}, "payout: 0"),
    ],
)
def test_what_is_known_to_be_unlikely_is_mended(tmp_path: Path, live: dict[str, str], said: str) -> None:
    further = (
        "  types:\n    events: [payment]\n    type: billing_type\n    sum: 0\n    event_id: '{transaction_id}-types'\n"
    )
    slots = "  single_payment: {slot: 5, duplicates: by_event_id, forward: none}\noffer_sources:\n"
    text = TEXT.replace("products:\n", f"{further}products:\n", 1).replace("offer_sources:\n", slots, 1)
    policy = Policy(live={**KNOWN, **live})
    told = [each for each in findings(tmp_path, text, policy) if each.rule == "booked"]
    assert told
    assert all(said in each.problem.suggestion for each in told)
    for each in told:
        text = mended(text, each)
    assert not [each for each in findings(tmp_path, text, policy) if each.severity == "error"]


@pytest.mark.parametrize("sign", ["positive", "zero"])
def test_one_connection_for_payments_and_returns_is_made_two(tmp_path: Path, sign: str) -> None:
    """What is right whichever sign a return arrives with, no sum of both can say."""
    text = edited(
        ("  returns:\n    events: [refund, chargeback]\n" + RETURNS, ""),
        ("    events: [payment]\n    type: order_type\n",
         "    events: [payment, refund, chargeback]\n    type: transaction_type\n"),
        ("  initial_sale: {", "  payment: {"),
    )  # fmt: skip
    for policy, rule in (
        (Policy(live={key: value for key, value in KNOWN.items() if key != "refund_amount"}), "unproven"),
        (Policy(live={**KNOWN, "refund_amount": sign}), "booked"),
    ):
        said = findings(tmp_path, text, policy)
        assert {each.rule for each in said} == {rule}
        assert all(each.edits == said[0].edits for each in said)
        assert findings(tmp_path, mended(text, said[0]), policy) == []


MADE = "type: order_type, sum: 0"
WHOLE = 'url: "https://track.acme.test/postback?clickid={cid}&sum=0&type={order_type}&rdtk_event_id={transaction_id}&sub20=tf.more"'


@pytest.mark.parametrize("said", [MADE, WHOLE, f"{MADE}, variables: {{type: '{{order_type}}'}}"])
def test_a_second_connection_for_returns_gets_an_event_id_of_its_own_with_its_type(tmp_path: Path, said: str) -> None:
    """Once it is called a return as the other is, one would be taken for a repetition of the other."""
    text = edited(("products:\n", f"  more: {{events: [refund, chargeback], {said}}}\nproducts:\n"))
    policy = Policy(live={**KNOWN, "event_ids": "within_type"})
    (finding,) = findings(tmp_path, text, policy)
    assert finding.rule == "told"
    assert findings(tmp_path, mended(text, finding), policy) == []


@pytest.mark.parametrize("first", ["off", 900])
def test_each_offer_source_whose_clicks_may_expire_is_mended(tmp_path: Path, first: object) -> None:
    """Not that of the connection: a click has the source of its offer."""
    source = "  digistore24:\n    preset: digistore24\n    click_expiration: off\n"
    more = "  more: {preset: digistore24, click_expiration: 1000}\n"
    second = "guide: {offer_source: digistore24}\n  second: {product: guide, offer_source: more}"
    text = edited(
        (source, source.replace("off", str(first)) + more),
        ("guide: {countries: [DE]}", second),
        ("{guide: 100}", "{guide: 50, second: 50}"),
        *((f"    type: {kind}\n", f"    type: {kind}\n    offer_source: digistore24\n")
          for kind in ("order_type", "transaction_type")),
    )  # fmt: skip
    (finding,) = findings(tmp_path, text)
    assert finding.rule == "unproven"
    assert findings(tmp_path, mended(text, finding)) == []


ONE_TYPE = "  single_payment: {slot: 5, duplicates: by_event_id, forward: none}\noffer_sources:\n"
OF_BILLING = WHOLE.replace("order_type", "billing_type")


@pytest.mark.parametrize(
    "said",
    ["type: billing_type", "type: billing_type, sum: 1.5", "type: billing_type, sum: minus_commission",
     "type: billing_type, sum: 0, variables: {sum: '2'}", OF_BILLING.replace("sum=0", "sum=3"),
     OF_BILLING.replace("&sum=0", "")],
)  # fmt: skip
def test_what_is_made_a_further_dimension_gets_an_event_id_of_its_own(tmp_path: Path, said: str) -> None:
    entry = f"  more: {{events: [payment], {said}}}\nproducts:\n"
    text = edited(("offer_sources:\n", ONE_TYPE), ("products:\n", entry))
    for finding in (told := findings(tmp_path, text)):
        assert findings(tmp_path, mended(text, finding)) == []
    assert told


@pytest.mark.parametrize(
    ("more", "live"),
    [
        ("&sum=0", {}), ("&rdtk_event_id=1", {}), ("&sum=0&rdtk_event_id=1", {}), ("&currency={currency}", {}),
        ("&status=pending", {}), ("&sum=0", {"repeated_parameter": "last"}),
        ("&currency={currency}", {"currency_macro": "purchase"}),
    ],
)  # fmt: skip
def test_what_a_postback_says_twice_or_too_much_is_taken_out_of_it(
    tmp_path: Path, more: str, live: dict[str, str]
) -> None:
    text, policy = edited(sales("&sub20", f"{more}&sub20")), Policy(live={**KNOWN, **live})
    (finding,) = findings(tmp_path, text, policy)
    assert finding.problem.where == "postbacks.sales.url"
    assert finding.edits[0].value == SALES_URL
    assert findings(tmp_path, mended(text, finding), policy) == []


def test_a_variable_that_a_template_needs_is_not_taken_out(tmp_path: Path) -> None:
    template = SALES_URL.replace("&sub20", "&status={{ status }}&sub20")
    said = f"    type: order_type\n    variables: {{status: pending}}\n    template: '{template}'\n"
    text = edited(("    type: order_type\n", said))
    (finding,) = findings(tmp_path, text)
    assert (finding.rule, finding.edits) == ("booked", ())
    assert finding.by_hand == "its template needs the variable, and is no part of the account file"


@pytest.mark.parametrize(
    "said",
    ["duplicates: create_new, forward: none", "duplicates: by_event_id",
     "duplicates: by_event_id, forward: {facebook: purchase}", "duplicates: ignore, forward: {facebook: Purchase}"],
)  # fmt: skip
@pytest.mark.parametrize("returned", ["", RETURNS.replace("transaction_type", "order_type")])
def test_a_type_that_nothing_has_sent_so_far_is_mended_with_what_will_send_it(
    tmp_path: Path, said: str, returned: str
) -> None:
    """It counted otherwise, or told of a return, and no rule looked at it."""
    connection = f"  returns:\n    events: [refund, chargeback]\n{RETURNS}"
    text = edited(
        (connection, connection.replace(RETURNS, returned) if returned else ""),
        ("refund: {slot: 3, duplicates: by_event_id, forward: none}", f"refund: {{slot: 3, {said}}}"),
        ("upsells: [411001]", "upsells: []"),
    )  # fmt: skip
    for finding in (told := findings(tmp_path, text)):
        assert findings(tmp_path, mended(text, finding)) == []
    assert {each.rule for each in told} == {"told" if returned else "returns-booked"}


def test_returns_are_left_to_a_connection_of_their_own(tmp_path: Path) -> None:
    """Where they are booked twice: of payments and returns together no sum is right whichever sign a return has."""
    text = edited(("    events: [payment]\n", "    events: [payment, refund, chargeback]\n"))
    (finding,) = [each for each in findings(tmp_path, text, Policy()) if each.rule == "sum-once"]
    assert [(edit.path, edit.value) for edit in finding.edits] == [(("postbacks", "sales", "events"), ["payment"])]
    assert mended(text, finding) == TEXT


def test_a_commission_of_nothing_has_no_sum_where_0_is_none(tmp_path: Path) -> None:
    live = {key: value for key, value in KNOWN.items() if key != "zero_sum"}
    policy = Policy(live=live | {"zero_sum": "missing"})
    (finding,) = findings(tmp_path, TEXT, policy)
    assert "payout: 0" in finding.problem.suggestion
    assert findings(tmp_path, mended(TEXT, finding), policy) == []


def test_rebills_that_are_known_to_be_called_so_get_a_type(tmp_path: Path) -> None:
    """What no type is called would be told to every channel as a default conversion."""
    text, policy = edited(("billing: single", "billing: subscription")), Policy(live={**KNOWN, "rebill_type": "rebill"})
    told = findings(tmp_path, text, policy)
    assert {each.rule for each in told} == {"booked", "told"}
    for finding in told:
        assert findings(tmp_path, mended(text, finding), policy) == []


def test_what_two_findings_hide_together_is_told_with_them(tmp_path: Path) -> None:
    text = edited(
        ("forward: {facebook: Purchase}", "forward: {facebok: Purchase}"),
        sales("https://", "http://"),
        ("billing: single", "billing: subscription"),
    )
    told = findings(tmp_path, text)
    (hidden,) = [each for each in told if each.rule == "told-rebill"]
    assert {each.rule for each in told} == {"postback-address", "forward-channel", "told-rebill"}
    assert hidden.problem.message.startswith("once [forward-channel], [postback-address] are mended: ")
    assert [each.rule for each in tried(tmp_path, text, ASKED)] == ["told-rebill"]


ENDED = '\n  old: {channel: quiet, funnel: all, expires_at: "2000-01-01T00:00:00"}'


@pytest.mark.parametrize(
    ("edit", "live"),
    [
        # A second returns connection, swallowed so far, that a channel would hear as a sale.
        (("products:\n", "  more: {events: [refund, chargeback], type: order_type, sum: 0}\nproducts:\n"),
         {**KNOWN, "return_ids": "payments"}),
        # A campaign that counts again, on a channel that is told too much of everything.
        (("fb: {channel: facebook, funnel: all}", f"fb: {{channel: facebook, funnel: all}}{ENDED}"), KNOWN),
        # An error of which every open setting stands behind.
        (("upsell: {slot: 2, duplicates: by_event_id,", "upsell: {slot: 2, duplicates: create_new,"), {}),
        (("initial_sale: {slot: 1, duplicates: by_event_id, forward: {facebook: Purchase}}",
          "initial_sale: {slot: 1, forward: {facebook: Purchase}}"), {}),
    ],
    ids=["swallowed", "ended", "open settings", "default mode"],
)  # fmt: skip
def test_nothing_comes_out_that_was_not_told_with_it(
    tmp_path: Path, edit: tuple[str, str], live: dict[str, str]
) -> None:
    text = edited(edit, ("facebook: {preset: facebook}", "facebook: {preset: facebook}\n  quiet: {preset: tiktok}"))
    assert tried(tmp_path, text, Policy(live=live)) != findings(tmp_path, text, Policy(live=live))


def test_a_fix_of_event_ids_says_the_whole_edit_at_once(tmp_path: Path) -> None:
    text = edited(("products:\n", "  more: {events: [refund, chargeback], type: order_type, sum: 0}\nproducts:\n"))
    policy = Policy(live={**KNOWN, "return_ids": "payments"})
    unproven = next(each for each in findings(tmp_path, text, policy) if each.rule == "unproven")
    assert "write `type: transaction_type` under postbacks.more" in unproven.problem.suggestion
    assert {each.rule for each in findings(tmp_path, mended(text, unproven), policy)} == {"returns-lost"}


def test_a_campaign_that_runs_again_tells_its_channel_no_more_than_it_should(tmp_path: Path) -> None:
    text = edited(
        ("fb: {channel: facebook, funnel: all}", f"fb: {{channel: facebook, funnel: all}}{ENDED}"),
        ("facebook: {preset: facebook}", "facebook: {preset: facebook}\n  quiet: {preset: facebook}"),
        ("forward: {facebook: Purchase}", "forward: {quiet: Purchase}"),
        ("products:\n", "  more: {events: [refund, chargeback], type: order_type, sum: 0}\nproducts:\n"),
    )
    (ended,) = [each for each in findings(tmp_path, text) if each.rule == "ended"]
    assert "write `type: transaction_type` under postbacks.more" in ended.problem.suggestion
    assert {each.rule for each in findings(tmp_path, mended(text, ended))} == {"told-nothing"}


def test_a_type_that_is_missing_again_gets_the_slot_that_it_had(tmp_path: Path) -> None:
    """Another one would re-map its history, as `slot-stable` says."""
    gone = ("  upsell: {slot: 2, duplicates: by_event_id, forward: none}\n", "")
    before = Slots({"initial_sale": 1, "upsell": 2, "refund": 3, "chargeback": 4}, "the last commit")
    (finding,) = [each for each in findings(tmp_path, edited(gone), ANSWERED, before) if each.edits]
    assert finding.rule == "type-missing"
    assert findings(tmp_path, mended(edited(gone), finding), ANSWERED, before) == []
    taken = edited((gone[0], gone[0].replace("upsell", "trial")))
    assert tried(tmp_path, taken, Policy(live=KNOWN), before)
