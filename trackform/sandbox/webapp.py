"""Edits as in the two web applications: create, change and delete, past the APIs and the request log."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

from trackform.sandbox.accounts import DIGISTORE24, REDTRACK, digistore24_account, redtrack_account, remember
from trackform.sandbox.bridge import resources
from trackform.sandbox.bridge.resources import BridgeProblem
from trackform.sandbox.clock import stamp
from trackform.sandbox.redtrack import objects
from trackform.sandbox.redtrack.entities import BY_KIND
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.view import DELETED, View
from trackform.sandbox.store import Row
from trackform.sandbox.world import Sandbox

BRIDGED = {resource.kind: resource for resource in resources.RESOURCES}


KINDS = (*BY_KIND, *BRIDGED, "account")
"""What can be edited."""


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"there is no {kind!r}: {', '.join(KINDS)}")
    return kind


class Edit(BaseModel):
    """One edit. Without an ``id`` it creates; ``delete`` sets an offer or campaign to status 3 and removes the rest.

    ``set`` and ``remove`` work on the stored fields as they are: a person may do what the API refuses.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, AfterValidator(_known)]
    account: str = ""
    key: str = ""
    id: str = ""
    set: dict[str, Any] = {}
    remove: list[str] = []
    delete: bool = False

    @property
    def owner(self) -> str:
        if self.key:
            return digistore24_account(self.key) if self.kind == "connection" else redtrack_account(self.key)
        return self.account


def edit(sandbox: Sandbox, wanted: Edit) -> Row:
    """The row after the edit; a removed one as it was.

    Raises:
        LookupError: no such row.
        ValueError: no account named, or a create that the service refuses.
    """
    if not wanted.owner:
        raise ValueError("account or key: one is required")
    service = DIGISTORE24 if wanted.kind == "connection" else REDTRACK
    with sandbox.store.atomic():
        now = sandbox.clock.now()
        if wanted.key:
            remember(sandbox.store, service, wanted.owner, now)
        elif sandbox.store.get(wanted.owner, "account", service) is None:
            raise LookupError(f"account {wanted.owner}")
        row_id = wanted.id or (service if wanted.kind == "account" else "")
        if not row_id:
            return _create(sandbox, wanted)
        row = sandbox.store.get(wanted.owner, wanted.kind, row_id)
        if row is None:
            raise LookupError(f"{wanted.kind} {row_id}")
        if wanted.delete and not (wanted.kind in BY_KIND and BY_KIND[wanted.kind].by_status):
            sandbox.store.remove(wanted.owner, wanted.kind, row_id)
            return row
        changed = {name: value for name, value in row.items() if name not in wanted.remove} | wanted.set
        changed |= {"updated_at": stamp(now)} | ({"status": DELETED} if wanted.delete else {})
        if wanted.kind == "conversion_type" and changed["slot"] != row["slot"]:
            # The slot is the row's place in the form: a name typed into another slot leaves this one.
            sandbox.store.remove(wanted.owner, wanted.kind, row_id)
            row_id = changed["id"] = f"type{changed['slot']}"
        return sandbox.store.put(wanted.owner, wanted.kind, changed, row_id=row_id)


def _create(sandbox: Sandbox, wanted: Edit) -> Row:
    try:
        if wanted.kind in BRIDGED:
            return resources.create(sandbox, wanted.owner, BRIDGED[wanted.kind], wanted.set)[0]
        return objects.create(View(sandbox, wanted.owner), BY_KIND[wanted.kind], wanted.set)
    except (RedTrackProblem, BridgeProblem) as error:
        raise ValueError(error.message) from error
