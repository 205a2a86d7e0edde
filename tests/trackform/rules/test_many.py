"""A file in which each sort of mistake stands beside others and beside what is right: whole, and in another order."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kept import as_kept
from tests.trackform.rules.rows import TEXT
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.policy import Policy
from trackform.rules import Finding, check

LINK = "https://www.digistore24.com/redir"
BACK = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&rdtk_event_id={transaction_id}"
GOOD = f"{LINK}/411000/acme?cid={{clickid}}"


def back(old: str, new: str) -> str:
    """Where refunds go, with one part that is another."""
    return f"{BACK.replace(old, new)}&type=refund"


OFFERS = {
    "good": GOOD,
    "two-marks": f"{LINK}/411000/acme?sid1=x?cid={{clickid}}",
    "no-query": f"{LINK}/411000/acme",
    "hashed": f"{LINK}/411000/acme?sid1=x#cid={{clickid}}",
    "no-cid": f"{LINK}/411000/acme?sid1=a/b&subid={{clickid}}",
    "twice": f"{GOOD}&cid={{clickid}}&sid2=c/d",
    "braces": f"{LINK}/411000/acme?cid=[clickid]",
    "foreign": f"{LINK}/411000/acme?cid={{cid}}&sid1={{external_id}}&sid2={{ad.id}}",
    "misspelt": f"{LINK}/411000/acme?cid={{clickd}}&sid1={{campaign_idd}}",
    "strange": f"{GOOD}&sid1={{qqqqqqqqqq}}&sid3={{zzzzzzzzzz}}",
    "another-shop": "https://shop.test/redir/411000/acme?cid={clickid}",
    "no-promolink": "https://www.digistore24.com/product/411000?cid={clickid}",
    "another-product": f"{LINK}/499999/acme?cid={{clickid}}",
    "unknown-product": f"{LINK}/499998/acme?cid={{clickid}}",
    "somebody-else": f"{LINK}/411001/zenith?cid={{clickid}}",
    "long": f"{GOOD}&sid1={'x' * 999}",
    "long-key": f"{LINK}/411000/acme/{'k' * 128}?cid={{clickid}}",
    "over-short": GOOD,
    "over-unsaid": GOOD,
    "over-off": GOOD,
    "over-long": GOOD,
    "last": GOOD,
}
POSTBACKS: dict[str, Any] = {
    "good": {"events": ["payment"], "type": "order_type", "sum": "commission", "products": ["guide"]},
    "whole": {"events": ["refund"], "url": f"{BACK}&type=refund&sub20=tf.whole"},
    "no-type": {"events": ["refund"], "url": f"{BACK}&sub20=tf.no-type"},
    "two-types": {"events": ["refund"], "url": f"{BACK}&type={{order_type}}{{event}}&sub20=tf.two-types"},
    "unknown-type": {"events": ["payment"], "url": f"{BACK}&type=Sale&sub20=tf.unknown-type"},
    "no-id": {"events": ["chargeback"], "url": f"{BACK.partition('&rdtk')[0]}&type=refund&sub20=tf.no-id"},
    "euros": {"events": ["payment"], "currency": "EUR", "type": "billing_type", "sum": 0,
              "event_id": "{transaction_id}-b"},
    "says-it": {"events": ["payment"], "url": f"{BACK}&type=upsell&currency=GBP&sub20=tf.says-it"},
    "foreign": {"events": ["payment"], "url": f"{BACK}&type=upsell&sub1={{clickid}}&sub2=[x]&sub20=tf.foreign"},
    "misspelt": {"events": ["payment"], "url": f"{BACK}&type=upsell&sub1={{product_idd}}&sub20=tf.misspelt"},
    "elsewhere": {"events": ["payment"], "url": f"{BACK.replace('track.acme', 'else')}&type=upsell&sub20=tf.elsewhere"},
    "asleep": {"events": ["payment"], "active": False, "type": "order_type", "sum": "commission"},
    "constant": {"events": ["refund"], "type": "transaction_type", "sum": "23.5"},
    "no-sum": {"events": ["refund"], "url": f"{back('&sum={amount_affiliate}', '')}&sub20=tf.no-sum"},
    "gross": {"events": ["refund"], "url": f"{back('_affiliate', '_brutto')}&sub20=tf.gross"},
    "no-sign": {"events": ["refund"], "url": f"{back('affiliate', 'affiliate_abs')}&sub20=tf.no-sign"},
    "status": {"events": ["refund"], "url": f"{BACK}&type=refund&status={{transaction_type}}&sub20=tf.status"},
    "no-click": {"events": ["refund"], "url": f"{back('{cid}', 'x')}&sub20=tf.no-click"},
    "in-the-clear": {"events": ["refund"], "url": f"{back('https', 'http')}&sub20=tf.in-the-clear"},
    "another-path": {"events": ["refund"], "url": f"{back('/postback', '/p')}&sub20=tf.another-path"},
    "random": {"events": ["refund"], "url": f"{BACK}-{{random}}&type=refund&sub20=tf.random"},
    "signed": {"events": ["refund"], "type": "transaction_type", "token": {"secret": "t"}, "notify": []},
    "open": {"events": ["payment"], "type": "billing_status", "sum": 0, "event_id": "{transaction_id}-s"},
    "notices": {"events": ["payment_missed"], "type": "transaction_type", "sum": 0, "notify": []},
    "own-currency": {"events": ["payment_missed"], "type": "transaction_type", "currency": "", "sum": 0},
    "again": {"events": ["refund", "chargeback"], "type": "transaction_type", "sum": "commission",
              "event_id": "{order_id}"},
}  # fmt: skip
FROM = {"asleep": "unsaid", "constant": "off", "again": "long", "signed": "short"}
OVER = {f"over-{name}": name for name in ("short", "unsaid", "off", "long")}
DATA: dict[str, Any] = {
    "account": {},
    "digistore24": {"affiliate": "acme", "currency": "USD", "notify": "ops@acme.test"},
    "domains": {"main": "track.acme.test"},
    "traffic_channels": {"facebook": {"preset": "facebook"}, "quiet": {}, "other": {"preset": "tiktok"}},
    "conversion_types": {
        "initial_sale": {"slot": 1, "duplicates": "ignore", "forward": {"facebook": "X", "nobody": "X", "tiktok": "Y"}},
        "upsell": {"slot": 2, "duplicates": "create_new", "forward": {"other": "Upsell", "facebok": "Upsell"}},
        "refund": {"slot": 3, "duplicates": "by_event_id", "forward": "none"},
        "Chargeback": {"slot": 4, "forward": "none"},
        "single_payment": {"slot": 5, "duplicates": "edit"},
        "Upsell": {"slot": 7}, "UPSELL": {"slot": 8},
        "unused": {"slot": 6, "duplicates": "ignore", "forward": "none"},
    },
    "offer_sources": {
        "digistore24": {"preset": "digistore24", "click_expiration": 30, "currency": "EUR", "postback_protected": True,
                        "postback_token": {"secret": "t"}},
        "short": {"click_expiration": 200}, "unsaid": {}, "off": {"click_expiration": "off"},
        "long": {"click_expiration": 9000},
    },
    "postbacks": {name: {"offer_source": FROM.get(name, "digistore24"), **entry} for name, entry in POSTBACKS.items()},
    "products": {
        "guide": {"id": 411000, "upsells": [411001, 411002], "billing": "single", "guarantee": "60d"},
        "club": {"id": 411003, "billing": "subscription", "guarantee": "forever"},
        "course": {"id": 411004, "billing": "installment", "guarantee": "always"},
    },
    "offers": {
        name: {"url": url, "product": "guide", "offer_source": OVER.get(name, "digistore24")}
        | ({"status": "paused"} if name in ("good", "no-cid") else {})
        for name, url in OFFERS.items()
    },
    "funnels": {
        "good": {"offers": {"last": 100}}, "paused": {"offers": {"good": 50, "no-cid": 50}},
        "half": {"offers": {"good": 50, "last": 50}},
        "half-too": {"offers": {"no-cid": 1, "last": 5, **dict.fromkeys(OVER, 1)}},
        "share": {"offers": {"good": 0, "last": 1}}, "nowhere": {"offers": {"last": 0}},
        "nowhere-too": {"offers": {"last": 0, "long": 0}}, "all": {"offers": dict.fromkeys(OFFERS, 1)},
    },
    "campaigns": {
        "fb": {"channel": "facebook", "funnel": "good"}, "idle": {"channel": "facebook", "funnel": "paused"},
        "asleep": {"channel": "facebook", "funnel": "paused", "status": "paused"},
        "half": {"channel": "quiet", "funnels": {"half": 1, "half-too": 1}},
        "share": {"channel": "other", "funnel": "share"}, "again": {"channel": "other", "funnel": "half"},
        "nowhere": {"channel": "facebook", "funnels": {"good": 0, "all": 0}},
        "nobody": {"channel": "facebook", "funnels": {"nowhere": 0}},
        "idle-too": {"channel": "quiet", "funnel": "paused"},
    },
}  # fmt: skip
POLICY = Policy(live={"refund_amount": "negative"})


def found(folder: Path, data: dict[str, Any]) -> list[Finding]:
    file = folder / "acme.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False, width=2000), encoding="utf-8")
    return check([("acme", compose(read_account(file)))], POLICY)


def said(one: Finding) -> str:
    told = one.problem
    text = f"{one.rule} ({one.severity}) {told.where}: {told.message} | {told.suggestion} | {one.part}"
    return text.replace("x" * 999, "x...").replace("k" * 128, "k...").rstrip()


def backwards(value: Any) -> Any:
    """The entries of each section, from the last to the first."""
    return {section: dict(reversed(entries.items())) for section, entries in value.items()}


@pytest.mark.parametrize(("name", "data"), [("many", DATA), ("many-backwards", backwards(DATA))])
def test_each_mistake_is_told_whatever_stands_before_it(tmp_path: Path, name: str, data: dict[str, Any]) -> None:
    as_kept(f"rules/{name}.txt", "\n".join(map(said, found(tmp_path, data))))


def test_one_mistake_does_not_hide_another(tmp_path: Path) -> None:
    """What is told of the offers is the same in any order."""
    first, other = (
        {said(one) for one in found(tmp_path, data) if one.problem.where.startswith("offers")}
        for data in (DATA, backwards(DATA))
    )
    assert first == other


def test_one_mistake_in_many_offers_brings_nothing_out_that_is_not_there(tmp_path: Path) -> None:
    """What stands behind it is looked for in an account of a few of them: an edit of another begins no entry."""
    data = yaml.safe_load(TEXT)
    for number in range(64):
        name, product = f"p{number}", 500000 + number
        billing = ["single", "subscription", "installment"][number % 3]
        data["products"][name] = {"id": product, "billing": billing, "guarantee": f"{14 + number % 60}d"}
        data["offers"][name] = {"url": f"{LINK}/{product}/acme?cid={{cid}}"}
        data["funnels"][name] = {"offers": {name: 100}}
        data["campaigns"][name] = {"channel": "facebook", "funnel": name}
    told = found(tmp_path, data)
    assert {each.rule for each in told} == {"macro-foreign", "unproven", "told-rebill"}
