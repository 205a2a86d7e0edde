"""Accounts as they grow by hand: odd titles, duplicates, further fields, subs, weights, paused and tagged objects."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.trackform.export.living import Living

Fields = dict[str, Any]

TITLES = st.one_of(
    st.sampled_from(
        ["Keto", "Keto Guide", "keto-guide", "FB: DE / AT", "none", "embedded", "2024", "true", "Größe 🎯", "#1"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
)
TEXTS = st.one_of(st.sampled_from(["on", "{{ad.id}}", "a: b", "- x", "a #b", "01", "1e3"]), TITLES)
COUNTRIES = st.lists(st.sampled_from(["DE", "AT", "CH", "NO"]), unique=True, max_size=3)
TAGS = st.lists(TEXTS, max_size=3)
MONEY = st.one_of(st.integers(0, 50), st.sampled_from([0.25, 0.5, 12.75, 1e-7]))
SUBS = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("value", "alias", "hint", "role"), TEXTS)), max_size=4
)  # fmt: skip
PRODUCTS = ("411530", "411531", "420010", "0815")
AFFILIATES = ("acme", "acme", "other")
MACROS = ("order_type", "transaction_type", "billing_type", "billing_status")
EVENTS = ("payment", "refund", "chargeback", "rebill_cancelled")
NEVER_EMPTY: Fields = {"status": "active", "currency": "USD"}


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Fields]:
    return st.fixed_dictionaries({}, optional=fields)


SOURCE = some(
    alias=TEXTS, currency=st.sampled_from(["EUR", "USD"]), subs=SUBS, ref_id=TEXTS, enable_impressions=st.booleans(),
    cost_models=st.lists(st.sampled_from(["CPC", "CPM"]), unique=True), custom_rates=st.just({"is_enabled": True}),
    integrations=st.sampled_from([{"source_name": "x"}, {"params": {"access_token": "canary-secret"}}]),
    postback_url=st.sampled_from(["https://x.test/?a={ref_id}", "https://x.test/?api_key=canary-secret"]),
)  # fmt: skip
NETWORK = some(
    currency=st.sampled_from(["EUR", "USD", "CHF"]), clickid=st.just("{cid}"), subs=SUBS, notes=TEXTS,
    sum=st.sampled_from(["{amount_affiliate}", "{amount_vendor}"]), sub1=st.just("{product_id}"), sub2=TEXTS,
    click_expiration=st.sampled_from([0, 60]), postback_token=st.just("canary-secret"), ip_whitelist=TEXTS,
)  # fmt: skip
OFFER = some(
    payment=st.builds(lambda amount: {"amount": amount}, MONEY), country_codes=COUNTRIES, tags=TAGS, notes=TEXTS,
    status=st.sampled_from([1, 2]), cap=st.integers(0, 9), category=TEXTS, cap_alert=st.booleans(),
    script_id=st.just("64f0aa64f0aa64f0aa64f0cc"),
    expires_at=st.just("2027-01-01T00:00:00Z"),
)  # fmt: skip
CAMPAIGN = some(
    status=st.sampled_from([1, 2]), cost_model=st.sampled_from(["CPC", "CPA"]), cpc=MONEY, tags=TAGS,
    notes=st.lists(TEXTS, max_size=2), coupon=TEXTS, rsoc_enabled=st.booleans(), redirect_type=st.integers(1, 5),
    postbacks=st.lists(st.builds(lambda url: {"url": url, "request_method": 0}, TEXTS), max_size=2),
)  # fmt: skip
TYPE = some(
    role=TEXTS, duplicates=st.sampled_from(["create_new", "by_event_id"]), show_in_journey=st.booleans()
)  # fmt: skip


@dataclass
class Plan:
    """An account to be made: references are places in the lists."""

    domains: list[Fields] = field(default_factory=list)
    types: list[Fields] = field(default_factory=list)
    networks: list[Fields] = field(default_factory=list)
    sources: list[Fields] = field(default_factory=list)
    offers: list[Fields] = field(default_factory=list)
    connections: list[Fields] = field(default_factory=list)
    streams: list[Fields] = field(default_factory=list)
    campaigns: list[Fields] = field(default_factory=list)

    def make(self, living: Living) -> None:
        domains = [living.make("domain", **row) for row in self.domains]
        for row in self.types:
            living.make("conversion_type", **row)
        networks = [living.make("network", **row) for row in self.networks]
        sources = [living.make("source", **row) for row in self.sources]
        offers = [living.make("offer", **row | {"program_id": networks[row["program_id"]]}) for row in self.offers]
        for row in self.connections:
            living.make("connection", **row)
        streams = []
        for row in self.streams:
            members = [{"id": offers[at], "weight": weight} for at, weight in row["offers"].items()]
            streams.append(living.make("stream", **row | {"offers": members}))
        for row in self.campaigns:
            held = [{"id": streams[at], "weight": weight} for at, weight in row["streams"].items()]
            domain = {} if row["domain_id"] is None else {"domain_id": domains[row["domain_id"]]}
            rest = {name: value for name, value in row.items() if name != "domain_id"}
            living.make("campaign", **rest | {"streams": held, "source_id": sources[row["source_id"]]} | domain)


def of_everything(*, titles: tuple[str, str] = ("Keto: 1", "Keto 2")) -> Plan:
    """An account with what is easily left out: both sorts of funnels, tokens, secrets, a campaign without a domain."""
    link = "https://www.digistore24.com/redir/{}/{}?cid={{clickid}}&sid1={{sub1}}"
    url = (
        "https://track0.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"
        "&rdtk_event_id={transaction_id}&sub1={product_id}&sub20=tf.sales&ptoken=canary-secret"
    )
    macros = {
        "clickid": "{cid}",
        "sum": "{amount_affiliate}",
        "sub1": "{product_id}",
        "postback_token": "canary-secret",
    }
    secret = "https://x.test/?api_key=canary-secret"
    return Plan(
        domains=[{"url": "track0.acme.test", "use_auto_generated_ssl": False}, {"url": "track1.acme.test"}],
        types=[{"slot": 1, "name": "on", "duplicates": "by_event_id", "show_in_journey": False}],
        networks=[{"title": "Digistore24", "currency": "EUR", **macros}],
        sources=[{"title": "FB: DE", "subs": [{"value": "{{ad.id}}"}], "postback_url": secret}],
        offers=[
            {"title": titles[0], "program_id": 0, "url": link.format("411530", "acme"), "status": 2, "cap": 3},
            {"title": titles[1], "program_id": 0, "url": link.format("0815", "other"), "tags": ["a #b"]},
        ],
        connections=[{"url": url, "product_ids": ["411530", "0815"], "events": ["payment"], "currency": "EUR"}],
        streams=[
            {"title": "saved", "offers": {0: 30, 1: 70}, "template": True},
            {"title": "inside", "offers": {1: 1}, "template": False},
        ],
        campaigns=[
            {"title": "one", "streams": {0: 100}, "domain_id": 0, "source_id": 0, "cpc": 1e-7},
            {"title": "two", "streams": {0: 40, 1: 60}, "domain_id": None, "source_id": 0, "notes": ["none"]},
        ],
    )


@st.composite
def plans(draw: st.DrawFn, *, twin: bool = False) -> Plan:
    """An account; ``twin``: one that can be made again, without several objects of one title."""
    plan = Plan()
    titles = draw(st.lists(TITLES, min_size=24, max_size=24, unique=True)) if twin else None

    def title() -> str:
        return titles.pop() if titles is not None else draw(TITLES)

    def rows(fields: st.SearchStrategy[Fields], most: int = 3, **always: Any) -> list[Fields]:
        return [{"title": title(), **always, **draw(fields)} for _ in range(draw(st.integers(0, most)))]

    for at in range(draw(st.integers(0, 2))):
        plan.domains.append({"url": f"track{at}.acme.test", "use_auto_generated_ssl": draw(st.booleans())})
    names = draw(st.lists(TITLES, max_size=3, unique=True))
    plan.types = [{"slot": at + 1, "name": name, **draw(TYPE)} for at, name in enumerate(names)]
    plan.networks = rows(NETWORK)
    plan.sources = rows(SOURCE)
    if plan.networks:
        networks = st.integers(0, len(plan.networks) - 1)
        plan.offers = [row | {"program_id": draw(networks), "url": draw(links())} for row in rows(OFFER, 5)]
    plan.connections = [draw(connections(f"c{at}")) for at in range(draw(st.integers(0, 3)))]
    if plan.offers:
        for row in rows(st.just({}), 3):
            members = draw(st.dictionaries(st.integers(0, len(plan.offers) - 1), st.integers(0, 100), min_size=1))
            plan.streams.append(row | {"offers": members, "template": draw(st.integers(0, 3)) > 0})
    if plan.sources:
        for row in rows(CAMPAIGN, 4):
            funnels, weights = st.integers(0, len(plan.streams) - 1), st.integers(0, 100)
            held = st.dictionaries(funnels, weights, max_size=2, min_size=int(twin)) if plan.streams else st.just({})
            domain = draw(st.one_of(st.none(), st.integers(0, len(plan.domains) - 1))) if plan.domains else None
            source = draw(st.integers(0, len(plan.sources) - 1))
            plan.campaigns.append(row | {"streams": draw(held), "domain_id": domain, "source_id": source})
    if twin and not plan.streams:
        plan.campaigns = []
    return plan


@st.composite
def links(draw: st.DrawFn) -> str:
    if draw(st.integers(0, 3)) == 0:
        return draw(
            st.sampled_from(["https://vendor.test/go?click={clickid}", "https://www.digistore24.com/redir/1/x"])
        )
    key = draw(st.sampled_from(["", "/spring", "/a%20b"]))
    sids = draw(st.sampled_from(["", "&sid1={sub1}", "&sid2=x&sid1={sub2}"]))
    product, affiliate = draw(st.sampled_from(PRODUCTS)), draw(st.sampled_from(AFFILIATES))
    return f"https://www.digistore24.com/redir/{product}/{affiliate}{key}?cid={{clickid}}{sids}"


@st.composite
def connections(draw: st.DrawFn, name: str) -> Fields:
    """A connection whose URL the template makes, or one that it does not, or one without a marker."""
    host = draw(st.sampled_from(["track0.acme.test", "track1.acme.test", "else.test"]))
    amount = draw(st.sampled_from(["{amount_affiliate}", "0", "1.5", "0.50"]))
    event = draw(st.sampled_from(["{transaction_id}", "{transaction_id}-{order_type}"]))
    subs = draw(st.sampled_from(["", "&sub1={product_id}", "&sub9=else"]))
    token = draw(st.sampled_from(["", "&ptoken=canary-secret"]))
    end = draw(st.sampled_from([f"&sub20=tf.{name}"] * 3 + [""]))
    macro = draw(st.sampled_from(MACROS))
    url = (
        f"https://{host}/postback?clickid={{cid}}&sum={amount}&type={{{macro}}}&rdtk_event_id={event}{subs}{end}{token}"
    )
    return {
        "url": url,
        "product_ids": draw(st.lists(st.sampled_from(PRODUCTS), min_size=1, unique=True)),
        "events": draw(st.lists(st.sampled_from(EVENTS), min_size=1, unique=True)),
        "currency": draw(st.sampled_from(["", "EUR", "USD"])),
        "active": draw(st.booleans()),
        "error_emails": draw(st.lists(st.sampled_from(["a@acme.test", "b@acme.test"]), unique=True)),
    }
