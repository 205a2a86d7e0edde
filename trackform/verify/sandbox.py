"""Plays every sequence on a sandbox, through real clicks and real postbacks, and compares with the flow matrix."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import httpx

from trackform.flow.assumptions import AXES, Assumptions
from trackform.flow.build import Flow, Sold
from trackform.flow.macros import BILLING_TYPES
from trackform.flow.orders import SequenceStep
from trackform.flow.proof import alike, settings_that_matter
from trackform.flow.sequences import Sequence, sequences_of
from trackform.flow.setup import CENT, USUAL_RATES, Connection, Setup, SoldProduct, cents
from trackform.flow.simulate import Simulation, play
from trackform.urls.promolink import linked_product, promolink_credit
from trackform.verify.hands import BRIDGE_KEY, digistore24_account
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
    """One cell: what was simulated, what the sandbox booked, and what is wrong (nothing: green)."""

    product: str
    sequence: str
    settings: str
    expected: Decimal
    booked: Decimal
    reason: str = ""


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

    def settings(self) -> Assumptions:
        switches = self._answer(self._http.get("_control/switches"))
        return Assumptions(**{name: switches[name] for name in SWITCHES})

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

    def every_setting(self) -> list[Assumptions]:
        """All settings that can matter to this file; the order of delivery is the sandbox's own."""
        known = {"order": AXES["order"][0]}
        tried = (settings_that_matter(*self._staged(sold), known) for sold in self.flow.sold)
        return list(dict.fromkeys(setting for some in tried for setting in some))

    def verify(self, assumptions: Assumptions, likeliest: Assumptions | None = None) -> Iterator[Verified]:
        """Play every sequence of every product, on the switches as they are.

        With the ``likeliest`` setting only those sequences for which the difference can matter.
        """
        said = assumptions.said(SWITCHES)
        for sold in self.flow.sold:
            setup, product = self._staged(sold)
            for sequence in sequences_of(product):
                simulated = play(setup, product, sequence.steps, assumptions)
                others = assumptions.unlike(likeliest) if likeliest else ()
                if any(axis not in simulated.consulted for axis, _ in others):
                    continue
                try:
                    rows = self._play(sold, sequence)
                except TrackformError as refused:
                    yield Verified(sold.name, sequence.name, said, simulated.earned, Decimal(0), str(refused))
                    continue
                booked = sum((Decimal(str(row["payout"] or 0)) for row in rows), Decimal(0)).quantize(CENT)
                reason = difference(simulated, rows)
                yield Verified(sold.name, sequence.name, said, simulated.earned, booked, reason)

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
                if _leads_to(seen, sold.product.id):
                    return str(seen)
        raise TrackformError(f"the tracking link does not lead to product {sold.product.id}, but to {seen}")

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


def _leads_to(link: str, product: str) -> bool:
    """Whether a link sells a product; one that only credits an affiliate does not tell."""
    credited = promolink_credit(link)
    return linked_product(link) == product or (credited is not None and not credited.product)


def campaigns_for(flow: Flow, sold: Sold) -> set[str]:
    """Titles of the running campaigns whose funnels have an offer of this product."""
    offers = {name for name in flow.offers if flow.product_named(name) == sold.name or name == sold.offer}
    titles = set()
    for name, entry in flow.file.campaigns.items():
        funnels = entry.funnels or ([entry.funnel] if entry.funnel else [])
        split = [flow.file.funnels[funnel].offers for funnel in funnels if funnel in flow.file.funnels]
        if entry.status != "paused" and any(
            members[offer].weight for members in split for offer in offers & members.keys()
        ):
            titles.add(entry.existing or entry.title or name)
    return titles


def difference(simulated: Simulation, rows: list[Mapping[str, Any]]) -> str:
    """The reason why a cell is red: the sandbox booked something else than simulated, or both not what was earned."""
    ours = Counter(
        (conversion.type, f"{conversion.payout + 0:.2f}", conversion.status, conversion.connection)
        for conversion in simulated.rows
    )
    theirs = Counter(
        (str(row["type"]), f"{row['payout'] or 0:.2f}", str(row.get("status") or "approved"), _connection(row))
        for row in rows
    )
    missing = [f"{kind} {payout} by {who}" for kind, payout, _, who in (ours - theirs).elements()]
    extra = [f"{kind} {payout} by {who or 'nobody'}" for kind, payout, _, who in (theirs - ours).elements()]
    said = [f"not booked: {', '.join(missing)}"] if missing else []
    said += [f"not in the matrix: {', '.join(extra)}"] if extra else []
    if not said and simulated.booked != simulated.earned:
        said = [f"as the matrix says: {simulated.booked:.2f} is booked, {simulated.earned:.2f} is earned"]
    return "; ".join(said)


def _connection(row: Mapping[str, Any]) -> str:
    return str(row.get(f"p_sub{SUB}") or "").removeprefix(PREFIX)
