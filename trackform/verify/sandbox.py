"""Plays every sequence on a sandbox, through real clicks and real postbacks, and compares with the flow matrix."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx

from trackform.flow.assumptions import AXES, Assumptions
from trackform.flow.build import Flow, Sold
from trackform.flow.likeness import alike, shape
from trackform.flow.macros import BILLING_TYPES
from trackform.flow.orders import SequenceStep
from trackform.flow.proof import settings_that_matter
from trackform.flow.sequences import Sequence, sequences_of
from trackform.flow.setup import CENT, CLICK_ID, MACRO, USUAL_RATES, Connection, Setup, SoldProduct, cents
from trackform.flow.simulate import Simulation, play
from trackform.urls.promolink import linked_product, promolink_credit
from trackform.verify.hands import BRIDGE_KEY, digistore24_account
from trackform.verify.log import APPROVED, status_of
from trackform.verify.order_events import PlayedOrder
from trackform_core.errors import TrackformError
from trackform_digistore24.marker import PREFIX, SUB, marker

SWITCHES = tuple(name for name in AXES if name != "order")
MOST_CLICKS = 60
"""Clicks until a split funnel has shown an offer of the product wanted."""
PRICE = {"price": "47.00", "currency": "USD", "commission_percent": "50"}
"""Of a product that the sandbox's marketplace does not have."""
BILLING_NAMES = {billing_type: name for name, billing_type in BILLING_TYPES.items()}
ALL_DAYS = {"date_from": "2000-01-01", "date_to": "2999-12-31"}
PER_PAGE = 10_000


@dataclass(frozen=True)
class Verified:
    """One cell: what was simulated, what the sandbox booked, and what is wrong (nothing: green).

    Attributes:
        unproven: the sandbox does as the matrix says, and the money is wrong on this setting while it is right on the
            likeliest one: what `validate` says cannot be proved.
    """

    product: str
    sequence: str
    settings: str
    expected: Decimal
    booked: Decimal
    reason: str
    unproven: bool = False

    @property
    def green(self) -> bool:
        return not self.reason

    @property
    def red(self) -> bool:
        return bool(self.reason) and not self.unproven


class SandboxAccount:
    """The account of a stack in a sandbox, as its customers and its clicks meet it."""

    def __init__(self, flow: Flow, http: httpx.Client, redtrack_key: str, digistore24_key: str) -> None:
        self.flow = flow
        self._http = http
        self._redtrack = {"api_key": redtrack_key}
        self._digistore24_key = digistore24_key
        self._market = {row["id"]: row for row in self._answer(http.get("_control/products"))}
        self._campaigns: list[Mapping[str, Any]] = self._rows("redtrack/campaigns")
        self._connections = self._in_order()

    def _in_order(self) -> tuple[Connection, ...]:
        """The file's connections in the order in which the sandbox calls the live ones."""
        signed = BRIDGE_KEY | {"x-account": digistore24_account(self._http, self._digistore24_key)}
        answer = self._answer(self._http.get("bridge/postback-connections", headers=signed))
        live = [marker(row["url"]) for row in (answer["items"] if isinstance(answer, dict) else answer) or []]
        return tuple(
            sorted(self.flow.connections, key=lambda each: live.index(each.name) if each.name in live else len(live))
        )

    def settings(self, known: Mapping[str, str] | None = None) -> Assumptions:
        """The switches as they are, but for what is ``known`` of the live services."""
        switches = self._answer(self._http.get("_control/switches"))
        return Assumptions(**{name: switches[name] for name in SWITCHES} | switchable(known or {}))

    @contextmanager
    def restored(self) -> Iterator[None]:
        """RedTrack's account in the file's currency for a while; this and the switches as they were, whatever happens.

        No API tells or sets the account's currency: a sandbox starts in its own.
        """
        before = self._answer(self._http.get("_control/switches"))
        currency = self._currency()
        try:
            if wanted := self.flow.file.account.currency:
                self._currency(wanted)
            yield
        finally:
            self._currency(currency)
            self._answer(self._http.patch("_control/switches", json={name: before[name] for name in SWITCHES}))

    def _currency(self, wanted: str = "") -> str:
        """The currency of the RedTrack account, changed where one is named."""
        body = {"kind": "account", "id": "redtrack", "key": self._redtrack["api_key"]}
        changed = {"set": {"currency": wanted}} if wanted else {}
        return str(self._answer(self._http.post("_control/webapp", json=body | changed))["currency"])

    def switch(self, assumptions: Assumptions) -> None:
        self._answer(
            self._http.patch("_control/switches", json={name: getattr(assumptions, name) for name in SWITCHES})
        )

    def every_setting(self, known: Mapping[str, str]) -> list[Assumptions]:
        """All settings that can matter to this file, the likeliest first; ``known`` ones are taken as given.

        The order of delivery is the sandbox's own.
        """
        given = {"order": AXES["order"][0], **switchable(known)}
        tried = (settings_that_matter(*self._staged(sold), given) for sold in played(self.flow).values())
        return list(dict.fromkeys([Assumptions(**given), *(setting for some in tried for setting in some)]))  # type: ignore[arg-type]

    def verify(self, assumptions: Assumptions, likeliest: Assumptions | None = None) -> Iterator[Verified]:
        """Play every sequence of every product, on the switches as they are.

        With the ``likeliest`` setting only those sequences for which the difference can matter; one of which nothing
        but the money is wrong is `unproven` then, if it is right on that one.
        """
        said = assumptions.said(SWITCHES)
        for name, sold in played(self.flow).items():
            setup, product = self._staged(sold)
            for sequence in sequences_of(product):
                simulated = play(setup, product, sequence.steps, assumptions)
                others = assumptions.unlike(likeliest) if likeliest else ()
                if any(axis not in simulated.consulted for axis, _ in others):
                    continue
                try:
                    rows = self._play(sold, sequence)
                except TrackformError as refused:
                    yield Verified(name, sequence.name, said, simulated.earned, Decimal(0), str(refused))
                    continue
                counted = (Decimal(str(row["payout"] or 0)) for row in rows if status_of(row) == APPROVED)
                booked = sum(counted, Decimal(0)).quantize(CENT)
                reason = difference(simulated, rows)
                unproven = False
                if not reason and simulated.booked != simulated.earned:
                    reason = f"as the matrix says: {simulated.booked:z.2f} is booked, {simulated.earned:z.2f} is earned"
                    best = play(setup, product, sequence.steps, likeliest) if likeliest else simulated
                    unproven = best.booked == best.earned
                yield Verified(name, sequence.name, said, simulated.earned, booked, reason, unproven)

    def _staged(self, sold: Sold) -> tuple[Setup, SoldProduct]:
        """The set-up and the product as the sandbox has them: it knows the usual rates and no other."""
        payout = Decimal(str(self.flow.file.offers[sold.offer].payout or 0))
        setup = replace(sold.setup, connections=self._connections, rates=USUAL_RATES, offer_payout=payout)
        product = self._as_sold(sold)
        return setup, replace(product, upsells=alike(setup, product))

    def _as_sold(self, sold: Sold) -> SoldProduct:
        """A product with the marketplace's price; one that it does not have is put there as the file says."""
        upsells = tuple(self._priced(upsell, declared=self._is_declared(upsell.id)) for upsell in sold.product.upsells)
        return replace(self._priced(sold.product, declared=self._is_declared(sold.product.id)), upsells=upsells)

    def _is_declared(self, product: str) -> bool:
        return any(each.id == product for each in self.flow.file.products.values())

    def _priced(self, product: SoldProduct, *, declared: bool) -> SoldProduct:
        if product.id not in self._market:
            row: dict[str, Any] = {
                "id": product.id,
                "name": product.id,
                "billing_type": BILLING_TYPES[product.billing],
                **PRICE,
            }
            row |= {"instalments": 3} if product.billing == "installment" else {}
            self._market[product.id] = self._answer(self._http.post("_control/products", json=row))
        row = self._market[product.id]
        gross = Decimal(row["price"])
        net = cents(gross * 100 / (100 + Decimal(row["vat_percent"])))
        commission = cents(net * Decimal(row["commission_percent"]) / 100)
        # How an upsell is paid the file need not say; the marketplace knows.
        billing = product.billing if declared else BILLING_NAMES[row["billing_type"]]
        return replace(
            product, billing=billing, gross=gross, net=net, commission=commission, currency=row["currency"], upsells=()
        )

    def _play(self, sold: Sold, sequence: Sequence) -> list[Mapping[str, Any]]:
        redirect = self._click(sold)
        click_id = str(httpx.URL(redirect).params.get("cid", ""))
        order, day = PlayedOrder(redirect), 0
        for step in sequence.steps:
            if sold.setup.source.expiration:
                day = self._wait_until(step, day)
            body = order.body(step) | {"key": self._digistore24_key}
            order.note(step, self._answer(self._http.post("_control/orders", json=body)))
        params: dict[str, Any] = {**self._redtrack, **ALL_DAYS, "clickid": click_id or "none", "per": PER_PAGE}
        answer = self._answer(self._http.get("redtrack/conversions", params=params))
        return list(answer["items"] or [])

    def _wait_until(self, step: SequenceStep, day: int) -> int:
        """Only where clicks expire: the sandbox's clock never goes back."""
        hours = (step.day - day) * 24 - (1 if day == 0 and step.day else 0)
        if hours > 0:
            self._answer(self._http.post("_control/clock", json={"advance_seconds": hours * 3600}))
        return max(day, step.day)

    def _click(self, sold: Sold) -> str:
        """Follow tracking links until one leads to the product.

        Raises:
            TrackformError: none does.
        """
        titles = campaigns_for(self.flow, sold)
        campaigns = [row for row in self._campaigns if row["title"] in titles]
        if not campaigns:
            raise TrackformError(
                f"no running campaign sends clicks to {sold.name}" if not titles
                else f"the sandbox has no campaign {', '.join(sorted(titles))}: apply the stack first"
            )  # fmt: skip
        seen = ""
        for _ in range(MOST_CLICKS):
            for row in campaigns:
                answer = self._http.get(f"t/{row['id']}")
                seen = answer.headers.get("location", "") or f"{answer.status_code} {answer.text[:80]}"
                if self._leads_to(sold, seen):
                    return str(seen)
        raise TrackformError(f"the tracking link does not lead to product {sold.product.id}, but to {seen}")

    def _leads_to(self, sold: Sold, location: str) -> bool:
        """Whether a click went to this offer, where others sell the product, too."""
        link = self.flow.offers.get(sold.offer, "")
        filled = "[0-9a-f]+".join(map(_pattern, link.split(CLICK_ID)))
        rivals = [other for other in self.flow.sold if other.product.id == sold.product.id]
        return bool(re.fullmatch(filled, location)) if len(rivals) > 1 else _sells(location, sold.product.id)

    def _rows(self, path: str) -> list[Mapping[str, Any]]:
        listed: list[Mapping[str, Any]] = []
        page = 1
        while True:
            answer = self._answer(self._http.get(path, params={**self._redtrack, "page": page, "per": 100}))
            rows = (answer["items"] if isinstance(answer, dict) else answer) or []
            if not rows or rows[-1]["id"] in {row["id"] for row in listed}:
                return listed
            listed += rows
            page += 1

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_error:
            try:
                said = response.json().get("error", "")
            except ValueError:
                said = response.text[:120]
            raise TrackformError(f"the sandbox refused: {said}")
        return response.json() if response.content else None


def _sells(link: str, product: str) -> bool:
    """Whether a link sells a product; one that only credits an affiliate does not tell."""
    credited = promolink_credit(link)
    return linked_product(link) == product or (credited is not None and not credited.product)


def campaigns_for(flow: Flow, sold: Sold) -> set[str]:
    """Titles of the running campaigns that send clicks to an offer."""
    campaigns = {lead.campaign for lead in flow.traffic.leads(sold.offer)}
    return {flow.file.campaigns[name].title or name for name in campaigns}


def played(flow: Flow) -> dict[str, Sold]:
    """One offer of each sort that a simulation tells apart, by a name; one that gets clicks, where a sort has some.

    A product that nobody sends clicks to is there all the same: that it cannot be played is worth a word.
    """
    clicked = {sold.product.id for sold in flow.sold if flow.traffic.funnels.get(sold.offer)}
    sorts: dict[tuple[object, ...], Sold] = {}
    for sold in flow.sold:
        if flow.traffic.funnels.get(sold.offer) or sold.product.id not in clicked:
            sorts.setdefault((sold.product.id, shape(sold.setup, sold.product)), sold)
    several = Counter(product for product, _ in sorts)
    return {
        sold.name if several[sold.product.id] == 1 else f"{sold.name} (offer {sold.offer})": sold
        for sold in sorts.values()
    }


def _pattern(link: str) -> str:
    """What a part of a link becomes: each macro anything within its parameter."""
    return "[^&#]*".join(map(re.escape, MACRO.split(link)[::2]))


def difference(simulated: Simulation, rows: list[Mapping[str, Any]]) -> str:
    """What the sandbox booked otherwise than simulated: type, amount, status or connection; empty where nothing."""
    ours = Counter(
        (conversion.type, f"{conversion.payout + 0:z.2f}", conversion.status, conversion.connection)
        for conversion in simulated.rows
    )
    theirs = Counter((str(row["type"]), f"{row['payout'] or 0:z.2f}", status_of(row), _connection(row)) for row in rows)
    missing = [_named(*each) for each in (ours - theirs).elements()]
    extra = [_named(*each) for each in (theirs - ours).elements()]
    said = [f"not booked: {', '.join(missing)}"] if missing else []
    said += [f"not in the matrix: {', '.join(extra)}"] if extra else []
    return "; ".join(said)


def _named(kind: str, payout: str, status: str, who: str) -> str:
    return f"{kind} {payout} by {who or 'nobody'}" + (f" ({status})" if status != APPROVED else "")


def switchable(known: Mapping[str, str]) -> dict[str, str]:
    """What a policy says is known of the live services, as far as a sandbox has a switch for it."""
    return {name: value for name, value in known.items() if name in SWITCHES}


def _connection(row: Mapping[str, Any]) -> str:
    return str(row.get(f"p_sub{SUB}") or "").removeprefix(PREFIX)
