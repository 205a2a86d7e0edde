"""The account file: what people write, as models; every mistake told at once with its file and line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator, model_validator

from trackform.account_file.not_shared import lacking
from trackform.account_file.spelling import (
    Addresses,
    Affiliate,
    Currency,
    Host,
    ProductId,
    codes_of_countries,
    currency_code,
)
from trackform.account_file.stack_names import absent
from trackform.account_file.validation_errors import mistakes, without
from trackform.documents.merge import load_what_is_right
from trackform.documents.problems import Problem, Problems
from trackform.documents.yaml_document import Document
from trackform_core.model.kind import WHEN_USED, OnDelete, Options
from trackform_core.model.markers import OfAccount
from trackform_core.model.vendors import pins
from trackform_core.text import files
from trackform_digistore24.ipn_connection import IpnConnectionFields
from trackform_digistore24.marker import parameter
from trackform_digistore24.postback_connection import PostbackConnectionFields
from trackform_redtrack.campaign import CampaignFields, Optimization
from trackform_redtrack.conversion_type import ConversionTypeFields
from trackform_redtrack.filters import Filters
from trackform_redtrack.funnel import FunnelFields, Weight
from trackform_redtrack.landing import LandingFields
from trackform_redtrack.offer import OfferFields
from trackform_redtrack.offer_source import OfferSourceFields
from trackform_redtrack.script import ScriptFields
from trackform_redtrack.tracking_domain import TrackingDomainFields
from trackform_redtrack.traffic_channel import TrafficChannelFields

TypeMacro = Literal["order_type", "transaction_type", "billing_type", "billing_status"]
"""The macros that can fill RedTrack's one `type` parameter (RedTrack's digistore24 article)."""


def _text(value: Any) -> Any:
    """Ids may be written as numbers; they are texts."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text, json_schema_input_type=str | int)]


class FileModel(BaseModel):
    model_config = WHEN_USED


class SecretRef(FileModel):
    """A secret of the stack's configuration, by name."""

    secret: str = Field(description="Name of the config secret: `pulumi config set --secret trackform:<name>`.")


class OnlyOne:
    """Field marker: of a key that is left out, the only object of its section is meant."""


class Named(Options):
    """One object of the account file: its options, and what Pulumi is told about it."""

    was: str | None = Field(
        default=None, description="Its former name in this file: Pulumi then knows it as the same object."
    )
    protect: bool | None = Field(
        default=None, description="Pulumi refuses to delete it, also on `pulumi destroy`, until this is taken out."
    )


class Entry(Named):
    """One object that has a title in the web application."""

    title: str | None = Field(default=None, description="Title in the web application; the name by default.")
    id: Annotated[
        Text | None,
        Field(default=None, description="Which of several live objects of one title is meant, by the service's id."),
        OfAccount("ids are the account's"),
    ]


class Referable(Entry):
    existing: str | None = Field(
        default=None, description="Title of an object that this stack only refers to and does not manage."
    )


def _shorthand(field: str, model: type[BaseModel]) -> Any:
    return BeforeValidator(
        lambda value: {field: value} if isinstance(value, str) else value, json_schema_input_type=str | model
    )


class DomainEntry(TrackingDomainFields, Referable):
    url: Host = Field(default=None, description="Host name; `main: track.example.com` is short for this.")


class ChannelEntry(TrafficChannelFields, Referable):
    preset: str | None = Field(default=None, description="Name of a file in templates/presets/traffic_channels.")
    _code = field_validator("currency", mode="before")(currency_code)


class OfferSourceEntry(OfferSourceFields, Referable):
    preset: str | None = Field(default=None, description="Name of a file in templates/presets/offer_sources.")
    postback_token: SecretRef | None = Field(  # type: ignore[assignment]
        default=None, description="The protection token (`ptoken`), as a config secret."
    )
    _code = field_validator("currency", mode="before")(currency_code)


class ConversionTypeEntry(ConversionTypeFields, Entry):
    forward: dict[str, str] | Literal["none"] | None = Field(
        default=None, description="Event that each traffic channel is told; `none` tells no channel."
    )


class PostbackEntry(PostbackConnectionFields, Named):
    type: TypeMacro | None = Field(
        default=None, description="The one macro that fills RedTrack's `type`. Needed unless `url` is given."
    )
    sum: Literal["commission", "minus_commission"] | float = Field(
        default="commission",
        description="What is booked: `commission`; `minus_commission`, of returns: what is given back, right whichever "
        "sign its amount arrives with; or a fixed amount; 0 for further dimensions.",
    )
    domain: str | None = Field(default=None, description="Name of the tracking domain; the only one by default.")
    offer_source: str | None = Field(default=None, description="Name of the offer source; the only one by default.")
    products: list[str] | None = Field(
        default=None, description="Names of products; by default all of the account's offers. Upsells are included."
    )
    event_id: str | None = Field(default=None, description="What makes an order event one event, of macros.")
    token: SecretRef | None = Field(default=None, description="Protection token, as a config secret.")
    notify: Annotated[
        Addresses,
        Field(default=None, description="E-mail addresses for error notifications; `digistore24.notify` by default."),
        OfAccount("each account tells its own people"),
    ]
    url: str | None = Field(
        default=None,
        description=f"A whole postback URL with its marker `{parameter('<name>')}`, in place of the template's.",
    )
    template: str = Field(default="postback_url.j2", description="Template of its URL.")
    variables: dict[str, Text] = Field(default_factory=dict, description="Further variables for the template.")
    _code = field_validator("currency", mode="before")(currency_code)


class Product(FileModel):
    id: ProductId = Field(description="Digistore24's product id.")
    upsells: list[ProductId] = Field(
        default_factory=list, description="Ids of the products sold on its thank-you pages."
    )
    billing: Literal["single", "subscription", "installment"] = Field(default="single", description="How it is paid.")
    guarantee: str | None = Field(default=None, description="Money-back time: `60d`.")


class OfferEntry(OfferFields, Referable):
    product: str | None = Field(default=None, description="Name of the product; the offer's own name by default.")
    offer_source: Annotated[
        str | None, Field(default=None, description="Name of the offer source; the only one by default."), OnlyOne
    ]
    script: str | None = Field(default=None, description="Name of the script on its page.")
    url: str | None = Field(default=None, description="A whole link, in place of the template's.")
    campaignkey: str | None = Field(default=None, description="Digistore24's campaign key.", max_length=127)
    template: str = Field(default="offer_url.j2", description="Template of its URL.")
    variables: dict[str, Text] = Field(default_factory=dict, description="Further variables: `sid1: '{sub1}'`.")
    _codes = field_validator("countries", mode="before")(codes_of_countries)


class LandingEntry(LandingFields, Referable):
    domain: str | None = Field(default=None, description="Name of the tracking domain it is tracked over.")

    @model_validator(mode="before")
    @classmethod
    def _page_of_another(cls, given: Any) -> Any:
        """What is only referred to has its page already, wherever that is."""
        refers = isinstance(given, dict) and given.get("existing") is not None
        return {"url": "", **given} if refers else given


class FunnelMember(FileModel):
    """A member of a funnel: its weight, and who of the visitors is sent to it."""

    weight: Weight = Field(default=100, description="Its share, beside the weights of the others.")
    filters: Filters | None = Field(default=None, description="Who is sent to it; those that are not named are off.")


class FunnelShare(FileModel):
    """A funnel of a campaign: its weight, and how RedTrack shifts its visitors."""

    weight: Weight = Field(default=100, description="Its share, beside the weights of the others.")
    optimization: Optimization | None = Field(
        default=None, description="Set once, and people's afterwards; what was never named stays as it is."
    )


def _weight(model: type[BaseModel]) -> Any:
    """`keto: 70` is short for `keto: {weight: 70}`."""
    return BeforeValidator(
        lambda value: value if isinstance(value, dict | BaseModel) else {"weight": value},
        json_schema_input_type=Weight | model,
    )


Members = dict[str, Annotated[FunnelMember, _weight(FunnelMember)]]


class FunnelEntry(FunnelFields, Referable):
    offers: Members = Field(
        default_factory=dict,
        description="Weight of each offer, by name: `keto: 70`, or with filters `keto: {weight: 70, filters: {country: "
        "{values: [DE]}}}`.",
    )
    landings: Members = Field(default_factory=dict, description="Weight of each landing, by name.")
    prelandings: Members = Field(default_factory=dict, description="Weight of each pre-landing, by name.")


class IpnEntry(IpnConnectionFields, Named):
    title: str | None = Field(default=None, description="Name shown in Digistore24; the name here by default.")
    products: list[str] | None = Field(
        default=None, description="Names of products, upsells included; every product of the vendor by default."
    )
    passphrase: SecretRef = Field(description="Signs what is sent, as a config secret.")


class CampaignEntry(CampaignFields, Referable):
    channel: str | None = Field(default=None, description="Name of the traffic channel.")
    funnel: str | None = Field(
        default=None,
        description="Name of its only funnel; `embedded` where the funnel lives only inside the campaign, which keeps "
        "it as it is.",
    )
    funnels: dict[str, Annotated[FunnelShare, _weight(FunnelShare)]] | None = Field(
        default=None,
        description="Weight of each of several funnels, by name: `keto: 50`, or with more to say `keto: {weight: 50, "
        "optimization: {is_enabled: true}}`.",
    )
    domain: Annotated[
        str | None,
        Field(default=None, description="Name of the tracking domain; the only one by default; `none` declares none."),
        OnlyOne,
    ]


class ScriptEntry(ScriptFields, Referable):
    campaign: str | None = Field(default=None, description="Name of the campaign of visits that name none.")
    domain: str | None = Field(default=None, description="Name of the tracking domain that the code is loaded from.")


class AccountSection(FileModel):
    redtrack_user: Text | None = Field(default=None, description="RedTrack's user id: the stack is pinned to it.")
    currency: Currency = Field(default=None, description="Currency of the RedTrack account; no API tells it.")


class Digistore24Section(FileModel):
    account: Text | None = Field(default=None, description="Digistore24's user id: the stack is pinned to it.")
    affiliate: Affiliate = Field(description="The affiliate's Digistore24 name, which earns the commissions.")
    currency: Currency = Field(default=None, description="Currency that payouts are converted to.")
    notify: Addresses = Field(default=None, description="E-mail addresses for error notifications.")


OWN_LINES = "each account has its own"


class AccountFile(FileModel):
    """The whole file, `extends` resolved."""

    account: Annotated[AccountSection, OfAccount(OWN_LINES)] = Field(default_factory=AccountSection)
    digistore24: Annotated[Digistore24Section | None, OfAccount(OWN_LINES)] = None
    adopt: Annotated[bool | list[str], OfAccount(OWN_LINES)] = Field(
        default=False,
        description="Take over what the account has already: `true`, or names of sections. An object's own `adopt` "
        "wins.",
    )
    not_shared: dict[str, Any] = Field(
        default_factory=dict,
        description="In a file that `trackform export --split` wrote for several accounts: what it leaves to each of "
        "them, in the shape of the file, each with the reason. `trackform validate` names what of it a stack neither "
        "says nor declines, with `null` in its place: `not_shared: {offers: {keto: {url: null}}}`.",
    )
    protect: bool | list[str] = Field(
        default=False, description="`protect` for all objects, or for those of the sections that are named."
    )
    mark: bool | list[str] = Field(
        default=False,
        description="`mark` for all objects that have room for one (offer sources, offers, landings, campaigns), or "
        "for those of the sections that are named.",
    )
    on_delete: OnDelete | dict[str, OnDelete] | None = Field(
        default=None,
        description="`on_delete` for all objects, or by section. An object's own wins. Where it says `delete`, adopted "
        "objects are deleted as well. `pause` for all keeps what cannot be paused.",
    )
    ignore: list[str] = Field(
        default_factory=list,
        description="What `trackform export --unmanaged` does not list: patterns such as `offers/test *`.",
    )
    empty: bool = Field(
        default=False,
        description="`true` where the file is meant to declare no objects, not even ones that it only refers to. "
        "Without it such a file is refused: one that a merge emptied looks the same. It is not inherited from a file "
        "that this one extends.",
    )
    variables: dict[str, Text] = Field(default_factory=dict, description="Variables for all templates.")
    domains: dict[str, Annotated[DomainEntry, _shorthand("url", DomainEntry)]] = Field(default_factory=dict)
    conversion_types: dict[str, ConversionTypeEntry] = Field(default_factory=dict)
    offer_sources: dict[str, OfferSourceEntry] = Field(default_factory=dict)
    traffic_channels: dict[str, ChannelEntry] = Field(default_factory=dict)
    products: dict[str, Product] = Field(default_factory=dict)
    offers: dict[str, OfferEntry] = Field(default_factory=dict)
    postbacks: dict[str, PostbackEntry] = Field(default_factory=dict)
    landings: dict[str, LandingEntry] = Field(default_factory=dict)
    funnels: dict[str, FunnelEntry] = Field(default_factory=dict)
    campaigns: dict[str, CampaignEntry] = Field(default_factory=dict)
    scripts: dict[str, ScriptEntry] = Field(default_factory=dict)
    ipn_connections: dict[str, IpnEntry] = Field(default_factory=dict)


@dataclass(frozen=True)
class ReadAccount:
    """An account file that was read and fits its models. ``document`` knows where everything stands.

    Where it has ``problems``, it is what is left without them, and ``document.doubts`` are their places.
    """

    file: AccountFile
    document: Document
    problems: tuple[Problem, ...] = ()


def pinned(file: AccountFile) -> dict[str, str | None]:
    """Pin -> the live account that the file names for it; None where it names none."""
    return {pin: _at(file, service.pin_in_file) for pin, service in pins().items()}


def _at(part: Any, path: str) -> Any:
    """The value at a place of the file, such as ``account.currency``; None where a section on the way is missing."""
    for name in path.split("."):
        part = getattr(part, name, None)
    return part


def read_account(path: Path) -> ReadAccount:
    """Read and check one account file by itself, not what its parts say of each other.

    Raises:
        Problems: everything that is wrong, sorted by file and line.
    """
    account = read_what_is_right(path)
    if account.problems:
        raise Problems(account.problems)
    return account


def read_what_is_right(path: Path) -> ReadAccount:
    """Read an account file without what is wrong in one place only, which stands in its `problems`.

    Raises:
        Problems: where nothing is left to look at.
    """
    if not files.is_there(path):
        raise Problems([absent(path)])
    document = load_what_is_right(path)
    problems = list(document.problems)
    while True:
        try:
            return ReadAccount(AccountFile.model_validate(document.data), document, tuple(problems))
        except ValidationError as error:
            mistaken = list(mistakes(error, document, AccountFile))
            problems += [
                document.problem(each.path, *(lacking(document.data, each.path) or (each.message, each.suggestion)))
                for each in mistaken
                if not document.doubts_about(each.path)
            ]
            rest = without(document, mistaken)
            if rest.data == document.data:
                raise Problems(problems) from None
            document = rest
