"""The base of RedTrack's kinds: REST over one path, status by number, and who still uses an object."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from trackform_core.http.api import one_row
from trackform_core.http.rows import readable, unreadable
from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import WHEN_USED, Kind, OnDelete, Removal, TextSet
from trackform_core.model.markers import Exact, Initial, OfAccount
from trackform_core.model.wire import Row, Values, Wire, is_blank, sorted_or_none
from trackform_core.session.permissions import permission, permitted, setting
from trackform_core.text.counted import counted
from trackform_redtrack.client import RedTrack
from trackform_redtrack.service import REDTRACK

SERVED = frozenset({"id", "_id", "serial_number", "user_id", "created_at", "updated_at", "stat"})
"""Set by the server on all kinds."""

WORKSPACES = OfAccount("workspaces are the account's", names=True)
"""What marks ``workspace_ids``, which all kinds have."""

CLICK_WINDOW = timedelta(days=30)

STATUS_NUMBER = {"active": 1, "paused": 2, "deleted": 3}
"""Offers and campaigns: the numbers of ``PATCH /offers/status`` and ``/campaigns/status`` (published spec)."""
STATUS_NAME = {number: name for name, number in STATUS_NUMBER.items()}

Status = Annotated[
    Literal["active", "paused"] | None,
    Field(
        default=None, description="Whether it gets traffic. Set once; people pause and resume in the web application."
    ),
    Initial,
    Wire("status", STATUS_NUMBER.get, STATUS_NAME.get, clearable=False),
]


Tags = Annotated[
    TextSet | None,
    Field(default=None, description="Labels for filtering in the web application."),
    Wire("tags", decode=sorted_or_none),
    Exact(),
]


class Sub(BaseModel):
    """One sub parameter of a traffic channel: its place in the list is its number (index 0 is sub1)."""

    model_config = WHEN_USED

    value: str | None = Field(default=None, description="The channel's macro or a fixed value.")
    alias: str | None = Field(default=None, description="Name of the parameter in the tracking link, in place of subN.")
    hint: str | None = Field(default=None, description="What the parameter is; shown in the web application.")
    role: str | None = Field(
        default=None, description="RedTrack's meaning for it: `rt_campaign`, `rt_ad`, `aid`, `pid`…; the list is open."
    )

    @model_validator(mode="after")
    def without_blanks(self) -> Self:
        for name in type(self).model_fields:
            setattr(self, name, getattr(self, name) or None)
        return self


def without_empty_ends(subs: list[Sub] | None) -> list[Sub] | None:
    """An empty sub keeps its place for those that follow; at the end it says nothing."""
    while subs and subs[-1] == Sub():
        subs = subs[:-1]
    return subs


Subs = Annotated[list[Sub], Field(max_length=20), AfterValidator(without_empty_ends)]


def subs_from_wire(value: Any) -> Any:
    """Without blanks inside an entry and empty entries at the end: RedTrack fills up to twenty.

    Nor with parts that a `Sub` has no name for: they stay as they are, and are no difference. What is no list of
    entries is a difference like any other.
    """
    if not isinstance(value or [], list) or not all(isinstance(sub or {}, dict) for sub in value or []):
        return value
    subs = [
        {name: item for name, item in (sub or {}).items() if name in Sub.model_fields and not is_blank(item)}
        for sub in value or []
    ]
    while subs and not subs[-1]:
        subs.pop()
    return subs or None


def subs_to_wire(value: Any) -> list[Row]:
    """With all four parts, so that one that is no longer declared is emptied."""
    return [{"alias": "", "hint": "", "role": "", "value": "", **sub} for sub in value]


def has_clicks(row: Row) -> bool:
    stat = row.get("stat")
    clicks = stat.get("clicks") if isinstance(stat, dict) else stat
    try:
        return float(clicks or 0) > 0
    except (TypeError, ValueError):
        # Told in no way that we know: there may be some.
        return True


CAPS = {"cap": ("conversion", "a day"), "clcap": ("click", "a day"), "click_cap": ("click", "in a period")}
"""Wire field of an offer -> what of it is no more than so many, and for how long; 0 is none."""


def capped(row: Row) -> dict[str, str]:
    """Wire field of an offer -> what it takes at most, in words."""
    return {
        name: f"{counted(row[name], thing)} {time}"
        for name, (thing, time) in CAPS.items()
        if isinstance(row.get(name), int) and row[name] > 0
    }


def ended(row: Row, now: datetime) -> str:
    """When it ended; empty where it has not, or nobody can read when."""
    try:
        ends = datetime.fromisoformat(str(row.get("expires_at") or ""))
    except ValueError:
        return ""
    ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    # Go writes the year 1 for no time at all.
    return str(ends.date()) if ends.year > 1 and ends <= now else ""


def is_time(text: str) -> bool:
    """Whether it says when in a form that can be read here."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


class RedTrackKind(Kind[RedTrack]):
    """A kind at one path of RedTrack's API."""

    service = REDTRACK
    path: ClassVar[str]
    counts_clicks: ClassVar[bool] = True
    """Whether its listing takes a period and counts the clicks in it (published spec)."""
    filter: ClassVar[str] = "title"
    """The parameter of the listing that asks for a natural key; empty where the published spec has none."""
    kept_while_used = True
    served = SERVED

    def stopped(self, row: Row, values: Values) -> list[str]:
        day = ended(row, datetime.now(UTC))
        remarks = [f"ended on {day}: it gets no visitors any more"] if day else []
        return remarks + [
            f"is capped in RedTrack, which the file does not say: {most} ({name})"
            for name, most in capped(row).items()
            if name in self.fields and name not in values
        ]

    def pages(self, client: RedTrack) -> Iterator[tuple[list[Row], int | None]]:
        return client.pages(self.path)

    def search(self, client: RedTrack, key: Any) -> Iterator[Row] | None:
        if not self.filter:
            return None
        return (row for rows, _ in client.pages(self.path, **{self.filter: key}) for row in rows)

    def get(self, client: RedTrack, object_id: str) -> Row | None:
        try:
            path = f"{self.path}/{object_id}"
            request = f"GET /{path}"
            return readable(self, one_row(client.endpoint.title, request, client.get(path)), object_id, request)
        except ServiceError as error:
            if error.reason == "not_found":
                return None
            raise

    def create(self, client: RedTrack, body: Row) -> Row:
        with self._title_explained():
            row: Row = client.post(self.path, body)
        # Made, but not as it is shown: it is looked for, as after an answer that was lost.
        return {} if unreadable(self, row) else row

    def update(self, client: RedTrack, object_id: str, body: Row) -> Row | None:
        with self._title_explained():
            answer = client.put(f"{self.path}/{object_id}", body)
        return None if unreadable(self, answer) else answer

    @contextmanager
    def _title_explained(self) -> Iterator[None]:
        """Whether titles must be unique is not known; the listing shows no deleted object that may hold one."""
        try:
            yield
        except ServiceError as error:
            if error.reason == "refused" and "already exists" in error.message:
                error.advice = (
                    f"Another {self.title} has this {self.key}, maybe one that is deleted or archived. Rename that one "
                    f"in the web application, or give this one another {self.key}"
                )
            raise

    def delete(self, client: RedTrack, object_id: str, row: Row, policy: OnDelete) -> Removal:  # noqa: ARG002
        client.delete(f"{self.path}/{object_id}")
        return Removal("was deleted", gone=True)


class ByStatus(RedTrackKind):
    """Offers and campaigns: there is no DELETE; status 3 is what the web application calls deleted."""

    policies = frozenset({"delete", "pause", "keep"})

    def stopped(self, row: Row, values: Values) -> list[str]:
        paused = row.get("status") == STATUS_NUMBER["paused"] and "status" not in values
        said = ["is paused in RedTrack, and the file says no status: it gets no visitors"] if paused else []
        return said + super().stopped(row, values)

    def pauses(self, row: Row, name: str) -> bool:
        return bool(name == "status" and row.get("status") == STATUS_NUMBER["paused"])

    def is_gone(self, row: Row) -> bool:
        return bool(row.get("status") == STATUS_NUMBER["deleted"])

    def is_removed(self, row: Row | None, removal: Removal) -> bool:
        """A pause, too, is seen to be one: the answer of the PATCH is empty."""
        paused = row is not None and row.get("status") == STATUS_NUMBER["paused"]
        return super().is_removed(row, removal) and (removal.gone or row is None or self.is_gone(row) or paused)

    def delete(self, client: RedTrack, object_id: str, row: Row, policy: OnDelete) -> Removal:
        names = (str(self.called(row)), object_id)
        may = permitted("delete-clicked", self.name, *names)
        if policy == "delete" and (may or not self.clicked(client, object_id)):
            self._set_status(client, object_id, "deleted")
            return Removal("was deleted (status 3)", gone=True)
        if row.get("status") != STATUS_NUMBER["paused"] and not self._set_status(client, object_id, "paused"):
            return Removal("was gone already", gone=True)
        if policy != "delete":
            return Removal("is paused", gone=False)
        return Removal(
            "is paused, not deleted: it had clicks in the last 30 days, so links to it are out there. Delete it in the "
            "web application; or declare it again, with `adopt: true` and `on_delete: delete`, and take it out with "
            f"{setting(permission('delete-clicked', self.name, *names))}",
            gone=False,
        )

    def _set_status(self, client: RedTrack, object_id: str, status: str) -> bool:
        """Whether it was there to be set: what somebody deleted meanwhile is deleted."""
        try:
            client.patch(f"{self.path}/status", ids=object_id, status=STATUS_NUMBER[status])
        except ServiceError as error:
            if error.reason != "not_found":
                raise
            return False
        return True

    def clicked(self, client: RedTrack, object_id: str) -> bool:
        """Whether it had clicks in the last 30 days: links to it are out there."""
        today = datetime.now(UTC).date()
        for rows, _ in client.pages(
            self.path, ids=object_id, date_from=str(today - CLICK_WINDOW), date_to=str(today + timedelta(days=1))
        ):
            for row in rows:
                if str(row.get("id")) == object_id:
                    return has_clicks(row)
        return False
