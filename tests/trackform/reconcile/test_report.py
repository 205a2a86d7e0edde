"""What people, spreadsheets and machines are told: each value under its own heading."""

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from tests.trackform.reconcile.made import CLICK, DEMO, NIGHT, booking, conversion, only, terms
from trackform.reconcile.compare import reconcile
from trackform.reconcile.model import MEANING, BookingFinding, ComparisonLine
from trackform.reconcile.report import COLUMNS, Total, as_document, as_row, totals
from trackform.reconcile.spreadsheet import DIALECTS, Locale, spreadsheet
from trackform.reconcile.table import APART, report

OTHER = "ffffffffffffffffffffffff"
# One value of its own for each column.
LINE = only(
    [booking(7, order_id="ORDER", click_id=CLICK)],
    [
        conversion(7, amount="20.00", event_id="7", click_id=OTHER),
        conversion(8, amount="20.00", event_id="7", click_id=OTHER),
    ],
)


def printed(lines: list[ComparisonLine], width: int = 250) -> str:
    console = Console(file=StringIO(), width=width)
    for part in report(lines, terms().period, "demo"):
        console.print(part, soft_wrap=isinstance(part, str))
    said: str = console.file.getvalue()  # type: ignore[attr-defined]
    return said


def test_each_column_holds_what_its_heading_says() -> None:
    row = as_row(LINE)
    ids = row.pop("conversion_ids")
    assert sorted(ids.split()) == ["c7", "c8"]
    assert row == {
        "verdict": "wrong_click+wrong_amount+doubled", "day": "2026-11-10", "at": "2026-11-10T23:59:00+01:00",
        "product": "411530", "type": "initial_sale", "currency": "USD", "expected": "23.50", "booked": "40.00",
        "booked_currency": "USD", "conversions": 2, "click_id": CLICK, "transaction_id": "7", "order_id": "ORDER",
        "connection": "sales",
        "message": f"booked for click {OTHER}, not {CLICK}; 20.00 arrived for a commission of 23.50 USD; "
        "booked 2 times",
    }  # fmt: skip
    assert tuple(as_row(LINE)) == COLUMNS


def test_what_was_booked_before_a_change_of_currency_is_told_once() -> None:
    def sale(number: int, hours: int, currency: str) -> ComparisonLine:
        at = NIGHT - timedelta(hours=hours)
        return only([booking(number, at=at)], [conversion(number, at=at, currency=currency)])

    said = "every wrong_currency is of 2026-11-10 or before, and older than the rest"
    before = [sale(1, 9, "EUR"), sale(2, 8, "EUR")]
    shown = printed([*before, sale(3, 7, "USD")])
    assert (shown.count(said), "--from 2026-11-11 leaves it out" in shown) == (1, True)
    for lines in ([*before, sale(3, 10, "USD")], before, [sale(3, 7, "USD")], [sale(4, 10, "USD"), *before]):
        assert said not in printed(lines)


def test_of_a_conversion_alone_its_own_click_is_told() -> None:
    line = only([], [conversion(9, at=NIGHT, subs={3: "999"}, click_id=OTHER)])
    row = as_row(line)
    assert (row["click_id"], row["transaction_id"], row["order_id"], row["expected"]) == (OTHER, "", "", "0.00")
    assert (row["product"], row["type"], row["connection"]) == ("411530", "initial_sale", "sales")
    assert f"surplus 411530 initial_sale: no such transaction at Digistore24 (click {OTHER})" in printed([line])


def test_a_missing_one_is_told_with_its_click_order_and_transaction() -> None:
    line = only([booking(7, order_id="ORDER")], [])
    told = "2026-11-10 23:59 missing 411530 initial_sale: nothing arrived from the connection sales (order ORDER, "
    assert f"{told}transaction 7, click {CLICK})" in printed([line])


def test_without_a_rate_nothing_is_expected() -> None:
    row = as_row(only([booking(currency="EUR")], [conversion()]))
    assert (row["expected"], row["currency"], row["booked"]) == (None, "USD", "23.50")


def test_the_table_of_totals_has_each_number_in_its_column() -> None:
    lines = reconcile(
        [booking(1), booking(2), booking(3)], [conversion(1), conversion(3, amount="1000")], DEMO, terms()
    )
    said = printed(lines).splitlines()
    (head,) = (at for at, line in enumerate(said) if line.lstrip().startswith("day"))
    row = said[head + 2]
    for heading, value in {
        "day": "2026-11-10", "product": "411530", "type": "initial_sale", "currency": "USD", "order events": "3",
        "conversions": "2", "earned": "70.50", "booked": "1,023.50", "difference": "953.00",
    }.items():  # fmt: skip
        start = said[head].index(heading)
        # Words begin where their heading begins, numbers end where it ends.
        is_number = heading not in ("day", "product", "type", "currency")
        end = start + (len(heading) if is_number else len(value))
        assert row[end - len(value) : end] == value, heading
        assert row[: end - len(value)][-1:] in ("", " "), heading
    assert row[said[head].index("findings") :].strip() == "1 missing, 1 wrong_amount"
    assert said[0] == "demo: 2026-11-10 to 2026-11-10, days in Europe/Berlin"
    assert said[1] == "  3 order events, earned 70.50 USD; 2 conversions, booked 1,023.50 USD"
    assert f"  1 missing: {MEANING['missing']}" in said


def test_where_all_is_right_there_is_no_difference() -> None:
    said = printed(reconcile([booking()], [conversion()], DEMO, terms()))
    assert "  nothing is wrong\n" in said
    assert "0.00" not in said
    assert "nothing was booked on either side" in printed([])
    unknown = printed(reconcile([booking(currency="EUR")], [conversion()], DEMO, terms()))
    assert "earned ? USD; 1 conversion, booked 23.50 USD" in unknown


@pytest.mark.parametrize(
    ("sold", "kind", "why"),
    [
        ({"click_id": "", "product_id": "", "main_product_id": ""}, "elsewhere", "no click id"),
        ({"click_id": "not-one-of-redtracks"}, "elsewhere", "the click id is not one of RedTrack's"),
        (
            {"product_id": "9", "main_product_id": "9"},
            "elsewhere",
            "this file does not name the product",
        ),
        ({"test": True}, "test", "a test order, not booked"),
    ],
)
def test_what_is_told_apart_is_no_loss(sold: dict[str, Any], kind: Any, why: str) -> None:
    line = only([booking(**sold)], [])
    assert (line.apart, line.why, line.findings) == (kind, why, ())
    amount = "0.00" if kind == "test" else "23.50"
    assert f"  1 {APART[kind]} ({why}), {amount} USD: no loss" in printed([line])
    assert totals([line]) == {}
    (row,) = as_document([line])["apart"]
    assert (row["verdict"], row["message"]) == (kind, why)


def test_a_text_from_outside_cannot_rewrite_the_terminal() -> None:
    line = only([], [conversion(9, at=NIGHT, type="x\x1b[2K\r", subs={1: "\x07", 3: "999"}, click_id="a\nb")])
    said = printed([line])
    assert not set(said) & {"\x1b", "\r", "\x07"}
    assert "click a?b)" in said


def cells(written: str, locale: Locale = "en") -> list[dict[str, str]]:
    """The rows as a spreadsheet of this language reads them."""
    text = written.removeprefix(DIALECTS[locale].mark)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=DIALECTS[locale].separator))


@pytest.mark.parametrize("sign", "=+-@\t\r\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212")
def test_a_text_from_outside_is_no_formula(sign: str) -> None:
    """Whoever calls the tracking domain chooses the subs, the type and the click id."""
    bad = f"{sign}HYPERLINK(1)"
    line = only([], [conversion(9, at=NIGHT, type=bad, click_id=bad, currency=bad, subs={1: bad, 2: bad, 3: "999"})])
    lost = only([booking()], [])
    refunded = only([booking(kind="refund", amount=Decimal(-5))], [conversion(amount="-5", subs={20: "tf.returns"})])
    rows = cells(spreadsheet({"demo": [line, lost, refunded]}))
    assert list(rows[0]) == ["stack", *COLUMNS]
    assert [row["stack"] for row in rows] == ["demo"] * 3
    assert (rows[0]["product"], rows[0]["type"], rows[0]["click_id"]) == (f"'{bad}",) * 3
    assert not [cell for row in rows for name, cell in row.items() if cell[:1] in "=+@\t\r\uff1d" and cell]
    assert rows[1] == {"stack": "demo"} | {name: str(value) for name, value in as_row(lost).items()}
    assert (rows[2]["expected"], rows[2]["booked"]) == ("-5.00", "-5.00"), "a number stays one"


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize(
    "before",
    ["", " ", "x;", "x,", "x\t", 'x"', "x\r\n", "\x0b", "\xa0", "\ufeff", "\xad", "\u2003", "\u2060", "\u3000"],
)
def test_no_separator_makes_a_formula_of_the_rest(before: str, locale: Locale) -> None:
    """Whatever the separator of the spreadsheet that opens the file: what follows one begins a cell there."""
    line = only([], [conversion(9, at=NIGHT, click_id=f"{before}=HYPERLINK(1)", subs={3: "999"})])
    (row,) = cells(spreadsheet({"demo": [line]}, locale), locale)
    is_blank = not before.strip("\ufeff\x0b\xa0\xad\u2003\u2060\u3000 ")
    assert row["click_id"] == (f"'{before}=HYPERLINK(1)" if is_blank else f"{before}'=HYPERLINK(1)")


@pytest.mark.parametrize("blank", [" ", "  ", "\xa0", "\ufeff"])
def test_a_blank_after_a_separator_hides_no_formula(blank: str) -> None:
    line = only([], [conversion(9, at=NIGHT, click_id=f"x;{blank}=HYPERLINK(1)", subs={3: "999"})])
    (row,) = cells(spreadsheet({"demo": [line]}))
    assert row["click_id"] == f"x;'{blank}=HYPERLINK(1)"


def test_a_german_spreadsheet_opens_it() -> None:
    refunded = only([booking(kind="refund", amount=Decimal(-5))], [conversion(amount="-5", subs={20: "tf.returns"})])
    twice = [conversion(7, amount="-1234.5", click_id=OTHER), conversion(8, event_id="7", currency="EUR")]
    two = only([booking(7)], twice)
    written = spreadsheet({"demo": [refunded, two]}, "de")
    # Without a byte order mark Excel reads UTF-8 as what the machine's own letters are.
    assert written.encode().startswith(b"\xef\xbb\xbfstack;verdict;day;")
    first, second = cells(written, "de")
    assert (first["expected"], first["booked"]) == ("-5,00", "-5,00")
    assert (second["expected"], second["booked_currency"]) == ("23,50", "USD EUR")
    assert second["booked"] == "'-1234,50 23,50"
    assert dict(first, expected="", booked="") == dict(
        cells(spreadsheet({"demo": [refunded]}))[0], expected="", booked=""
    )


def test_two_amounts_in_a_cell_are_no_number() -> None:
    line = only([booking(7)], [conversion(7, amount="-2"), conversion(8, event_id="7", currency="EUR", amount="-3")])
    (row,) = cells(spreadsheet({"demo": [line]}))
    assert row["booked"] == "'-2.00 -3.00"


def test_a_total_is_known_only_where_each_part_is() -> None:
    one, other = Total(1, 1, Decimal(2), Decimal(3), Counter(a=1)), Total(2, 3, Decimal(5), Decimal(7), Counter(a=1))
    one += other
    assert (one.order_events, one.conversions, one.earned, one.booked, one.findings) == (
        3, 4, Decimal(7), Decimal(10), Counter(a=2),
    )  # fmt: skip
    for first, second in ((None, Decimal(1)), (Decimal(1), None), (None, None)):
        total = Total(earned=first)
        total += Total(earned=second)
        assert total.earned is None


def test_amounts_in_two_currencies_are_two_totals() -> None:
    line = only([booking()], [conversion(currency="GBP")])
    assert [(key[3], one.order_events, one.conversions, one.earned, one.booked) for key, one in totals([line]).items()]\
        == [("GBP", 0, 1, 0, Decimal("23.50")), ("USD", 1, 0, Decimal("23.50"), 0)]  # fmt: skip
    without = replace(line, conversions=tuple(replace(one, currency="") for one in line.conversions))
    assert [one.conversions for one in totals([without]).values()] == [0, 1]


def test_machines_are_told_the_same() -> None:
    sold = [booking(n, at=NIGHT - timedelta(minutes=60 - n)) for n in (1, 2, 3)]
    lines = reconcile([*sold, booking(4, kind="refund", amount=Decimal(-2), upsell=None)], [], DEMO, terms())
    document = json.loads(json.dumps(as_document(lines)))
    assert document["totals"] == [
        {
            "day": "2026-11-10", "product": "411530", "type": "initial_sale", "currency": "USD", "order_events": 3,
            "conversions": 0, "earned": "70.50", "booked": "0.00", "findings": {"missing": 3},
        },
        {
            "day": "2026-11-10", "product": "411530", "type": "refund", "currency": "USD", "order_events": 1,
            "conversions": 0, "earned": "-2.00", "booked": "0.00", "findings": {"missing": 1},
        },
    ]  # fmt: skip
    assert [one["kind"] for one in document["findings"]] == ["missing"] * 4
    assert document["stretches"] == [
        {
            "connection": "sales", "since": "2026-11-10T23:00:00+01:00",
            "until": "2026-11-10T23:02:00+01:00", "missing": 3,
        }
    ]  # fmt: skip


def test_two_findings_of_one_line_are_two() -> None:
    (line,) = [replace(LINE, findings=(BookingFinding("wrong_type", "a"), BookingFinding("doubled", "b")))]
    assert [(one["kind"], one["message"]) for one in as_document([line])["findings"]] == [
        ("wrong_type", "a"), ("doubled", "b"),
    ]  # fmt: skip
    assert line.verdict == "wrong_type+doubled"


@pytest.mark.parametrize("locale", ["en", "de"])
def test_nothing_has_no_sign(locale: Locale) -> None:
    """What is taken back of a payment of 0.00 arrives with a minus, as does a share of less than a cent."""
    lines = [
        only([booking(7, amount=Decimal("-0.00"), kind="refund")], [conversion(7, amount="-0.00", type="refund")]),
        replace(LINE, expected=Decimal("-0.001"), booked={"USD": Decimal("-0.00")}),
    ]
    assert not re.search(r"-0[.,]00", spreadsheet({"demo": lines}, locale) + printed(lines))
