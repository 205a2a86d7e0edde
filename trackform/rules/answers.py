"""What is right whichever way the live service behaves: the edits that answer an open question."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from trackform.flow.assumptions import AXES
from trackform.flow.live_settings import IN_NO_ACCOUNT
from trackform.flow.orders import RETURNS
from trackform.flow.setup import Connection
from trackform.policy import POLICY
from trackform.rules.conversion_types import free_slots, new_type
from trackform.rules.coverage import returns_apart, right_sum, total
from trackform.rules.edits import FileEdit
from trackform.rules.event_ids import identified, unlike
from trackform.rules.fixes import has_url, parameter, source_of
from trackform.rules.registry import Case
from trackform.rules.sums import books
from trackform.urls import parse, with_param
from trackform.urls.macros import Raw, decode

REBILL = AXES["rebill_type"][1]
TRANSACTION, PRODUCT, KIND = "{transaction_id}", "{product_id}", "{transaction_type}"
CURRENCY = "{currency}"
CHANGE: dict[str, str] = {
    "missing_sum": "say a sum in every postback",
    "negative_sum": "nothing in the file can change this: look at the first refund in the conversion log, then say "
    f"it in {POLICY}, live: {{negative_sum: booked}}",
    "refund_amount": f"look at the first refund in the conversion log, then say it in {POLICY}, live: "
    "{refund_amount: negative}",
    "zero_sum": "payout: 0 for every offer, or look at a conversion of nothing in the conversion log, then say it in "
    f"{POLICY}, live: {{zero_sum: booked}}",
    "notice_amount": "sum: 0 for a connection of its own for events that move no money, or none for them",
    "return_ids": 'event_id: "{transaction_id}-{transaction_type}" keeps a return apart from its payment',
    "upsell_ids": 'event_id: "{transaction_id}-{product_id}"',
    "rebill_type": f"look at the first rebill in the conversion log, then say it in {POLICY}, live: "
    "{rebill_type: as_bought}",
    "retries": 'an event id of what stays the same: event_id: "{transaction_id}-{product_id}"',
    "currency_macro": "leave &currency={currency} out, and the offer source's currency the same as the connection's",
    "repeated_parameter": "say each parameter once",
    "expiration_unit": "click_expiration: off",
    "link_cid": "a link of the form https://www.digistore24.com/redir/PRODUCT/AFFILIATE?cid={clickid}",
    "duplicates": "duplicates: by_event_id",
    "event_ids": 'an event id of its own for every connection: event_id: "{transaction_id}-{billing_type}"',
    "order": 'an event id of its own for every connection: event_id: "{transaction_id}-{billing_type}"',
}

OF_ONE_PAYMENT = (
    "two returns of one payment nothing in a postback tells apart: look at them in the conversion log, then say it in "
    f"{POLICY}, live: {{return_ids: own}}"
)
GENERAL = ("return_ids", "missing_sum", "event_ids", "order")
"""Settings of which the other one of a pair has the better way out."""
SOONEST = [*(axis for axis in AXES if axis not in GENERAL), *GENERAL]

MOST_OFFERS = 5
"""Lines that a fix names one by one."""


def answered(case: Case, axis: str, connection: str, sources: Iterable[str | None] = ()) -> tuple[FileEdit, ...]:
    """The edits for a setting that concerns a connection; none where the file cannot answer it.

    ``sources``: the offer sources whose clicks it concerns.
    """
    if axis in EVENT_IDS:
        return tuple(EVENT_IDS[axis](case))
    if axis in OF_THE_FILE:
        return OF_THE_FILE[axis](case)
    sender = next((each for each in case.flow.connections if each.name == connection), None)
    if sender is not None and axis in OF_A_SENDER:
        return OF_A_SENDER[axis](case, sender)
    ending = [name for name in dict.fromkeys(sources) if name and axis == "expiration_unit"]
    return tuple(FileEdit(("offer_sources", name, "click_expiration"), "off") for name in ending)


def _with_a_rebill(case: Case) -> tuple[FileEdit, ...]:
    return new_type(case, REBILL, next(free_slots(case), None)) if REBILL not in case.flow.types else ()


def _with_a_sum(case: Case, sender: Connection) -> tuple[FileEdit, ...]:
    if sender.params.get("sum"):
        # Where 0 counts as no sum, a commission of 0 has none.
        return _without_payout(case)
    return total(case, sender, right_sum(case, sender))


def _with_its_sign(case: Case, sender: Connection) -> tuple[FileEdit, ...]:
    if sender.params.get("sum") != "{amount_affiliate}":
        return ()
    rest = sender.events - set(RETURNS)
    # One that is told of payments, too, cannot take the commission off.
    apart = returns_apart(case, sender) if rest == {"payment"} else ()
    return apart if rest else total(case, sender, "minus_commission")


def repeating(case: Case) -> Iterator[tuple[Connection, str, str]]:
    """Connections whose URL has a parameter twice with two values, with its name and the first of them."""
    for each in case.flow.connections:
        values: dict[str, list[str]] = {}
        for name, value in parse(each.url).params:
            values.setdefault(decode(name), []).append(value or "")
        yield from ((each, name, given[0]) for name, given in values.items() if name and len(set(given)) > 1)


def _each_once(case: Case) -> tuple[FileEdit, ...]:
    """The first value alone: on what is likely, that is right."""
    urls: dict[str, str] = {}
    for sender, name, first in repeating(case):
        if has_url(case, "postbacks", sender.name):
            urls[sender.name] = with_param(urls.get(sender.name, sender.url), name, Raw(first))
    return tuple(FileEdit(("postbacks", name, "url"), url) for name, url in urls.items())


def _without_currency(case: Case) -> tuple[FileEdit, ...]:
    """URLs without a currency, where RedTrack reads the amounts in the one that they are converted to."""
    edits: dict[FileEdit, None] = {}
    for sender in case.flow.connections:
        source = source_of(case, sender.name)
        read = case.flow.fields("offer_sources", source).get("currency") if source else None
        if CURRENCY in sender.params.get("currency", "") and sender.currency == (
            read or case.flow.file.account.currency
        ):
            edits |= dict.fromkeys(parameter(case, ("postbacks", sender.name), sender.url, "currency", None))
    return tuple(edits)


def _without_payout(case: Case) -> tuple[FileEdit, ...]:
    """Offers that are worth nothing themselves; one that says what it is worth means that."""
    offers = {sold.offer: case.flow.file.offers[sold.offer] for sold in case.flow.sold}
    unsaid = [name for name, entry in offers.items() if entry.payout is None and entry.existing is None]
    said = any(entry.payout for entry in offers.values())
    return (
        () if said or len(unsaid) > MOST_OFFERS else tuple(FileEdit(("offers", name, "payout"), 0) for name in unsaid)
    )


def _with_the_product(case: Case) -> Iterator[FileEdit]:
    """Event ids that tell the products of a checkout apart."""
    for each in case.flow.connections:
        raw = each.params.get("rdtk_event_id", "")
        if TRANSACTION in raw and PRODUCT not in raw and each.active and books(each):
            yield from identified(case, each, raw.replace(TRANSACTION, f"{TRANSACTION}-{PRODUCT}", 1))


def _apart(case: Case) -> Iterator[FileEdit]:
    """Event ids of which no two connections have one, nor a return and its payment."""
    seen: set[str] = set()
    for each in sorted(case.flow.connections, key=lambda sender: not (books(sender) and "payment" in sender.events)):
        raw = each.params.get("rdtk_event_id", "")
        if not raw or not each.active:
            continue
        both = "payment" in each.events and each.events & set(RETURNS) and KIND not in raw
        wanted = unlike(seen, f"{raw}-{KIND}" if both else raw, each)
        seen.add(wanted)
        if wanted != raw:
            yield from identified(case, each, wanted)


EVENT_IDS: Mapping[str, Callable[[Case], Iterator[FileEdit]]] = {
    "upsell_ids": _with_the_product, "return_ids": _apart, "event_ids": _apart, "order": _apart,
}  # fmt: skip
"""Settings that another event id answers."""
OF_THE_FILE: Mapping[str, Callable[[Case], tuple[FileEdit, ...]]] = {
    "rebill_type": _with_a_rebill, "zero_sum": _without_payout, "repeated_parameter": _each_once,
    "currency_macro": _without_currency,
}  # fmt: skip
OF_A_SENDER: Mapping[str, Callable[[Case, Connection], tuple[FileEdit, ...]]] = {
    "missing_sum": _with_a_sum, "refund_amount": _with_its_sign,
}  # fmt: skip
"""Settings that something else of the file answers, or of the connection that they concern."""


def or_seen(axis: str, change: str) -> str:
    """What to do in place of the edits that answer a setting."""
    seen = f"look at the conversion log, then say it in {POLICY}, live: {{{axis}: {AXES[axis][0]}}}"
    return f"or {change if axis in ('rebill_type', 'refund_amount') else seen}"


def with_probe(axis: str, fix: str) -> str:
    """The fix, with the verb that looks and writes for people, where it can."""
    if POLICY not in fix or axis in IN_NO_ACCOUNT:
        return fix
    return f"{fix}; `trackform probe --all --save` does both where an account shows it"
