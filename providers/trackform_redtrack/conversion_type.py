"""ConversionType: one of RedTrack's slots for named conversions. No API: entered by hand, or over the bridge."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field

from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Declared, SharedFields
from trackform_core.model.markers import Books, OnByDefault
from trackform_core.model.wire import Row, Values
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.bridge import Bridge
from trackform_redtrack.service import REDTRACK_BRIDGE

SLOT = re.compile(r"^type\d+$")
"""``type1`` … is what RedTrack's published models call a slot."""

Duplicates = Literal["create_new", "new_repeated", "ignore", "edit", "increment", "by_event_id"]
"""The choices of the web form, in our words; what they are called on RedTrack's wire is not known."""


class ConversionTypeFields(SharedFields):
    slot: int = Field(
        ge=1,
        le=20,
        description="Its place in the list, for ever: history, payouts and channel mappings refer to the slot.",
    )
    role: str | None = Field(default=None, description="RedTrack's role for it, such as `Purchase`.")
    duplicates: Annotated[
        Duplicates | None,
        Field(default=None, description="What happens to a repeated conversion; beats the offer source's default."),
        Books,
    ]
    show_in_journey: Annotated[
        bool | None, Field(default=None, description="Shown in the customer journey."), OnByDefault
    ]


class ConversionTypeArgs(ConversionTypeFields, Declared):
    name: str = Field(
        description="The name, equal to what the postback sends in `type`, case included. Channels receive it as it is."
    )


@contextmanager
def _slot_clash_explained() -> Iterator[None]:
    try:
        yield
    except ServiceError as error:
        if error.status == HTTPStatus.CONFLICT:
            error.advice = (
                "A slot holds one conversion type and a name stands in one slot. Declare this type with the slot in "
                "which RedTrack has the name, or give one of the two another name. A slot is never moved: history, "
                "payouts and channel mappings refer to it"
            )
        raise


class ConversionTypeKind(BridgeKind):
    name = "conversion_type"
    title = "conversion type"
    service = REDTRACK_BRIDGE
    path = "conversion-types"
    heading = "conversion_types"
    model = ConversionTypeArgs
    key = "slot"
    known_by = "name"
    unique = frozenset({"name"})
    books = True
    key_is_fixed = True
    on_delete = "keep"

    def create(self, client: Bridge, body: Row) -> Row:
        with _slot_clash_explained():
            return super().create(client, body)

    def update(self, client: Bridge, object_id: str, body: Row) -> Row | None:
        with _slot_clash_explained():
            return super().update(client, object_id, body)

    def identity(self, values: Values) -> str:
        return f"type{values.get('slot')}"

    def is_identity(self, object_id: str) -> bool:
        return bool(SLOT.match(object_id))


KIND = ConversionTypeKind()
