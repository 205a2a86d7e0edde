"""Conversion types: each finding, to the letter."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import (
    INSTALMENTS,
    KNOWN,
    RETURNS,
    SALES,
    Row,
    Told,
    edited,
    expected,
    findings,
    sales,
    seen,
    told_rebill,
)
from trackform.policy import Policy
from trackform.rules.conversion_types import written
from trackform.rules.history import Slots

UPSELL = "  upsell: {slot: 2, duplicates: by_event_id, forward: none}\n"
REFUND = "  refund: {slot: 3, duplicates: by_event_id, forward: none}\n"
ON, TYPES = "type: order_type", "conversion_types"
ORDER = "type={order_type}"
BILLING = "single", "subscription", "installment"


def types(*names: str, slot: int = 10, forward: str = "none") -> tuple[str, str]:
    """Further conversion types, from a slot on."""
    lines = [
        f"  {name}: {{slot: {at}, duplicates: by_event_id, forward: {forward}}}\n"
        for at, name in enumerate(names, slot)
    ]
    return "offer_sources:\n", "".join(lines) + "offer_sources:\n"


def status(*lines: str) -> tuple[str, str]:
    """A further dimension: the billing status."""
    more = ("events: [payment]", "type: billing_status", "sum: 0", 'event_id: "{transaction_id}-s"', *lines)
    return "products:\n  guide", "  status:\n" + "".join(f"    {line}\n" for line in more) + "products:\n  guide"


def before(source: str = "the last commit", **of: int) -> Slots:
    return Slots(of, source)


def slot(what: str, old: Slots, said: str, fix: str, on: str, *edits: tuple[str, str]) -> Row:
    where = f"{TYPES}.{on.rstrip(':')}.slot"
    return Row("slot-stable", what, edits, (Told(where, on, said, fix),), before=old)


NOTICES = "rebill_cancelled, payment_missed"
PAYING = ("paying", "completed", "aborted")
TRIAL = ("  upsell: {", "  trial: {")
"""The upsell's slot under another name: the postbacks' own complaint is switched off below."""
FULL = tuple(f"more_{n}" for n in range(5, 21))
QUIET = Policy(live=KNOWN, rules={"type-missing": "off",
               "booked": "off", "told": "off"})  # fmt: skip

ROWS = [
    Row("type-missing", "one is gone", ((UPSELL, ""),), (
        Told(TYPES, "conversion_types:", "{order_type} can send 'upsell', and no conversion type is called so",
             "write `upsell: {slot: 2, duplicates: by_event_id, forward: none}` under conversion_types", ORDER),)),
    Row("type-missing", "another case", (("  upsell: {", "  Upsell: {"),), (
        Told(f"{TYPES}.Upsell.title", "Upsell:",
             "{order_type} can send 'upsell', and no conversion type is called so",
             "write `title: upsell` under conversion_types.Upsell", ORDER),)),
    Row("type-missing", "a name that is something else", ((UPSELL, "  installment: {slot: 2, forward: none}\n"),), (
        Told(TYPES, "conversion_types:", "{order_type} can send 'upsell', and no conversion type is called so",
             "write `upsell: {slot: 5, duplicates: by_event_id, forward: none}` under conversion_types", ORDER),)),
    Row("type-missing", "what is sent is the title", (("  upsell: {slot", "  second: {title: Upsell, slot"),),
        (Told(f"{TYPES}.second.title", "second:", "{order_type} can send 'upsell', and no conversion type is called so",
              "write `title: upsell`", ORDER),)),
    Row("type-missing", "of what its events can send, no more", ((REFUND, ""),), (
        Told(TYPES, "conversion_types:",
             "{transaction_type} can send 'refund', and no conversion type is called so",
             part="type={transaction_type}"),)),
    Row("type-missing", "payments by transaction type", ((SALES, SALES.replace("order_type", "transaction_type")),),
        (Told(TYPES, "conversion_types:",
              "{transaction_type} can send 'payment', and no conversion type is called so",
              "write `payment: {slot: 5, duplicates: by_event_id, forward: {facebook: Purchase}}` under "
              "conversion_types", "type={transaction_type}"),)),
    Row("type-open", "a billing status", (status(), types(*PAYING)), (
        Told(f"{TYPES}.unpaid", "conversion_types:",
             "{billing_status} may also send unpaid and reminding: its values are not provably complete",
             part="type={billing_status}"),), "warning"),
    Row("type-open", "one of two is there", (status(), types(*PAYING, "unpaid")), (
        Told(f"{TYPES}.reminding", "conversion_types:",
             "{billing_status} may also send reminding: its values are not provably complete",
             part="type={billing_status}"),), "warning"),
    Row("type-open", "a notice", (("[refund, chargeback]", f"[refund, chargeback, {NOTICES}]"),), (
        Told("postbacks.returns.type", "type: transaction_type",
             "what {transaction_type} sends for payment_missed, rebill_cancelled is not known",
             "look into the conversion log which values come, and add conversion types of these names",
             "type={transaction_type}"),), "warning"),
    Row("forward-event", "a name that is none", (("forward: {facebook: Purchase}", "forward: {facebook: ' '}"),), (
        Told(f"{TYPES}.initial_sale.forward.facebook", "initial_sale: {slot: 1",
             "tells facebook an event without a name"),)),
    Row("type-name", "by case", (types("Upsell"),), (
        Told(f"{TYPES}.Upsell", "Upsell:", "'Upsell' and 'upsell' differ by case only"),)),
    Row("type-name", "by the case of a title", (types("REFUND", "ReFund"),), (
        Told(f"{TYPES}.REFUND", "REFUND:", "'REFUND' and 'refund' differ by case only"),
        Told(f"{TYPES}.ReFund", "ReFund:", "'ReFund' and 'refund' differ by case only"))),
    slot("it moves", before(upsell=17), "'upsell' moves to slot 2; the last commit has it in slot 17",
         "write `slot: 17`", "upsell:"),
    slot("another source says so", before("acme.ledger.yaml", upsell=20),
         "'upsell' moves to slot 2; acme.ledger.yaml has it in slot 20", "write `slot: 20`", "upsell:"),
    slot("it is found by its title", before(upsell=17), "'upsell' moves to slot 2; the last commit has it in slot 17",
         "write `slot: 17`", "second:", ("  upsell: {slot", "  second: {title: upsell, slot")),
    Row("slot-stable", "another takes it", (TRIAL,), (
        Told(f"{TYPES}.trial.slot", "trial:", "'trial' takes slot 2, which the last commit gives to 'upsell'",
             "slot: 5; if it is 'upsell' under another name, was: upsell"),), policy=QUIET, before=before(upsell=2)),
    Row("slot-stable", "a slot that was taken is not free", (TRIAL,), (
        Told(f"{TYPES}.trial.slot", "trial:", "'trial' takes slot 2, which the last commit gives to 'upsell'",
             "slot: 7; if it is 'upsell' under another name, was: upsell"),), policy=QUIET,
        before=before(upsell=2, gone=5, lost=6)),
    Row("slot-stable", "was: names yet another", (("  upsell: {", "  trial: {was: trail, "),), (
        Told(f"{TYPES}.trial.slot", "trial:", "'trial' takes slot 2, which the last commit gives to 'upsell'",
             "slot: 5; if it is 'upsell' under another name, was: upsell"),), policy=QUIET, before=before(upsell=2)),
    Row("slot-stable", "the last free one", (TRIAL, types(*FULL[:-1], slot=5)), (
        Told(f"{TYPES}.trial.slot", "trial:", "'trial' takes slot 2, which the last commit gives to 'upsell'",
             "slot: 20; if it is 'upsell' under another name, was: upsell"),), policy=QUIET, before=before(upsell=2)),
    Row("slot-stable", "all twenty are taken", (TRIAL, types(*FULL, slot=5)), (
        Told(f"{TYPES}.trial.slot", "trial:", "'trial' takes slot 2, which the last commit gives to 'upsell'",
             "no slot is free; if it is 'upsell' under another name, was: upsell"),), policy=QUIET,
        before=before(upsell=2)),
    Row("event-mode", "every conversion is new", (("upsell: {slot: 2, duplicates: by_event_id", ("upsell: {slot: 2, "
        "duplicates: create_new")),), (Told(f"{TYPES}.upsell.duplicates", "upsell:",
        "counts by 'create_new': a repeated delivery or a second payment miscounts"),)),
    Row("event-mode", "none", (("upsell: {slot: 2, duplicates: by_event_id, ", "upsell: {slot: 2, "),), (
        Told(f"{TYPES}.upsell.duplicates", "upsell:",
             "says no duplicate mode: a repeated delivery or a second payment miscounts"),)),
    Row("event-mode", "the first wins, and nothing recurs", (("upsell: {slot: 2, duplicates: by_event_id",
        "upsell: {slot: 2, duplicates: ignore"),), (Told(f"{TYPES}.upsell.duplicates", "upsell:",
        "counts by 'ignore': a repeated delivery or a second payment miscounts"),)),
    *(Row("recurring-mode", f"{mode}, of a {billing}", (("upsell: {slot: 2, duplicates: by_event_id",
          f"upsell: {{slot: 2, duplicates: {mode}"), ("billing: single", f"billing: {billing}")), (
          told_rebill("recurring-mode", *said),
          Told(f"{TYPES}.upsell.duplicates", "upsell:", f"'{mode}' loses rebills and instalments")))
      for mode in ("ignore", "edit") for billing, said in zip(BILLING[1:], ([], [INSTALMENTS]), strict=True)),
    Row("event-mode", "sums are added up though something recurs", (("upsell: {slot: 2, duplicates: by_event_id",
        "upsell: {slot: 2, duplicates: increment"), ("billing: single", "billing: subscription")), (
        told_rebill("event-mode"),
        Told(f"{TYPES}.upsell.duplicates", "upsell:",
             "counts by 'increment': a repeated delivery or a second payment miscounts"))),
    Row("forward-said", "a return", (("chargeback: {slot: 4, duplicates: by_event_id, forward: none}",
        "chargeback: {slot: 4, duplicates: by_event_id}"),), (
        Told(f"{TYPES}.chargeback", "chargeback:", "says no `forward`: channels are told 'chargeback'"),)),
    Row("forward-said", "a further dimension", (status("active: true"), types(*PAYING, "unpaid", "reminding"),
        ("paying: {slot: 10, duplicates: by_event_id, forward: none}", "paying: {slot: 10, duplicates: by_event_id}")),
        (Told(f"{TYPES}.paying", "paying:", "says no `forward`: channels are told 'paying'"),)),
    *(Row("forward-as-sale", f"a return, as {event}", (("chargeback: {slot: 4, duplicates: by_event_id, forward: none}",
          f"chargeback: {{slot: 4, duplicates: by_event_id, forward: {{facebook: {event}}}}}"),), (
          Told(f"{TYPES}.chargeback.forward.facebook", "chargeback:",
               f"tells facebook of 'chargeback' as {event}, as sales are told", "write `forward: none`"),))
      for event in ("Purchase", "PURCHASE")),
    Row("forward-as-sale", "as nothing but its name says", (("{facebook: Purchase}", "{facebook: Lead}"),
        ("chargeback: {slot: 4, duplicates: by_event_id, forward: none}",
         "chargeback: {slot: 4, duplicates: by_event_id, forward: {facebook: purchase}}")), (
        Told(f"{TYPES}.chargeback.forward.facebook", "chargeback:",
             "tells facebook of 'chargeback' as purchase, as sales are told"),)),
    Row("forward-as-sale", "to one of two channels", (("chargeback: {slot: 4, duplicates: by_event_id, forward: none}",
        "chargeback: {slot: 4, duplicates: by_event_id, forward: {facebook: Purchase, other: Back}}"),), (
        Told(f"{TYPES}.chargeback.forward.facebook", "chargeback:",
             "tells facebook of 'chargeback' as Purchase, as sales are told", "take out `facebook`"),)),
    Row("forward-as-sale", "a further dimension", (status("active: true"), types(*PAYING, "unpaid", "reminding"),
        ("paying: {slot: 10, duplicates: by_event_id, forward: none}",
         "paying: {slot: 10, duplicates: by_event_id, forward: {facebook: purchase}}")),
        (Told(f"{TYPES}.paying.forward.facebook", "paying:",
              "tells facebook of 'paying' as purchase, as sales are told"),)),
    Row("forward-channel", "a letter", (("{facebook: Purchase}", "{facebok: Purchase}"),), (
        Told(f"{TYPES}.initial_sale.forward", "initial_sale:", "there is no traffic channel 'facebok'",
             "take out `facebok`; and write `facebook: Purchase` under conversion_types.initial_sale.forward"),),
        "warning"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


@pytest.mark.parametrize(
    ("edits", "old"),
    [
        # As it was, or new in a slot that nobody had.
        ((), before(upsell=2, refund=3, initial_sale=1)),
        ((), before(gone=11)),
        # A name that is spelled right, in its own slot.
        ((), before(upsel=2)),
        # Nobody knows what was before.
        ((TRIAL,), None),
        # It says so itself.
        ((("  upsell: {", "  trial: {was: upsell, "),), before(upsell=2)),
        # A channel that another word of `forward` reaches is not meant by the misspelt one.
        ((("{facebook: Purchase}", "{facebook: Purchase, facebok: Lead}"),), None),
        ((("{facebook: Purchase}", "{facebook: Purchase, newsletter: Lead}"),), None),
        # The type of the first payment may be told by default.
        ((("forward: {facebook: Purchase}}", "role: Purchase}"),), None),
        # Whatever no connection sends may count as it likes, and be told as it likes.
        ((types("spare", forward="none"), ("spare: {slot: 10, duplicates: by_event_id, forward: none}",
                                           "spare: {slot: 10, duplicates: ignore}")), None),
        ((status(), types(*PAYING, "unpaid", "reminding")), None),
    ],
)  # fmt: skip
def test_nothing_is_said(tmp_path: Path, edits: tuple[tuple[str, str], ...], old: Slots | None) -> None:
    assert [str(one) for one in findings(tmp_path, edited(*edits), QUIET, old)] == []


@pytest.mark.parametrize(
    ("url", "name", "mark"),
    [
        ("https://h.test/p?a=1&b=2&b=3", "b", "b=2"),
        ("https://h.test/p?a=1&b", "b", "?a=1&b"),
        ("https://h.test/p?a=1&b=", "b", "b="),
        ("?a=1", "b", "?a=1"),
        ("https://h.test/p", "b", "https://h.test/p"),
    ],
)
def test_what_of_a_url_is_marked(url: str, name: str, mark: str) -> None:
    assert written(url, name) == mark


@pytest.mark.parametrize("sums", ["0", "0.0", ""])
def test_a_connection_that_books_nothing_is_no_first_payment(tmp_path: Path, sums: str) -> None:
    """Told by default are types of payments that book; a second event of one sale is none."""
    text = edited(
        sales("{amount_affiliate}", sums), ("forward: {facebook: Purchase}}", "role: Purchase}"), types("payment"),
        (RETURNS, RETURNS + "  more:\n    events: [payment]\n    type: transaction_type\n    sum: commission\n"
                            '    event_id: "{transaction_id}-m"\n'),
    )  # fmt: skip
    told = [one.problem.message for one in findings(tmp_path, text) if one.rule == "forward-said"]
    assert told == ["says no `forward`: channels are told 'initial_sale'"]
