"""Sales whose click is another tracker's, or nobody's."""

import pytest

from tests.trackform.reconcile.stage import Stage


@pytest.mark.parametrize(
    ("sold", "why"),
    [
        ({"product_id": "411530", "click_id": "voluum-77"}, "the click id is not one of RedTrack's"),
        ({"product_id": "420010"}, "no click id"),
    ],
)
def test_sales_of_other_clicks_are_no_loss(busy: Stage, sold: dict[str, str], why: str) -> None:
    busy.order("sale", **sold)
    document, status = busy.found()
    assert (status, [row["message"] for row in document["apart"]]) == (0, [why])
    assert f"1 not RedTrack's ({why}), " in busy.reconcile().stdout


def test_a_sale_of_an_own_product_without_a_click_id(busy: Stage) -> None:
    order = busy.order("sale", product_id="411530")["order_id"]
    finding = busy.only("no_click")
    assert (finding["order_id"], finding["expected"], finding["booked"]) == (order, "23.50", "")
    assert finding["message"].startswith("it has no click id")
    # What is given back again leaves nothing lost, and still nobody who could be credited.
    busy.order("refund", order_id=order, product_id="411530")
    document, _ = busy.found()
    lost = [row for row in document["findings"] if row["kind"] == "no_click"]
    assert sum(float(row["expected"]) for row in lost) == 0


def test_a_sale_of_a_click_that_redtrack_does_not_know(busy: Stage) -> None:
    busy.order("sale", product_id="411530", click_id="a" * 24)
    lost = busy.conversions[6]
    busy.delete(lost)
    document, status = busy.found()
    found = {finding["kind"]: finding for finding in document["findings"]}
    assert ({kind: one["click_id"] for kind, one in found.items()}, document["apart"], status) == (
        {"missing": lost["clickid"], "unknown_click": "a" * 24}, [], 2,
    )  # fmt: skip
    assert found["unknown_click"]["message"] == f"RedTrack's click log has no click {'a' * 24}"
    # The other click left a conversion of a further dimension: it is RedTrack's.
    assert busy.looked_up == ["a" * 24]


def test_a_sale_through_a_link_whose_macro_nobody_filled(busy: Stage) -> None:
    busy.order("sale", product_id="411530", click_id="{clickid}")
    assert "{clickid} came as the click id" in busy.only("unknown_click")["message"]
    assert busy.looked_up == []


def test_many_unknown_clicks_are_no_connection_that_is_down(busy: Stage) -> None:
    for letter in "abcd":
        busy.order("sale", product_id="411530", click_id=letter * 24)
    document, _ = busy.found()
    assert [finding["kind"] for finding in document["findings"]] == ["unknown_click"] * 4
    assert document["stretches"] == []


def test_without_a_click_log_an_unknown_click_counts_as_missing(busy: Stage) -> None:
    busy.order("sale", product_id="411530", click_id="a" * 24)
    busy.control("faults", {"service": "redtrack", "effect": "html", "path": "^/tracks", "times": None})
    assert busy.findings() == ["missing"]
    assert "the click log cannot be read" in busy.reconcile().stderr
    assert "click log" not in busy.reconcile("--clicks", "0").stderr
