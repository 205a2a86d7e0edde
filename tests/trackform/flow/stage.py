"""Generated set-ups, and the sandbox in this process that plays the same sequences."""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import strategies as st

from trackform.flow.assumptions import AXES, Assumptions
from trackform.flow.booking import STATUSES
from trackform.flow.orders import SequenceStep
from trackform.flow.setup import Connection, DeclaredType, Setup, SoldProduct, Source
from trackform.sandbox import webapp
from trackform.sandbox.accounts import redtrack_account
from trackform.sandbox.app import create_app
from trackform.sandbox.digistore24.catalog import Catalog
from trackform.sandbox.digistore24.ledger import purchase_view
from trackform.sandbox.digistore24.money import cents, net_of, share_of
from trackform.sandbox.flow.order_event import OrderEvent
from trackform.sandbox.flow.play import Play
from trackform.sandbox.world import Sandbox
from trackform.verify.order_events import PlayedOrder

KEY = "redtrack-key-of-acme"
DS24_KEY = "123456-affiliate"
HOST = "track.acme.test"
TOKEN = "a-token"
MAIN, UPSELLS = "700001", ("700002", "700003")
BILLINGS = ("single", "subscription", "installment")
MODES = ("create_new", "new_repeated", "ignore", "edit", "increment", "by_event_id")
NAMES = (
    "initial_sale", "upsell", "refund", "chargeback", "payment", "paying", "completed", "aborted", "single_payment",
    "subscription", "installment", "Initial_Sale", "rebill",
)  # fmt: skip
EVENTS = (
    "payment", "refund", "chargeback", "payment_missed", "rebill_resumed", "payment_denial", "rebill_cancelled",
    "last_paid_day",
)  # fmt: skip

WEIRD = {
    # A bar stands between the values of a parameter that is there more than once.
    "clickid": ("{clickid}", "", "x", None, "{cid}|x", "x|{cid}"),
    "sum": (
        None,
        "0",
        "12.5",
        "{amount_affiliate_abs}",
        "-{amount_affiliate_abs}",
        "{amount_brutto}",
        "{amount}",
        "7,5",
        "{amount_affiliate}|0",
        "0.00|{amount_affiliate}",
    ),
    "type": (None, "{Order_type}", "refund", "{billing_status}", "{billing_type}"),
    "rdtk_event_id": (
        None,
        "{order_id}",
        "{transaction_id}-{billing_type}",
        "x",
        "{product_id}",
        "{random}",
        "{transaction_id}-{datetime_unix}",
        "{transaction_id}-{billing_status}",
    ),
    "status": ("approved", "pending", "{transaction_type}"),
    "currency": ("{currency}", "EUR", "XYZ"),
    "sub1": ("{{product_id}}", "%7Bcid%7D", "a+b"),
}
USUAL = {
    "clickid": "{cid}", "sum": "{amount_affiliate}", "type": "{order_type}", "rdtk_event_id": "{transaction_id}",
    "status": None, "currency": None, "sub1": "{product_id}",
}  # fmt: skip


def url_of(name: str, params: dict[str, str | None]) -> str:
    query = "&".join(f"{key}={each}" for key, value in params.items() if value is not None for each in value.split("|"))
    return f"https://{HOST}/postback?{query}&sub20=tf.{name}"


@st.composite
def connections(draw: st.DrawFn, name: str) -> Connection:
    params: dict[str, str | None] = dict(USUAL) | {
        "type": draw(st.sampled_from(["{order_type}", "{transaction_type}"]))
    }
    for key in draw(st.sets(st.sampled_from(sorted(WEIRD)), max_size=2)):
        params[key] = draw(st.sampled_from(WEIRD[key]))
    products = draw(st.sampled_from([("all",), (MAIN, *UPSELLS), (MAIN,), (MAIN, UPSELLS[1]), (UPSELLS[0],)]))
    return Connection(
        name,
        url_of(name, params),
        frozenset(draw(st.sets(st.sampled_from(EVENTS), min_size=1))),
        frozenset(products),
        draw(st.sampled_from(["USD", "USD", "", "EUR", "XYZ"])),
        draw(st.sampled_from([True, True, True, False])),
        draw(st.sampled_from(["", TOKEN, TOKEN, "stale"])),
    )


@st.composite
def products(draw: st.DrawFn, product_id: str, upsells: tuple[SoldProduct, ...] = ()) -> SoldProduct:
    price = draw(st.sampled_from(["47.00", "33.33", "0.99", "120.00"]))
    percent, vat = draw(st.sampled_from(["50", "37.5"])), draw(st.sampled_from(["0", "19"]))
    gross = cents(Decimal(price))
    net = net_of(gross, Decimal(vat))
    currency = draw(st.sampled_from(["USD", "EUR", "GBP"]))
    product = SoldProduct(
        product_id, draw(st.sampled_from(BILLINGS)), gross, net, share_of(net, Decimal(percent)), currency
    )
    return replace(product, upsells=upsells, guarantee_days=draw(st.sampled_from([14, 60])))


@st.composite
def setups(draw: st.DrawFn) -> tuple[Setup, SoldProduct]:
    names = draw(st.sampled_from([("one",), ("one", "two"), ("one", "two", "three")]))
    modes = st.sampled_from([*MODES, *["by_event_id"] * 4])
    types = {name: DeclaredType(name, draw(modes)) for name in NAMES if draw(st.integers(0, 3))}
    source = Source(
        draw(st.sampled_from(["", "USD", "EUR"])),
        draw(st.sampled_from(["", *MODES])),
        draw(st.sampled_from([0, 0, 150, 230, 5000])),
        draw(st.sampled_from(["", "", TOKEN])),
    )
    found = Setup(
        tuple(draw(connections(name)) for name in names),
        types,
        source,
        draw(st.sampled_from(["USD", "EUR"])),
        Decimal("12.5"),
        default_status=draw(st.sampled_from(["", "", *STATUSES])),
        keeps_cid=draw(st.sampled_from([True, True, True, False])),
    )
    upsells = tuple(draw(products(one)) for one in UPSELLS)
    return found, draw(products(MAIN, upsells))


ALL_SETTINGS = st.builds(Assumptions, **{name: st.sampled_from(values) for name, values in AXES.items()})


Steps = tuple[SequenceStep, ...]


@dataclass
class Played:
    """What the sandbox's conversion log shows of one click (type, payout, status, connection), and what was earned."""

    rows: list[tuple[str, float, str, str]]
    earned: float = 0.0


@dataclass
class Plot:
    """What happened so far after one click: the day, and what each order earned."""

    click: str
    order: PlayedOrder
    day: int = 0
    earned: dict[str, float] = field(default_factory=dict)


class Stage:
    """One set-up in a sandbox of this process."""

    def __init__(
        self, http: httpx.Client, sandbox: Sandbox, setup: Setup, product: SoldProduct, settings: Assumptions
    ) -> None:
        self.http, self.sandbox, self.account = http, sandbox, redtrack_account(KEY)
        for name in AXES:
            if name != "order":
                setattr(sandbox.switches, name, getattr(settings, name))
        for one in (product, *product.upsells):
            self._product(one)
        source = setup.source
        self.make("domain", url=HOST)
        network = self.make(
            "network", title="digistore24", currency=source.currency, postback_mode=source.mode,
            click_expiration=source.expiration, postback_protected=bool(source.token), postback_token=source.token,
        )  # fmt: skip
        form = f"redir/{product.id}/acme?" if setup.keeps_cid else f"product/{product.id}?aff=acme&"
        url = f"https://www.digistore24.com/{form}cid={setup.cid}"
        status = {"default_conversion_status": setup.default_status} if setup.default_status else {}
        offer = self.make("offer", title="keto", url=url, payment={"amount": 12.5}, program_id=network, **status)
        channel = self.make("source", title="facebook")
        stream = self.make("stream", title="keto", offers=[{"id": offer, "weight": 100}])
        streams = [{"id": stream, "weight": 100, "optimization": {"is_enabled": False}}]
        self.campaign = self.make("campaign", title="fb", source_id=channel, streams=streams)
        for slot, kind in enumerate(setup.types.values(), 1):
            self.make("conversion_type", slot=slot, name=kind.name, duplicates=kind.duplicates)
        ordered = setup.connections if settings.order == "declared" else setup.connections[::-1]
        for each in ordered:
            self.make(
                "connection", key=DS24_KEY, product_ids=sorted(each.products),
                url=each.url + (f"&ptoken={quote(each.token)}" if each.token else ""),
                events=sorted(each.events), currency=each.currency, active=each.active,
            )  # fmt: skip
        home = {"currency": setup.account_currency}
        webapp.edit(sandbox, webapp.Edit(kind="account", key=KEY, id="redtrack", set=home))

    def make(self, kind: Any, *, key: str = KEY, **fields: Any) -> str:
        """An object as a person makes it: the set-up is not what is tried here, and needs no HTTP."""
        return str(webapp.edit(self.sandbox, webapp.Edit(kind=kind, key=key, set=fields))["id"])

    def _product(self, one: SoldProduct) -> None:
        percent = one.commission * 100 / one.net if one.net else Decimal(0)
        vat = Decimal(19) if one.net != one.gross else Decimal(0)
        billing = {"single": "single_payment"}.get(one.billing, one.billing)
        Catalog(self.sandbox.store).put({
            "id": one.id, "name": one.id, "price": str(one.gross), "currency": one.currency, "billing_type": billing,
            "instalments": 3 * (billing == "installment"),
            "commission_percent": str(round(percent, 2)), "vat_percent": str(vat),
        })  # fmt: skip

    def play(self, steps: Steps) -> Played:
        """After a click of its own, beside all that was played before."""
        plot = self._clicked()
        for step in steps:
            self._happen(plot, step)
        return self._shown(plot)

    def play_all(self, sequences: Collection[Steps]) -> dict[Steps, Played]:
        """Each after the same click, as if no other had been played: what several begin with is played once."""
        shown: dict[Steps, Played] = {}

        def go_on(plot: Plot, played: int, through: Collection[Steps]) -> None:
            branches: dict[SequenceStep, list[Steps]] = {}
            for steps in through:
                if len(steps) == played:
                    shown[steps] = self._shown(plot)
                else:
                    branches.setdefault(steps[played], []).append(steps)
            with closing(sqlite3.connect(":memory:")) as here:
                rows = self.sandbox.store._db
                if len(branches) > 1:
                    rows.backup(here)
                for number, (step, further) in enumerate(branches.items()):
                    if number:
                        here.backup(rows)
                        self.sandbox.clock.reload()
                    then = deepcopy(plot)
                    self._happen(then, step)
                    go_on(then, played + 1, further)

        go_on(self._clicked(), 0, sequences)
        return shown

    def _clicked(self) -> Plot:
        location = self.http.get(f"t/{self.campaign}").headers["location"]
        click = self.sandbox.store.last(self.account, "click")
        assert click is not None
        return Plot(click["id"], PlayedOrder(location))

    def _happen(self, plot: Plot, step: SequenceStep) -> None:
        if step.day > plot.day:
            hours = (step.day - plot.day) * 24 - (1 if plot.day == 0 else 0)
            self.sandbox.clock.advance(timedelta(hours=hours))
            plot.day = step.day
        body = plot.order.body(step) | {"key": DS24_KEY}
        done = Play(self.sandbox).run(OrderEvent.model_validate(body))
        plot.order.note(step, {"order_id": done.purchase["id"], "transaction_id": done.transaction_id})
        transactions = self.sandbox.store.belonging(done.account, "transaction", done.purchase["id"])
        plot.earned[done.purchase["id"]] = purchase_view(done.purchase, transactions)["total_affiliate_amount"]

    def _shown(self, plot: Plot) -> Played:
        rows = [
            (row["type"], row["payout"], row["status"], row.get("p_sub20", ""))
            for row in self.sandbox.store.belonging(self.account, "conversion", plot.click)
        ]
        return Played(rows, round(sum(plot.earned.values()), 2))


class House:
    """The sandbox that all stages share, one after the other: making one takes longer than to play in it."""

    def __init__(self) -> None:
        self.app = create_app()
        self.sandbox: Sandbox = self.app.extensions["sandbox"]
        self.http = httpx.Client(transport=httpx.WSGITransport(app=self.app), base_url="http://sandbox.test")

    def staged(self, setup: Setup, product: SoldProduct, settings: Assumptions) -> Stage:
        """An empty sandbox with this set-up."""
        self.sandbox.reset()
        return Stage(self.http, self.sandbox, setup, product, settings)

    def close(self) -> None:
        self.http.close()
        self.sandbox.store.close()
