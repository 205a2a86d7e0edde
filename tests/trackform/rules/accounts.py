"""Generated account files, and what can break them."""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from trackform.account_file.compose import Composition, compose
from trackform.account_file.models import AccountFile, ReadAccount
from trackform.documents.yaml_document import Document

Data = dict[str, Any]
BILLINGS = ("single", "subscription", "installment")
EVENT_ID = "{transaction_id}-further"
HEAD = "https://track.acme.test/postback?"
POSTBACK = HEAD + "clickid={cid}&sum={amount_affiliate}&type={order_type}&rdtk_event_id={transaction_id}&sub20=tf.sales"
OFFER = "https://www.digistore24.com/redir/411000/acme"


def composed(data: Data) -> Composition:
    return compose(ReadAccount(AccountFile.model_validate(data), Document(copy.deepcopy(data), "stacks/acme.yaml")))


@st.composite
def accounts(draw: st.DrawFn, most: int = 4) -> Data:
    """An account without a mistake, of at most so many products."""
    currency = draw(st.sampled_from(["USD", "EUR", "PLN"]))
    count = draw(st.integers(1, most))
    products: Data = {}
    for n in range(count):
        upsells = [411000 + 100 * (n + 1) + u for u in range(draw(st.integers(0, 2)))]
        products[f"product-{n}"] = {
            "id": 411000 + n, "upsells": upsells, "billing": draw(st.sampled_from(BILLINGS)), "guarantee": "60d",
        }  # fmt: skip
    types = [
        "initial_sale", "upsell", "refund", "chargeback", "single_payment", "subscription", "installment", "paying",
        "completed", "aborted",
    ]  # fmt: skip
    first = draw(st.integers(1, 20 - len(types)))
    postbacks: Data = {
        "sales": {"events": ["payment"], "type": "order_type"},
        "returns": {"events": ["refund", "chargeback"], "type": "transaction_type"},
    }
    for macro in draw(st.sets(st.sampled_from(["billing_type", "billing_status"]))):
        postbacks[macro] = {"events": ["payment"], "type": macro, "sum": 0, "event_id": f"{EVENT_ID}-{macro}"}
    return {
        "account": {"currency": currency},
        "digistore24": {"affiliate": "acme", "currency": currency, "notify": "ops@acme.test"},
        "domains": {"main": "track.acme.test"},
        "conversion_types": {
            name: {
                "slot": first + at, "duplicates": "by_event_id",
                "forward": {"facebook": "Purchase"} if name == "initial_sale" else "none",
            }
            for at, name in enumerate(types)
        },
        "offer_sources": {"digistore24": {"preset": "digistore24", "click_expiration": "off"}},
        "traffic_channels": {"facebook": {"preset": "facebook"}},
        "postbacks": postbacks,
        "products": products,
        "offers": {name: {"variables": draw(st.sampled_from([{}, {"sid1": "{sub1}"}]))} for name in products},
        "funnels": {"all": {"offers": {name: draw(st.integers(1, 100)) for name in products}}},
        "campaigns": {"fb": {"channel": "facebook", "funnel": "all"}},
    }  # fmt: skip


def at(*path: str, value: Any) -> Callable[[Data], None]:
    """Set one value."""

    def change(data: Data) -> None:
        place = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


def postback(old: str, new: str) -> Callable[[Data], None]:
    """The sales connection with a whole URL, in which one part is another."""

    def change(data: Data) -> None:
        assert old in POSTBACK, old
        data["postbacks"]["sales"] = {"events": ["payment"], "url": POSTBACK.replace(old, new)}

    return change


def offer(link: str) -> Callable[[Data], None]:
    """The first offer with a whole link; its product is covered by name."""

    def change(data: Data) -> None:
        data["offers"]["product-0"]["url"] = link
        for each in data["postbacks"].values():
            each["products"] = list(data["products"])

    return change


def both(*changes: Callable[[Data], None]) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        for each in changes:
            each(data)

    return change


def without(section: str, name: str) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        del data[section][name]

    return change


def pause_offers(data: Data) -> None:
    for one in data["offers"].values():
        one["status"] = "paused"


def unsigned_returns(data: Data) -> None:
    url = POSTBACK.replace("order_type", "transaction_type").replace("{amount_affiliate}", "{amount_affiliate_abs}")
    data["postbacks"]["returns"] = {"events": ["refund", "chargeback"], "url": url.replace("tf.sales", "tf.returns")}


def spare_offer(data: Data) -> None:
    data["offers"]["spare"] = {"product": "product-0", "status": "paused"}
    data["funnels"]["all"]["offers"]["spare"] = 1


def ended_offer(data: Data) -> None:
    data["offers"]["spare"] = {"product": "product-0", "expires_at": "2000-01-01T00:00:00"}
    data["funnels"]["all"]["offers"]["spare"] = 1


def left_out(connection: str) -> Callable[[Data], None]:
    """A further product, which one connection does not name."""

    def change(data: Data) -> None:
        data["postbacks"][connection]["products"] = list(data["products"])
        data["products"]["extra"] = {"id": 411900, "upsells": [411901], "guarantee": "60d"}
        data["offers"]["extra"] = {}
        data["funnels"]["all"]["offers"]["extra"] = 1

    return change


def renamed(old: str, new: str) -> Callable[[Data], None]:
    def change(data: Data) -> None:
        types = data["conversion_types"]
        types[new] = types.pop(old)

    return change


SALES, RETURNS, TYPES = ("postbacks", "sales"), ("postbacks", "returns"), "conversion_types"
FURTHER = {"events": ["payment"], "type": "billing_type", "event_id": "{transaction_id}-more"}
SPARE = {"slot": 20, "duplicates": "by_event_id", "forward": "none"}

BREAKS: list[tuple[str, str, Callable[[Data], None]]] = [
    ("type-missing", "a type is gone", without(TYPES, "refund")),
    ("type-missing", "a type in another case", renamed("initial_sale", "Initial_Sale")),
    ("type-missing", "a type with a space", renamed("refund", "refund ")),
    ("type-name", "a type twice, by case", at(TYPES, "Upsell", value=SPARE)),
    ("event-mode", "every conversion is new", at(TYPES, "initial_sale", "duplicates", value="create_new")),
    ("event-mode", "payouts are added up", at(TYPES, "refund", "duplicates", value="increment")),
    ("forward-said", "a refund is told by default", at(TYPES, "refund", "forward", value=None)),
    ("forward-as-sale", "a refund is told as a sale", at(TYPES, "refund", "forward", value={"facebook": "Purchase"})),
    ("type-macro", "no type", postback("&type={order_type}", "")),
    ("type-macro", "two macros", postback("{order_type}", "{order_type}{billing_type}")),
    ("type-macro", "two types", postback("&type={order_type}", "&type={order_type}&type={billing_type}")),
    ("type-macro", "not one of the four", postback("{order_type}", "{product_id}")),
    ("type-in-status", "the type goes into status", postback("&type=", "&status={transaction_type}&type=")),
    ("sum-missing", "no sum", postback("&sum={amount_affiliate}", "")),
    ("sum-missing", "an empty sum", postback("{amount_affiliate}", "")),
    ("sum-abs", "returns without a sign", unsigned_returns),
    ("recurring-mode", "later payments overwrite the first", both(
        at("products", "product-0", "billing", value="subscription"),
        at(TYPES, "initial_sale", "duplicates", value="edit"))),
    ("sum-once", "two connections reach one upsell", both(
        at("products", "extra", value={"id": 411900, "upsells": [411901]}),
        at("products", "product-0", "upsells", value=[411901]),
        at("offers", "extra", value={}), at("funnels", "all", "offers", "extra", value=1),
        lambda data: data["postbacks"]["sales"].update(products=[each for each in data["products"] if each != "extra"]),
        at("postbacks", "more", value={"events": ["payment"], "type": "order_type", "products": ["extra"]}))),
    ("product-covered", "a variable books nothing", at(*SALES, "variables", value={"sum": "0"})),
    ("event-id", "an empty variable", at(*SALES, "variables", value={"event_id": ""})),
    ("event-id", "everybody's variable", at("variables", value={"event_id": "x"})),
    ("postback-address", "a variable leads elsewhere", at(*SALES, "variables", value={"domain": "other.test"})),
    ("offer-affiliate", "everybody's variable", at("variables", value={"affiliate": "zenith"})),
    ("offer-product", "a variable", at("offers", "product-0", "variables", value={"product": "499999"})),
    ("type-missing", "a further dimension sends it", at("postbacks", "more", value={
        "events": ["payment"], "type": "transaction_type", "sum": 0, "event_id": "{transaction_id}-more"})),
    ("sum-amount", "gross", postback("{amount_affiliate}", "{amount_brutto}")),
    ("sum-amount", "a fixed amount", at(*SALES, "sum", value=23.5)),
    ("sum-once", "a further dimension books", at("postbacks", "more", value=FURTHER)),
    ("sum-once", "returns also fire on payments", both(
        at(*RETURNS, "events", value=["payment", "refund", "chargeback"]), at(TYPES, "payment", value=SPARE))),
    ("sum-once", "two book a missed payment", both(
        at(*SALES, "events", value=["payment", "payment_missed"]),
        at(*RETURNS, "events", value=["refund", "chargeback", "payment_missed"]))),
    ("product-covered", "no connection books payments", at(*SALES, "sum", value=0)),
    ("product-covered", "sales are off", at(*SALES, "active", value=False)),
    ("product-covered", "a connection leaves a product and its upsells out", left_out("sales")),
    ("returns-booked", "no returns of one product", left_out("returns")),
    ("returns-booked", "no chargebacks", at(*RETURNS, "events", value=["refund"])),
    ("returns-booked", "returns are off", at(*RETURNS, "active", value=False)),
    ("event-id", "none", postback("&rdtk_event_id={transaction_id}", "")),
    ("event-id", "the order's", at(*SALES, "event_id", value="{order_id}")),
    ("event-id", "a random one", at(*SALES, "event_id", value="{transaction_id}{random}")),
    ("click-id", "none", postback("clickid={cid}&", "")),
    ("click-id", "twice", postback("clickid={cid}", "clickid={cid}&clickid={cid}")),
    ("postback-address", "in the clear", postback("https://", "http://")),
    ("postback-address", "elsewhere", postback("track.acme.test", "track.other.test")),
    ("postback-address", "another path", postback("/postback", "/post")),
    ("macro-foreign", "RedTrack's", postback("&sub20", "&sub1={clickid}&sub20")),
    ("macro-foreign", "a vendor's", postback("&sub20", "&sub1={email}&sub20")),
    ("sum-amount", "a macro that there is not", postback("{amount_affiliate}", "{amount_affilate}")),
    ("sum-amount", "payments with a minus", at(*SALES, "sum", value="minus_commission")),
    ("placeholder", "a macro to be replaced", postback("&sub20", "&sub1={replace_me}&sub20")),
    ("placeholder", "in an offer", offer(OFFER + "?cid={clickid}&sid1=REPLACE_ME")),
    ("macro-braces", "two", postback("&sub20", "&sub1={{product_id}}&sub20")),
    ("macro-braces", "square", postback("&sub20", "&sub1=[product_id]&sub20")),
    ("macro-braces", "encoded", postback("&sub20", "&sub1=%7Bproduct_id%7D&sub20")),
    ("macro-braces", "one", postback("&sub20", "&sub1={product_id&sub20")),
    ("currency-once", "another one on the way", at(*SALES, "currency", value="CHF")),
    ("currency-once", "another account", at("account", "currency", value="CHF")),
    ("currency-once", "another source", at("offer_sources", "digistore24", "currency", value="CHF")),
    ("click-expiration", "a month", at("offer_sources", "digistore24", "click_expiration", value=30)),
    ("offer-cid", "none", offer(OFFER + "?sid1=x")),
    ("offer-cid", "twice", offer(OFFER + "?cid={clickid}&cid={clickid}")),
    ("offer-cid", "another name", offer(OFFER + "?subid={clickid}")),
    ("offer-joiner", "two question marks", offer(OFFER + "?sid1=x?cid={clickid}")),
    ("offer-joiner", "none", offer(OFFER)),
    ("offer-link", "no promolink", offer("https://www.digistore24.com/product/411000?cid={clickid}")),
    ("offer-link", "another shop", offer("https://shop.test/redir/411000/acme?cid={clickid}")),
    ("offer-affiliate", "somebody else's", offer(OFFER.replace("acme", "zenith") + "?cid={clickid}")),
    ("offer-product", "another product", offer(OFFER.replace("411000", "499999") + "?cid={clickid}")),
    ("offer-length", "a long sid", offer(OFFER + "?cid={clickid}&sid1=" + "x" * 1000)),
    ("offer-length", "a long key", offer(OFFER + "/" + "k" * 128 + "?cid={clickid}")),
    ("macro-foreign", "Digistore24's in an offer", offer(OFFER + "?cid={cid}")),
    ("offer-cid", "a letter", offer(OFFER + "?cid={clickd}")),
    ("macro-braces", "two in an offer", offer(OFFER + "?cid={{clickid}}")),
    ("token", "asked for, not sent", at("offer_sources", "digistore24", value={
        "preset": "digistore24", "click_expiration": "off", "postback_protected": True,
        "postback_token": {"secret": "ptoken"}})),
    ("weights", "all 0", lambda data: data["funnels"]["all"]["offers"].update(
        dict.fromkeys(data["funnels"]["all"]["offers"], 0))),
    ("offer-paused", "all paused", pause_offers),
    ("offer-paused", "nobody fits the filters", at("funnels", "all", value={
        "filters": {"country": {"values": ["DE"]}},
        "offers": {"product-0": {"weight": 1, "filters": {"country": {"values": ["AT"]}}}}})),
]  # fmt: skip
"""Rule, what is broken, and how."""

WARNINGS: list[tuple[str, str, Callable[[Data], None]]] = [
    ("error-email", "nobody is told", at("digistore24", "notify", value=None)),
    ("account-currency", "not declared", at("account", "currency", value=None)),
    ("click-expiration-unsaid", "not declared", at("offer_sources", "digistore24", "click_expiration", value=None)),
    ("macro-misspelt", "a letter", postback("&sub20", "&sub1={product_ids}&sub20")),
    ("macro-misspelt", "the case", postback("&sub20", "&sub1={Product_Id}&sub20")),
    ("offer-other-form", "the host", offer("https://go.acme.411000.digistore24.com/?cid={clickid}")),
    ("offer-other-form", "the order form", offer("https://www.digistore24.com/product/411000?cid={clickid}&aff=acme")),
    ("placeholder-told", "an event", at("traffic_channels", "taboola", value={"preset": "taboola"})),
    ("macro-unknown", "in no list", postback("&sub20", "&sub1={zzzzzz}&sub20")),
    ("behind-hash", "a detail", postback("tf.sales", "tf.sales#sub1={product_id}")),
    ("sid-characters", "a slash", at("offers", "product-0", "variables", value={"sid1": "a/b"})),
    ("guarantee", "forever", at("products", "product-0", "guarantee", value="forever")),
    ("offer-half-paused", "one of several", spare_offer),
    ("offer-half-paused", "all of a funnel", both(spare_offer, at("funnels", "more", value={"offers": {"spare": 1}}),
        at("funnels", "all", "offers", "spare", value=0),
        at("campaigns", "fb", value={"channel": "facebook", "funnels": {"all": 1, "more": 1}}))),
    ("ended", "one of several", ended_offer),
    ("told-nothing", "no event at all", at(TYPES, "initial_sale", "forward", value="none")),
    ("type-open", "another interface has more", at("postbacks", "billing_status", value={
        "events": ["payment"], "type": "billing_status", "sum": 0, "event_id": "{transaction_id}-s"})),
    ("forward-channel", "a letter", at(TYPES, "initial_sale", "forward", value={"facebok": "Purchase"})),
    ("unproven", "one event id for two connections", at("postbacks", "aaa", value={
        "events": ["payment"], "type": "billing_type", "sum": 0})),
]  # fmt: skip
"""The same, of severity warning."""
