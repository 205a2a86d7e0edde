"""What the rules call an error keeps a plan from being applied."""

from pathlib import Path

import pytest

from tests.trackform.account_file.test_compose import composed
from trackform.policy import Policy
from trackform.rules.check import check
from trackform.rules.gate import errors_of, refusal

FILE = """\
domains: {main: track.acme.test}
account: {currency: EUR}
digistore24: {affiliate: acme, currency: EUR}
offer_sources: {digistore24: {preset: digistore24}}
conversion_types: {initial_sale: {slot: 1, duplicates: by_event_id, forward: none}}
products: {keto: {id: 411530, billing: single}}
offers: {keto: {}}
postbacks: {sales: {events: [payment], type: order_type, sum: commission}}
"""
ALL = "rule:type-missing,rule:returns-booked"


def test_errors_alone_and_with_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = composed(tmp_path, FILE.replace("initial_sale", "initial_Sale"))
    errors = {each.rule: each for each in errors_of("demo", wrong, Policy(), tmp_path)}
    assert errors.keys() == {"type-missing", "returns-booked"}
    said = refusal(errors["type-missing"])
    assert "acme.yaml:5: conversion_types: {order_type} can send 'initial_sale'" in said
    assert (
        "run once with TRACKFORM_ALLOW=rule:type-missing; `trackform docs rules` explains `type-missing` [rule]" in said
    )
    policy = Policy(rules={"type-missing": "warning", "booked": "off"})
    assert {each.rule for each in errors_of("demo", wrong, policy, tmp_path)} == {"returns-booked"}
    for allowed, left in (
        ("rule:booked", {*errors}),
        ("rule:type-missing", {"returns-booked"}),
        (ALL, set()),
        ("rule:all", set()),
    ):
        monkeypatch.setenv("TRACKFORM_ALLOW", allowed)
        assert {each.rule for each in errors_of("demo", wrong, Policy(), tmp_path)} == left


@pytest.mark.parametrize("warnings", [(), ("type-missing",), ("returns-booked",), ("type-missing", "returns-booked")])
def test_it_is_what_a_validation_calls_an_error(tmp_path: Path, warnings: tuple[str, ...]) -> None:
    """Also of what stands behind a finding, which is not looked for where there are no errors."""
    wrong = composed(tmp_path, FILE.replace("initial_sale", "initial_Sale"))
    policy = Policy(rules=dict.fromkeys(warnings, "warning"))
    whole = [each for each in check([("demo", wrong)], policy) if each.severity == "error"]
    assert errors_of("demo", wrong, policy, tmp_path) == whole


def test_an_account_without_digistore24_is_none_of_its_rules(tmp_path: Path) -> None:
    other = "offer_sources: {shop: {}}\noffers: {keto: {url: 'https://p.test/?c={clickid}'}}\n"
    assert errors_of("demo", composed(tmp_path, other), Policy(), tmp_path) == []
    with_both = (
        FILE.replace("{digistore24: {", "{shop: {}, digistore24: {")
        .replace(
            "offers: {keto: {}}",
            "offers: {keto: {offer_source: digistore24}, p: {url: 'https://p.test/?c={clickid}', offer_source: shop}}",
        )
        .replace("postbacks: {sales", "postbacks: {}\n#")
    )
    assert {each.rule for each in errors_of("demo", composed(tmp_path, with_both), Policy(), tmp_path)} == {
        "product-covered"
    }
