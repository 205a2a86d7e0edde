"""Fixes fix: each finding's edits are made, word for word, in the text of the file. It is gone, and no new one came."""

import copy
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from tests.trackform.rules.accounts import BREAKS, WARNINGS, Data, accounts
from tests.trackform.rules.mending import keys, mended, tried
from tests.trackform.rules.rows import KNOWN, TEXT, Row, edited, findings
from tests.trackform.rules.test_check import ROWS
from trackform.policy import Policy
from trackform.rules import RULES

few = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
ASKED = Policy(live=KNOWN)

BY_HAND = {
    "account-currency", "error-email", "forward-event", "macro-unknown", "not-judged", "not-shared", "offer-length",
    "placeholder", "placeholder-told", "returns-alike", "returns-ignored", "shared-account", "told-nothing",
    "told-rebill", "weights",
}  # fmt: skip
"""Rules of whose findings nobody but a person can mend any; each says why."""


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said_to_do_mends_it(tmp_path: Path, row: Row) -> None:
    besides = keys(findings(tmp_path, TEXT, row.policy, row.before))
    left = tried(tmp_path, edited(*row.edits), row.policy, row.before, besides)
    if row.rule in BY_HAND:
        assert row.rule in {each.rule for each in left}


KeysOf = Callable[[str], set[tuple[str, str]]]


@pytest.fixture(scope="module")
def keys_of(tmp_path_factory: pytest.TempPathFactory) -> KeysOf:
    """What is found in an account before a mistake is made in it: all mistakes are made in the same few."""
    folder = tmp_path_factory.mktemp("intact")
    return cache(lambda text: keys(findings(folder, text, ASKED)))


def text_of(data: Data) -> str:
    return yaml.safe_dump(data, sort_keys=False, width=2000, allow_unicode=True)


@pytest.mark.parametrize(
    ("rule", "change"),
    [(r, c) for r, _, c in [*BREAKS, *WARNINGS]],
    ids=[f"{r}: {t}" for r, t, _ in [*BREAKS, *WARNINGS]],
)
@few
@given(data=accounts())
def test_in_generated_accounts(
    tmp_path_factory: pytest.TempPathFactory, keys_of: KeysOf, rule: str, change: Callable[[Data], None], data: Data
) -> None:
    folder = tmp_path_factory.mktemp("mended")
    broken = copy.deepcopy(data)
    change(broken)
    left = tried(folder, text_of(broken), ASKED, None, keys_of(text_of(data)))
    if rule not in BY_HAND:
        assert rule not in {each.rule for each in left} or rule in SOME_BY_HAND


SOME_BY_HAND = {
    "booked", "currency-code", "macro-braces", "macro-misspelt", "type-macro", "guarantee", "told", "unproven",
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
    left = tried(tmp_path, TEXT.replace(old, new), policy, None, set())
    assert rule not in {each.rule for each in left}


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
