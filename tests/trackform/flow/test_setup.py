"""What the simulator looks at: amounts to the cent, connections as Digistore24 fills them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackform.flow.setup import USUAL_RATES, Connection, cents, convert

URL = "https://Track.acme.test/postback?clickid={cid}&sum=a%20b+c&sum=2&sub%31={product_id}&flag&x={y}&u={utm_source}"
ONE = Connection("one", URL, frozenset(["payment"]), frozenset(["411000"]))


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.004", "0.00"), ("0.005", "0.01"), ("0.006", "0.01"), ("-0.004", "0.00"), ("-0.005", "-0.01"),
     ("1.995", "2.00"), ("47", "47.00")],
)  # fmt: skip
def test_half_a_cent_goes_away_from_zero(amount: str, rounded: str) -> None:
    assert cents(Decimal(amount)) == Decimal(rounded)
    assert cents(Decimal(amount)).as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("source", "target", "amount"),
    [
        ("USD", "EUR", "8.00"), ("EUR", "USD", "12.50"), ("GBP", "CHF", "18.00"), ("EUR", "GBP", "6.25"),
        # One currency, and one without a rate: what came stays, to the last digit.
        ("USD", "USD", "10.001"), ("XYZ", "XYZ", "10.001"), ("USD", "XYZ", "10.001"), ("XYZ", "USD", "10.001"),
        ("", "USD", "10.001"),
    ],
)  # fmt: skip
def test_amounts_in_another_currency(source: str, target: str, amount: str) -> None:
    given = Decimal("10.001") if amount == "10.001" else Decimal(10)
    assert convert(given, source, target, USUAL_RATES) == Decimal(amount)


def test_a_conversion_is_rounded_once() -> None:
    assert convert(Decimal("10.01"), "EUR", "GBP", USUAL_RATES) == Decimal("6.26")
    assert convert(Decimal("0.01"), "EUR", "USD", USUAL_RATES) == Decimal("0.01")


def test_the_rates_all_differ() -> None:
    """A conversion that is left out, or made twice, shows."""
    assert len(set(USUAL_RATES.values())) == len(USUAL_RATES) == 4
    assert USUAL_RATES["USD"] == 1


def test_parameters_are_read_as_a_server_does() -> None:
    """The first of a name counts; a name without a value is empty; names may be encoded."""
    assert ONE.params == {
        "clickid": "{cid}", "sum": "a%20b+c", "sub1": "{product_id}", "flag": "", "x": "{y}", "u": "{utm_source}",
    }  # fmt: skip
    assert Connection("x", "https://h.test/?&a=1&", frozenset(), frozenset()).params == {"a": "1"}
    assert ONE.target == ("track.acme.test", "/postback")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clickid", "c 1&2"),
        ("sum", "a b c"),
        ("sub1", ""),
        ("flag", ""),
        ("x", "{y}"),
        ("u", ""),
        ("nothing", None),
    ],
)
def test_what_arrives(name: str, value: str | None) -> None:
    """Encoded on the way and read again; an unknown macro stays, a `{utm_…}` is empty."""
    assert ONE.sent(name, {"cid": "c 1&2", "product_id": ""}) == value


def test_a_utm_that_is_known_is_filled() -> None:
    assert ONE.sent("u", {"utm_source": "face+book"}) == "face+book"


PIECES = st.sampled_from(["a", "+", "{cid}", "{utm_x}", "{nope}", "{", "}", "ä", "{a b}"])


@given(st.lists(PIECES, max_size=6), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_needs_no_decoding_arrives_as_if_it_had_been_decoded(pieces: list[str], value: str) -> None:
    """An encoded blank at its end makes the whole parameter one that is decoded."""
    written = "".join(pieces)
    one, other = (Connection("x", f"https://h.test/?x={written}{end}", frozenset(), frozenset()) for end in ("", "%20"))
    plain, decoded = (each.sent("x", {"cid": value}) for each in (one, other))
    assert plain is not None
    assert decoded == plain + " "


@pytest.mark.parametrize(
    ("products", "covers"), [(["411000"], True), (["all"], True), (["411001"], False), ([], False)]
)
def test_which_products_are_covered(products: list[str], covers: bool) -> None:
    assert Connection("x", URL, frozenset(), frozenset(products)).covers("411000") is covers
