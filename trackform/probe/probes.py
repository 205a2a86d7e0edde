"""Every open setting: how it is read, what is counted for it, and what an answer would take where there is none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from trackform.flow.live_settings import SETTINGS
from trackform.probe import apis, logs
from trackform.probe.answer import Answer, Sign, answered
from trackform.probe.evidence import AccountEvidence
from trackform_core.http.service_error import SHARED, ServiceError

Read = Callable[[AccountEvidence], Iterator[Sign]]
Needs = Literal["redtrack", "digistore24", "both"]

BY_WRITING = "an attempt, which only `--write` makes"
TRIED = "attempts with objects of its own"
NO_KEY = "there is no key of Digistore24 for this stack"


@dataclass(frozen=True)
class Probe:
    """How one setting is read.

    Attributes:
        read: the signs of it; ``None`` where no look without a write shows any.
        noun: what a sign is, for the count.
        takes: what an answer would take.
        needs: the services whose keys it needs.
    """

    read: Read | None
    noun: str = TRIED
    takes: str = BY_WRITING
    needs: Needs = "redtrack"


def _of_log(read: Read, noun: str, takes: str) -> Probe:
    return Probe(read, noun, takes, "both")


PROBES: Mapping[str, Probe] = {
    # What later ones reason with comes first.
    "missing_sum": _of_log(
        logs.missing_sum, "conversions of connections without a sum",
        "a conversion by a connection whose URL has no `sum`, of an offer with a payout",
    ),
    "zero_sum": _of_log(
        logs.zero_sum, "conversions of connections with sum=0",
        "a conversion by a connection with sum=0, of an offer with a payout; where a postback without a sum books 0, "
        "too, nothing tells them apart, and nothing depends on it",
    ),
    "notice_amount": _of_log(
        logs.notice_amount, "conversions of events that move no money",
        "an event that moves no money, by a connection with sum={amount_affiliate} that also carries this in a sub",
    ),
    "return_ids": _of_log(
        logs.return_ids, "refunds and chargebacks",
        "a refund or chargeback in the conversion log, by a connection that carries {transaction_id}",
    ),
    "event_ids": _of_log(
        logs.event_ids, "clicks with one event id under two types, or without the second of them",
        "one event id sent under two types whose duplicates are kept apart by_event_id",
    ),
    "refund_amount": _of_log(
        logs.refund_amount, "refunds and chargebacks",
        "a refund or chargeback in the conversion log, by a connection with sum={amount_affiliate}",
    ),
    "negative_sum": _of_log(
        logs.negative_sum, "conversions below zero, or refunds that left no row",
        "a refund that Digistore24 booked an hour ago or earlier, of a sale that arrived, by a connection with "
        "sum={amount_affiliate} whose event id is not the payment's",
    ),
    "upsell_ids": _of_log(
        logs.upsell_ids, "upsells",
        "an upsell in the log, by a connection that carries {transaction_id} and {product_id}",
    ),
    "rebill_type": _of_log(
        logs.rebill_type, "rebills and instalments",
        "a rebill or instalment in the log, by a connection that carries {transaction_id} and {order_type}",
    ),
    "retries": _of_log(
        logs.retries, "payments that were delivered twice",
        "a delivery that Digistore24 repeated, by a connection that carries {random} or a time, under a type that "
        "keeps duplicates",
    ),
    "currency_macro": _of_log(
        logs.currency_macro, "conversions of sales in another currency",
        "a sale in another currency than its connection converts to, with {currency} in the URL",
    ),
    "repeated_parameter": _of_log(
        logs.repeated_parameter, "conversions of connections that say a parameter twice",
        "a connection whose URL says a sub, `type` or `rdtk_event_id` twice, with different constants",
    ),
    "duplicates": _of_log(
        logs.duplicates, "second conversions of a click under another type",
        "a second conversion of a click, of another type than the first, whose duplicates are new_repeated",
    ),
    "expiration_unit": _of_log(
        logs.expiration_unit, "payments between the hours and the days of the click expiration",
        "an offer source with a click expiration, and a payment so many hours after its click, but not so many days",
    ),
    "link_cid": _of_log(
        logs.link_cid, "conversions of offers with such a link, or sales of their products without a click id",
        "a sale over an offer whose link has `aff=`, `#aff=` or begins with go.",
    ),
    "order": _of_log(
        logs.order, "pairs of connections that one order event called",
        "two connections that one order event called and that carry {transaction_id}, whose conversions have different "
        "times; even that is a guess, as one postback may overtake another",
    ),
    "deleted": Probe(
        apis.deleted, "deleted offers or campaigns looked at",
        "a deleted offer or campaign that the listing still tells",
    ),
    "missing_object": Probe(
        apis.missing_object, "look-ups of an id that never was", "an answer to the look-up of an id that never was"
    ),
    "missing_script": Probe(
        apis.missing_script, "look-ups of an id that never was", "a service that answers scripts at all"
    ),
    "empty_list": Probe(apis.empty_list, "empty pages", "a listing that answers a page behind its last one"),
    "bad_key": Probe(apis.bad_key, "requests with a key that nobody has", "a service that refuses a made-up key"),
    "clickid": Probe(apis.clickid, "macros of offer sources", "an offer source with a click ID or a sum filled in"),
    "campaign_list": Probe(apis.campaign_list, "campaigns", "a campaign with a funnel"),
    "postback_url": Probe(
        apis.postback_url, "offer sources whose postback URL says what is computed, or something else",
        "an offer source with a click ID, a sum or a sub filled in, for a guess; for certainty an attempt, which only "
        "`--write` makes",
    ),
    "titles": Probe(
        apis.titles, "pairs of objects with one title, or attempts to make one",
        "two objects of one title, or an attempt to make them, which only `--write` does",
    ),
    "filters": Probe(apis.filters, "funnels with filters", "a funnel with a filter"),
    "ipn_info_missing": Probe(
        apis.ipn_info_missing, "look-ups of an IPN connection that never was", "a key that may call ipnInfo",
        "digistore24",
    ),
    "utc_offset": Probe(
        apis.utc_offset, "envelopes of Digistore24's answers", "an answer of Digistore24", "digistore24"
    ),
    "products": Probe(
        apis.products, "listings of the vendor's products", "a key that may call listProducts", "digistore24"
    ),
    "page_cap": Probe(apis.page_cap, "listings that go on behind a page", "more objects of a kind than one page holds"),
    "requests_per_minute": Probe(
        apis.requests_per_minute, "answers with a limit in their headers", "an answer that tells a limit in its headers"
    ),
    "log_time_zone": Probe(apis.log_time_zone, "conversions", "a conversion in the log, whose time has an offset"),
    "put": Probe(None),
    "post_networks": Probe(None),
    "put_sources": Probe(None),
    "unwritable": Probe(None),
}  # fmt: skip


def probed(evidence: AccountEvidence, step: Callable[[str], None] = lambda _name: None) -> list[Answer]:
    """The answer to every setting, in the order of the table of settings; ``step`` hears which is looked for.

    Raises:
        ServiceError: RedTrack takes the key not, or gives no answer: that is about no single setting.
    """
    answers: dict[str, Answer] = {}
    faults: dict[str, ServiceError] = {}
    for name, probe in PROBES.items():
        step(name)
        answers[name] = _probed(name, probe, evidence, faults)
        if answers[name].value:
            evidence.known[name] = answers[name].value
    return [answers[name] for name in SETTINGS]


def _probed(name: str, probe: Probe, evidence: AccountEvidence, faults: dict[str, ServiceError]) -> Answer:
    tried = evidence.attempted.get(name, [])
    if probe.read is None or tried:
        return answered(name, tried, probe.noun, probe.takes, evidence.today)
    if probe.needs != "redtrack" and not evidence.has_digistore24:
        return Answer(name, evidence=NO_KEY)
    if fault := faults.get(probe.needs):
        return Answer(name, evidence=f"could not be looked at: {fault.message}")
    try:
        return answered(name, probe.read(evidence), probe.noun, probe.takes, evidence.today)
    except ServiceError as error:
        if error.reason in SHARED and probe.needs == "redtrack":
            raise
        # Of the logs the first fault is that of all who need them: nobody asks for them again and again.
        if probe.needs == "both":
            faults[probe.needs] = error
        return Answer(name, evidence=f"could not be looked at: {error.message}")
    except ValueError as error:
        # A time that is none, in some row: of what is asked otherwise more can be known.
        return Answer(name, evidence=f"could not be looked at: an answer could not be read: {error}")
