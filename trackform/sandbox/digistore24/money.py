"""Amounts: decimal, in major units, two digits; and the currencies of this sandbox."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from trackform.sandbox.rates import CENT, UNITS_PER_USD

ZERO = Decimal("0.00")

CURRENCIES: tuple[dict[str, Any], ...] = (
    {"id": 1, "code": "EUR", "symbol": "€", "min_price": 0.8, "max_price": 5000.0, "name": "Euro"},
    {"id": 2, "code": "USD", "symbol": "$", "min_price": 0.9, "max_price": 5500.0, "name": "US Dollar"},
    {"id": 3, "code": "GBP", "symbol": "£", "min_price": 0.7, "max_price": 4500.0, "name": "British Pound"},
    {"id": 4, "code": "CHF", "symbol": "CHF", "min_price": 0.9, "max_price": 5000.0, "name": "Swiss Franc"},
)


def currencies(convert_to: str | None) -> list[dict[str, Any]]:
    """What listCurrencies answers: with ``convert_to`` (codes, or ``all``) also what one unit is worth in each of them.

    That rates can be asked for is published, the name of the field is not: ``exchange_rates`` is ours.
    """
    if not convert_to:
        return [dict(currency) for currency in CURRENCIES]
    wanted = list(UNITS_PER_USD) if convert_to == "all" else [code.strip() for code in convert_to.split(",")]
    known = [code for code in wanted if code in UNITS_PER_USD]
    return [
        currency
        | {
            "exchange_rates": {
                code: float(round(UNITS_PER_USD[code] / UNITS_PER_USD[currency["code"]], 6)) for code in known
            }
        }
        for currency in CURRENCIES
    ]


def cents(value: Decimal) -> Decimal:
    """To two digits, halves away from zero."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def amount(value: Any) -> Decimal:
    """An amount from JSON or a form, in major units.

    Raises:
        ValueError: it is not a finite number.
    """
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"not an amount: {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"not an amount: {value!r}")
    return cents(number)


def net_of(gross: Decimal, vat_percent: Decimal) -> Decimal:
    """What is left of a gross amount without its VAT."""
    return cents(gross * 100 / (100 + vat_percent))


def share_of(net: Decimal, percent: Decimal) -> Decimal:
    """An affiliate's commission on a net amount."""
    return cents(net * percent / 100)
