"""The account file that a person fills in: what was answered stands in it, what was not is empty, and named so."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from trackform.account_file.models import AccountFile
from trackform.account_file.stack_names import is_no_account_file
from trackform.account_file.validation_errors import mistakes
from trackform.documents.scalars import flow
from trackform.documents.yaml_document import Document, Steps
from trackform_core.errors import TrackformError

STACK = re.compile(r"[A-Za-z0-9](?!.*\.ya?ml$)[\w.-]{0,99}", re.ASCII)
"""A stack's name as Pulumi takes it; one that begins with a letter or digit is no option of a command, and what ends
like a file was meant as one."""
EVENTS = {"facebook": "Purchase"}
"""What a channel calls a sale, where its preset leaves no doubt."""
FIRST = "first-product"


@dataclass(frozen=True)
class NewAccount:
    """What is known of an account at the beginning; an empty text is not known yet."""

    stack: str
    affiliate: str = ""
    currency: str = ""
    domain: str = ""
    channel: str = "facebook"
    product: str = FIRST
    product_id: str = ""
    notify: str = ""

    def text(self) -> str:
        """The account file, every line with what belongs there."""
        channel, product = flow(self.channel), flow(self.product)
        campaign = flow(f"{self.channel}-{self.product}")
        return f"""\
# yaml-language-server: $schema=../.trackform/account-file.schema.json
# The accounts of stack {self.stack}. What is empty is to be filled in: `trackform validate {self.stack}` names it.
extends: [shared/digistore24.yaml]
account:
  currency: {_given(self.currency)} # of the RedTrack account, as its own settings show it
digistore24:
  affiliate: {_given(self.affiliate)} # the name at Digistore24 that earns the commissions
  currency: {_given(self.currency)} # that Digistore24 converts payouts to: the same
  notify: {_given(self.notify)} # e-mail address that hears of postbacks that fail
domains:
  main: {_given(self.domain)} # the tracking domain, such as track.example.com
traffic_channels:
  {channel}: {{preset: {channel}}}
conversion_types:
  # What the channel is told of a sale: the event as the channel spells it, or `forward: none`.
  initial_sale: {{forward: {{{channel}: {_given(EVENTS.get(self.channel, ""))}}}}}
products:
  {product}: {{id: {_given(self.product_id)}}} # Digistore24's id; `upsells: [411531]` are sold after it
offers:
  {product}: {{}} # the product's promolink
funnels:
  {product}: {{offers: {{{product}: 100}}}}
campaigns:
  {campaign}: {{channel: {channel}, funnel: {product}}} # `cost_model: CPC, cpc: 0.25`
"""


def _given(value: str) -> str:
    return flow(_value(value)) if value else ""


def _value(given: str) -> int | str:
    return int(given) if re.fullmatch(r"[1-9]\d{0,15}", given) else given


def doubt(place: Steps, given: str) -> str:
    """What `trackform validate` would say of this at a place of the account file; empty where nothing."""
    data: Any = _value(given)
    for step in reversed(place):
        data = {step: data}
    try:
        AccountFile.model_validate(data)
    except ValidationError as error:
        said = [each for each in mistakes(error, Document(data, ""), AccountFile) if each.path == place]
        return "; ".join(filter(None, (said[0].message, said[0].suggestion))) if said else ""
    return ""


def checked(stack: str) -> str:
    """The name of a stack, where it can be one.

    Raises:
        TrackformError: Pulumi takes no such name, or a file of another meaning has it.
    """
    if not STACK.fullmatch(stack) or is_no_account_file(Path(f"{stack}.yaml")):
        raise TrackformError(
            f"{stack!r} cannot be the name of a stack: at most 100 letters, digits, '.', '_' and '-', such as "
            "acme; and neither policy, Pulumi.…, ….ledger nor ….yaml"
        )
    return stack


def named_after(folder: Path) -> str:
    """A stack's name made of a folder's."""
    name = re.sub(r"[^a-z0-9_-]+", "-", folder.name.lower()).strip("-_")
    return name if name and not is_no_account_file(Path(f"{name}.yaml")) else "main"


def product_of(given: str) -> tuple[str, str]:
    """Name and id of ``keto-guide=411530``, or of the id alone."""
    name, _, number = given.rpartition("=")
    return name or (f"product-{number}" if number.isdigit() else FIRST), number
