"""Numbers that decide something: what is said at each of them, just below and just above."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.trackform.flow.stage import MAIN
from tests.trackform.reconcile.made import NIGHT, booking, conversion
from tests.trackform.review.conftest import reviewed
from tests.trackform.rules.rows import ANSWERED, TEXT
from trackform.account_file.compose import Ref, read_composition
from trackform.doctor.names import names
from trackform.documents.problems import nearest
from trackform.export import own_values
from trackform.flow import account, build, sequences
from trackform.flow.likeness import alike
from trackform.flow.macros import MacroValues
from trackform.flow.setup import SoldProduct
from trackform.flow.unknowns import Unknown
from trackform.policy import Policy
from trackform.probe import apis, logs
from trackform.probe.sales import Sales
from trackform.reconcile.pairs import Arrival, _fits
from trackform.review import words
from trackform.review.values import exact
from trackform.rules import answers, macros, proofs
from trackform.rules import conversion_types as types_of
from trackform.rules.edits import FileEdit
from trackform.rules.judging import _no_longer_emptied
from trackform.rules.registry import Breach, Case
from trackform.verify import live
from trackform.verify.silence import SilentPeriod, sales_of

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "days"), [(None, 60), ("", 60), ("soon", 60), ("0d", 0), ("14d", 14), ("60d", 60), ("61d", 61), ("d", 60)]
)
def test_the_days_of_a_guarantee(text: str | None, days: int) -> None:
    assert build.guarantee_days(text) == days


def test_the_days_on_which_something_happens() -> None:
    """A sale on the last day of the cookie, a return on the last of the guarantee, a chargeback 60 days later."""
    upsell = SoldProduct("2", billing="installment")
    product = SoldProduct("1", billing="subscription", guarantee_days=14, upsells=(upsell,))
    found = {each.name: [(step.event, step.day) for step in each.steps] for each in sequences.sequences_of(product)}
    assert found["sale"] == [("sale", 180)]
    assert found["sale, refund"] == [("sale", 180), ("refund", 194)]
    assert found["sale, chargeback"] == [("sale", 180), ("chargeback", 254)]
    assert found["sale, rebill x3"] == [("sale", 180), ("rebill", 210), ("rebill", 240), ("rebill", 270)]
    assert found["sale, rebill, refund of both"][2:] == [("refund", 224), ("refund", 224)]
    assert found["missed payment, resumed"] == [
        ("sale", 180), ("missed_payment", 210), ("rebill_resumed", 240), ("rebill", 240),
    ]  # fmt: skip
    assert found["sale, upsell, instalments of the upsell"][1:] == [
        ("upsell", 180), ("instalment", 210), ("instalment", 240),
    ]  # fmt: skip
    assert found["two orders, refund of the second"][-1] == ("refund", 194)
    assert found["test order"] == [("test_order", 180)]


def test_of_upsells_of_one_sort_two_are_proved() -> None:
    setup: Any = SimpleNamespace(connections=(), types={}, rates={})
    upsells = tuple(SoldProduct(str(number)) for number in range(1, 5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trackform.flow.likeness._traits", lambda _, product: product.currency)
        for count, kept in ((1, 1), (2, 2), (3, 2), (4, 2)):
            assert alike(setup, SoldProduct(MAIN, upsells=upsells[:count])) == upsells[:kept]
        other = SoldProduct("9", currency="EUR")
        assert alike(setup, SoldProduct(MAIN, upsells=(*upsells, other))) == (*upsells[:2], other)


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "o0"), (2, "o0, o1"), (3, "o0, o1, o2"), (4, "o0, o1, o2 and 1 more"), (9, "o0, o1, o2 and 6 more")],
)
def test_so_many_offers_are_named(count: int, said: str) -> None:
    offers: Any = [SimpleNamespace(offer=f"o{number}") for number in range(count)]
    assert account.named(offers) == said


@pytest.mark.parametrize(
    ("after", "fits"),
    [
        (-DAY - SECOND, False), (-DAY, True), (timedelta(0), True), (10 * DAY, True), (10 * DAY + SECOND, False),
    ],
)  # fmt: skip
def test_a_conversion_may_come_a_day_before_and_ten_after_its_transaction(after: timedelta, fits: bool) -> None:
    """Clocks and midnights differ, and a service that does not answer is asked again for days."""
    arrival = Arrival(conversion(at=NIGHT + after), None)
    assert _fits(arrival, booking()) is fits


@pytest.mark.parametrize(("since", "settled"), [(HOUR - SECOND, False), (HOUR, True), (HOUR + SECOND, True)])
def test_after_an_hour_what_did_not_come_does_not_come(since: timedelta, settled: bool) -> None:
    sales = object.__new__(Sales)
    sales.__dict__["now"] = NIGHT + since
    assert sales.is_settled(booking()) is settled


def paid(*, after: timedelta, number: int, **more: Any) -> Any:
    return booking(number, at=NIGHT + after, billing_type="subscription", ordered=NIGHT.date(), **more)


@pytest.mark.parametrize(("after", "again"), [(DAY - SECOND, []), (DAY, ["2"]), (30 * DAY, ["2"])])
def test_from_a_day_on_a_payment_is_a_further_one_of_its_plan(after: timedelta, again: list[str]) -> None:
    sales: Any = SimpleNamespace(positions={})
    assert list(logs._paid_again(sales, [paid(after=0 * DAY, number=1), paid(after=after, number=2)])) == again


def signs(setting: str, bookings: list[Any], *arrivals: Any) -> list[str]:
    evidence: Any = SimpleNamespace(sales=SimpleNamespace(each_order=lambda: [(bookings, arrivals)]))
    return [sign.value for sign in getattr(logs, setting)(evidence)]


@pytest.mark.parametrize(("after", "seen"), [(HOUR, ["own"]), (HOUR + SECOND, []), (timedelta(0), ["own"])])
def test_what_is_bought_within_an_hour_is_of_one_checkout(after: timedelta, seen: list[str]) -> None:
    first = booking(1, ordered=NIGHT.date())
    upsell = booking(2, at=NIGHT + after, product_id="411531")
    carried = {"product_id": "411531", "transaction_id": "2"}
    arrival = SimpleNamespace(kind="payment", macro=carried.get, conversion=conversion(2), click="c")
    assert signs("upsell_ids", [first, upsell], arrival) == seen


@pytest.mark.parametrize(
    ("after", "seen"),
    [(timedelta(0), []), (SECOND, ["declared"]), (MINUTE - SECOND, ["declared"]), (MINUTE, []), (-SECOND, [])],
)
def test_what_comes_within_a_minute_comes_of_one_event(after: timedelta, seen: list[str]) -> None:
    senders = [SimpleNamespace(name=name, params={}) for name in ("first", "second")]

    def arrival(at: timedelta, by: Any) -> Any:
        values = {"transaction_id": "1", "product_id": "2"}
        return SimpleNamespace(
            kind="payment", macro=values.get, conversion=conversion(at=NIGHT + at), click="c", connection=by
        )

    arrivals = [arrival(timedelta(0), senders[0]), arrival(after, senders[1])]
    sales = SimpleNamespace(flow=SimpleNamespace(connections=senders), arrivals=arrivals)
    evidence: Any = SimpleNamespace(sales=sales)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "_is_merged", lambda *_: False)
        assert [sign.value for sign in logs.order(evidence)] == seen


class Asked:
    """Remembers what it was asked, and answers with so many rows a page."""

    def __init__(self, *pages: int) -> None:
        self.pages = pages
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def get(self, path: str, **query: Any) -> Any:
        self.seen.append((path, query))
        count = self.pages[query["page"] - 1] if 0 < query.get("page", 0) <= len(self.pages) else 0
        return SimpleNamespace(body=[{}] * count, text="[]", status=404)

    def deleted(self) -> list[tuple[str, str]]:
        return [("offers", str(number)) for number in range(9)]


@pytest.mark.parametrize(("first", "seen"), [(999, {"999"}), (1_000, set()), (100, {"100"})])
def test_a_page_that_is_as_long_as_was_asked_for_shows_no_limit(first: int, seen: set[str]) -> None:
    evidence: Any = Asked(first, 1)
    assert {sign.value for sign in apis.page_cap(evidence)} == seen
    assert {query["per"] for _, query in evidence.seen} == {1_000}


def test_how_a_listing_without_rows_is_asked_for_and_how_many_deleted_ones_are_looked_at() -> None:
    evidence: Any = Asked()
    assert {sign.value for sign in apis.empty_list(evidence)} == {"array"}
    assert {(query["page"], query["per"]) for _, query in evidence.seen} == {(100_000, 1)}
    evidence = Asked()
    assert [sign.value for sign in apis.deleted(evidence)] == ["404"] * 3
    assert len(evidence.seen) == 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def case(folder: Path, *edits: tuple[str, str]) -> Case:
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    (folder / "acme.yaml").write_text(text, encoding="utf-8")
    return Case("acme", read_composition(folder / "acme.yaml"), ANSWERED)


def test_a_conversion_type_has_one_of_twenty_slots(folder: Path) -> None:
    assert list(types_of.free_slots(case(folder))) == list(range(5, 21))
    more = "".join(f"  more{slot}: {{slot: {slot}}}\n" for slot in range(5, 21))
    assert list(types_of.free_slots(case(folder, ("conversion_types:\n", f"conversion_types:\n{more}")))) == []


@pytest.mark.parametrize(("offers", "named"), [(4, 4), (5, 5), (6, 0)])
def test_so_many_offers_are_said_to_be_worth_nothing_one_by_one(folder: Path, offers: int, named: int) -> None:
    more = "".join(f"  o{number}: {{product: guide}}\n" for number in range(offers - 1))
    shares = "".join(f", o{number}: 1" for number in range(offers - 1))
    found = answers._without_payout(
        case(folder, ("offers:\n", f"offers:\n{more}"), ("guide: 100", f"guide: 100{shares}"))
    )
    assert len(found) == named


def test_only_a_field_of_an_entry_is_taken_out_of_unset(folder: Path) -> None:
    found = case(folder, ("  guide: {countries: [DE]}", "  guide: {unset: [countries, notes]}"))
    breach = Breach(("offers", "guide"), "wrong", edits=(FileEdit(("offers", "guide", "countries"), ["AT"]),))
    assert _no_longer_emptied(found, breach).edits[1:] == (FileEdit(("offers", "guide", "unset"), ["notes"]),)
    for path in (("offers", "guide"), ("offers", "guide", "countries", "0")):
        other = replace(breach, edits=(FileEdit(path, {}),))
        assert _no_longer_emptied(found, other) is other


@pytest.mark.parametrize(
    ("macro", "near"),
    [
        ("transaction_di", "transaction_id"),
        ("clickId", "clickid"),
        ("brend", None),
        ("random", None),
        ("transaction", "transaction_id"),
        ("transactio", None),
    ],
)
def test_how_alike_a_misspelt_macro_is(macro: str, near: str | None) -> None:
    assert (nearest(macro, ["transaction_id", "clickid", "brand", "transaction_type"], macros.NEARLY) or None) == near


def test_of_very_many_objects_fifty_stand_together() -> None:
    (item, *_) = reviewed("first").items
    items = [item.model_copy(update={"name": f"n{number}", "object_id": ""}) for number in range(101)]
    for count, sizes in ((49, [49]), (50, [50]), (51, [50, 1]), (101, [50, 50, 1])):
        assert [len(group) for group in words.groups(items[:count])] == sizes


def test_what_is_secret_goes_into_a_digest_as_twelve_digits() -> None:
    said = exact("https://x.test/?api_key=0123456789abcdef")
    assert "0123456789abcdef" not in said
    assert len(said.rpartition(" #")[2]) == 12
    assert exact({"a": 1}) == '{"a": 1}'


@pytest.mark.parametrize(
    ("name", "is_own"),
    [("a", False), ("ab", True), ("123", False), ("1234", True), ("a1", True), ("a b", True), ("", False)],
)
def test_so_long_is_a_name_that_does_not_stand_everywhere_by_chance(name: str, is_own: bool) -> None:
    snapshot: Any = SimpleNamespace(redtrack_user=name, digistore24_account="", affiliate=lambda: "", rows={})
    assert bool(own_values.OwnValues(snapshot).by_word) is is_own


@pytest.mark.parametrize(
    ("value", "texts"), [(1234, []), (12_345, ["12345"]), (-1234, ["-1234"]), ("7", ["7"]), (True, [])]
)
def test_a_number_of_five_digits_is_no_weight(value: Any, texts: list[str]) -> None:
    assert list(own_values._texts(value)) == texts


def test_what_was_sold_a_second_before_a_connection_was_written_could_fire_it() -> None:
    """A bridge tells whole seconds."""
    connection: Any = SimpleNamespace(name="sales", events={"payment"}, covers=lambda _: True)
    for before, counts in ((timedelta(0), 1), (SECOND, 1), (SECOND + timedelta(milliseconds=1), 0), (-SECOND, 1)):
        since = {"sales": NIGHT + before}
        traffic = SilentPeriod(since, {"sales"}, [booking()], {}, 0)
        assert len(sales_of(connection, traffic)) == counts


def test_a_resolver_has_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = list[float]()
    monkeypatch.setattr(sys.modules[names.__module__], "_within", lambda timeout, *_: waited.append(timeout))
    (line,) = names(["track.acme.test"], "acme")
    assert (waited, line.said) == ([5.0], "no answer within 5 s")


def test_the_macros_of_an_order_event_are_a_mapping() -> None:
    values = object.__new__(MacroValues)
    assert len(values) == len(list(values)) == len({*values})
    assert "transaction_id" in values
    assert "nothing" not in values
    assert values.get("nothing", "x") == "x"


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (0, ""), (1, "; so does o1"), (2, "; so do o1, o2"), (4, "; so do o1, o2, o3, o4"),
        (5, "; so do o1, o2, o3, o4, o5"), (6, "; so do o1, o2, o3, o4, o5 and 1 more"),
        (9, "; so do o1, o2, o3, o4, o5 and 4 more"),
    ],
)  # fmt: skip
def test_so_many_objects_of_one_unknown_are_named(others: int, said: str) -> None:
    unknowns = [
        Unknown(Ref("offers", f"o{number}"), ("offers", f"o{number}", "cap"), "has a cap", "leave it out")
        for number in range(others + 1)
    ]
    (breach,) = proofs._unknown(unknowns)
    assert (breach.path, breach.message, breach.fix) == (("offers", "o0", "cap"), f"has a cap{said}", "leave it out")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "[s0]"), (2, "[s0], [s1]"), (3, "[s0], [s1], [s2]"), (4, "[s0], [s1], [s2] and 1 more"),
        (7, "[s0], [s1], [s2] and 4 more"),
    ],
)  # fmt: skip
def test_so_many_sequences_of_one_open_question_are_named(
    count: int, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = case(folder)
    found.policy = Policy(live={name: value for name, value in ANSWERED.live.items() if name != "return_ids"})
    proof = found.proved[0]
    failing = [cell for cell in proof.cells if cell.verdict == "cannot be proved"]
    assert failing
    cell = failing[0]
    cells = [replace(cell, sequence=replace(cell.sequence, name=f"s{number}")) for number in range(count)]
    monkeypatch.setattr(proofs, "_judged", lambda _case: [([proof], each) for each in cells])
    told = [breach.message.partition("): ")[2].partition("; there, ")[0] for breach in proofs.unproven(found)]
    assert told
    assert set(told) == {said}


@pytest.mark.parametrize(("sold", "asked"), [(1, 1), (2, 2), (3, 3), (4, 3), (9, 3)])
def test_so_many_clicks_of_a_silent_connection_are_looked_up(sold: int, asked: int) -> None:
    sales = [booking(number, click_id=f"{number:024x}") for number in range(sold)]
    connection = SimpleNamespace(name="sales", events={"payment"}, covers=lambda _: True)
    seen: list[tuple[str, Any]] = []

    account = object.__new__(live.LiveAccount)
    account.flow = SimpleNamespace(connections=(connection,))  # type: ignore[assignment]
    traffic = SilentPeriod({"sales": NIGHT}, {"sales"}, sales, {}, 0)
    for known, strangers in ((True, set[str]()), (False, {sale.click_id for sale in sales})):
        seen.clear()

        def known_clicks(clicks: list[tuple[str, Any]], known: bool = known) -> dict[str, bool]:
            seen.extend(clicks)
            return dict.fromkeys((click for click, _ in clicks), known)

        account.logs = SimpleNamespace(known_clicks=known_clicks)  # type: ignore[assignment]
        # Where RedTrack knows none of them, it is taken to know none of the others.
        assert account._strangers(traffic, []) == strangers
        assert seen == [(sale.click_id, NIGHT.date()) for sale in sales[:asked]]
