"""Rules on currencies and on how long a click takes conversions."""

import re
from collections.abc import Iterator

from trackform.account_file.models import Product
from trackform.flow.build import days, guarantee_days
from trackform.flow.sequences import CHARGEBACK_DAYS, COOKIE_DAYS
from trackform.rules.conversion_types import place
from trackform.rules.edits import FileEdit
from trackform.rules.fixes import parameter, source_of
from trackform.rules.registry import Breach, Case, RuleBook

RULES = RuleBook()
_THE_ACCOUNTS, _ITS_OWN = "the account's", "the account's own"
"""Where the file does not say which currency that is."""
IN_REDTRACK = "which currency the account has, only RedTrack's own settings show"
DAYS_IN_WORDS = re.compile(r"\s*(\d+)[\s-]*(?:days?|tage?)\s*", re.IGNORECASE)


@RULES.rule(
    "currency-once", "error", "Amounts that are converted twice, or read in the wrong currency",
    why="Digistore24 converts amounts to the connection's currency. RedTrack reads them in the postback's "
    "`currency`, else the "
    "offer source's, else the account's, and converts them to the account's. One of the two must convert, not both; "
    "and they must mean the same currency.",
    fix="digistore24.currency, the offer source's currency and account.currency the same", explains="money",
)  # fmt: skip
def currency_once(case: Case) -> Iterator[Breach]:
    account = case.flow.file.account.currency or None
    for connection in case.flow.connections:
        currency = connection.currency
        source = _source_currency(case, connection.name)
        declared = connection.params.get("currency")
        read = source or account
        path = ("postbacks", connection.name, "currency") if connection.currency else ("postbacks", connection.name)
        if declared is not None and declared not in ("{currency}", currency):
            message = f"sends {connection.currency or 'the currency of each order'} and says it is {declared}"
            said = connection.currency or "{currency}"
            edits = parameter(case, ("postbacks", connection.name), connection.url, "currency", said)
            yield Breach(place(case, connection, "currency"), message, "", connection.url, f"currency={declared}",
                         edits, "its template says it")  # fmt: skip
            continue
        if declared is None and not connection.currency:
            message = f"amounts come in each order's own currency, and RedTrack reads them as {read or _THE_ACCOUNTS}"
            fix = f"currency: {read or _ITS_OWN}, or &currency={{currency}} in the URL"
        elif declared is None and read and read != currency:
            message, fix = f"Digistore24 sends {connection.currency}, and RedTrack reads it as {read}", ""
        elif currency and account and currency != account:
            message = f"converted twice: by Digistore24 to {connection.currency}, and by RedTrack to {account}"
            fix = ""
        else:
            continue
        edits = _one_currency(case, connection.name)
        yield Breach(path, message, fix, edits=edits, by_hand=IN_REDTRACK)


def _one_currency(case: Case, connection: str) -> tuple[FileEdit, ...]:
    """The lines after which the connection, its offer source and the account have one currency: the account's own."""
    file = case.flow.file
    common = file.digistore24.currency if file.digistore24 else None
    own = file.postbacks[connection].currency
    source = source_of(case, connection)
    sources = file.offer_sources[source].currency if source else None
    target = file.account.currency or common or sources or own
    if not target:
        return ()
    edits = []
    if (own is None and common != target) or (sources is None and common not in (None, target)):
        edits.append(FileEdit(("digistore24", "currency"), target))
        edits += _said_in_urls(case, None, common or "{currency}", target)
    # With its offer source, all connections that are read in that one's currency.
    shared = [each.name for each in case.flow.connections if source and source_of(case, each.name) == source]
    for name in dict.fromkeys([connection, *(shared if sources not in (None, target) else ())]):
        said = file.postbacks[name].currency
        if said not in (None, target) and (name == connection or not _names_its_own(case, name)):
            edits.append(FileEdit(("postbacks", name, "currency"), target))
            edits += _said_in_urls(case, name, str(said), target)
    if source and sources is not None and sources != target:
        edits.append(FileEdit(("offer_sources", source, "currency"), target))
    return tuple(edits)


@RULES.rule(
    "account-currency", "warning", "The currency of the RedTrack account is not declared",
    why="No API of RedTrack tells the account's currency. Without it nobody can check that amounts are converted once.",
    fix="account: {currency: USD}", by_hand=IN_REDTRACK,
)  # fmt: skip
def account_currency(case: Case) -> Iterator[Breach]:
    if case.flow.connections and not case.flow.file.account.currency:
        yield Breach(("account",), "says no currency")


@RULES.rule(
    "click-expiration", "error", "Clicks that expire before their money comes",
    why="RedTrack ignores conversions of an expired click. Digistore24's cookie lasts 180 days, a refund comes "
    "within the guarantee, a chargeback up to two months later, and a rebill for as long as the subscription runs. "
    "The unit of the number is not published; days are assumed.",
    fix="click_expiration: off", explains="money",
)  # fmt: skip
def click_expiration(case: Case) -> Iterator[Breach]:
    for name in _sources(case):
        products = _sold_over(case, name)
        recurring = sorted(product for product, entry in products.items() if entry.billing != "single")
        # As the sequences of the proof have it: what they find too late is explained here.
        guarantees = {entry.guarantee for entry in products.values()} or {None}
        needed = COOKIE_DAYS + CHARGEBACK_DAYS + max(map(guarantee_days, guarantees))
        value = _declared(case, name, "click_expiration")
        path = ("offer_sources", name, "click_expiration")
        if not isinstance(value, int) or value == 0:
            continue
        if recurring:
            yield Breach(path, f"clicks expire after {value}, and {', '.join(recurring)} keeps paying",
                         edits=(FileEdit(path, "off"),))  # fmt: skip
        elif value < needed:
            yield Breach(path, f"clicks expire after {value}, and a chargeback can come after {needed} days",
                         edits=(FileEdit(path, "off"),))  # fmt: skip


@RULES.rule(
    "click-expiration-unsaid", "warning", "How long clicks take conversions is not declared",
    why="RedTrack's own default is not published. If it is short, late sales, refunds and rebills are ignored.",
    fix="click_expiration: off",
)  # fmt: skip
def click_expiration_unsaid(case: Case) -> Iterator[Breach]:
    for name in _sources(case) if case.flow.connections else ():
        if case.flow.file.offer_sources[name].existing is None and _declared(case, name, "click_expiration") is None:
            yield Breach(("offer_sources", name), "says no click_expiration",
                         edits=(FileEdit(("offer_sources", name, "click_expiration"), "off"),))  # fmt: skip


@RULES.rule(
    "guarantee", "warning", "A guarantee that is no number of days",
    why="It decides how late a refund can come.", fix="guarantee: 60d",
)  # fmt: skip
def guarantee(case: Case) -> Iterator[Breach]:
    for name, product in case.flow.file.products.items():
        if product.guarantee is not None and days(product.guarantee) is None:
            path = ("products", name, "guarantee")
            number = DAYS_IN_WORDS.fullmatch(product.guarantee)
            yield Breach(path, f"'{product.guarantee}' is no number of days",
                         edits=(FileEdit(path, f"{number[1]}d"),) if number else (),
                         by_hand="how long the money-back time is, the vendor says")  # fmt: skip


def _sources(case: Case) -> list[str]:
    """The offer sources over which something is sold; of an offer of another stack nobody here knows its source."""
    over = {each.source for each in case.flow.sold}
    return [name for name in case.flow.sources if not over or over & {name, None}]


def _sold_over(case: Case, source: str) -> dict[str, Product]:
    """The declared products that offers of a source sell, and their upsells; all of them where there are no offers."""
    sold = [each for each in case.flow.sold if each.source in (source, None)]
    ids = {product.id for each in sold for product in (each.product, *each.product.upsells)}
    return {name: entry for name, entry in case.flow.file.products.items() if not sold or entry.id in ids}


def _declared(case: Case, source: str, field: str) -> object:
    return case.flow.fields("offer_sources", source).get(field)


def _names_its_own(case: Case, connection: str) -> bool:
    """Whether its URL says in which currency it sends."""
    return any(each.name == connection and "currency" in each.params for each in case.flow.connections)


def _said_in_urls(case: Case, of: str | None, said: str, target: str) -> Iterator[FileEdit]:
    """The URLs that name this currency, where it becomes another one: of one connection, or of all that say none."""
    for connection in case.flow.connections:
        own = case.flow.file.postbacks[connection.name].currency
        concerned = own is None if of is None else connection.name == of
        if concerned and connection.params.get("currency") == said:
            yield from parameter(case, ("postbacks", connection.name), connection.url, "currency", target)


def _source_currency(case: Case, connection: str) -> str:
    source = source_of(case, connection)
    return str(_declared(case, source, "currency") or "") if source else ""
