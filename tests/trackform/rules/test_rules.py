"""An account without a mistake has no finding; one mistake makes exactly the rule speak that is about it."""

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.thorough import examples
from tests.trackform.rules.accounts import BREAKS, EVENT_ID, POSTBACK, WARNINGS, Data, accounts, composed
from tests.trackform.rules.rows import KNOWN
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.policy import Policy
from trackform.rules import RULES, Finding, check, rule_ids
from trackform.rules.judging import judged
from trackform.rules.registry import Case

ROOT = Path(__file__).resolve().parents[3]
ALONG = {"sum-once": {"type-open"}}
"""What is told beside a rule, as it is about something else: what a missed payment sends as {transaction_type}."""
Change = Callable[[Data], None]

few = settings(max_examples=examples(2, thorough=4), deadline=None, suppress_health_check=list(HealthCheck))


def found(data: Data, severity: str = "error", policy: Policy | None = None) -> list[Finding]:
    return [one for one in check([("acme", composed(data))], policy) if one.severity == severity]


def rules_of(findings: list[Finding]) -> set[str]:
    return {one.rule for one in findings}


def warned(intact: Data) -> set[str]:
    """The rules that warn of an account without a mistake; all mistakes are made in the same few accounts."""
    return _warned(json.dumps(intact))


@cache
def _warned(text: str) -> set[str]:
    return rules_of(found(json.loads(text), "warning", Policy(live=KNOWN)))


@settings(max_examples=examples(20, thorough=60), deadline=None)
@given(accounts())
def test_an_intact_account_has_no_error(data: Data) -> None:
    composition = composed(data)
    findings = check([("acme", composition)])
    assert {one.severity for one in findings} <= {"warning"}
    assert rules_of(findings) <= {"unproven", "type-open", "told-rebill"}
    # Once the open questions that concern it are answered, nothing is left to prove.
    assert "unproven" not in rules_of(check([("acme", composition)], Policy(live=KNOWN)))


@pytest.mark.parametrize(("rule", "change"), [(r, c) for r, _, c in BREAKS], ids=[f"{r}: {t}" for r, t, _ in BREAKS])
@few
@given(data=accounts(most=examples(2, thorough=4)))
def test_one_mistake_one_rule(rule: str, change: Change, data: Data) -> None:
    broken = copy.deepcopy(data)
    change(broken)
    # What they hide is told as well: that has tests of its own, and would be most of the work here.
    findings = [one.finding for one in judged(Case("acme", composed(broken)), Policy()) if one.severity == "error"]
    assert rules_of(findings) == {rule}, [str(one) for one in findings]
    for one in findings:
        assert one.problem.suggestion
        assert one.problem.where.partition(".")[0] in broken
        assert one.part in one.url
        assert bool(one.part) is bool(one.url)
    # No warning about the same beside it.
    live = Policy(live=KNOWN)
    beside = {each.rule.id for each in judged(Case("acme", composed(broken), live), live) if each.severity == "warning"}
    assert beside <= warned(data) | ALONG.get(rule, set())


@pytest.mark.parametrize(
    ("rule", "change"), [(r, c) for r, _, c in WARNINGS], ids=[f"{r}: {t}" for r, t, _ in WARNINGS]
)
@few
@given(data=accounts())
def test_one_doubt_one_warning(rule: str, change: Change, data: Data) -> None:
    policy = Policy(live=KNOWN)
    broken = copy.deepcopy(data)
    change(broken)
    findings = check([("acme", composed(broken))], policy)
    assert {one.severity for one in findings} == {"warning"}
    before = warned(data)
    new = rules_of(findings) - before
    assert new == ({rule} - before), new
    assert rule in rules_of(findings)


@few
@given(accounts())
def test_an_offer_whose_payout_nobody_declares_has_one_all_the_same(data: Data) -> None:
    """A further dimension without a sum may book it, whatever it is: that cannot be proved to be nothing."""
    url = POSTBACK.replace("sum={amount_affiliate}&", "").replace("order_type", "billing_type")
    url = url.replace("{transaction_id}", EVENT_ID).replace("tf.sales", "tf.more")
    data["postbacks"]["more"] = {"events": ["payment"], "url": url}
    policy = Policy(rules={"sum-missing": "off", "product-covered": "off"}, live=KNOWN)
    said = [one.problem.message for one in check([("acme", composed(data))], policy) if one.rule == "unproven"]
    assert any("missing_sum=offer_payout" in one for one in said)
    for offer in data["offers"].values():
        offer["payout"] = 0
    findings = check([("acme", composed(data))], policy)
    assert "unproven" not in rules_of(findings)


@few
@given(data=accounts())
def test_a_channel_that_is_told_of_rebills(data: Data) -> None:
    def told() -> list[str]:
        return [one.problem.where for one in found(data, "warning") if one.rule == "told-rebill"]

    for billing, warned in (("single", []), ("subscription", ["traffic_channels.facebook"])):
        for product in data["products"].values():
            product["billing"] = billing
        assert told() == warned
    data["conversion_types"]["initial_sale"]["forward"] = "none"
    assert told() == []


def test_every_rule_is_tried() -> None:
    tried = {rule for rule, _, _ in [*BREAKS, *WARNINGS]}
    elsewhere = {
        "booked",
        "returns-lost",
        "told",
        "told-paused",
        "told-rebill",
        "shared-account",
        "slot-stable",
        "not-shared",
        "offer-click-id",
        "not-judged",
        "forward-event",
        "marker",
    }
    assert tried | elsewhere == set(rule_ids())


def demo(tmp_path: Path, *changes: tuple[str, str]) -> list[Finding]:
    """The demo account with changes in its shared file."""
    (tmp_path / "shared").mkdir(exist_ok=True)
    text = (ROOT / "stacks/shared/digistore24.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "shared/digistore24.yaml").write_text(text)
    (tmp_path / "demo.yaml").write_text((ROOT / "stacks/demo.yaml").read_text())
    composition = compose(read_account(tmp_path / "demo.yaml"), ROOT / "templates")
    return [one for one in check([("demo", composition)]) if one.severity == "error"]


def test_a_finding_names_file_line_and_the_part_of_the_url(tmp_path: Path) -> None:
    (one,) = demo(tmp_path, ("  upsell: {slot", "  Upsell: {slot"))
    line = (tmp_path / "shared/digistore24.yaml").read_text().splitlines()[one.problem.line - 1]
    assert line.strip().startswith("Upsell:")
    assert one.part == "type={order_type}"
    assert "write `title: upsell`" in one.problem.suggestion
    shown = str(one).splitlines()
    start = shown[1].index("type={order_type}")
    assert shown[2] == " " * start + "^" * len("type={order_type}")
    assert one.row()["url"][one.row()["start"] : one.row()["end"]] == one.part


def marked(data: Data, rule: str, url: str) -> str:
    """What of the sales connection's URL is underlined."""
    data["postbacks"]["sales"] = {"events": ["payment"], "url": url}
    row = next(one.row() for one in found(data) if one.rule == rule)
    return str(row["url"][row["start"] :])[: row["end"] - row["start"]]


@few
@given(data=accounts())
def test_the_mark_is_on_the_parameter_and_on_nothing_that_looks_like_it(data: Data) -> None:
    del data["conversion_types"]["initial_sale"]
    url = POSTBACK.replace("type={order_type}", "sub1={order_type}&type={order_type}")
    assert marked(data, "type-missing", url) == "type={order_type}"
    # Where it is missing, the whole query lacks it.
    url = POSTBACK.replace("&type={order_type}", "&sub1={billing_type}")
    assert marked(data, "type-macro", url) == url[url.index("?") :]


def test_recurring_products_need_a_mode_that_keeps_their_payments(tmp_path: Path) -> None:
    old, new = "billing: single, guarantee", "billing: subscription, guarantee"
    assert demo(tmp_path, (old, new)) == []
    mode = ("slot: 1, role: Purchase, duplicates: by_event_id", "slot: 1, role: Purchase, duplicates: ignore")
    assert rules_of(demo(tmp_path, mode)) == {"event-mode"}
    assert rules_of(demo(tmp_path, mode, (old, new))) == {"recurring-mode"}


def test_amounts_without_a_sign(tmp_path: Path) -> None:
    old = (
        "returns:\n    events: [refund, chargeback]\n    type: transaction_type\n    sum: minus_commission\n"
        '    event_id: "{transaction_id}-{product_id}-{transaction_type}"'
    )
    url = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate_abs}&type={transaction_type}"
    new = f'returns: {{events: [refund, chargeback], url: "{url}&rdtk_event_id={{transaction_id}}&sub20=tf.returns"}}'
    assert rules_of(demo(tmp_path, (old, new))) == {"sum-abs"}
    # With a minus before it, it is right whatever the sign of {amount_affiliate} is.
    assert demo(tmp_path, (old, new.replace("sum={", "sum=-{"))) == []


@settings(max_examples=5, deadline=None)
@given(accounts())
def test_two_stacks_of_one_digistore24_account(data: Data) -> None:
    other = copy.deepcopy(data)
    pairs = [("one", composed(data)), ("two", composed(other))]
    assert rules_of([one for one in check(pairs) if one.severity == "error"]) == {"shared-account"}
    other["digistore24"]["affiliate"] = "zenith"
    pairs = [("one", composed(data)), ("two", composed(other))]
    assert [one for one in check(pairs) if one.severity == "error"] == []


@settings(max_examples=5, deadline=None)
@given(accounts())
def test_the_proof_speaks_where_a_rule_is_switched_off(data: Data) -> None:
    data["postbacks"]["sales"]["event_id"] = "{order_id}"
    assert rules_of(found(data)) == {"event-id"}
    # Whatever is sold: two returns of one order, or a chargeback that is reversed, have one id.
    for policy in (Policy(rules={"event-id": "off"}), Policy(rules={"event-id": "warning"})):
        assert rules_of(found(data, policy=policy)) == {"booked"}


@few
@given(accounts())
def test_a_channel_is_told_once(data: Data) -> None:
    data["postbacks"]["more"] = {"events": ["payment"], "type": "billing_type", "sum": 0, "event_id": EVENT_ID}
    for name in ("single_payment", "subscription", "installment"):
        data["conversion_types"][name]["forward"] = None
    assert rules_of(found(data)) == {"forward-said"}
    assert rules_of(found(data, policy=Policy(rules={"forward-said": "off"}))) == {"told"}
    for name in ("single_payment", "subscription", "installment"):
        data["conversion_types"][name]["forward"] = {"facebook": "Lead"}
    assert found(data) == []


def test_every_rule_explains_itself() -> None:
    for rule in RULES.values():
        assert rule.title
        assert rule.why.endswith(".")
        assert rule.fix
        assert rule.severity in ("error", "warning")
