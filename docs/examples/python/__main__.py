"""The set-up of stacks/demo.yaml, declared in Python: the account file is a convenience, not a wall."""

import pulumi

from trackform.resources import (
    Account,
    Campaign,
    ConversionType,
    Funnel,
    Offer,
    OfferSource,
    PostbackConnection,
    TrackingDomain,
    TrafficChannel,
)
from trackform.urls import render
from trackform.urls.presets import declared, numbered_subs, presets
from trackform_redtrack import offer_source, traffic_channel

DOMAIN, AFFILIATE, CURRENCY = "track.acme.test", "acme", "USD"
PRODUCT, UPSELLS = "411530", ["411531", "411532"]
CONVERSION_TYPES = ["initial_sale", "upsell", "refund", "chargeback", "single_payment", "subscription", "installment"]
CONNECTIONS = {
    "sales": (["payment"], "order_type", "commission"),
    "returns": (["refund", "chargeback"], "transaction_type", "-{amount_affiliate_abs}"),
    "billing": (["payment"], "billing_type", 0),
}

digistore24 = presets("offer_sources")["digistore24"]
source_fields, source_extra = declared(offer_source.KIND, digistore24)
channel_fields, channel_extra = declared(traffic_channel.KIND, presets("traffic_channels")["facebook"])

# Every other object names the account: nothing is written before its keys were seen to belong to it.
account = Account()

domain = TrackingDomain("main", account=account, url=DOMAIN)
for slot, name in enumerate(CONVERSION_TYPES, 1):
    role = "Purchase" if name == "initial_sale" else None
    ConversionType(name, account=account, name=name, slot=slot, role=role, duplicates="by_event_id")
source = OfferSource(
    "digistore24", account=account, title="digistore24", currency=CURRENCY, click_expiration="off",
    extra=source_extra or None, **source_fields,
)  # fmt: skip
channel = TrafficChannel(
    "facebook", account=account, title="facebook", extra=channel_extra or None, **channel_fields
)  # fmt: skip

promolink = render("promolink.j2", {"product": PRODUCT, "affiliate": AFFILIATE})
offer = Offer(
    "keto-guide", account=account, title="keto-guide", url=render("offer_url.j2", {"promolink": promolink}),
    offer_source_id=source.object_id, countries=["DE", "AT"],
)  # fmt: skip

for name, (events, macro, amount) in CONNECTIONS.items():
    event_id = "{transaction_id}-{product_id}" + ("" if name == "sales" else f"-{{{macro}}}")
    variables = {
        "domain": DOMAIN, "connection": name, "type": macro, "sum": amount, "event_id": event_id,
        "clickid": digistore24["clickid"], "sum_macro": digistore24["sum"], "subs": numbered_subs(digistore24),
    }  # fmt: skip
    PostbackConnection(
        name, account=account, name=name, url=render("postback_url.j2", variables), events=events, currency=CURRENCY,
        product_ids=[PRODUCT, *UPSELLS], error_emails=["ops@acme.test"],
    )  # fmt: skip

funnel = Funnel("keto", account=account, title="keto", offer_ids=[offer.object_id], offer_weights=[100])
campaign = Campaign(
    "fb-keto-de", account=account, title="fb-keto-de", channel_id=channel.object_id, domain_id=domain.object_id,
    funnel_ids=[funnel.object_id], funnel_weights=[100], cost_model="CPC", cpc=0.25,
)  # fmt: skip
pulumi.export("tracking_link", campaign.tracking_link)
