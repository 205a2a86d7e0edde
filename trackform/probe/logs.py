"""Signs in the conversion log, beside what Digistore24 booked: which postback of which order event booked what."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from trackform.probe.answer import Sign
from trackform.probe.evidence import AccountEvidence
from trackform.probe.sales import PAYMENT, RETURNS, SIGNED, ArrivedConversion, Sales, is_constant, number
from trackform.reconcile.model import ZERO, Booking
from trackform.urls.promolink import keeps_cid

CHECKOUT = timedelta(hours=1)
"""How long after the first payment an upsell still counts as of the same checkout."""
TOGETHER = timedelta(minutes=1)
"""Between the postbacks of one order event: what comes later was not taken at first, and is delivered again."""
PLANS = frozenset({"subscription", "installment"})
SHORTEST_PLAN = timedelta(days=1)
"""Between two payments of one: what is paid again sooner was bought twice."""
BY_EVENT_ID = "by_event_id"
REPEATED = "new_repeated"
IGNORE = "ignore"
MERGING = ("edit", "increment")
"""Duplicate modes in which a row is no longer what came in."""
VOLATILE = ("random", "datetime_unix", "datetime_full", "datetime_utc")
"""Macros that differ from moment to moment."""
MOVES_MONEY = RETURNS | {PAYMENT}


def missing_sum(evidence: AccountEvidence) -> Iterator[Sign]:
    for arrival in evidence.sales.arrivals:
        if not arrival.connection.params.get("sum") and arrival.payout and not _is_merged(evidence.sales, arrival):
            yield from _books(arrival, {ZERO: "zero", arrival.payout: "offer_payout"})


def zero_sum(evidence: AccountEvidence) -> Iterator[Sign]:
    """A row of 0 proves a sum only where a postback without one books something else."""
    for arrival in evidence.sales.arrivals:
        sent = number(arrival.connection.params.get("sum", ""))
        if sent == 0 and arrival.payout and not _is_merged(evidence.sales, arrival):
            if arrival.amount == arrival.payout:
                yield Sign("missing", _day(arrival))
            elif arrival.amount == 0 and evidence.known.get("missing_sum") == "offer_payout":
                yield Sign("booked", _day(arrival))


def notice_amount(evidence: AccountEvidence) -> Iterator[Sign]:
    sales = evidence.sales
    for arrival in sales.arrivals:
        is_notice = bool(arrival.kind) and arrival.kind not in MOVES_MONEY
        only_notices = bool(arrival.connection.events) and not arrival.connection.events & MOVES_MONEY
        if not (is_notice or only_notices) or _is_merged(sales, arrival):
            continue
        if arrival.carries("amount_affiliate"):
            amount = number(arrival.macro("amount_affiliate") or "")
            yield Sign("empty" if amount is None else "zero" if amount == 0 else "payment", _day(arrival))
        elif arrival.connection.params.get("sum") == SIGNED and arrival.payout:
            paid = {abs(booking.amount) for booking in sales.bookings_of(arrival) if booking.amount}
            yield from _notice_booked(evidence, arrival, is_paid=arrival.amount in paid)


def _notice_booked(evidence: AccountEvidence, arrival: ArrivedConversion, *, is_paid: bool) -> Iterator[Sign]:
    if arrival.amount == arrival.payout:
        if not is_paid and evidence.known.get("zero_sum") == "booked":
            yield Sign("empty", _day(arrival))
    elif is_paid:
        yield Sign("payment", _day(arrival))
    elif arrival.amount == 0 and evidence.known.get("missing_sum") == "offer_payout":
        yield Sign("zero", _day(arrival))


def refund_amount(evidence: AccountEvidence) -> Iterator[Sign]:
    sales = evidence.sales
    for arrival in sales.arrivals:
        if not arrival.is_return or arrival.connection.params.get("sum") != SIGNED or _is_merged(sales, arrival):
            continue
        given_back = [abs(booking.amount) for booking in sales.bookings_of(arrival) if booking.kind in RETURNS]
        # A return that takes nothing back proves nothing, and neither does what a postback without a sum would book.
        stands_in = arrival.amount == arrival.payout and arrival.amount not in given_back
        if given_back and all(given_back) and not stands_in:
            sign = "negative" if arrival.amount < 0 else "positive" if arrival.amount else "zero"
            yield Sign(sign, _day(arrival))


def negative_sum(evidence: AccountEvidence) -> Iterator[Sign]:
    sales = evidence.sales
    for arrival in sales.arrivals:
        if arrival.amount < 0 and arrival.conversion.is_revenue:
            yield Sign("booked", _day(arrival))
    if evidence.known.get("refund_amount") not in (None, "negative"):
        return
    for bookings, arrivals in sales.each_order():
        for booking in bookings:
            if booking.kind in RETURNS and booking.amount and _is_missed(evidence, booking, arrivals):
                yield Sign("ignored", booking.at.date(), certain=False)


def _is_missed(evidence: AccountEvidence, booking: Booking, arrivals: Sequence[ArrivedConversion]) -> bool:
    """Whether a return's postback left no row although the order's payment came, and nothing else explains that."""
    sales = evidence.sales
    came = [arrival for arrival in arrivals if arrival.kind == PAYMENT]
    fired = [each for each in sales.declared_for(booking) if sales.sums(each.name) == SIGNED]
    if not came or not fired or not sales.is_settled(booking):
        return False
    if any(arrival.is_return for arrival in arrivals if arrival.connection.name in {each.name for each in fired}):
        return False
    told_apart = evidence.known.get("return_ids") == "own" or evidence.known.get("event_ids") == "within_type"
    tokens = {sales.token(arrival.connection.name) for arrival in came}
    # One event id for both may have dropped the return as a payment that came before.
    return told_apart or not any(
        sales.mode(each.type_of(booking)) in (BY_EVENT_ID, IGNORE, *MERGING)
        and (sales.token(each.name) in tokens and "{transaction_type}" not in sales.token(each.name))
        for each in fired
    )


def return_ids(evidence: AccountEvidence) -> Iterator[Sign]:
    sales = evidence.sales
    for arrival in sales.arrivals:
        carried = arrival.macro("transaction_id")
        if not arrival.is_return or not carried:
            continue
        kinds = {booking.kind for booking in sales.bookings_of(arrival) if booking.transaction_id == carried}
        if kinds & RETURNS:
            yield Sign("own", _day(arrival))
        elif PAYMENT in kinds:
            yield Sign("payments", _day(arrival))


def upsell_ids(evidence: AccountEvidence) -> Iterator[Sign]:
    for bookings, arrivals in evidence.sales.each_order():
        payments = [booking for booking in bookings if booking.kind == PAYMENT]
        if payments and payments[0].ordered != payments[0].at.date():
            # It was bought before what was read begins.
            continue
        checkout = [booking for booking in payments if booking.at - payments[0].at <= CHECKOUT]
        first = checkout[0].product_id if checkout else ""
        for arrival in arrivals:
            product, carried = arrival.macro("product_id"), arrival.macro("transaction_id")
            own = [booking.transaction_id for booking in checkout if booking.product_id == product]
            if arrival.kind != PAYMENT or not own or not carried or product in (None, first):
                continue
            if carried == own[0]:
                yield Sign("own", _day(arrival))
            elif carried in {booking.transaction_id for booking in checkout if booking.product_id != product}:
                yield Sign("shared", _day(arrival))


def rebill_type(evidence: AccountEvidence) -> Iterator[Sign]:
    for bookings, arrivals in evidence.sales.each_order():
        again = set(_paid_again(evidence.sales, bookings))
        for arrival in arrivals:
            if arrival.kind != PAYMENT or arrival.macro("transaction_id") not in again:
                continue
            by_type = arrival.connection.params.get("type") == "{order_type}"
            said = arrival.macro("order_type") or (arrival.sent_type if by_type else "")
            if said:
                yield Sign("rebill" if said == "rebill" else "as_bought", _day(arrival))


def _paid_again(sales: Sales, bookings: Sequence[Booking]) -> Iterator[str]:
    """Transactions of a plan that was paid before. A chargeback that was reversed comes in as a payment, too."""
    first: dict[tuple[str, str], Booking] = {}
    for booking in bookings:
        if booking.kind == "chargeback":
            return
        if booking.kind == PAYMENT and booking.billing_type in PLANS:
            item = booking.product_id, sales.positions.get(booking.transaction_id, "")
            before = first.setdefault(item, booking)
            if booking.at - before.at >= SHORTEST_PLAN:
                yield booking.transaction_id


def retries(evidence: AccountEvidence) -> Iterator[Sign]:
    """Deliveries of one payment by one connection: nothing but a repetition makes a second one."""
    same: dict[tuple[str, ...], list[ArrivedConversion]] = defaultdict(list)
    for arrival in evidence.sales.arrivals:
        carried = arrival.macro("transaction_id")
        product = arrival.macro("product_id") or ""
        bought = [booking for booking in evidence.sales.bookings_of(arrival) if booking.kind == PAYMENT]
        # Products of one checkout may share an id: a second delivery is told where nothing else can have it.
        is_alone = sum(booking.product_id == product or not product for booking in bought) == 1
        if carried and is_alone and arrival.kind == PAYMENT and arrival.connection.events == {PAYMENT}:
            same[arrival.connection.name, arrival.click, carried, product].append(arrival)
    for arrivals in same.values():
        for first, second in combinations(arrivals, 2):
            moments = [(first.macro(name), second.macro(name)) for name in VOLATILE if first.carries(name)]
            status = first.macro("billing_status"), second.macro("billing_status")
            if any(before != after for before, after in moments) or status[0] != status[1]:
                yield Sign("anew", _day(second))
            elif moments:
                yield Sign("same", _day(second))


def currency_macro(evidence: AccountEvidence) -> Iterator[Sign]:
    sales = evidence.sales
    for arrival in sales.arrivals:
        target = arrival.connection.currency
        paid = {sales.currencies.get(booking.transaction_id, "") for booking in sales.bookings_of(arrival)} - {""}
        by_url = arrival.connection.params.get("currency") == "{currency}"
        said = arrival.macro("currency") or (arrival.conversion.currency if by_url else "")
        if target and len(paid) == 1 and target not in paid and said in (target, *paid):
            yield Sign("converted" if said == target else "purchase", _day(arrival))


def repeated_parameter(evidence: AccountEvidence) -> Iterator[Sign]:
    for arrival in evidence.sales.arrivals:
        for name, values in arrival.connection.repeated.items():
            if not all(map(is_constant, values)) or values[0] == values[-1]:
                continue
            shown = {"type": arrival.sent_type, "rdtk_event_id": arrival.conversion.event_id}
            shown |= {f"sub{at}": text for at, text in arrival.conversion.subs.items()}
            if shown.get(name) in (values[0], values[-1]):
                yield Sign("first" if shown[name] == values[0] else "last", _day(arrival))


def duplicates(evidence: AccountEvidence) -> Iterator[Sign]:
    """A conversion of a type that its click had none of, after one of another type."""
    sales = evidence.sales
    of_click: dict[str, list[ArrivedConversion]] = defaultdict(list)
    for arrival in sales.arrivals:
        of_click[arrival.click].append(arrival)
    for arrivals in of_click.values():
        for at, arrival in enumerate(arrivals):
            earlier = {each.conversion.type for each in arrivals[:at]}
            if not earlier or arrival.conversion.type in earlier or not sales.is_whole(arrival):
                continue
            mode = sales.mode(arrival.conversion.type)
            if mode == REPEATED:
                is_repeated = bool(arrival.row.get("duplicate_status"))
                yield Sign("per_click" if is_repeated else "per_click_and_type", _day(arrival))
            elif mode == IGNORE:
                yield Sign("per_click_and_type", _day(arrival))


def event_ids(evidence: AccountEvidence) -> Iterator[Sign]:
    sales = evidence.sales
    for bookings, arrivals in sales.each_order():
        types: dict[tuple[str, str], set[str]] = defaultdict(set)
        for arrival in arrivals:
            token = arrival.conversion.event_id
            if token and sales.mode(arrival.conversion.type) == BY_EVENT_ID:
                types[arrival.click, token].add(arrival.conversion.type)
                if len(types[arrival.click, token]) > 1:
                    yield Sign("within_type", _day(arrival))
        for booking in bookings:
            if booking.click_id and sales.is_settled(booking) and _is_dropped(sales, booking, arrivals):
                yield Sign("across_types", booking.at.date(), certain=False)


def _is_dropped(sales: Sales, booking: Booking, arrivals: Sequence[ArrivedConversion]) -> bool:
    """Whether of two connections that send one event id under two types only one left a row."""
    of_it = [arrival for arrival in arrivals if arrival.macro("transaction_id") == booking.transaction_id]
    came = {arrival.connection.name for arrival in of_it}
    fired = [each for each in sales.declared_for(booking) if sales.mode(each.type_of(booking)) == BY_EVENT_ID]
    return any(
        sales.token(first.name) == sales.token(second.name)
        and "{transaction_id}" in sales.token(first.name)
        and first.type_of(booking) != second.type_of(booking)
        and (first.name in came) != (second.name in came)
        for first, second in combinations(fired, 2)
    )


def expiration_unit(evidence: AccountEvidence) -> Iterator[Sign]:
    """Payments of an order so long after its click that one unit has passed and the other has not."""
    sales = evidence.sales
    for bookings, arrivals in sales.each_order():
        if not arrivals or not arrivals[0].clicked or arrivals[0].expiration <= 0:
            continue
        lasts, clicked = arrivals[0].expiration, arrivals[0].clicked
        for booking in bookings:
            between = timedelta(hours=lasts) < booking.at - clicked < timedelta(days=lasts)
            if not between or booking.kind != PAYMENT or not sales.declared_for(booking):
                continue
            if any(arrival.conversion.at >= booking.at for arrival in arrivals):
                yield Sign("days", booking.at.date())
            elif sales.is_settled(booking):
                yield Sign("hours", booking.at.date(), certain=False)


def link_cid(evidence: AccountEvidence) -> Iterator[Sign]:
    sales = evidence.sales
    for arrival in sales.arrivals:
        if arrival.link and not keeps_cid(arrival.link):
            yield Sign("kept", _day(arrival))
    forms: dict[str, set[bool]] = defaultdict(set)
    for sold in evidence.flow.sold:
        forms[sold.product.id].add(sold.setup.keeps_cid)
    for booking in sales.bookings:
        if not booking.click_id and not booking.test and forms.get(booking.main_product_id) == {False}:
            yield Sign("lost", booking.at.date(), certain=False)


def order(evidence: AccountEvidence) -> Iterator[Sign]:
    """Which of two connections that one order event called booked first; ``declared``: as they stand in the file.

    Never certain: a postback may overtake another one, and the connections may have been entered in another order.
    """
    sales = evidence.sales
    places = {connection.name: place for place, connection in enumerate(sales.flow.connections)}
    called: dict[tuple[str, ...], dict[str, ArrivedConversion]] = defaultdict(dict)
    for arrival in sales.arrivals:
        carried = arrival.macro("transaction_id")
        if carried and arrival.kind and not _is_merged(sales, arrival):
            event = arrival.click, carried, arrival.kind, arrival.macro("product_id") or ""
            # Later ones of a connection are repetitions.
            called[event].setdefault(arrival.connection.name, arrival)
    for arrivals in called.values():
        for first, second in combinations(arrivals.values(), 2):
            if timedelta(0) < second.conversion.at - first.conversion.at < TOGETHER:
                is_declared = places[first.connection.name] < places[second.connection.name]
                yield Sign("declared" if is_declared else "reversed", _day(second), certain=False)


def _books(arrival: ArrivedConversion, values: dict[object, str]) -> Iterator[Sign]:
    if (value := values.get(arrival.amount)) is not None:
        yield Sign(value, _day(arrival))


def _is_merged(sales: Sales, arrival: ArrivedConversion) -> bool:
    return sales.mode(arrival.conversion.type) in MERGING


def _day(arrival: ArrivedConversion) -> date:
    return arrival.conversion.at.date()
