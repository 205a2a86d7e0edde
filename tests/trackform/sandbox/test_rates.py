"""Rates and amounts of the sandbox, worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform.flow.setup import USUAL_RATES
from trackform.sandbox.digistore24.money import amount, cents, currencies, net_of, share_of
from trackform.sandbox.rates import UNITS_PER_USD, convert

AMOUNTS = st.decimals("-1000", "1000", places=2)


@pytest.mark.parametrize(
    ("given_amount", "source", "target", "found"),
    [("10", "USD", "EUR", "8.00"), ("10", "EUR", "USD", "12.50"), ("10.01", "EUR", "GBP", "6.26"),
     ("-10.01", "EUR", "GBP", "-6.26"), ("10.001", "USD", "USD", "10.001"), ("0.01", "GBP", "EUR", "0.02"),
     ("10", "CHF", "USD", "11.11")],
)  # fmt: skip
def test_amounts_in_another_currency(given_amount: str, source: str, target: str, found: str) -> None:
    assert str(convert(Decimal(given_amount), source, target)) == found


def test_a_currency_without_a_rate_is_an_error() -> None:
    for source, target in (("XXX", "USD"), ("USD", "XXX")):
        with pytest.raises(KeyError):
            convert(Decimal(1), source, target)
    # One that is left as it is needs none.
    assert convert(Decimal(1), "XXX", "XXX") == 1


def test_the_simulator_and_the_sandbox_have_the_same_rates() -> None:
    """They must agree to the cent on every set-up."""
    assert dict(USUAL_RATES) == UNITS_PER_USD
    assert 0 not in UNITS_PER_USD.values()


@pytest.mark.parametrize(
    ("value", "found"), [("0.005", "0.01"), ("0.004", "0.00"), ("-0.005", "-0.01"), ("1.995", "2.00"), ("7", "7.00")]
)
def test_half_a_cent_goes_away_from_zero(value: str, found: str) -> None:
    assert str(cents(Decimal(value))) == found


@pytest.mark.parametrize(
    ("value", "found"), [("47", "47.00"), (47, "47.00"), (0.1, "0.10"), ("1e2", "100.00"), ("-3.005", "-3.01")]
)
def test_an_amount(value: Any, found: str) -> None:
    assert str(amount(value)) == found


@pytest.mark.parametrize("value", ["many", "", None, "NaN", "Infinity", "-Infinity", "7,5", [1]])
def test_what_is_no_amount(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^not an amount: "):
        amount(value)


@pytest.mark.parametrize(
    ("gross", "vat", "net", "percent", "share"),
    [("119.00", "19", "100.00", "50", "50.00"), ("33.33", "19", "28.01", "37.5", "10.50"),
     ("47.00", "0", "47.00", "100", "47.00"), ("0.01", "7.5", "0.01", "50", "0.01"),
     ("0.00", "19", "0.00", "50", "0.00")],
)  # fmt: skip
def test_vat_and_commission(gross: str, vat: str, net: str, percent: str, share: str) -> None:
    found = net_of(Decimal(gross), Decimal(vat))
    assert str(found) == net
    assert str(share_of(found, Decimal(percent))) == share


@given(AMOUNTS, st.sampled_from(sorted(UNITS_PER_USD)), st.sampled_from(sorted(UNITS_PER_USD)))
@example(Decimal("0.01"), "GBP", "USD")
@example(Decimal("-0.01"), "USD", "GBP")
def test_there_and_back_is_the_same_to_the_cent(given_amount: Decimal, source: str, target: str) -> None:
    there = convert(given_amount, source, target)
    back = convert(there, target, source)
    # Half a cent of the other currency, and half one of rounding.
    half = Decimal("0.005")
    assert abs(back - given_amount) <= half * UNITS_PER_USD[source] / UNITS_PER_USD[target] + half
    assert convert(-given_amount, source, target) == -there


@pytest.mark.parametrize(
    ("asked", "codes"),
    [(None, None), ("", None), ("all", ["USD", "EUR", "GBP", "CHF"]), ("GBP", ["GBP"]), (" GBP , USD", ["GBP", "USD"]),
     ("XYZ", []), ("GBP,XYZ", ["GBP"]), ("gbp", [])],
)  # fmt: skip
def test_which_rates_are_told(asked: str | None, codes: list[str] | None) -> None:
    for row in currencies(asked):
        assert list(row.get("exchange_rates", ())) == (codes or [])
        assert ("exchange_rates" in row) is (codes is not None)
    assert [row["code"] for row in currencies(asked)] == ["EUR", "USD", "GBP", "CHF"]


def test_rates_are_what_one_unit_is_worth() -> None:
    rates = {row["code"]: row["exchange_rates"] for row in currencies("all")}
    assert rates["EUR"] == {"USD": 1.25, "EUR": 1.0, "GBP": 0.625, "CHF": 1.125}
    assert rates["CHF"] == {"USD": 1.111111, "EUR": 0.888889, "GBP": 0.555556, "CHF": 1.0}
    # A listing is the caller's to change.
    currencies(None)[0]["code"] = "XXX"
    assert currencies(None)[0]["code"] == "EUR"
