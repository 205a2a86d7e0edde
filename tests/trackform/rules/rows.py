"""One account file in text, rows of what is changed in it, and what `validate` must then say, to the letter."""

from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.policy import Policy
from trackform.rules import RULES, Finding, check
from trackform.rules.history import Slots

TEXT = """\
account:
  currency: USD
digistore24:
  affiliate: acme
  currency: USD
  notify: ops@acme.test
domains:
  main: track.acme.test
traffic_channels:
  facebook: {preset: facebook}
conversion_types:
  initial_sale: {slot: 1, duplicates: by_event_id, forward: {facebook: Purchase}}
  upsell: {slot: 2, duplicates: by_event_id, forward: none}
  refund: {slot: 3, duplicates: by_event_id, forward: none}
  chargeback: {slot: 4, duplicates: by_event_id, forward: none}
offer_sources:
  digistore24:
    preset: digistore24
    click_expiration: off
postbacks:
  sales:
    events: [payment]
    type: order_type
    sum: commission
  returns:
    events: [refund, chargeback]
    type: transaction_type
    sum: commission
products:
  guide: {id: 411000, upsells: [411001], billing: single, guarantee: 60d}
offers:
  guide: {countries: [DE]}
funnels:
  all: {offers: {guide: 100}}
campaigns:
  fb: {channel: facebook, funnel: all}
"""
"""An account of which nothing is to be said, once the open questions that concern it are answered."""

KNOWN = {
    "refund_amount": "negative", "negative_sum": "booked", "return_ids": "own", "upsell_ids": "own",
    "zero_sum": "booked", "rebill_type": "as_bought",
}  # fmt: skip
ANSWERED = Policy(live=KNOWN)
RETURNS_TOLD = (
    "events: [refund, chargeback], type: transaction_type, sum: minus_commission, "
    'event_id: "{transaction_id}-{product_id}-{transaction_type}"'
)
"""Of a connection that a fix makes for what is given back."""
SALES = "    type: order_type\n    sum: commission\n"
RETURNS = "    type: transaction_type\n    sum: commission\n"
SALES_URL = (
    "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"
    "&rdtk_event_id={transaction_id}&sub20=tf.sales"
)
RETURNS_URL = SALES_URL.replace("order_type", "transaction_type").replace("tf.sales", "tf.returns")
LINK = "https://www.digistore24.com/redir/411000/acme?cid={clickid}"
Edit = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """One finding. ``on`` is how the line that it names begins.

    ``fix`` empty: the edits that `test_fixes` makes; of a finding without any, the rule's own way out.
    """

    where: str
    on: str
    said: str
    fix: str = ""
    part: str = ""
    rule: str = ""
    """Empty: the rule of the row."""


def not_judged(rule: str, where: str, on: str, cells: int = 20) -> Told:
    """That only a person can mend an error of this rule, without which nobody can tell what else is wrong."""
    said = f"what is booked and told of {cells} sequences is not judged while [{rule}] stands"
    return Told(where, on, said, rule="not-judged")


def told_rebill(rule: str, said: str = "guide [sale, rebill x3]: facebook is told of a rebill") -> Told:
    """What is a choice, and shows once an error of this rule is mended."""
    message = f"once [{rule}] is mended: {said}: Purchase 47.00"
    return Told("traffic_channels.facebook", "facebook:", message, rule="told-rebill")


INSTALMENTS = "guide [instalments]: facebook is told of an instalment"


@dataclass(frozen=True)
class Row:
    """What one rule says of the account with some edits. ``told`` is everything that any rule says."""

    rule: str
    what: str
    edits: tuple[Edit, ...]
    told: tuple[Told, ...]
    severity: str = "error"
    policy: Policy = field(default_factory=lambda: ANSWERED)
    before: Slots | None = None

    @property
    def id(self) -> str:
        return f"{self.rule}: {self.what}"


def edited(*edits: Edit) -> str:
    """The account's text with each edit made once, in order."""
    text = TEXT
    for old, new in edits:
        assert text.count(old) == 1, (old, text.count(old))
        text = text.replace(old, new)
    return text


def sales(old: str = "", new: str = "") -> Edit:
    """The sales connection with a whole URL, in which one part is another."""
    assert old in SALES_URL
    return SALES, f'    url: "{SALES_URL.replace(old, new) if old else SALES_URL}"\n'


def returns(old: str, new: str) -> Edit:
    assert old in RETURNS_URL
    return RETURNS, f'    url: "{RETURNS_URL.replace(old, new)}"\n'


def link(url: str) -> tuple[Edit, ...]:
    """The offer with a whole link; the connections cover its product by name."""
    return (
        ("guide: {countries: [DE]}", f'guide: {{url: "{url}"}}'),
        ("    events: [payment]\n", "    events: [payment]\n    products: [guide]\n"),
        ("    events: [refund, chargeback]\n", "    events: [refund, chargeback]\n    products: [guide]\n"),
    )


def elsewhere(url: str) -> tuple[Edit, ...]:
    """An offer of another marketplace."""
    return (
        (
            "guide: {countries: [DE]}",
            f'guide: {{offer_source: digistore24}}\n  free: {{url: "{url}", offer_source: more}}',
        ),
        ("postbacks:\n  sales", "  more: {title: More}\npostbacks:\n  sales"),
        ("    type: order_type\n", "    type: order_type\n    offer_source: digistore24\n"),
        ("    type: transaction_type\n", "    type: transaction_type\n    offer_source: digistore24\n"),
        ("{guide: 100}", "{guide: 100, free: 1}"),
    )


def findings(
    folder: Path,
    text: str,
    policy: Policy = ANSWERED,
    before: Slots | None = None,
) -> list[Finding]:
    """What all rules say of an account file in this folder."""
    file = folder / "acme.yaml"
    file.write_text(text)
    told = check([("acme", compose(read_account(file)))], policy, {"acme": before})
    for one in told:
        assert one.part in one.url, f"{one.part!r} cannot be underlined in {one.url!r}"
    return told


def seen(folder: Path, row: Row) -> list[tuple[str, str, Told]]:
    """Severity, file and the rest of each finding; of its line as much as the row has."""
    text = edited(*row.edits)
    lines = [line.strip() for line in ["", *text.splitlines()]]
    cuts = [len(one.on) or None for one in row.told]
    return [
        (
            one.severity,
            Path(one.problem.file).name,
            Told(
                one.problem.where, lines[one.problem.line][:cut], one.problem.message,
                RULES[one.rule].fix if one.edits and not (told and told.fix) else one.problem.suggestion,
                one.part, one.rule,
            ),
        )
        for one, cut, told in zip_longest(findings(folder, text, row.policy, row.before), cuts, row.told)
        if one
    ]  # fmt: skip


def expected(row: Row) -> list[tuple[str, str, Told]]:
    """What a row promises, with the rule's own way out where it has none."""
    rules = [RULES[one.rule or row.rule] for one in row.told]
    return [
        (row.severity if rule.id == row.rule else rule.severity, "acme.yaml",
         replace(one, fix=one.fix or rule.fix, rule=rule.id))
        for one, rule in zip(row.told, rules, strict=True)
    ]  # fmt: skip
