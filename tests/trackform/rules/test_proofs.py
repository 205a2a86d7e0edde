"""The proofs: each finding, to the letter, and when they hold their tongue."""

from pathlib import Path

import pytest

from tests.trackform.rules.mending import mended
from tests.trackform.rules.rows import (
    KNOWN,
    RETURNS,
    RETURNS_TOLD,
    SALES,
    TEXT,
    Edit,
    Row,
    Told,
    edited,
    expected,
    findings,
    link,
    not_judged,
    returns,
    sales,
    seen,
)
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow.assumptions import AXES, MEANING
from trackform.flow.matrix import lines, markdown
from trackform.policy import Policy
from trackform.rules.answers import CHANGE, OF_ONE_PAYMENT
from trackform.rules.registry import Case

FACEBOOK = "traffic_channels.facebook"
ALL_BACK = "[sale, refund], [sale, partial refund], [sale, two partial refunds] and 12 more"
SIGN = "(the sign of Digistore24's {amount_affiliate} on refunds and chargebacks)"
NEGATIVE = "(whether a postback with a negative sum is booked)"
MISSING = "(what a postback without `sum` books)"
IDS = "(whether `rdtk_event_id` is compared within a conversion type or across all of them)"
ALL_BUT_TESTS = "[sale], [sale, refund], [sale, partial refund] and 16 more"
RETURNED = "(whether {transaction_id} of a refund or chargeback is its own, or that of the payment)"
SHARED = "(whether products of one checkout have a {transaction_id} each, or share one)"
NO_SUMS = "(what a postback without `sum` books; whether `sum=0` is a sum, or counts as none)"
LOST = "there, after the sale 0.00 is booked, 47.00 is earned (sales: event id seen before)"
BOTH = IDS[:-1] + "; in which order Digistore24 calls the connections of one order event)"
PROBE = "; `trackform probe --all --save` does both where an account shows it"
IN_LOG = "; or look at the conversion log, then say it in stacks/policy.yaml, live: "


def own_id(name: str, setting: str = "event_ids: within_type") -> str:
    """An event id of its own for a further dimension, and for returns."""
    return (
        f'write `event_id: "{{transaction_id}}-{{billing_type}}"` under postbacks.{name}; and write `event_id: '
        f'"{{transaction_id}}-{{transaction_type}}"` under postbacks.returns{IN_LOG}{{{setting}}}'
        + ("" if setting.startswith("order") else PROBE)
    )


BY_PRODUCT = "; and ".join(
    f'write `event_id: "{{transaction_id}}-{{product_id}}"` under postbacks.{name}' for name in ("sales", "returns")
)
LOOK = "look at the first refund in the conversion log, then say it in stacks/policy.yaml, live: "
MINUS = f"write `sum: minus_commission`; or {LOOK}{{refund_amount: negative}}{PROBE}"
NOT_OURS = "nothing in the file can change this: " + LOOK + "{negative_sum: booked}" + PROBE
FORWARD = "refund: {slot: 3, duplicates: by_event_id, forward: none}"
BILLING = (
    "offer_sources:\n",
    "".join(
        f"  {name}: {{slot: {slot}, duplicates: by_event_id, forward: none}}\n"
        for slot, name in enumerate(("single_payment", "subscription", "installment"), 5)
    )
    + "offer_sources:\n",
)


def off(*rules: str, **live: str) -> Policy:
    return Policy(live=live or KNOWN, rules=dict.fromkeys(rules, "off"))


def further(name: str, *lines: str, kind: str = "type: billing_type") -> Edit:
    """A connection before the others, of a further dimension."""
    text = "".join(f"    {line}\n" for line in ("events: [payment]", kind, *lines) if line)
    return "postbacks:\n", f"postbacks:\n  {name}:\n{text}"


NO_SUM = (
    'url: "https://track.acme.test/postback?clickid={cid}&type={billing_type}'
    '&rdtk_event_id={transaction_id}-x&sub20=tf.aaa"'
)
ROWS = [
    Row("booked", "one event id for a whole order", ((SALES, SALES + '    event_id: "{order_id}"\n'),
        ("billing: single", "billing: subscription"), ("upsells: [411001]", "upsells: []")), (
        Told("postbacks.sales", "sales:", "guide [sale, chargeback, chargeback reversed]: after the reversed "
             "chargeback 0.00 is booked, 47.00 is earned (sales: event id seen before)"),
        Told("postbacks.sales", "sales:", "guide [trial for 0.00, rebill]: after the rebill 0.00 is booked, 47.00 is "
             "earned (sales: event id seen before)"),
        Told("postbacks.sales", "sales:", "guide [sale, rebill x3] and 3 more: after the rebill 47.00 is booked, "
             "94.00 is earned (sales: event id seen before)")), policy=off("event-id", "told-rebill")),
    Row("booked", "nothing is sent", (("postbacks:\n  sales:\n    events: [payment]\n" + SALES + "  returns:\n    "
        "events: [refund, chargeback]\n" + RETURNS, "postbacks: {}\n"),), (
        Told("", "account:", "guide [sale] and 18 more: after the sale 0.00 is booked, 47.00 is earned"),),
        policy=off("product-covered", "told-nothing")),
    Row("booked", "an unsigned return, of each sort", (returns("{amount_affiliate}", "{amount_affiliate_abs}"),), (
        Told("postbacks.returns.url", "url:", "guide [sale, upsell, refund of the upsell] and 3 more: after the refund "
             "141.00 is booked, 47.00 is earned"),
        Told("postbacks.returns.url", "url:", "guide [sale, chargeback] and 1 more: after the chargeback 94.00 is "
             "booked, 0.00 is earned"),
        Told("postbacks.returns.url", "url:", "guide [sale, partial refund] and 4 more: after the partial refund 63.92 "
             "is booked, 30.08 is earned"),
        Told("postbacks.returns.url", "url:", "guide [sale, refund] and 3 more: after the refund 94.00 is booked, 0.00 "
             "is earned")),
        policy=off("sum-abs")),
    Row("told", "of returns, by default", ((FORWARD, "refund: {slot: 3, duplicates: by_event_id}"),), (
        Told("conversion_types.refund.forward", "refund: {slot: 3", "guide [sale, refund] and 15 more: facebook is "
             "told refund of a refund (-47.00 or -30.08) and a partial refund (-16.92)"),),
        policy=off("forward-said")),
    Row("told", "the article's own connection: a refund under the event of a sale", (
        ("  returns:\n    events: [refund, chargeback]\n" + RETURNS, ""), ("events: [payment]",
        "events: [payment, refund, chargeback]"), ("upsells: [411001]", "upsells: []")), (
        Told("postbacks.sales.events", "events: [payment", "guide [sale, refund] and 15 more: facebook is told "
             "Purchase of a refund (-47.00 or -30.08), a partial refund (-16.92) and a chargeback (-47.00 or "
             "0.00 or -30.08)",
             f"write `events: [payment]`; and write `returns: {{{RETURNS_TOLD}}}` under postbacks"),), policy=off()),
    Row("told", "of the returns of one connection for all events, which says more of its own", (
        ("  returns:\n    events: [refund, chargeback]\n" + RETURNS, ""), ("    events: [payment]\n",
        "    events: [payment, refund]\n    products: [guide]\n    currency: USD\n    notify: [two@acme.test]\n"),
        ("upsells: [411001]", "upsells: []"), ("  refund: {slot: 3, duplicates: by_event_id, forward: none}\n", "")), (
        Told("postbacks.sales.events", "events: [payment", "guide [sale, refund] and 11 more: facebook is told "
             "Purchase of a refund (-47.00 or -30.08) and a partial refund (-16.92)",
             f"write `events: [payment]`; and write `returns: {{{RETURNS_TOLD}, products: [guide], currency: USD, "
             "notify: [two@acme.test]}` under postbacks; and write `refund: {slot: 3, duplicates: by_event_id, "
             "forward: none}` under conversion_types"),),
        policy=off("returns-booked", "booked")),
    Row("told", "of notices beside payments", (("    events: [payment]\n", "    events: [payment, payment_missed]\n"),
        ("billing: single", "billing: subscription")), (
        Told("postbacks.sales.events", "events: [payment", "guide [missed payment, resumed]: facebook is told "
             "Purchase of a missed payment (0.00)", "write `events: [payment]`"),), policy=off("told-rebill")),
    Row("told", "of returns that say the type of a sale", ((RETURNS, RETURNS.replace("transaction_type",
        "order_type")),), (
        Told("postbacks.returns.type", "type: order_type", "guide [sale, refund] and 17 more: facebook is told "
             "Purchase of a refund (-47.00 or -30.08), a partial refund (-16.92) and a chargeback (-47.00 or "
             "0.00 or -30.08)",
             "write `type: transaction_type`"),)),
    Row("told", "of returns of which another connection has some", (
        ("    events: [refund, chargeback]\n", "    events: [chargeback]\n"), ("    events: [payment]\n",
        "    events: [payment, refund]\n"), ("upsells: [411001]", "upsells: []")), (
        Told("postbacks.sales", "sales:", "guide [sale, refund] and 11 more: facebook is told "
             "Purchase of a refund (-47.00 or -30.08) and a partial refund (-16.92)"),)),
    Row("told", "two events of one sale", (further("aaa", 'event_id: "{transaction_id}-x"'), BILLING,
        ("single_payment: {slot: 5, duplicates: by_event_id, forward: none}",
         "single_payment: {slot: 5, duplicates: by_event_id, forward: {facebook: Lead}}")), (
        Told("postbacks.aaa", "aaa:", "guide [sale] and 20 more: facebook is told Lead and Purchase of one sale "
             "(47.00 and 47.00) and one add-on (47.00 and 47.00)"),), policy=off("sum-once", "booked")),
    Row("told", "the event of a further dimension, without a value", (
        further("aaa", "sum: 0", 'event_id: "{transaction_id}-x"'), BILLING,
        ("single_payment: {slot: 5, duplicates: by_event_id, forward: none}",
         "single_payment: {slot: 5, duplicates: by_event_id}")), (
        Told("conversion_types.single_payment.forward", "single_payment: {slot: 5", "guide [sale] and 25 more: "
             "facebook is told single_payment of a sale (0.00), a reversed chargeback (0.00), an upsell (0.00) and an "
             "add-on (0.00)"),),
        policy=off("forward-said")),
    Row("told", "behind an error, once that is mended", ((FORWARD, "refund: {slot: 3, duplicates: by_event_id}"),
        ("click_expiration: off", "click_expiration: 30")), (
        Told("conversion_types.refund.forward", "refund: {slot: 3", "once [click-expiration] is mended: guide [sale, "
             "refund] and 15 more: facebook is told refund of a refund (-47.00 or -30.08) and a partial refund "
             "(-16.92)"),
        Told("offer_sources.digistore24.click_expiration", "click_expiration: 30",
             "clicks expire after 30, and a chargeback can come after 300 days", rule="click-expiration")),
        policy=off("forward-said")),
    Row("booked", "behind an error that brings another to light", (sales("{amount_affiliate}", "{amount_brutto}"),
        returns("{amount_affiliate}", "{amount_affiliate_abs}"), ("click_expiration: off", "click_expiration: 30")), (
        Told("offer_sources.digistore24.click_expiration", "click_expiration: 30",
             "clicks expire after 30, and a chargeback can come after 300 days", rule="click-expiration"),
        Told("postbacks.sales.url", "url:", "books {amount_brutto}, not the commission", part="sum={amount_brutto}",
             rule="sum-amount"),
        Told("postbacks.returns.url", "url:", "once [sum-amount], [click-expiration] are mended: guide [sale, upsell, "
             "refund of the upsell] and 3 more: after the refund 141.00 is booked, 47.00 is earned"),
        Told("postbacks.returns.url", "url:", "once [sum-amount], [click-expiration] are mended: guide [sale, "
             "chargeback] and 1 more: after the chargeback 94.00 is booked, 0.00 is earned"),
        Told("postbacks.returns.url", "url:", "once [sum-amount], [click-expiration] are mended: guide [sale, partial "
             "refund] and 4 more: after the partial refund 63.92 is booked, 30.08 is earned"),
        Told("postbacks.returns.url", "url:", "once [sum-amount], [click-expiration] are mended: guide [sale, refund] "
             "and 3 more: after the refund 94.00 is booked, 0.00 is earned")),
        policy=off("sum-abs")),
    Row("not-judged", "an error that only a person can mend", (
        ("    click_expiration: off\n", "    click_expiration: off\n    postback_protected: true\n"),
        (FORWARD, "refund: {slot: 3, duplicates: by_event_id}")), (
        not_judged("token", "offer_sources.digistore24.postback_protected", "postback_protected: true"),
        Told("offer_sources.digistore24.postback_protected", "postback_protected: true",
             "asks for a token and does not say which: without the right one every postback is refused",
             "postback_token: {secret: <the same as the connections' token>}", rule="token")),
        "warning", off("forward-said")),
    Row("told-rebill", "rebills", (("billing: single", "billing: subscription"),), (
        Told(FACEBOOK, "facebook:", "guide [sale, rebill x3]: facebook is told of a rebill: Purchase 47.00"),),
        "warning"),
    Row("told-rebill", "instalments", (("billing: single", "billing: installment"),), (
        Told(FACEBOOK, "facebook:", "guide [instalments]: facebook is told of an instalment: Purchase 47.00"),),
        "warning"),
    Row("told-nothing", "no event", (("forward: {facebook: Purchase}", "forward: none"),), (
        Told(FACEBOOK, "facebook:", "guide [sale]: facebook is told no event with a value of a sale"),), "warning"),
    Row("told-nothing", "each channel once", (("facebook: {preset: facebook}\n", ("facebook: {preset: facebook}\n"
        "  taboola: {preset: tiktok}\n")), ("fb: {channel: facebook, funnel: all}",
        ("fb: {channel: facebook, funnel: all}\n  tb: {channel: taboola, funnel: all}\n"
        "  tb2: {channel: taboola, funnel: all}"))), (
        Told("traffic_channels.taboola", "taboola:",
             "guide [sale]: taboola is told no event with a value of a sale"),), "warning"),
    *(Row("told-paused", what, (
        ("  returns:\n    events: [refund, chargeback]\n" + RETURNS, ""), ("events: [payment]",
        "events: [payment, refund, chargeback]"), ("upsells: [411001]", "upsells: []"), paused), (
        Told("postbacks.sales.events", "events: [payment", "once what is paused runs: guide [sale, refund] and 15 "
             "more: facebook is told Purchase of a refund (-47.00 or -30.08), a partial refund (-16.92) and a "
             "chargeback (-47.00 or 0.00 or -30.08)",
             f"write `events: [payment]`; and write `returns: {{{RETURNS_TOLD}}}` under postbacks"),), "warning",
        off("offer-paused"))
      for what, paused in (("the campaign", ("funnel: all}", "funnel: all, status: paused}")),
                           ("the offer", ("{countries: [DE]}", "{countries: [DE], status: paused}")))),
    Row("told-paused", "a further campaign", (
        ("  facebook: {preset: facebook}\n", "  facebook: {preset: facebook}\n  taboola: {}\n"),
        ("campaigns:\n", "campaigns:\n  tb: {channel: taboola, funnel: all, status: paused}\n"),
        ("forward: {facebook: Purchase}", "forward: {facebook: Purchase, taboola: Sale}"),
        (FORWARD, "refund: {slot: 3, duplicates: by_event_id, forward: {facebook: Back, taboola: sale}}")), (
        Told("conversion_types.refund.forward", "refund:", "once what is paused runs: guide [sale, refund] and 15 "
             "more: taboola is told sale of a refund (-47.00 or -30.08) and a partial refund (-16.92)"),), "warning"),
    Row("told-nothing", "once its campaign runs", (("funnel: all}", "funnel: all, status: paused}"),
        ("forward: {facebook: Purchase}", "forward: none")), (
        Told(FACEBOOK, "facebook:", "once what is paused runs: guide [sale]: facebook is told no event with a value of "
             "a sale"),), "warning"),
    Row("returns-lost", "returns have the ID of their payment", (), (
        Told("postbacks.returns", "returns:", "guide [sale, two partial refunds]: after the partial refund 30.08 is "
             "booked, 13.16 is earned (returns: event id seen before): nothing in a postback tells a second return of "
             "a payment from the first one sent again (live: {return_ids: payments})"),),
        "warning", off(**(KNOWN | {"return_ids": "payments", "event_ids": "within_type"}))),
    Row("returns-lost", "nothing negative is booked", (), (
        Told("postbacks.returns", "returns:", "guide [sale, refund] and 3 more: after the refund 47.00 is "
             "booked, 0.00 is earned (returns: negative sum): RedTrack books no negative amount, and a return has no "
             "other way into it (live: {negative_sum: ignored})"),),
        "warning", off(**(KNOWN | {"negative_sum": "ignored"}))),
    Row("unproven", "all that is open", (), (
        Told("postbacks.sales", "sales:", f"cannot be proved on upsell_ids=shared {SHARED}: [several products in one "
             "order]; there, after the add-on 47.00 is booked, 94.00 is earned (sales: event id seen before)",
             f"{BY_PRODUCT}{IN_LOG}{{upsell_ids: own}}{PROBE}"),
        Told("postbacks.returns", "returns:", f"cannot be proved on return_ids=payments {RETURNED}: [sale, two partial "
             "refunds], [sale, partial refund, refund of the rest]; there, after the partial refund 30.08 is booked, "
             "13.16 is earned (returns: event id seen before)", f"{OF_ONE_PAYMENT}{PROBE}"),
        Told("postbacks.returns", "returns:", f"cannot be proved on negative_sum=ignored {NEGATIVE}: {ALL_BACK}; "
             "there, after the refund 47.00 is booked, 0.00 is earned (returns: negative sum)",
             NOT_OURS),
        Told("postbacks.returns.sum", "sum: commission", f"cannot be proved on refund_amount=positive or zero {SIGN}: "
             f"{ALL_BACK}; there, after the refund 94.00 is booked, 0.00 is earned", MINUS),
        Told("offers.guide.payout", "guide: {countries", "cannot be proved on missing_sum=offer_payout and "
             f"zero_sum=missing {NO_SUMS}: [sale, refund, chargeback]; there, after the chargeback 9.99 is booked, "
             "0.00 is earned", f"write `payout: 0` under offers.guide{IN_LOG}{{zero_sum: booked}}{PROBE}"),
        ), "warning", Policy()),
    Row("unproven", "a link whose product only the click tells",
        link("https://www.digistore24.com/redir/{sub1}/acme?cid={clickid}"), (
        Told("offers.guide.url", "guide: {url", "sells whichever product {sub1} names: of these only the declared one "
             "is simulated", "the product's own id in the link", "{sub1}"),), "warning"),
    Row("unproven", "one of them is answered", (), (
        Told("postbacks.returns", "returns:", f"cannot be proved on negative_sum=ignored {NEGATIVE}: {ALL_BACK}; "
             "there, after the refund 47.00 is booked, 0.00 is earned (returns: negative sum)",
             NOT_OURS),), "warning",
        off(**{name: value for name, value in KNOWN.items() if name != "negative_sum"})),
    Row("unproven", "a sum that is not said", (further("aaa", NO_SUM, kind=""), BILLING), (
        Told("postbacks.aaa.url", "url:", f"cannot be proved on missing_sum=offer_payout {MISSING}: {ALL_BUT_TESTS}; "
             "there, after the sale 56.99 is "
             "booked, 47.00 is earned"),),
        "warning", off("sum-missing", "type-open")),
    Row("unproven", "one event id for two connections", (further("aaa", "sum: 0"), BILLING), (
        Told("postbacks.aaa.event_id", "aaa:", f"cannot be proved on event_ids=across_types {IDS}: {ALL_BUT_TESTS}; "
             f"{LOST}",
             own_id("aaa")),), "warning"),
    Row("unproven", "which fails in one order only", (("  returns:\n    events: [refund", ("  zzz:\n    events: "
        "[payment]\n    type: billing_type\n    sum: 0\n  returns:\n    events: [refund")), BILLING), (
        Told("postbacks.zzz.event_id", "zzz:", "cannot be proved on event_ids=across_types and order=reversed "
             f"{BOTH}: {ALL_BUT_TESTS}; {LOST}", own_id("zzz")),), "warning"),
    Row("unproven", "the order alone, where the ids are known", (("  returns:\n    events: [refund", ("  zzz:\n    "
        "events: [payment]\n    type: billing_type\n    sum: 0\n  returns:\n    events: [refund")), BILLING), (
        Told("postbacks.zzz.event_id", "zzz:", "cannot be proved on order=reversed (in which order Digistore24 calls "
             f"the connections of one order event): {ALL_BUT_TESTS}; {LOST}", own_id("zzz", "order: declared")),),
        "warning",
        off(**KNOWN, event_ids="across_types")),
    Row("unproven", "a mode that keeps the last of a click, or of each type", (
        further("aaa", 'event_id: "{transaction_id}-x"'), BILLING, *(
            (f"{name}: {{slot: {slot}, duplicates: by_event_id", f"{name}: {{slot: {slot}, duplicates: edit")
            for slot, name in ((1, "initial_sale"), (5, "single_payment"))), ("upsells: [411001]", "upsells: []")), (
        Told("postbacks.aaa", "aaa:", "cannot be proved on duplicates=per_click_and_type (whether a second conversion "
             "of a click is a duplicate, or only one of the same type): [sale], [sale, refund], [sale, partial refund]"
             " and 8 more; there, after the sale 94.00 is booked, 47.00 is earned", "duplicates: by_event_id"),),
        "warning",
        off("sum-once", "event-mode", "told-nothing", "booked")),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


def test_every_open_question_has_a_meaning_and_a_way_out() -> None:
    assert set(CHANGE) == set(MEANING) == set(AXES)


def silent(folder: Path, rule: str, *edits: Edit, policy: Policy) -> bool:
    return rule not in {one.rule for one in findings(folder, edited(*edits), policy)}


TOLD = (FORWARD, "refund: {slot: 3, duplicates: by_event_id}")
NO_ID = (SALES, SALES + '    event_id: "{order_id}"\n')
SUBSCRIBED = ("billing: single", "billing: subscription")
NOTHING = ("forward: {facebook: Purchase}", "forward: none")
UPSELL_GONE = ("  upsell: {slot: 2, duplicates: by_event_id, forward: none}\n", "")


def test_what_a_rule_explains_the_proofs_do_not_tell_again(tmp_path: Path) -> None:
    """A rule about money keeps every proof silent, one about what channels hear all but `booked`; if it is an error."""
    off_ids = off("event-id")
    warned = Policy(live=KNOWN, rules={"event-id": "warning"})
    assert not silent(tmp_path, "booked", NO_ID, SUBSCRIBED, policy=off_ids)
    assert not silent(tmp_path, "booked", NO_ID, SUBSCRIBED, policy=warned)
    assert silent(tmp_path, "booked", NO_ID, SUBSCRIBED, policy=off())
    for rule, edit in (("told", TOLD), ("told-rebill", SUBSCRIBED), ("told-nothing", NOTHING)):
        policy = off("forward-said")
        assert not silent(tmp_path, rule, edit, policy=policy), rule
        # The missing type is told, and beside it what is wrong once there is one.
        beside = [each for each in findings(tmp_path, edited(edit, UPSELL_GONE), policy) if each.rule == rule]
        assert all(each.problem.message.startswith("once [type-missing] is mended: ") for each in beside)
        assert len(beside) == 1
    assert not silent(tmp_path, "unproven", policy=Policy())
    beside = [each for each in findings(tmp_path, edited(UPSELL_GONE), Policy()) if each.rule == "unproven"]
    assert beside
    assert all(each.problem.message.startswith("once [type-missing] is mended: ") for each in beside)
    # What is wrong with `forward` says nothing of the money.
    both = (TOLD, sales("&sub20", "&sub20"), ("upsells: [411001]", "upsells: []"))
    assert silent(tmp_path, "told", *both, policy=off())
    assert not silent(tmp_path, "booked", TOLD, NO_ID, SUBSCRIBED, policy=off_ids)
    assert not silent(tmp_path, "unproven", TOLD, policy=Policy())
    # And what is wrong with it is not told as an open question.
    assert {one.rule for one in findings(tmp_path, edited(TOLD), off())} == {"forward-said"}


def test_the_intact_account_has_nothing_to_be_told(tmp_path: Path) -> None:
    assert findings(tmp_path, TEXT) == []


@pytest.mark.parametrize(
    "link",
    [
        "https://www.digistore24.com/product/411000?aff=acme&cid={clickid}",
        "https://go.acme.411000.digistore24.com?cid={clickid}",
        "https://vendor.example/page?cid={clickid}#aff=acme",
    ],
)
def test_a_link_that_may_lose_the_click_is_said_at_the_link(tmp_path: Path, link: str) -> None:
    edit = ("guide: {countries: [DE]}", f'guide: {{product: guide, url: "{link}"}}')
    said = findings(
        tmp_path, edited(edit), off("offer-link", "offer-affiliate", "offer-product", "offer-cid", "offer-other-form")
    )
    (unproven,) = (one for one in said if one.rule == "unproven")
    assert unproven.problem.where == "offers.guide.url"
    assert unproven.problem.message.startswith("cannot be proved on link_cid=lost ")
    assert unproven.problem.suggestion == CHANGE["link_cid"]
    seen_live = Policy(live=KNOWN | {"link_cid": "kept"}, rules=dict.fromkeys(["offer-link", "offer-affiliate"], "off"))
    left = {one.rule for one in findings(tmp_path, edited(edit), seen_live)}
    assert not left & {"unproven", "offer-other-form"}


def test_a_type_for_rebills_is_right_whatever_a_rebill_is_called(tmp_path: Path) -> None:
    text = edited(("billing: single", "billing: subscription"))
    policy = Policy(live={name: value for name, value in KNOWN.items() if name != "rebill_type"})
    (found,) = (each for each in findings(tmp_path, text, policy) if each.rule == "unproven")
    assert "write `rebill: {slot: 5, duplicates: by_event_id, forward: none}`" in found.problem.suggestion
    after = mended(text, found)
    assert [each.rule for each in findings(tmp_path, after, policy)] == ["told-rebill"]


def test_what_the_file_can_answer_is_answered_by_the_edits(tmp_path: Path) -> None:
    """Whatever the live services do, but for what nothing in a postback can tell."""
    text = edited(("billing: single", "billing: subscription"), ("[411001]", "[411001, 411002]"))
    for _ in range(9):
        said = findings(tmp_path, text, Policy())
        open_ones = [each for each in said if each.edits]
        if not open_ones:
            break
        text = mended(text, open_ones[0])
    assert {each.rule for each in said} == {"told-rebill", "unproven"}
    settings = [each.problem.message.split(" ")[4] for each in said if each.rule == "unproven"]
    assert sorted(settings) == ["negative_sum=ignored", "return_ids=payments"]


def test_no_amount_is_a_negative_zero(tmp_path: Path) -> None:
    """A chargeback of what was refunded takes nothing off, with the sign of what is taken off."""
    text = edited((RETURNS, RETURNS.replace("commission", "minus_commission")),
                  ("chargeback: {slot: 4, duplicates: by_event_id, forward: none}",
                   "chargeback: {slot: 4, duplicates: by_event_id, forward: {facebook: Back}}"))  # fmt: skip
    (tmp_path / "acme.yaml").write_text(text)
    case = Case("acme", compose(read_account(tmp_path / "acme.yaml")), Policy(live=KNOWN))
    (proof,) = case.proved
    rows = lines("guide", proof.cells)
    assert "facebook: Back 0.00" in {event for row in rows for event in row.channel_events}
    assert "-0.00" not in markdown(rows)
    told = findings(tmp_path, text.replace("facebook: Back", "facebook: Purchase"), off("forward-as-sale"))
    assert "(-47.00 or 0.00 or -30.08)" in told[0].problem.message
