"""The web forms of RedTrack and Digistore24: where each is found, the labels of its fields, and why each matters.

Paths and labels of Digistore24's affiliate form and of RedTrack's conversion types are those of RedTrack's help article
on Digistore24; labels that it does not spell out (a conversion type's own fields, the channel's) are RedTrack's help
centre in our words.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from trackform.account_file.sections import Composition
from trackform_core.model.wire import Values

DUPLICATES = {
    "create_new": "create new",
    "new_repeated": "new / repeated",
    "ignore": "ignore",
    "edit": "edit",
    "increment": "keep original + increment payout",
    "by_event_id": "ignore by event ID (rdtk_event_id)",
}
"""The choices of RedTrack's web form (help centre, "Conversion types and statuses")."""


URL_LABEL = "Postback URL"


@dataclass(frozen=True)
class FormField:
    """One field of a web form: our name for it, its label there, and how a value is spelled."""

    field: str
    label: str
    why: str
    spell: Callable[[Any], str] = str
    more: Callable[[Composition, Values], str] = lambda _composition, _values: ""

    def explained(self, composition: Composition, values: Values) -> str:
        return " ".join(part for part in (self.why, self.more(composition, values)) if part)


@dataclass(frozen=True)
class WebForm:
    """One web form: its service, and how to get there to create or change an object."""

    service: str
    create: str
    change: str
    lines: tuple[FormField, ...]
    known_by: frozenset[str] = frozenset()


def shown(line: FormField, values: Values) -> str:
    """A field's value as the form shows it; in a URL the token is replaced by its fingerprint."""
    if line.field not in values:
        return ""
    text = line.spell(values[line.field])
    if line.field == "url" and values.get("token"):
        return f"{text}&ptoken=({values['token']})"
    return text


def changed_reason(form: WebForm, changed: Iterable[str]) -> str:
    names = [line.label for line in form.lines if line.field in changed]
    if "token" in changed:
        names.append("the token in the postback URL")
    return f"Declared otherwise than it was last confirmed: {', '.join(names) or ', '.join(changed)}."


def _yes(value: Any) -> str:
    return "yes" if value else "no"


def _joined(value: Any) -> str:
    return ", ".join(map(str, value))


def _products(composition: Composition, values: Values) -> str:
    names: dict[str, str] = {}
    for name, product in composition.account.file.products.items():
        names[product.id] = name
        names.update(dict.fromkeys(product.upsells, f"upsell of {name}"))
    notes = [f"{each} is {names[each]}" for each in values.get("product_ids", ()) if each in names]
    return f"{'; '.join(notes)}." if notes else ""


FORMS: dict[str, WebForm] = {
    "domains": WebForm("DNS", "the zone of the domain", "the zone of the domain", ()),
    "conversion_types": WebForm(
        "RedTrack",
        "Tools → Conversion tracking → Conversion type",
        "Tools → Conversion tracking → Conversion type",
        (
            FormField(
                "slot", "Slot", "Its place in the list, for ever: history and channel mappings refer to the slot.",
            ),
            FormField("name", "Name", "Equal to what the postback sends in `type`, capital letters included."),
            FormField("role", "Role", "What the conversion means to RedTrack."),
            FormField(
                "duplicates", "Duplicate postbacks", "What happens to a repeated conversion; a type's own choice wins "
                "over the offer source's.", lambda value: DUPLICATES.get(value, str(value)),
            ),
            FormField(
                "show_in_journey", "Show in Customer Journey", "Whether it is drawn in the customer journey.", _yes,
            ),
        ),
        frozenset({"slot", "name"}),
    ),
    "offer_sources": WebForm(
        "RedTrack", "Offer sources → New from template", "Offer sources → the offer source", (),
    ),
    "traffic_channels": WebForm(
        "RedTrack",
        "Traffic channels → the channel → API integration: connect the account, then map conversion types to events",
        "Traffic channels → the channel → API integration → the mapping of conversion types to events",
        (FormField("account", "Account", "Without a linked ad account the channel is told nothing."),),
    ),
    "products": WebForm(
        "Digistore24", "Marketplace → the offer → request access", "Account → Affiliate partnerships", (),
    ),
    "postbacks": WebForm(
        "Digistore24",
        "Account → S2S postback → Add new connection",
        "Account → S2S postback",
        (
            FormField(
                "product_ids", "Affiliate partnerships", "An upsell is a product of its own: one that is not ticked is "
                "not told.", _joined, _products,
            ),
            FormField("events", "For order event", "An event that is not ticked never reaches RedTrack.", _joined),
            FormField("url", URL_LABEL, "The macros stay as they are: Digistore24 fills them in."),
            FormField(
                "currency", "Currency", "What amounts are converted to before they are sent; it has to be the currency "
                "of the offer source.", lambda value: str(value) or "as it is",
            ),
            FormField("active", "Active", "Only an active connection fires.", _yes),
            FormField(
                "error_emails", "Email address for error notifications", "Who is told when RedTrack does not answer.",
                _joined,
            ),
        ),
        frozenset({"url"}),
    ),
}  # fmt: skip
"""By section of the account file, in the order in which a set-up is built."""
CHANNEL = FORMS["traffic_channels"]
