"""Rules on postback connections: each postback arrives, says what it is, and books its money exactly once."""

import re
from collections.abc import Iterator

from trackform.flow.build import NO_TOKEN_SAID, all_products
from trackform.flow.setup import Connection
from trackform.rules.conversion_types import place, type_macro, written
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.vocabulary import MACRO, NOTICES, TYPE_VALUES, WRONG_AMOUNTS
from trackform.urls import parse

RULES = RuleBook()
RETURNS = ("refund", "chargeback")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
STATUSES = ("approved", "pending", "declined")


def books(connection: Connection) -> bool:
    """Whether its sum moves money."""
    raw = connection.params.get("sum", "")
    return bool(MACRO.search(raw)) or (bool(NUMBER.fullmatch(raw)) and float(raw) != 0)


def may_book(connection: Connection) -> bool:
    """Whether it is meant to book: everything but a plain 0. What is no sum has a rule of its own."""
    return books(connection) or not NUMBER.fullmatch(connection.params.get("sum", ""))


def _breach(case: Case, connection: Connection, field: str, said: str, part: str = "") -> Breach:
    """A breach in a connection's URL: at a field of its entry, in the parameter of that name or of another."""
    return Breach(place(case, connection, field), said, "", connection.url, written(connection.url, part or field))


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
        yield _breach(case, connection, "type", f"{said}, and needs one macro")


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
            yield _breach(case, connection, "type", f"status is '{status}'", "status")


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
            yield _breach(case, connection, "sum", "its URL says no sum")


@RULES.rule(
    "sum-amount", "error", "A sum that is not the affiliate's earnings",
    why="`{amount_affiliate}` is the commission. Gross, net and vendor amounts, or a fixed amount, are something else.",
    fix="sum: commission", explains="money",
)  # fmt: skip
def sum_amount(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        raw = connection.params.get("sum", "")
        used = MACRO.findall(raw)
        if any(macro in WRONG_AMOUNTS for macro in used) or (NUMBER.fullmatch(raw) and float(raw) != 0):
            yield _breach(case, connection, "sum", f"books {raw}, not the commission")


@RULES.rule(
    "sum-abs", "error", "An amount without its sign on returns",
    why="A refund must lower the revenue. An `_abs` amount is never negative: what is given back is booked once "
    "more. On payments it makes no difference.",
    fix="sum: commission, which arrives negative on returns", explains="money",
)  # fmt: skip
def sum_abs(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        raw = connection.params.get("sum", "")
        if "_abs}" in raw and not raw.startswith("-") and any(event in connection.events for event in RETURNS):
            yield _breach(case, connection, "sum", f"{raw} has no sign")


@RULES.rule(
    "sum-once", "error", "An order event that several connections book, or none",
    why="Every connection that covers a product fires for its payment. Exactly one may carry the commission; a further "
    "dimension carries `sum=0`, or the revenue is doubled.",
    fix="sum: 0 on all but one connection", explains="money",
)  # fmt: skip
def sum_once(case: Case) -> Iterator[Breach]:
    reported: set[tuple[str, ...]] = set()
    for product in all_products(case.flow):
        for event in ("payment", *RETURNS, *NOTICES):
            senders = [
                each for each in case.flow.connections if each.active and event in each.events and each.covers(product)
            ]
            booking = [each for each in senders if books(each)]
            names = tuple(each.name for each in booking)
            if len(booking) > 1 and names not in reported:
                reported.add(names)
                last = booking[-1]
                message = f"{event} of product {product} is booked {len(booking)} times: by {', '.join(names)}"
                yield Breach(place(case, last, "sum"), message, "", last.url, written(last.url, "sum"))


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
            yield Breach(("postbacks",), "there is no postback connection: nothing is booked", "add postbacks")
        return
    yield from _uncovered(case, "payment")


@RULES.rule(
    "returns-booked", "error", "A product whose refunds or chargebacks no connection books",
    why="What is given back stays in the revenue.",
    fix="a connection with events: [refund, chargeback] that covers the product", explains="money",
)  # fmt: skip
def returns_booked(case: Case) -> Iterator[Breach]:
    if case.flow.connections:
        for event in RETURNS:
            yield from _uncovered(case, event)


def _uncovered(case: Case, event: str) -> Iterator[Breach]:
    missed = []
    for product in all_products(case.flow):
        covering = [each for each in case.flow.connections if event in each.events and each.covers(product)]
        if not any(each.active and may_book(each) for each in covering):
            missed.append((product, covering))
    if not missed:
        return
    products = ", ".join(product for product, _ in missed)
    asleep = [each for each in missed[0][1] if not each.active]
    fitting = asleep or [each for each in case.flow.connections if event in each.events] or list(case.flow.connections)
    field = "active" if asleep else "products" if event in fitting[0].events else "events"
    more = f"; '{asleep[0].name}' is not active" if asleep else ""
    path = ("postbacks", fitting[0].name, field)
    yield Breach(
        path, f"no connection books a {event} of {'product' if len(missed) == 1 else 'products'} {products}{more}"
    )


@RULES.rule(
    "event-id", "error", "A connection without an event id that tells payments apart",
    why="The mode by event id compares `rdtk_event_id`. Without it every repetition counts; an id that two payments "
    "of one order share makes RedTrack drop the second.",
    fix="leave event_id out, which is {transaction_id}, or make it of {transaction_id} and more", explains="money",
)  # fmt: skip
def event_id(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        raw = connection.params.get("rdtk_event_id", "")
        if "{transaction_id}" in raw and "{random}" not in raw:
            continue
        said = f"its event id {raw} does not name one payment" if raw else "its URL has no event id"
        if "{random}" in raw:
            said = "{random} is new at every delivery: no repetition is noticed"
        yield Breach(
            place(case, connection, "event_id"), said, "", connection.url, written(connection.url, "rdtk_event_id")
        )


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
            yield Breach(
                place(case, connection, "offer_source"), said, "", connection.url, written(connection.url, "clickid")
            )


@RULES.rule(
    "postback-address", "error", "A postback that goes elsewhere, or in the clear",
    why="A postback carries money and must reach this account: over https, to a tracking domain of the file, at "
    "/postback.",
    fix="https://<a domain of the file>/postback", explains="money",
)  # fmt: skip
def postback_address(case: Case) -> Iterator[Breach]:
    hosts = [domain.existing or domain.url or name for name, domain in case.flow.file.domains.items()]
    for connection in case.flow.connections:
        url = parse(connection.url)
        path = place(case, connection, "domain")
        if url.scheme.lower() != "https":
            yield Breach(
                path, "is not sent over https", "", connection.url, f"{url.scheme}://" if url.scheme else connection.url
            )
        elif url.host.lower() not in {host.lower() for host in hosts}:
            yield Breach(
                path, f"{url.host} is no domain of the file ({', '.join(hosts)})", "", connection.url, url.host
            )
        elif url.path != "/postback":
            yield Breach(path, f"the path is {url.path or 'empty'}, not /postback", "", connection.url, url.path)


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
            "postback_token: {secret: <the same as the connections' token>}",
        )
    wanted = {sold.setup.source.token for sold in case.flow.sold} - {"", NO_TOKEN_SAID}
    for connection in case.flow.connections:
        if wanted and connection.token not in wanted:
            yield Breach(
                ("postbacks", connection.name, "token"),
                f"sends {connection.token or 'no token'}, and {', '.join(wanted)} is asked for",
            )


@RULES.rule(
    "error-email", "warning", "Nobody is told when a postback fails",
    why="Digistore24 mails the addresses of a connection when its postback is not answered. Nobody else notices.",
    fix="digistore24: {notify: ops@example.com}",
)  # fmt: skip
def error_email(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        if not case.flow.fields("postbacks", connection.name).get("error_emails"):
            yield Breach(("postbacks", connection.name), "has no address for error notifications")
