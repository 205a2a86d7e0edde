"""Sequences, played: who is called, in which order, and what is booked and earned after each step."""

from dataclasses import replace
from decimal import Decimal

import pytest

from trackform.flow.assumptions import Assumptions
from trackform.flow.orders import Event, ImpossibleError, SequenceStep
from trackform.flow.setup import Connection, DeclaredType, Setup, SoldProduct, Source
from trackform.flow.simulate import CLICK, Simulation, play

URL = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={transaction_type}&rdtk_event_id="
SALES = Connection("sales", URL + "{transaction_id}", frozenset(["payment"]), frozenset(["1"]))
RETURNS = replace(SALES, name="returns", events=frozenset(["refund", "chargeback"]))
UPSELL = SoldProduct("2", commission=Decimal("5.00"), currency="EUR")
SHOP = SoldProduct("1", upsells=(UPSELL,))
TYPES = {one: DeclaredType(one, "by_event_id") for one in ("payment", "refund", "chargeback")}
SETUP = Setup((SALES, RETURNS), TYPES, hosts=frozenset(["track.acme.test"]))
USUAL = Assumptions()


def played(*events: Event, setup: Setup = SETUP, settings: Assumptions = USUAL, product: str = "1") -> Simulation:
    return play(setup, SHOP, tuple(SequenceStep(event, product) for event in events), settings)


def balance(outcome: Simulation) -> list[tuple[str, str]]:
    return [(f"{booked:.2f}", f"{earned:.2f}") for booked, earned in outcome.balance]


def senders(outcome: Simulation) -> list[str]:
    return [row.connection for row in outcome.rows]


def test_after_each_step() -> None:
    outcome = played("sale", "partial_refund", "chargeback")
    assert balance(outcome) == [("23.50", "23.50"), ("15.04", "15.04"), ("0.00", "0.00")]
    assert senders(outcome) == ["sales", "returns", "returns"]
    assert [outcome.booked, outcome.earned] == [0, 0]
    assert [Simulation((), (), ()).booked, Simulation((), (), ()).earned] == [0, 0]


def test_who_covers_neither_the_product_nor_the_event_is_not_called() -> None:
    steps = (SequenceStep("sale", "1"), SequenceStep("upsell", "2"), SequenceStep("missed_payment", "1"))
    outcome = play(SETUP, SHOP, steps, USUAL)
    # What is earned in another currency is converted to the account's.
    assert balance(outcome) == [("23.50", "23.50"), ("23.50", "29.75"), ("23.50", "29.75")]
    asleep = replace(SETUP, connections=(replace(SALES, active=False), RETURNS))
    assert balance(played("sale", setup=asleep)) == [("0.00", "23.50")]


def test_a_repetition_is_what_was_sent_last_once_more() -> None:
    assert balance(played("sale", "repeat", "repeat")) == [("23.50", "23.50")] * 3
    twice = replace(SETUP, connections=(replace(SALES, url=URL + "{transaction_id}{random}"), RETURNS))
    anew = Assumptions(retries="anew")
    outcome = played("sale", "repeat", "repeat", setup=twice, settings=anew)
    assert [row.event_id for row in outcome.rows] == ["t1rt1-sales", "t1rt1-sales-1", "t1rt1-sales-2"]
    assert [row.step for row in outcome.rows] == [0, 1, 2]
    # Unless what is sent again is the very same request.
    assert senders(played("sale", "repeat", "repeat", setup=twice)) == ["sales"]
    # Of the last event only, and to those that it went to.
    assert senders(played("sale", "refund", "repeat", setup=twice, settings=anew)) == ["sales", "returns"]


def test_a_repetition_of_an_earlier_event_says_what_has_become_of_it() -> None:
    """The status of the order has changed since: where it is rendered anew, it is another event."""
    by_status = replace(SALES, url=URL + "{transaction_id}-{billing_status}")
    setup = replace(SETUP, connections=(by_status, RETURNS))
    steps = (SequenceStep("sale", "1"), SequenceStep("refund", "1"), SequenceStep("repeat", "1", of=0))
    for retries, ids in (("same", ["t1-completed", "t2"]), ("anew", ["t1-completed", "t2", "t1-aborted"])):
        outcome = play(setup, SHOP, steps, Assumptions(retries=retries))  # type: ignore[arg-type]
        assert [row.event_id for row in outcome.rows] == ids


@pytest.mark.parametrize(("order", "called"), [("declared", ["sales", "more"]), ("reversed", ["more", "sales"])])
def test_the_order_of_the_connections(order: str, called: list[str]) -> None:
    both = replace(SETUP, connections=(SALES, replace(SALES, name="more", url=URL + "{transaction_id}-m")))
    assert senders(played("sale", setup=both, settings=Assumptions(order=order))) == called  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "arrives"),
    [
        (URL, True),
        (URL.replace("https://track", "https://TRACK"), True),
        (URL.replace("track.acme", "track.other"), False),
        (URL.replace("/postback", "/post"), False),
    ],
)
def test_what_goes_elsewhere_does_not_arrive(url: str, arrives: bool) -> None:
    setup = replace(SETUP, connections=(replace(SALES, url=url),))
    outcome = played("sale", setup=setup)
    assert outcome.swallowed == (() if arrives else ((0, "sales", "goes elsewhere"),))
    assert len(outcome.rows) == int(arrives)
    # Without any tracking domain nobody can say.
    assert len(played("sale", setup=replace(setup, hosts=frozenset())).rows) == 1


@pytest.mark.parametrize(
    ("cid", "rows"),
    [("{clickid}", 1), ("", 0), ("x", 0), ("{clickid}x", 0), (CLICK, 1), ("{sub1}", 0)],
)
def test_the_click_id_comes_back_as_the_offer_hands_it_over(cid: str, rows: int) -> None:
    outcome = played("sale", setup=replace(SETUP, cid=cid))
    assert len(outcome.rows) == rows
    assert outcome.swallowed == ((0, "sales", "unknown click"),) * (1 - rows)


@pytest.mark.parametrize(
    ("token", "param", "rows"),
    [("t", "", 1), ("", "", 0), ("stale", "", 0), ("", "&ptoken=t", 1), ("stale", "&ptoken=t", 0)],
)
def test_the_token_of_the_connection_goes_before_that_of_its_url(token: str, param: str, rows: int) -> None:
    connection = replace(SALES, token=token, url=URL + param)
    setup = replace(SETUP, connections=(connection,), source=Source(token="t"))
    assert len(played("sale", setup=setup).rows) == rows


@pytest.mark.parametrize(("expiration", "rows"), [(9, 0), (10, 1), (11, 1), (0, 1)])
def test_days_since_the_click(expiration: int, rows: int) -> None:
    setup = replace(SETUP, source=Source(expiration=expiration))
    outcome = play(setup, SHOP, (SequenceStep("sale", "1", 10),), USUAL)
    assert len(outcome.rows) == rows
    assert outcome.swallowed == ((0, "sales", "expired click"),) * (1 - rows)


def test_a_test_order_reaches_nobodys_click() -> None:
    outcome = played("test_order")
    assert balance(outcome) == [("0.00", "0.00")]
    assert outcome.swallowed == ((0, "sales", "unknown click"),)


def test_what_cannot_happen() -> None:
    with pytest.raises(ImpossibleError):
        played("sale", "refund", "refund")
