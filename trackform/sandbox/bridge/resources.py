"""The objects that the bridge keeps: conversion types and S2S postback connections. Knows no HTTP.

Ours: RedTrack publishes no API for its conversion types, Digistore24 none for an affiliate's S2S postback connections.
The fields are those of the two web forms.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trackform.sandbox.accounts import DIGISTORE24, REDTRACK
from trackform.sandbox.clock import stamp
from trackform.sandbox.store import Row, object_id
from trackform.sandbox.words import problems
from trackform.sandbox.world import Sandbox

Duplicates = Literal["create_new", "new_repeated", "ignore", "edit", "increment", "by_event_id"]
Event = Literal[
    "payment", "refund", "chargeback", "payment_missed", "rebill_cancelled", "rebill_resumed", "last_paid_day",
    "payment_denial",
]  # fmt: skip
SERVER_SET = ("id", "account", "created_at", "updated_at")
MARKER = re.compile(r"[?&]sub20=(tf\.[^&#]+)")


class BridgeProblem(Exception):  # noqa: N818 - it is an answer
    """An answer other than success: HTTP status and the text of ``{"error": …}``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ConversionTypeBody(BaseModel):
    """A conversion type of a RedTrack account: a name in a slot."""

    model_config = ConfigDict(extra="forbid", strict=True)

    slot: Annotated[int, Field(ge=1, le=20)]
    name: Annotated[str, Field(min_length=1)]
    duplicates: Duplicates = "create_new"
    role: str = ""
    show_in_journey: bool = True


class PostbackConnectionBody(BaseModel):
    """An S2S postback connection of a Digistore24 account. ``currency`` "" leaves amounts in the order's currency."""

    model_config = ConfigDict(extra="forbid", strict=True)

    product_ids: Annotated[list[str], Field(min_length=1)]
    events: Annotated[list[Event], Field(min_length=1)]
    url: Annotated[str, Field(pattern=r"^https?://")]
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    active: bool = True
    error_emails: list[str] = []


def marker(url: str) -> str:
    """The constant ``sub20`` that gives a connection its identity; "" without one."""
    match = MARKER.search(url)
    return match[1] if match else ""


@dataclass(frozen=True)
class Resource:
    """One sort of object: its store kind, path, body, service of its account, and the rule of what is the same object.

    ``same`` says whether two rows claim the same identity; ``fixed`` names fields that an update cannot change.
    """

    kind: str
    path: str
    body: type[BaseModel]
    service: str
    same: Callable[[Row, Row], bool]
    equal: Callable[[Row, Row], bool]
    new_id: Callable[[Row], str]
    fixed: str = ""

    def validated(self, given: Any) -> Row:
        """The body with its defaults; fields that the server sets are dropped.

        Raises:
            BridgeProblem: 400 that names the fields.
        """
        if not isinstance(given, dict):
            raise BridgeProblem(400, "the body is no JSON object")
        try:
            model = self.body.model_validate({name: v for name, v in given.items() if name not in SERVER_SET})
        except ValidationError as error:
            raise BridgeProblem(400, problems(error)) from error
        return model.model_dump()


def _declared(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in SERVER_SET}


CONVERSION_TYPES = Resource(
    "conversion_type", "conversion-types", ConversionTypeBody, REDTRACK,
    same=lambda a, b: a["slot"] == b["slot"] or a["name"] == b["name"],
    equal=lambda a, b: (a["slot"], a["name"]) == (b["slot"], b["name"]),
    new_id=lambda row: f"type{row['slot']}", fixed="slot",
)  # fmt: skip
CONNECTIONS = Resource(
    "connection", "postback-connections", PostbackConnectionBody, DIGISTORE24,
    same=lambda a, b: marker(a["url"]) != "" and marker(a["url"]) == marker(b["url"]),
    equal=lambda a, b: _declared(a) == _declared(b), new_id=lambda _row: object_id(),
)  # fmt: skip
RESOURCES = (CONVERSION_TYPES, CONNECTIONS)


def create(sandbox: Sandbox, account: str, resource: Resource, given: Any) -> tuple[Row, bool]:
    """A new object, or the existing one of the same identity; the flag says whether it is new.

    Raises:
        BridgeProblem: 409, its identity is taken by an object that differs.
    """
    body = resource.validated(given)
    with sandbox.store.atomic():
        for row in sandbox.store.rows(account, resource.kind):
            if resource.same(row, body):
                if resource.equal(row, body):
                    return row, False
                raise BridgeProblem(409, f"taken by {row['id']}, which differs")
        now = stamp(sandbox.clock.now())
        row = {"id": resource.new_id(body), "account": account, **body, "created_at": now, "updated_at": now}
        return sandbox.store.put(account, resource.kind, row), True


def stored(sandbox: Sandbox, account: str, resource: Resource, row_id: str) -> Row:
    row = sandbox.store.get(account, resource.kind, row_id)
    if row is None:
        raise BridgeProblem(404, f"{row_id} not found")
    return row


def update(sandbox: Sandbox, account: str, resource: Resource, row_id: str, given: Any) -> Row:
    """Put the whole object: a field left out goes back to its default.

    Raises:
        BridgeProblem: 404 unknown; 409 its new identity is taken; 400 also for a change of a fixed field.
    """
    with sandbox.store.atomic():
        current = stored(sandbox, account, resource, row_id)
        body = resource.validated(given)
        if resource.fixed and body[resource.fixed] != current[resource.fixed]:
            raise BridgeProblem(400, f"{resource.fixed} cannot change")
        for row in sandbox.store.rows(account, resource.kind):
            if row["id"] != row_id and resource.same(row, body):
                raise BridgeProblem(409, f"taken by {row['id']}")
        return sandbox.store.put(account, resource.kind, current | body | {"updated_at": stamp(sandbox.clock.now())})


def delete(sandbox: Sandbox, account: str, resource: Resource, row_id: str) -> None:
    if not sandbox.store.remove(account, resource.kind, row_id):
        raise BridgeProblem(404, f"{row_id} not found")
