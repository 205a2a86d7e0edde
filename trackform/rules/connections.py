"""Rules on postback connections: each postback arrives, says what it is, and books its money exactly once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from trackform.flow.build import NO_TOKEN_SAID
from trackform.flow.orders import RETURNS
from trackform.flow.setup import Connection
from trackform.rules.conversion_types import place, type_macro, values_of_products, written
from trackform.rules.coverage import (
    PAYMENT_ID,
    RETURN_ID,
    booked_once,
    both,
    commission_of,
    covered,
    further,
    right_sum,
    total,
    would_overlap,
)
from trackform.rules.edits import FileEdit
from trackform.rules.fixes import joined, parameter, url_of, without_variable
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.sendable import sendable
from trackform.rules.sums import COMMISSION, NUMBER, books, may_book
from trackform.rules.vocabulary import MACRO, NOTICES, TYPE_VALUES
from trackform.urls import Url, parse, with_param
from trackform_core.text.counted import BY_HAND, first_few
from trackform_digistore24 import marker

RULES = RuleBook()
STATUSES = ("approved", "pending", "declined")
OF_TEMPLATE = "its template says it, and a template is no part of the account file"


def _breach(
    case: Case, connection: Connection, field: str, said: str, part: str = "", edits: tuple[FileEdit, ...] = (),
    by_hand: str = OF_TEMPLATE,
) -> Breach:  # fmt: skip
    """A breach in a connection's URL: at a field of its entry, in the parameter of that name or of another."""
    url = connection.url
    return Breach(place(case, connection, field), said, "", url, written(url, part or field), edits, by_hand)


@RULES.rule(
    "type-macro", "error", "A connection without exactly one type macro",
    why="RedTrack has one `type` per postback. Without it everything is a default conversion; two macros in it make "
    "a value that no conversion type has.",
    fix="&type={order_type}, or one of {transaction_type}, {billing_type}, {billing_status}", explains="money",
)  # fmt: skip
def one_type_macro(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        given = [value or "" for key, value in parse(connection.url).params if key == "type"]
        constant = len(given) == 1 and given[0] in case.flow.types
        if constant or (len(given) == 1 and type_macro(connection) in TYPE_VALUES):
            continue
        said = "has no type" if not given else "has several types" if len(given) > 1 else f"has the type '{given[0]}'"
        yield _breach(case, connection, "type", f"{said}, and needs one macro", "", _type_of(case, connection),
                      "nobody but you knows which of the four is meant")  # fmt: skip


def _type_of(case: Case, connection: Connection) -> tuple[FileEdit, ...]:
    """The macro that fits the order events, if the file has the conversion types that it sends."""
    macro = "order_type" if connection.events == {"payment"} else "transaction_type"
    meant = replace(connection, url=with_param(connection.url, "type", f"{{{macro}}}"))
    values = values_of_products(case, meant)
    if any(value not in case.flow.types for value in values):
        return ()
    typed = parameter(case, ("postbacks", connection.name), connection.url, "type", f"{{{macro}}}")
    return (*typed, *(sendable(case, values) or ())) if typed else ()


@RULES.rule(
    "type-in-status", "error", "A type macro that fills `status`",
    why="RedTrack's `status` takes approved, pending or declined. Anything else makes the conversion an error, in "
    "silence (seen in client code).",
    fix="put the macro into `type`, and leave `status` out", explains="money",
)  # fmt: skip
def type_in_status(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        status = connection.params.get("status")
        if status is not None and status not in STATUSES:
            yield _breach(case, connection, "type", f"status is '{status}'", "status",
                          parameter(case, ("postbacks", connection.name), connection.url, "status", None))  # fmt: skip


@RULES.rule(
    "sum-missing", "error", "A connection without a sum",
    why="What RedTrack books for a postback without `sum`, or with one that is no number, is not known: nothing, or "
    "the offer's payout.",
    fix="sum: commission, or sum: 0 for a further dimension", explains="money",
)  # fmt: skip
def sum_missing(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        raw = connection.params.get("sum", "")
        if not raw or (not MACRO.search(raw) and not NUMBER.fullmatch(raw)):
            yield _breach(case, connection, "sum", "its URL says no sum", "",
                          total(case, connection, right_sum(case, connection)))  # fmt: skip


@RULES.rule(
    "sum-amount", "error", "A sum that is not the affiliate's earnings",
    why="`{amount_affiliate}` is the commission. Gross, net and vendor amounts, or a fixed amount, are something else.",
    fix="sum: commission", explains="money",
)  # fmt: skip
def sum_amount(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        raw = connection.params.get("sum", "")
        other = bool(MACRO.search(raw)) and not COMMISSION.fullmatch(raw)
        taken_off = raw.startswith("-{") and "payment" in connection.events
        # Refunds are likelier to come with their sign.
        twice = raw == "-{amount_affiliate}" and case.policy.live.get("refund_amount") in (None, "negative")
        if other or taken_off or twice or (NUMBER.fullmatch(raw) and float(raw) != 0):
            said = f"books {raw}, not the commission"
            if taken_off and not other:
                said = f"books {raw} of payments too"
            elif twice:
                said = f"books {raw}, and the amount of a return has its minus already"
            right = right_sum(case, connection)
            # Amounts of returns keep the sign that they were given.
            right = "minus_commission" if right == "commission" and raw.startswith("-{") and not taken_off else right
            breach = _breach(case, connection, "sum", said, "", total(case, connection, right))
            yield replace(breach, fix="sum: 0, as others book it") if right == "0" else breach


@RULES.rule(
    "sum-abs", "error", "An amount without its sign on returns",
    why="A refund must lower the revenue. An `_abs` amount is never negative: what is given back is booked once "
    "more. On payments it makes no difference.",
    fix="sum: minus_commission on returns", explains="money",
)  # fmt: skip
def sum_abs(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        raw = connection.params.get("sum", "")
        if "_abs}" in raw and not raw.startswith("-") and any(event in connection.events for event in RETURNS):
            edits = total(case, connection, commission_of(connection))
            yield _breach(case, connection, "sum", f"{raw} has no sign", "", edits)


@RULES.rule(
    "sum-once", "error", "An order event that several connections book, or none",
    why="Every connection that covers a product fires for its payment. Exactly one may carry the commission; a further "
    "dimension carries `sum=0`, or the revenue is doubled.",
    fix="sum: 0 on all but one connection", explains="money",
)  # fmt: skip
def sum_once(case: Case) -> Iterator[Breach]:
    reported: set[tuple[str, ...]] = set()
    moving_money = {each.name for each in case.flow.connections if each.active and books(each)}
    for product in case.flow.product_ids:
        senders = [each for each in case.flow.covering(product) if each.name in moving_money]
        for event in ("payment", *RETURNS, *NOTICES) if len(senders) > 1 else ():
            booking = [each for each in senders if event in each.events]
            names = tuple(each.name for each in booking)
            if len(booking) > 1 and names not in reported:
                reported.add(names)
                last = booking[-1]
                message = f"{event} of product {product} is booked {len(booking)} times: by {', '.join(names)}"
                edits = booked_once(case, booking, event)
                yield Breach(place(case, last, "sum"), message, "", last.url, written(last.url, "sum"), edits,
                             "each of them books something that no other does")  # fmt: skip


@RULES.rule(
    "product-covered", "error", "A product whose payments no connection books",
    why="An upsell is a product of its own, and a connection is scoped by product: one that does not name it misses "
    "its sales.",
    fix="name the product under the connection's `products`, and its upsells under the product's `upsells`",
    explains="money",
)  # fmt: skip
def product_covered(case: Case) -> Iterator[Breach]:
    if not case.flow.connections:
        if case.flow.sold:
            message = "the file has no postback connection: what books its sales, if anything does, nobody can check"
            why = "what the account has by hand, and in which slots, only its web forms show"
            shared = "shared/digistore24.yaml"
            is_there = (Path(case.composition.account.document.file).parent / shared).is_file()
            taken = f", or take those of a shared file in: extends: [{shared}]" if is_there else ""
            yield Breach(("postbacks",), message, f"add postbacks{taken}", edits=both(case), by_hand=why)
        return
    yield from _uncovered(case, "payment")


@RULES.rule(
    "returns-booked", "error", "A product whose refunds or chargebacks no connection books",
    why="What is given back stays in the revenue.",
    fix="a connection with events: [refund, chargeback] that covers the product", explains="money",
)  # fmt: skip
def returns_booked(case: Case) -> Iterator[Breach]:
    if not case.flow.connections:
        return
    refunds, chargebacks = (list(_uncovered(case, event)) for event in RETURNS)
    both_kinds = {repr(each.edits) for each in refunds if each.edits} & {repr(each.edits) for each in chargebacks}
    for breach in refunds:
        common = repr(breach.edits) in both_kinds
        yield replace(breach, message=breach.message.replace("a refund", EITHER, 1)) if common else breach
    yield from (each for each in chargebacks if repr(each.edits) not in both_kinds)


EITHER = "a refund or a chargeback"


def _uncovered(case: Case, event: str) -> Iterator[Breach]:
    """One finding for each connection that would book such events, were it active or not 0, and one for the rest."""
    elsewhere = any(each.active and books(each) and event in each.events for each in case.flow.connections)
    missed: dict[tuple[Connection | None, Connection | None], list[str]] = {}
    for product in case.flow.product_ids:
        covering = [each for each in case.flow.covering(product) if event in each.events]
        if not any(each.active and may_book(each) for each in covering):
            asleep = next((each for each in covering if not each.active and may_book(each)), None)
            dry = None if elsewhere or asleep else next((each for each in covering if each.active), None)
            missed.setdefault((asleep, dry), []).append(product)
    for (asleep, dry), products in missed.items():
        more = f"; '{asleep.name}' is not active" if asleep else f"; '{dry.name}' has a sum of 0" if dry else ""
        edits = _awake(case, asleep) if asleep else _paid(case, dry) if dry else _widened(case, event, products)
        if (
            edits
            and case.policy.rules.get("offer-product") != "off"
            and all(each.path[0] == "products" for each in edits)
        ):
            # That a product is not declared has a rule of its own.
            continue
        these = f"{'product' if len(products) == 1 else 'products'} {first_few(products, BY_HAND)}"
        left_out = any("products" in (each.path[0], each.path[-1]) for each in edits)
        at = _said_at(case, products[0]) if left_out else ("postbacks",)
        yield Breach(at, f"no connection books a {event} of {these}{more}", edits=edits,
                     by_hand="which connection is to book it, nobody but you knows")  # fmt: skip


def _said_at(case: Case, product: str) -> tuple[str | int, ...]:
    """Where the file says that a product is sold: under its products, else by the offer."""
    named = next((name for name, entry in case.flow.file.products.items() if product in (entry.id, *entry.upsells)), "")
    sold = next((each.offer for each in case.flow.sold if each.product.id == product), "")
    return ("products", named) if named else ("offers", sold) if sold else ("postbacks",)


def _awake(case: Case, connection: Connection) -> tuple[FileEdit, ...]:
    path = ("postbacks", connection.name, "active")
    return () if would_overlap(case, connection) else (FileEdit(path, True),)


def _paid(case: Case, connection: Connection) -> tuple[FileEdit, ...]:
    return () if would_overlap(case, connection) else total(case, connection, commission_of(connection))


def _widened(case: Case, event: str, products: list[str]) -> tuple[FileEdit, ...]:
    """A connection that books such events made to cover more, or a new one."""
    booking = [each for each in case.flow.connections if each.active and books(each)]
    alike = RETURNS if event in RETURNS else (event,)
    fitting = [each for each in booking if event in each.events] or [
        each for each in booking if each.events & set(alike) and not each.events - set(RETURNS)
    ]
    return (
        covered(case, fitting[0], event, products)
        if fitting
        else further(case, "returns" if event in RETURNS else "sales")
    )


@RULES.rule(
    "event-id", "error", "A connection without an event id that tells payments apart",
    why="The mode by event id compares `rdtk_event_id`. Without it every repetition counts; an id that two payments "
    "of one order share makes RedTrack drop the second.",
    fix="make it of {transaction_id} and {product_id}, and of {transaction_type} where it is told of returns",
    explains="money",
)  # fmt: skip
def event_id(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        raw = connection.params.get("rdtk_event_id", "")
        if "{transaction_id}" in raw and "{random}" not in raw:
            continue
        said = f"its event id {raw} does not name one payment" if raw else "its URL has no event id"
        if "{random}" in raw:
            said = "{random} is new at every delivery: no repetition is noticed"
        yield _breach(case, connection, "event_id", said, "rdtk_event_id", _own_id(case, connection))


def _own_id(case: Case, connection: Connection) -> tuple[FileEdit, ...]:
    """An event id that names the payment and its product, the return, and the connection where another one books it."""
    booked = RETURN_ID if connection.events & set(RETURNS) else PAYMENT_ID
    meant = booked if books(connection) else f"{booked}-{connection.name}"
    return parameter(case, ("postbacks", connection.name), connection.url, "rdtk_event_id", meant)


@RULES.rule(
    "click-id", "error", "A postback that does not hand the click id back",
    why="RedTrack refuses a postback whose `clickid` it does not know. Digistore24 has the id that the promolink "
    "brought as `{cid}`.",
    fix="clickid={cid}, once; the macro comes from the offer source's clickid", explains="money",
)  # fmt: skip
def click_id(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        given = [value or "" for key, value in parse(connection.url).params if key == "clickid"]
        if given != ["{cid}"]:
            said = f"clickid is {', '.join(given)}" if given else "its URL has no clickid"
            source = case.flow.file.postbacks[connection.name].offer_source or next(iter(case.flow.sources), "")
            edits = parameter(case, ("postbacks", connection.name), connection.url, "clickid", "{cid}")
            if not edits and source:
                edits = (FileEdit(("offer_sources", source, "clickid"), "{cid}"),)
            yield _breach(case, connection, "offer_source", said, "clickid", edits)


@RULES.rule(
    "postback-address", "error", "A postback that goes elsewhere, or in the clear",
    why="A postback carries money and must reach this account: over https, to a tracking domain of the file, at "
    "/postback.",
    fix="https://<a domain of the file>/postback", explains="money",
)  # fmt: skip
def postback_address(case: Case) -> Iterator[Breach]:
    hosts = [domain.existing or domain.url or name for name, domain in case.flow.file.domains.items()]
    for connection in case.flow.connections:
        mended = joined(connection.url)
        url = parse(mended)
        path = place(case, connection, "domain")
        if mended != connection.url:
            at = next(at for at, (old, new) in enumerate(zip(connection.url, mended, strict=True)) if old != new)
            fix = "`?` before the first parameter, `&` before each further one"
            yield Breach(path, "its query is joined wrongly", fix, connection.url, connection.url[at:],
                         _address(case, connection, url), OF_TEMPLATE)  # fmt: skip
        if url.scheme.lower() != "https":
            part = f"{url.scheme}://" if url.scheme else connection.url
            yield Breach(
                path, "is not sent over https", "", connection.url, part,
                _address(case, connection, replace(url, scheme="https")) if url.scheme else (), OF_TEMPLATE,
            )  # fmt: skip
        elif url.host.lower() not in case.flow.hosts:
            edits = _address(case, connection, replace(url, host=hosts[0])) if hosts else ()
            said = f"{url.host} is no domain of the file ({', '.join(hosts)})"
            yield Breach(path, said, "", connection.url, url.host, edits, "the file has no tracking domain")
        elif url.path != "/postback":
            yield Breach(path, f"the path is {url.path or 'empty'}, not /postback", "", connection.url, url.path,
                         _address(case, connection, replace(url, path="/postback")), OF_TEMPLATE)  # fmt: skip


def _address(case: Case, connection: Connection, url: Url) -> tuple[FileEdit, ...]:
    of_variable = without_variable(case, ("postbacks", connection.name), "domain")
    return url_of(case, "postbacks", connection.name, str(url)) or of_variable


@RULES.rule(
    "token", "error", "A connection without the token that its offer source asks for",
    why="With postback protection on, RedTrack refuses every postback without the right `ptoken`.",
    fix="token: {secret: <the same as the offer source's postback_token>}", explains="money",
)  # fmt: skip
def token(case: Case) -> Iterator[Breach]:
    for source in dict.fromkeys(sold.source for sold in case.flow.sold if sold.setup.source.token == NO_TOKEN_SAID):
        yield Breach(
            ("offer_sources", source or "", "postback_protected"),
            "asks for a token and does not say which: without the right one every postback is refused",
            "postback_token: {secret: <the same as the connections' token>}", by_hand="nobody but you knows the token",
        )  # fmt: skip
    wanted = {sold.setup.source.token for sold in case.flow.sold} - {"", NO_TOKEN_SAID}
    for connection in case.flow.connections:
        if wanted and connection.token not in wanted:
            path = ("postbacks", connection.name, "token")
            names = sorted(each.removeprefix("secret ") for each in wanted)
            yield Breach(path, f"sends {connection.token or 'no token'}, and {', '.join(sorted(wanted))} is asked for",
                         edits=(FileEdit(path, {"secret": names[0]}),) if len(names) == 1 else (),
                         by_hand="nobody but you knows which offer source's clicks it books")  # fmt: skip


@RULES.rule(
    "marker", "error", "A second marker in a postback URL",
    why="The marker names the connection in RedTrack's log. With two of them nobody can tell which one RedTrack keeps: "
    "`verify` and `reconcile` put conversions down to another connection, or to none.",
    fix="its own marker, once",
)  # fmt: skip
def one_marker(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        url = parse(connection.url)
        marks = [at for at, (_, value) in enumerate(url.params) if (value or "").startswith(marker.PREFIX)]
        if len(marks) > 1:
            own = marker.parameter(connection.name)
            kept = next((at for at in marks if "=".join(map(str, url.params[at])) == own), marks[0])
            params = tuple(each for at, each in enumerate(url.params) if at == kept or at not in marks)
            other = next(url.params[at] for at in marks if at != kept)
            said = f"{other[0]}={other[1]}"
            edits = url_of(case, "postbacks", connection.name, str(replace(url, params=params)))
            yield Breach(place(case, connection, "url"), f"has {len(marks)} markers", "", connection.url, said, edits,
                         OF_TEMPLATE)  # fmt: skip


@RULES.rule(
    "error-email", "warning", "Nobody is told when a postback fails",
    why="Digistore24 mails the addresses of a connection when its postback is not answered. Nobody else notices.",
    fix="digistore24: {notify: ops@example.com}", by_hand="nobody but you knows who is to be told",
)  # fmt: skip
def error_email(case: Case) -> Iterator[Breach]:
    silent = [
        each.name for each in case.flow.connections if not case.flow.fields("postbacks", each.name).get("error_emails")
    ]
    common = [name for name in silent if case.flow.file.postbacks[name].notify is None]
    if common:
        verb = "has" if len(common) == 1 else "have"
        yield Breach(("digistore24",), f"{', '.join(common)} {verb} no address for error notifications")
    for name in silent:
        if name not in common:
            yield Breach(
                ("postbacks", name, "notify"), "has no address for error notifications", "notify: <an address>"
            )
