"""Which line of an account file makes a cell wrong: the one that, said otherwise, makes it right."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from trackform.flow.build import Flow, Sold
from trackform.flow.proof import Cell, ViolationKind, booking_violations
from trackform.flow.setup import CLICK_ID, Connection, Setup
from trackform.urls import without_param

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Remedy:
    """A change of what an offer, its offer source or a connection says.

    Attributes:
        place: where it is said, of an offer.
        mend: the set-up with this said otherwise.
        fix: the change, in words.
        value: what to write there; None where only a person knows.
        left_out: a parameter of a connection's URL, where that is the change.
    """

    place: Callable[[Flow, Sold], Place]
    mend: Callable[[Setup], Setup]
    fix: str
    value: str | None = None
    left_out: str = ""


def _of_the_offer(field: str) -> Callable[[Flow, Sold], Place]:
    return lambda _, sold: ("offers", sold.offer, field)


def _of_the_source(field: str) -> Callable[[Flow, Sold], Place]:
    return lambda _, sold: ("offer_sources", sold.source or "", field)


def _of_the_link(flow: Flow, sold: Sold) -> Place:
    entry = flow.file.offers[sold.offer]
    said = next((field for field in ("url", "variables", "template") if field in entry.model_fields_set), None)
    return ("offers", sold.offer, *([said] if said else []))


def _without_status(connection: Connection) -> Remedy:
    def mend(setup: Setup) -> Setup:
        url = without_param(connection.url, "status")
        changed = (replace(each, url=url) if each == connection else each for each in setup.connections)
        return replace(setup, connections=tuple(changed))

    return Remedy(lambda *_: ("postbacks", connection.name, "url"), mend, "leave `status` out", left_out="status")


def remedies_of(setup: Setup) -> list[Remedy]:
    """What can be said otherwise than this set-up has it, beside its connections and types."""
    source, currency = setup.source, next((each.currency for each in setup.connections if each.currency), "")
    currency = currency or setup.account_currency
    remedies = [
        Remedy(_of_the_link, lambda setup: replace(setup, cid=CLICK_ID), f"cid={CLICK_ID}, once and with nothing else"),
        Remedy(
            _of_the_offer("default_conversion_status"), lambda setup: replace(setup, default_status=""),
            "default_conversion_status: approved", "approved",
        ),
        Remedy(
            _of_the_source("click_expiration"), lambda setup: replace(setup, source=replace(source, expiration=0)),
            "click_expiration: off", "off",
        ),
        Remedy(
            _of_the_source("postback_token"), lambda setup: replace(setup, source=replace(source, token="")),
            "the token that the connections send; offer sources that share a connection share its token",
        ),
        Remedy(
            _of_the_source("currency"),
            lambda setup: replace(setup, source=replace(source, currency=currency)), f"currency: {currency}", currency,
        ),
        *(_without_status(each) for each in setup.connections if "status" in each.params),
    ]  # fmt: skip
    return [each for each in remedies if each.mend(setup) != setup]


def remedy_of(sold: Sold, cell: Cell, kind: ViolationKind) -> Remedy | None:
    """The remedy of a fault on the likeliest assumptions; None where the connections or types are to blame.

    Where no change alone will do, one that changes something.
    """
    setup = sold.setup
    remedies = remedies_of(setup) if kind == "booked" else []
    if not remedies:
        return None
    now = booking_violations(setup, cell)
    mended = [(each, booking_violations(each.mend(setup), cell)) for each in remedies]
    whole = next((each for each, left in mended if not left), None)
    return whole or next((each for each, left in mended if left != now), None)
