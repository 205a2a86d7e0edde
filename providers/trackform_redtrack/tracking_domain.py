"""TrackingDomain: a custom domain that tracking links and postbacks run over."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import WHEN_USED, Declared, SharedFields, TextSet
from trackform_core.model.markers import Exact, InLink, Link, Merged, OfAccount, OnByDefault, Secret, WriteOnly
from trackform_core.model.wire import Row, Wire, sorted_or_none
from trackform_redtrack.base import WORKSPACES, RedTrackKind
from trackform_redtrack.client import RedTrack


class Certificate(BaseModel):
    """A certificate of one's own, instead of the free one."""

    model_config = WHEN_USED

    crt: str = Field(description="The certificate chain, PEM.")
    key: str = Field(description="Its private key, PEM.")


class TrackingDomainFields(SharedFields):
    fallback_url: Annotated[
        str | None, Field(default=None, description="Where visitors go whose link leads nowhere."), Link
    ]
    use_auto_generated_ssl: Annotated[
        bool | None, Field(default=None, description="RedTrack makes a free certificate."), OnByDefault
    ]
    workspace_ids: Annotated[
        TextSet | None,
        Field(default=None, description="Workspaces that may use it."),
        Wire("workspace_ids", decode=sorted_or_none),
        Exact(),
        WORKSPACES,
    ]
    ssl: Annotated[
        Certificate | None,
        Field(default=None, description="A certificate of one's own."),
        Secret,
        WriteOnly,
        Merged("RedTrack adds when it expires and what is wrong with it (published spec)"),
    ]
    type: str = Field(default="track", description="`track` is the type seen to work; `tracker` is refused.")


class TrackingDomainArgs(TrackingDomainFields, Declared):
    url: Annotated[
        str,
        Field(description="The host name, without scheme. Its CNAME must resolve before it can be added."),
        InLink,
        OfAccount("a host belongs to one account", names=True),
    ]


class TrackingDomainKind(RedTrackKind):
    name = "domain"
    title = "tracking domain"
    path = "domains"
    counts_clicks = False
    filter = ""
    model = TrackingDomainArgs
    key = "url"
    key_is_fixed = True
    on_delete = "keep"
    awaits = "DNS"
    books = True
    # The published spec has no GET by id: the listing is all there is.
    can_get = False
    served = RedTrackKind.served | {"acme", "registry_expiry_date"}

    def create(self, client: RedTrack, body: Row) -> Row:
        try:
            return super().create(client, body)
        except ServiceError as error:
            if "cname" in error.message.lower():
                error.by_hand = True
                error.advice = (
                    f"Point a CNAME record of {body.get('url')} at the account's own tracking domain (RedTrack: "
                    "Domains; it ends in ttrk.io), DNS only and not proxied, wait until it resolves, and run again"
                )
            if "already" in error.message.lower():
                error.advice = (
                    f"{body.get('url')} is registered in RedTrack, and not listed in this account: it belongs to "
                    "another, or it was created here and does not show yet. If Domains in the web application has it, "
                    "run again later: it is taken; else delete it in the other account, or take another host"
                )
            raise

    def tidy(self, body: Row) -> Row:
        """Without a certificate that was only shown."""
        return {name: value for name, value in body.items() if not (name == "ssl" and _without_key(value))}


def _without_key(ssl: Any) -> bool:
    """What the service shows of a certificate lacks the key: sent back, it would be a certificate without one."""
    return not (isinstance(ssl, dict) and ssl.get("key"))


KIND = TrackingDomainKind()
