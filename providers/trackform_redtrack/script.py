"""Script: tracking code for pages, which counts visits that come over no tracking link."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Declared, OnDelete, Removal, SharedFields
from trackform_core.model.markers import InCode, OfAccount, RefTo
from trackform_core.model.wire import Row, Wire, id_of
from trackform_redtrack.base import RedTrackKind
from trackform_redtrack.client import RedTrack


class ScriptFields(SharedFields):
    type: Annotated[
        int | None,
        Field(default=None, description="RedTrack's number for its sort; the published spec names no values."),
        Wire("script_type"),
        InCode,
    ]
    attribution_type: Annotated[
        int | None,
        Field(
            default=None,
            description="RedTrack's number for the visit that a sale is put down to; the published spec names no "
            "values.",
        ),
        InCode,
    ]
    attribution_window: Annotated[
        int | None,
        Field(default=None, ge=0, description="How long a visit counts; the published spec names no unit."),
        InCode,
    ]
    cookie_domain: Annotated[
        str | None,
        Field(default=None, description="The site that its cookie is set for, such as `shop.example.com`."),
        InCode,
        OfAccount("its cookie is set for a site of the account's"),
    ]


class ScriptArgs(ScriptFields, Declared):
    name: str = Field(min_length=1, description="Name in RedTrack; the natural key.")
    campaign_id: Annotated[
        str | None,
        Field(default=None, description="`object_id` of the campaign of visits that name none."),
        RefTo("campaign"),
        InCode,
    ]
    domain_id: Annotated[
        str | None,
        Field(default=None, description="`object_id` of the domain that the code is loaded from."),
        RefTo("domain"),
        InCode,
    ]


class ScriptKind(RedTrackKind):
    name = "script"
    title = "script"
    path = "scripts"
    counts_clicks = False
    filter = ""
    key = "name"
    model = ScriptArgs
    # The published spec's answers have these and its requests do not.
    served = RedTrackKind.served | {"script_code", "is_auto_generated", "reg_view_once"}
    computed = {"script_code": Wire("script_code")}  # noqa: RUF012 -- a mapping that nobody writes to

    def pages(self, client: RedTrack) -> Iterator[tuple[list[Row], int | None]]:
        """All at once: the published spec has no pages here."""
        yield client.whole(self.path)

    def get(self, client: RedTrack, object_id: str) -> Row | None:
        try:
            with self._absence_told(client, object_id):
                return super().get(client, object_id)
        except ServiceError as error:
            if error.reason == "not_found":
                return None
            raise

    def update(self, client: RedTrack, object_id: str, body: Row) -> Row | None:
        with self._absence_told(client, object_id):
            return super().update(client, object_id, body)

    def delete(self, client: RedTrack, object_id: str, row: Row, policy: OnDelete) -> Removal:
        try:
            with self._absence_told(client, object_id):
                return super().delete(client, object_id, row, policy)
        except ServiceError as error:
            if error.reason == "not_found":
                return Removal("was deleted", gone=True)
            raise

    @contextmanager
    def _absence_told(self, client: RedTrack, object_id: str) -> Iterator[None]:
        """The published spec names no 404 for scripts, but a 400. The listing, which is whole, tells what it means."""
        try:
            yield
        except ServiceError as error:
            bad = error.status == HTTPStatus.BAD_REQUEST
            if bad and object_id not in {id_of(row) for row in client.whole(self.path)[0]}:
                error.reason = "not_found"
            raise

    def is_generated(self, row: Row) -> bool:
        return bool(row.get("is_auto_generated"))


KIND = ScriptKind()
