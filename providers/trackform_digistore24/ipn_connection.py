"""IpnConnection: a vendor's IPN over the published ipnSetup, ipnInfo and ipnDelete. Not an affiliate's S2S postback.

There is no list function: a connection is known by its `domain_id` alone. ipnInfo answers what was passed to ipnSetup;
whether it shows edits made in the web application is not known.
"""

import hashlib
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Declared, Kind, OnDelete, Removal, SharedFields, TextSet
from trackform_core.model.markers import Exact, Secret, WriteOnly
from trackform_core.model.wire import Row, Values, Wire
from trackform_digistore24.client import Digistore24
from trackform_digistore24.service import DIGISTORE24

Transaction = Literal[
    "payment", "refund", "chargeback", "payment_missed", "payment_denial", "rebill_cancelled", "rebill_resumed",
    "last_paid_day", "all",
]  # fmt: skip


API_KEY = "api_key_fingerprint"
"""In rows: which API key sees the connection. Ours, Digistore24 does not tell it."""

TRACKERS = ("redtrack.io", "ttrk.io")


def csv_of(values: Any) -> str:
    return ",".join(values)


def csv_to_list(text: Any) -> list[str] | None:
    parts = sorted({part.strip() for part in str(text or "").split(",")} - {""})
    return parts or None


def answers_an_ipn(url: str) -> str:
    """A tracker cannot: Digistore24 wants the text OK, and signs what it sends."""
    if not url.startswith("https://"):
        raise ValueError("an IPN url must be https")
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    tracker = any(host == name or host.endswith(f".{name}") for name in TRACKERS)
    if tracker or parts.path.endswith("/postback") or "clickid=" in parts.query:
        raise ValueError(
            "this is RedTrack's address for postbacks, which cannot answer an IPN: Digistore24 wants the text OK and a "
            "check of the signature. For RedTrack declare a connection in `postbacks`"
        )
    return url


def not_random(passphrase: str) -> str:
    if passphrase == "random":  # noqa: S105 -- Digistore24's own word, no secret
        raise ValueError("`random` would be told once and never again: choose a passphrase and keep it as a secret")
    return passphrase


def fingerprint(client: Digistore24) -> str:
    """Tells one API key from another without telling the key."""
    return hashlib.sha256(client.key.text.encode()).hexdigest()[:12]


class IpnConnectionFields(SharedFields):
    domain_id: str = Field(
        min_length=1, description="What recognises it, once per API key: never a general word such as `production`."
    )
    url: Annotated[
        str,
        Field(description="Who is told. Public https; Digistore24 fetches it at setup and wants status 200."),
        AfterValidator(answers_an_ipn),
        Wire("ipn_url", clearable=False),
    ]
    categories: Annotated[
        TextSet | None,
        Field(default=None, description="`orders` by default; the other words are not certain."),
        Wire("categories", csv_of, csv_to_list, clearable=False),
        Exact(),
    ]
    transactions: Annotated[
        list[Transaction] | None,
        Field(default=None, description="Order events it is told of."),
        AfterValidator(lambda values: values and sorted(set(values))),
        Wire("transactions", csv_of, csv_to_list, clearable=False),
        Exact(),
    ]
    timing: Annotated[
        Literal["before_thankyou", "delayed"] | None,
        Field(default=None, description="Before the buyer sees the thank-you page, or within some two minutes."),
        Wire("timing", clearable=False),
    ]
    newsletter_send_policy: str | None = Field(default=None, description="Who gets newsletters; words not certain.")


class IpnConnectionArgs(IpnConnectionFields, Declared):
    name: str = Field(min_length=1, description="Name shown in Digistore24.")
    product_ids: Annotated[
        TextSet,
        Field(min_length=1, description="Product ids, or `all`."),
        Wire("product_ids", csv_of, csv_to_list, clearable=False),
        Exact(),
    ]
    sha_passphrase: Annotated[
        str,
        Field(min_length=1, max_length=63, description="Signs what is sent. Resent with every change."),
        AfterValidator(not_random),
        Secret,
        WriteOnly,
    ]


class IpnConnectionKind(Kind[Digistore24]):
    name = "ipn"
    title = "IPN connection"
    service = DIGISTORE24
    model = IpnConnectionArgs
    key = "domain_id"
    known_by = "name"
    key_is_fixed = True
    has_listing = False
    # Its passphrase, which is all that makes it one's own, is not told.
    equal_is_ours = False
    computed = {"api_key": Wire(API_KEY)}  # noqa: RUF012 -- a mapping that nobody writes to
    served = frozenset({API_KEY, "id", "ipn_id", "ipn_config_id", "have_settings", "created", "updated", "deleted"})

    def get(self, client: Digistore24, object_id: str) -> Row | None:
        """The settings; ``None`` when Digistore24 itself says that there are none. A refused key is no absence."""
        try:
            settings = client.ask("ipnInfo", domain_id=object_id)
        except ServiceError as error:
            if error.reason == "not_found":
                return None
            raise
        has = settings.get("have_settings") if isinstance(settings, dict) else None
        if has == "N":
            return None
        if has != "Y":
            raise ServiceError(
                client.endpoint.title,
                "not_json",
                f"ipnInfo neither shows the connection nor says that there is none (have_settings is {has!r})",
                request="GET /ipnInfo",
            )
        return {**settings, "id": object_id, API_KEY: fingerprint(client)}

    def create(self, client: Digistore24, body: Row) -> Row:
        """One call, ipnSetup, creates or updates by (API key, domain_id): sent twice it is done once."""
        client.ask("ipnSetup", **body)
        return {**body, "id": body["domain_id"], API_KEY: fingerprint(client)}

    def hidden(self, client: Digistore24, outs: Values) -> str:
        """A connection is one of an API key, and another key of the same account does not see it (published)."""
        was = outs.get("api_key")
        if not was or was == fingerprint(client):
            return ""
        return (
            "it was set up with another API key, and the one in use cannot see it. Set up a second time, each event "
            "would be sent twice. Use the old key again and take the connection out of the file before you change "
            "keys; or, where the old key is gone, delete the connection in Digistore24 (Settings > Integrations (IPN))"
        )

    def update(self, client: Digistore24, object_id: str, body: Row) -> Row | None:
        client.ask("ipnSetup", **{**body, "domain_id": object_id})
        return None

    def delete(self, client: Digistore24, object_id: str, row: Row, policy: OnDelete) -> Removal:  # noqa: ARG002
        try:
            answer = client.ask("ipnDelete", domain_id=object_id)
        except ServiceError as error:
            if error.reason != "not_found":
                raise
            answer = None
        # What is gone already gives either (inferred); what is still there was not deleted.
        if isinstance(answer, dict) and answer.get("modified") == "N" and self.get(client, object_id) is not None:
            raise ServiceError(
                client.endpoint.title, "refused", "ipnDelete changed nothing, the connection is still there",
                request="DELETE /ipnDelete",
            )  # fmt: skip
        return Removal("was deleted", gone=True)


KIND = IpnConnectionKind()
