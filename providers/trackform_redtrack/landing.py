"""Landing: a page between the ad and the offer, in a funnel before its offers (or, as a pre-landing, before those)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from trackform_core.model.kind import Declared, SharedFields
from trackform_core.model.markers import Link, RefTo
from trackform_core.model.wire import Wire
from trackform_redtrack.base import WORKSPACES, RedTrackKind, Tags

LETTER = {"landing": "l", "prelanding": "p"}
"""What a create takes; listings mix `l`, `landing`, `p` and `prelanding` (seen in client code)."""


def type_from_wire(value: Any) -> Any:
    return {"l": "landing", "p": "prelanding"}.get(value, value)


class LandingFields(SharedFields):
    url: Annotated[str, Field(description="Where the page is."), Link]
    type: Annotated[
        Literal["landing", "prelanding"],
        Field(default="landing", description="Its place in a funnel."),
        Wire("type", LETTER.get, type_from_wire, clearable=False),
    ]
    listicle: bool | None = Field(default=None, description="A page that lists several offers.")
    tags: Tags


class LandingArgs(LandingFields, Declared):
    title: str = Field(min_length=1, description="Name in RedTrack; the natural key.")
    domain_id: Annotated[
        str | None, Field(default=None, description="`object_id` of the domain it is tracked over."), RefTo("domain")
    ]


class LandingKind(RedTrackKind):
    name = "landing"
    title = "landing"
    path = "landings"
    mark_in = "tags"
    model = LandingArgs
    more = frozenset({"workspace_ids"})
    more_markers = {"workspace_ids": (WORKSPACES,)}  # noqa: RUF012 -- a mapping that nobody writes to


KIND = LandingKind()
