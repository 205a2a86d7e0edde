"""Every field has a mark, and what is marked as deciding is simulated: said otherwise, it changes a cell."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from tests.trackform.rules.rows import LINK, RETURNS, SALES, SALES_URL, Edit, edited
from trackform.account_file.compose import compose
from trackform.account_file.models import AccountFile, AccountSection, Digistore24Section, Product, read_account
from trackform.account_file.references import entry_model
from trackform.account_file.sections import SECTIONS
from trackform.flow.account import prove_account
from trackform.flow.build import Flow
from trackform.flow.fields import EXTRA, FIELDS, NESTED, OPTIONS, mark_of, mark_of_extra
from trackform.urls import TEMPLATES
from trackform_core.model.kind import OPTIONS as KIND_OPTIONS
from trackform_core.model.markers import Books, Tells

MODELS: dict[str, type[BaseModel]] = {
    **{section: entry_model(section) for section in SECTIONS},
    "products": Product, "account": AccountSection, "digistore24": Digistore24Section,
}  # fmt: skip
OF_THE_PROGRAM = {"adopt_id", "account", "account_id", "object_id"}
"""What the program adds to each object, and no file says."""


def parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model within an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def nested(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {each for info in model.model_fields.values() for each in parts(info.annotation)}
    return found.union(*map(nested, found)) if found else found


def test_every_field_that_a_file_can_say_has_a_mark() -> None:
    fields = {(section, name) for section, model in MODELS.items() for name in model.model_fields}
    fields |= {
        (section, name)
        for section, kind in SECTIONS.items()
        for name in kind.model.model_fields.keys() - (KIND_OPTIONS - entry_model(section).model_fields.keys())
    }
    assert [field for field in sorted(fields) if mark_of(*field) is None] == []


def test_every_field_of_nested_objects_has_a_mark() -> None:
    models = set().union(*map(nested, MODELS.values()))
    assert {model.__name__: sorted(model.model_fields) for model in models} == {
        name: sorted(marks) for name, marks in NESTED.items()
    }


def test_everything_that_extra_can_hold_has_a_mark() -> None:
    assert {section: sorted(kind.more) for section, kind in SECTIONS.items() if kind.more} == {
        section: sorted(marks) for section, marks in EXTRA.items()
    }
    # What a later version of the published spec adds is unknown until somebody marks it.
    assert mark_of_extra("offers", "brand_new").effect == "unknown"


def test_no_mark_is_of_a_field_that_nothing_has() -> None:
    for section, marks in FIELDS.items():
        kind = SECTIONS.get(section)
        assert marks.keys() <= MODELS[section].model_fields.keys() | (kind.model.model_fields.keys() if kind else set())
    assert OPTIONS.keys() <= set().union(*(model.model_fields for model in MODELS.values()))
    assert set(FIELDS) | {"not_shared"} >= {
        name for name, info in AccountFile.model_fields.items() if any(parts(info.annotation))
    }


def test_every_mark_says_why_or_is_simulated() -> None:
    for marks in (*FIELDS.values(), *NESTED.values(), *EXTRA.values(), OPTIONS):
        for name, mark in marks.items():
            assert (mark.effect == "decides") or mark.why, name
            assert not (mark.proved and mark.effect != "decides"), name
            assert not (mark.harmless and mark.effect != "unknown"), name


def test_the_marks_agree_with_what_the_kinds_say_of_their_fields() -> None:
    """What the kinds call a matter of money or of telling others, and here decides nothing: each for its reason."""
    marked = {
        (section, field)
        for section, kind in SECTIONS.items()
        for marker in (Books, Tells)
        for field in kind.marked(marker)
    }
    innocent = {
        field
        for field in marked
        if (mark_of(*field) or mark_of_extra(*field)).effect == "none"
    }  # fmt: skip
    assert innocent == {
        ("offer_sources", "subs"), ("traffic_channels", "currency"), ("traffic_channels", "postback_url"),
    }  # fmt: skip


GUIDE, FUNNEL, CAMPAIGN = (
    "guide: {countries: [DE]}",
    "all: {offers: {guide: 100}}",
    "fb: {channel: facebook, funnel: all}",
)
EXPIRY, DOMAIN = "    click_expiration: off\n", "main: track.acme.test"
PRODUCT = "guide: {id: 411000, upsells: [411001], billing: single, guarantee: 60d}"
SALE, UPSELL = (
    "initial_sale: {slot: 1, duplicates: by_event_id",
    "  upsell: {slot: 2, duplicates: by_event_id, forward: none}\n",
)
OWN_URL: Edit = (SALES, f'    url: "{SALES_URL}"\n')
NO_SUM: Edit = (SALES, '    url: "' + SALES_URL.replace("&sum={amount_affiliate}", "") + '"\n')
PAST = "expires_at: '2000-01-01T00:00:00'"
TOKEN = "    token: {secret: one}\n"
SIGNED: tuple[Edit, ...] = ((SALES, SALES + TOKEN), (RETURNS, RETURNS + TOKEN))
PROTECTED = "    postback_protected: true\n    postback_token: {secret: %s}\n"
SECOND = (
    (SALES, f"{SALES}    offer_source: digistore24\n"), (RETURNS, f"{RETURNS}    offer_source: digistore24\n"),
    (EXPIRY, f"{EXPIRY}  second: {{click_expiration: off, currency: EUR, clickid: '{{order_id}}'}}\n"),
)  # fmt: skip
PRODUCTS: Edit = (PRODUCT, f"{PRODUCT}\n  club: {{id: 411009, billing: subscription}}")
NAMED: tuple[Edit, ...] = ((SALES, f"{SALES}    products: [guide]\n"), (RETURNS, f"{RETURNS}    products: [guide]\n"))
Example = tuple[tuple[Edit, ...], Edit]
"""Edits of the account, and of what then stands there what is said otherwise."""


def of_source(was: str, now: str) -> Example:
    return ((EXPIRY, EXPIRY + was),), (EXPIRY + was, EXPIRY + now)


def said(line: str, now: str, *edits: Edit) -> Example:
    return edits, (line, now)


def of_sales(now: str) -> Example:
    return said(SALES, SALES + now)


def between(of_all: str, of_member: str, other: str) -> Example:
    """Filters of a funnel, and those of its member, which become others."""
    whole = f"all: {{filters: {{{of_all}}}, offers: {{guide: {{weight: 1, filters: {{%s}}}}}}}}"
    return ((FUNNEL, whole % of_member),), (whole % of_member, whole % other)


FILTERS = [name for name, mark in NESTED["Filters"].items() if mark.effect == "decides"]
EXAMPLES: dict[str, Example] = {
    "domains.url": said(DOMAIN, "main: {url: other.acme.test}", OWN_URL),
    "domains.existing": said(DOMAIN, "main: {existing: other.acme.test}", OWN_URL),
    "conversion_types.title": said(SALE, SALE.replace("{", "{title: Sale, ")),
    "conversion_types.duplicates": said(SALE, SALE.replace("by_event_id", "create_new")),
    "conversion_types.forward": said("forward: {facebook: Purchase}", "forward: {facebook: Lead}"),
    "offer_sources.clickid": of_source("", "    clickid: '{order_id}'\n"),
    "offer_sources.sum": of_source("", "    sum: '{amount_brutto}'\n"),
    "offer_sources.currency": of_source("", "    currency: EUR\n"),
    "offer_sources.click_expiration": said(EXPIRY, "    click_expiration: 30\n"),
    "offer_sources.postback_protected": of_source("    postback_token: {secret: one}\n", PROTECTED % "one"),
    "offer_sources.postback_token": (
        (*SIGNED, (EXPIRY, EXPIRY + PROTECTED % "one")), (PROTECTED % "one", PROTECTED % "two")),
    "offer_sources.postback_mode": (
        ((UPSELL, ""), (EXPIRY, f"{EXPIRY}    postback_mode: create_new\n")), ("create_new", "ignore")),
    "offers.status": said(GUIDE, "guide: {status: paused}"),
    "offers.payout": said(GUIDE, "guide: {payout: 5}", NO_SUM),
    "offers.expires_at": said(GUIDE, f"guide: {{{PAST}}}"),
    "offers.product": said("{product: guide}", "{product: club}", PRODUCTS,
                           (GUIDE, "guide: {product: guide}")),
    "offers.offer_source": ((*SECOND, (GUIDE, "guide: {offer_source: digistore24}")),
                            ("guide: {offer_source: digistore24}", "guide: {offer_source: second}")),
    "offers.url": (((GUIDE, f'guide: {{url: "{LINK}"}}'), *NAMED), (LINK, LINK.replace("{clickid}", "{sub1}"))),
    "offers.template": said(GUIDE, "guide: {template: own_offer.j2, variables: {who: x}}"),
    "offers.variables": said("{who: '{clickid}'}", "{who: '{sub1}'}",
                             (GUIDE, "guide: {template: own_offer.j2, variables: {who: '{clickid}'}}")),
    "offers.default_conversion_status": said(GUIDE, "guide: {default_conversion_status: pending}"),
    "postbacks.events": said("[refund, chargeback]", "[refund]"),
    "postbacks.currency": of_sales("    currency: EUR\n"),
    "postbacks.active": of_sales("    active: false\n"),
    "postbacks.type": said("type: order_type", "type: billing_status"),
    "postbacks.sum": said(SALES, SALES.replace("commission", "5")),
    "postbacks.offer_source": ((*SECOND, (GUIDE, "guide: {offer_source: digistore24}")),
                               (f"{SALES}    offer_source: digistore24", f"{SALES}    offer_source: second")),
    "postbacks.products": ((PRODUCTS, *NAMED), (f"{SALES}    products: [guide]", f"{SALES}    products: [club]")),
    "postbacks.event_id": of_sales("    event_id: '{order_id}'\n"),
    "postbacks.token": ((*SIGNED, (EXPIRY, EXPIRY + PROTECTED % "one")),
                        (SALES + TOKEN, SALES + TOKEN.replace("one", "two"))),
    "postbacks.url": said("clickid={cid}", "clickid={order_id}", OWN_URL),
    "postbacks.template": of_sales("    template: own_postback.j2\n    variables: {who: x}\n"),
    "postbacks.variables": said("{who: '{cid}'}", "{who: '{order_id}'}",
                                (SALES, SALES + "    template: own_postback.j2\n    variables: {who: '{cid}'}\n")),
    "funnels.expires_at": said(FUNNEL, f"all: {{{PAST}, offers: {{guide: 100}}}}"),
    "funnels.filters": (((FUNNEL, "all: {offers: {guide: {weight: 1, filters: {country: {values: [DE]}}}}}"),),
                        ("all: {", "all: {filters: {country: {values: [FR]}}, ")),
    "funnels.offers": said(FUNNEL, "all: {offers: {guide: 0}}"),
    "campaigns.status": said(CAMPAIGN, CAMPAIGN.replace("}", ", status: paused}")),
    "campaigns.expires_at": said(CAMPAIGN, CAMPAIGN.replace("}", f", {PAST}}}")),
    "campaigns.channel": said("channel: facebook,", "channel: other,",
                              ("  facebook: {preset: facebook}\n", "  facebook: {preset: facebook}\n  other: {}\n")),
    "campaigns.funnel": said("funnel: all}", "funnel: none}", (FUNNEL, f"{FUNNEL}\n  none: {{offers: {{guide: 0}}}}")),
    "campaigns.funnels": said(CAMPAIGN, "fb: {channel: facebook, funnels: {all: 0}}"),
    "products.id": said("id: 411000", "id: 411777", (SALES, SALES + "    variables: {sum: '{product_id}'}\n")),
    "products.upsells": said("upsells: [411001]", "upsells: []"),
    "products.billing": said("billing: single", "billing: subscription"),
    "products.guarantee": said("guarantee: 60d", "guarantee: 1d", (EXPIRY, "    click_expiration: 200\n")),
    "account.currency": said("account:\n  currency: USD", "account:\n  currency: EUR"),
    "digistore24.currency": said("affiliate: acme\n  currency: USD", "affiliate: acme\n  currency: EUR"),
    "FunnelMember.weight": (((FUNNEL, "all: {offers: {guide: {weight: 1}}}"),), ("weight: 1", "weight: 0")),
    "FunnelMember.filters": (((FUNNEL, "all: {filters: {country: {values: [DE]}}, offers: {guide: {weight: 1}}}"),),
                             ("{weight: 1}", "{weight: 1, filters: {country: {values: [FR]}}}")),
    "FunnelShare.weight": (((CAMPAIGN, "fb: {channel: facebook, funnels: {all: {weight: 1}}}"),),
                           ("weight: 1", "weight: 0")),
    **{f"Filters.{name}": between(f"{name}: {{values: [a]}}", f"{name}: {{values: [a]}}", f"{name}: {{values: [b]}}")
       for name in FILTERS},
    "ValuesFilter.values": between("os: {values: [a]}", "os: {values: [a]}", "os: {values: [b]}"),
    "ValuesFilter.exclude": between("os: {values: [a]}", "os: {values: [a]}", "os: {values: [a], exclude: true}"),
    "ValuesFilter.active": between("os: {values: [a]}", "os: {values: [b]}", "os: {values: [b], active: false}"),
    "ValuesFilter.comparison_type": between(
        "os: {values: [a]}", "os: {values: [b]}", "os: {values: [b], comparison_type: HAS}"),
    "SecretRef.secret": ((*SIGNED, (EXPIRY, EXPIRY + PROTECTED % "one")), (PROTECTED % "one", PROTECTED % "two")),
}  # fmt: skip


def cells(folder: Path, text: str) -> list[Any]:
    """What each cell of the proof is judged by."""
    templates = folder / "templates"
    if not templates.exists():
        shutil.copytree(TEMPLATES, templates)
        (templates / "own_offer.j2").write_text("https://www.digistore24.com/redir/{{ product }}/acme?cid={{ who }}")
        (templates / "own_postback.j2").write_text(
            "https://{{ domain }}/postback?clickid={{ who }}&sum={amount_affiliate}&type={order_type}"
            "&rdtk_event_id={transaction_id}&sub20={{ connection | marker }}"
        )
    file = folder / "acme.yaml"
    file.write_text(text)
    proofs = prove_account(Flow(compose(read_account(file), templates)), {})
    return [
        (cell.sequence.name, cell.outcome, cell.violations, cell.notes)
        for proof in proofs
        for cell in proof.cells
    ]  # fmt: skip


def test_every_field_that_decides_has_an_example() -> None:
    decides = {
        f"{where}.{name}"
        for table in (FIELDS, NESTED, EXTRA)
        for where, marks in table.items()
        for name, mark in marks.items()
        if mark.effect == "decides"
    }
    assert decides == set(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_what_decides_is_simulated(tmp_path: Path, example: Example) -> None:
    edits, (was, now) = example
    before = edited(*edits)
    assert before.count(was) == 1, (was, before.count(was))
    assert cells(tmp_path, before) != cells(tmp_path, before.replace(was, now))
