"""The proof of a whole account: offers that no simulation tells apart share the work, and a row of the matrix."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.trackform.rules.rows import ANSWERED, Edit, edited
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow import account, proof
from trackform.flow.account import Proof, prove_account
from trackform.flow.build import Flow
from trackform.rules.matrix import matrix_of

OFFER, CAMPAIGN = "guide: {countries: [DE]}", "fb: {channel: facebook, funnel: all}"
FUNNEL, CHANNEL = "all: {offers: {guide: 100}}", "  facebook: {preset: facebook}\n"
SALE = "forward: {facebook: Purchase}"
Proved = Callable[..., list[Proof]]


@pytest.fixture
def proved(tmp_path: Path) -> Proved:
    """The proofs of the account with some edits."""

    def prove(*edits: Edit) -> list[Proof]:
        # What is counted here is work, and none is done of what another test has asked for.
        account._cells.cache_clear()
        file = tmp_path / "acme.yaml"
        file.write_text(edited(*edits))
        return prove_account(Flow(compose(read_account(file))), ANSWERED.live)

    return prove


def offers(*entries: str) -> tuple[Edit, Edit]:
    """Further offers of the product, in the same funnel."""
    more = "".join(f"\n  more-{n}: {{product: guide{entry}}}" for n, entry in enumerate(entries, 1))
    members = ", ".join(["guide: 1", *(f"more-{n}: 1" for n in range(1, len(entries) + 1))])
    return (OFFER, OFFER + more), (FUNNEL, f"all: {{offers: {{{members}}}}}")


def test_offers_alike_share_one_proof_and_the_name_of_their_product(proved: Proved) -> None:
    (one,) = proved(*offers("", "", ""))
    assert (one.name, [sold.offer for sold in one.offers]) == ("guide", ["guide", "more-1", "more-2", "more-3"])


def test_offers_that_differ_are_named(proved: Proved) -> None:
    pending = ", default_conversion_status: pending"
    proofs = proved(*offers(pending, pending, "", "", ""))
    assert [one.name for one in proofs] == [
        "guide (offers guide, more-3, more-4 and 1 more)", "guide (offers more-1, more-2)",
    ]  # fmt: skip
    assert [one.name for one in proved(*offers(pending))] == ["guide (offer guide)", "guide (offer more-1)"]


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[Any]:
    """What a function of a module is called with from now on."""
    calls: list[Any] = []
    called = getattr(module, name)

    def noted(*given: Any) -> Any:
        calls.append(given)
        return called(*given)

    monkeypatch.setattr(module, name, noted)
    return calls


def test_the_work_does_not_grow_with_the_offers(proved: Proved, monkeypatch: pytest.MonkeyPatch) -> None:
    played = counted(monkeypatch, proof, "play")
    counts = []
    for count in (1, 40):
        played.clear()
        proved(*offers(*[""] * count))
        counts.append(len(played))
    assert counts[0] == counts[1] > 0


def test_channels_share_the_simulation_and_hear_only_of_their_own_offers(
    proved: Proved, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated = counted(monkeypatch, account, "proved")
    proofs = proved(
        (CHANNEL, CHANNEL + "  taboola: {preset: taboola}\n"), (SALE, "forward: {facebook: Purchase, taboola: Buy}"),
        (OFFER, f"{OFFER}\n  again: {{product: guide}}\n  idle: {{product: guide}}"),
        (FUNNEL, f"{FUNNEL}\n  more: {{offers: {{again: 1}}}}"),
        (CAMPAIGN, f"{CAMPAIGN}\n  tb: {{channel: taboola, funnel: more}}"),
    )  # fmt: skip
    assert len(simulated) == 1
    told = {
        one.name: [f"{event.channel} {event.event}" for event in one.cells[0].outcome.events] for one in proofs
    }  # fmt: skip
    assert told == {
        "guide (offer guide)": ["facebook Purchase"], "guide (offer again)": ["taboola Buy"], "guide (offer idle)": [],
    }  # fmt: skip
    assert {cell.verdict for one in proofs for cell in one.cells} == {"proved"}


def test_a_channel_is_judged_by_what_it_sells(proved: Proved) -> None:
    """Told of nothing, and told too much: of its own offers, whatever others are told."""
    taboola = (CHANNEL, CHANNEL + "  taboola: {preset: taboola}\n")
    buys = (CAMPAIGN, f"{CAMPAIGN}\n  tb: {{channel: taboola, funnel: more}}")
    more = (OFFER, f"{OFFER}\n  again: {{product: guide}}"), (FUNNEL, f"{FUNNEL}\n  more: {{offers: {{again: 1}}}}")
    one, other = proved(taboola, buys, *more)
    assert ([note.channel for note in one.cells[0].notes], [note.channel for note in other.cells[0].notes]) == (
        [], ["taboola"],
    )  # fmt: skip
    # Without `forward` both are told of an upsell as such, each of its own.
    refund = "refund: {slot: 3, duplicates: by_event_id, forward: none}"
    unasked = (refund, refund.replace(", forward: none", ""))
    for one, channel in zip(proved(taboola, buys, *more, unasked), ("facebook", "taboola"), strict=True):
        faults = [each for cell in one.cells for some in cell.violations.values() for each in some]
        assert {each.channel for each in faults} == {channel}


def test_what_is_unknown_on_its_way_leaves_an_offer_unproved(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(edited(*offers(", cap: 5")))
    rows = matrix_of("acme", compose(read_account(file)), ANSWERED)
    verdicts = {(row.product, row.verdict, row.because) for row in rows}
    reason = "offers.more-1 sets cap (5): what RedTrack does with conversions beyond it is not published"
    assert verdicts == {("guide", "cannot be proved", reason)}


def test_what_was_proved_is_played_again_only_where_something_decides_it_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = counted(monkeypatch, proof, "play")
    account._cells.cache_clear()
    file = tmp_path / "acme.yaml"

    def work(edits: list[Edit], known: dict[str, str]) -> int:
        file.write_text(edited(*edits))
        played.clear()
        prove_account(Flow(compose(read_account(file))), known)
        return len(played)

    known = dict(ANSWERED.live)
    assert work([], known) > 0
    assert work([], known) == 0
    assert work([(OFFER, OFFER + "\n  more-1: {product: guide}")], known) == 0
    assert work([("guarantee: 60d", "guarantee: 14d")], known) == 0, "clicks never expire"
    assert work([("  sales:\n", "  payments:\n"), ("id: 411000", "id: 411007")], known) == 0, "names decide nothing"
    assert work([("click_expiration: off", "click_expiration: 300"), ("guarantee: 60d", "guarantee: 14d")], known) > 0
    assert work([("billing: single", "billing: subscription")], known) > 0
    assert work([(SALE, "forward: none")], known) > 0
    assert work([], known | {"upsell_ids": "shared"}) > 0
    assert work([], known) == 0
