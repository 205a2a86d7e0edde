"""Attempts with objects of the probe's own, for what nothing shows but a write. All of them are taken away again."""

import re
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from trackform.probe.answer import Sign
from trackform_core.http.api import one_row
from trackform_core.http.service_error import SHARED, ServiceError
from trackform_core.model.wire import Row, id_of
from trackform_redtrack.client import RedTrack

MADE = re.compile(r"trackform-probe-[0-9a-f]{8}-may-be-deleted")
"""The title of everything that is made here, and of nothing else: what is called so may be deleted."""

REMOVED_IN_ORDER = ("campaigns", "offers", "networks", "sources", "landings")
"""Paths of what is made, those that refer to others first. Never a domain: that would be registered and asked for."""
BY_STATUS = ("campaigns", "offers")
"""They have no DELETE: status 3 deletes them (published spec)."""
PAUSED = 2
DELETED = 3
"""Statuses of offers and campaigns (published spec)."""
INTERRUPTED = "taking it away was interrupted"
PAGE = "https://probe.invalid/"
RATES = {"is_enabled": False, "rates": {"EUR": 1.25}}
"""A map within an object, to see what becomes of its parts; switched off, so that no amount is converted by it."""
SENT: dict[str, Row] = {
    "sources": {"alias": "probe", "custom_rates": RATES},
    "landings": {"url": PAGE, "type": "l", "tags": ["probe"]},
    "networks": {"alias": "probe", "notes": "probe", "postback_url": f"{PAGE}postback", "custom_rates": RATES},
    "offers": {"url": f"{PAGE}?cid={{clickid}}", "status": PAUSED, "notes": "probe", "tags": ["probe"]},
    "campaigns": {"status": PAUSED, "tags": ["probe"]},
}
"""What each is made with, beside its title and what it refers to."""


@dataclass(frozen=True)
class ProbeObject:
    """One object in the account that has the title of a probe."""

    path: str
    id: str
    title: str

    def row(self) -> dict[str, str]:
        """As JSON."""
        return dict(vars(self))

    def __str__(self) -> str:
        return f"{self.path}/{self.id} ({self.title})"


@dataclass(frozen=True)
class LeftBehind:
    """An object of a probe that is still there, and why."""

    object: ProbeObject
    why: str

    def row(self) -> dict[str, str]:
        """As JSON."""
        return self.object.row() | {"why": self.why}

    def __str__(self) -> str:
        return (
            f"{self.object}: {self.why}. Run `trackform probe --write`, which finds it by its title and takes it away; "
            "or delete it in the web application"
        )


def is_ours(row: Row) -> bool:
    """Whether a probe made this, and it is not deleted."""
    return MADE.fullmatch(str(row.get("title") or "")) is not None and row.get("status") != DELETED


def objects_of_probes(client: RedTrack) -> list[ProbeObject]:
    """Everything in the account that a probe made, those that refer to others first.

    Raises:
        ServiceError: a listing cannot be read.
    """
    return [
        ProbeObject(path, id_of(row), str(row["title"]))
        for path in REMOVED_IN_ORDER
        for page, _ in client.pages(path)
        for row in page
        if is_ours(row)
    ]


class Attempts:
    """The attempts of one run. ``tell`` hears of progress.

    Attributes:
        signs: setting -> what was seen of it.
        faults: what could not be tried, and why.
        earlier: what an earlier run had left, and this one found by its title.
        left: what could not be taken away.
    """

    def __init__(self, client: RedTrack, tell: Callable[[str], None]) -> None:
        self.signs: dict[str, list[Sign]] = defaultdict(list)
        self.faults: list[str] = []
        self.earlier: list[ProbeObject] = []
        self.left: list[LeftBehind] = []
        self._client = client
        self._tell = tell
        self._title = f"trackform-probe-{secrets.token_hex(4)}-may-be-deleted"
        self._made: list[ProbeObject] = []
        self._ignored: list[str] = []
        self._kinds: set[str] = set()

    def run(self) -> None:
        """Try everything, and take everything away again: also after a fault, and after Ctrl-C.

        Raises:
            ServiceError: the account cannot be read before anything is made.
        """
        self.earlier = objects_of_probes(self._client)
        self._take_away(self.earlier)
        stuck, self.left = {each.object.id for each in self.left}, []
        self.earlier = [each for each in self.earlier if each.id not in stuck]
        try:
            self._try_all()
        finally:
            self._leave_nothing()

    def _leave_nothing(self) -> None:
        """Take away what is there, and go on with that after Ctrl-C; a second one ends it."""
        try:
            self._take_away_all()
        except BaseException:
            self._take_away_all()
            raise

    def _take_away_all(self) -> None:
        # If nothing comes of looking for them, these are what is told.
        self.left = [LeftBehind(each, INTERRUPTED) for each in self._made]
        remaining = self._remaining()
        self.left = []
        self._take_away(remaining)

    def _remaining(self) -> list[ProbeObject]:
        """What is there by its title, as an answer that was lost told no id; and what no listing shows, by its id."""
        try:
            there = objects_of_probes(self._client)
        except ServiceError as error:
            there = []
            self.faults.append(f"a last look for what is left: {error.message}")
        made = [each for each in self._made if each.id not in {other.id for other in there}]
        return sorted([*there, *made], key=lambda each: REMOVED_IN_ORDER.index(each.path))

    def _take_away(self, objects: list[ProbeObject]) -> None:
        for at, each in enumerate(objects):
            self._tell(f"RedTrack: taking {each.path}/{each.id} away")
            try:
                self._remove(each)
            except ServiceError as error:
                if error.reason != "not_found":
                    self.left.append(LeftBehind(each, f"it could not be taken away: {error.message}"))
            except BaseException:
                self.left += [LeftBehind(other, INTERRUPTED) for other in objects[at:]]
                raise
            self._made = [other for other in self._made if other != each]

    def _remove(self, each: ProbeObject) -> None:
        if not each.id:
            # Without an id the address would be that of all objects.
            self.left.append(LeftBehind(each, "RedTrack tells no id of it"))
        elif each.path in BY_STATUS:
            self._client.patch(f"{each.path}/status", ids=each.id, status=DELETED)
        else:
            self._client.delete(f"{each.path}/{each.id}")

    def _try_all(self) -> None:
        ids: dict[str, str] = {}
        for path, attempt in ATTEMPTS:
            try:
                attempt(self, ids)
            except ServiceError as error:
                self.faults.append(f"{path}: {error.message}")
                # What is the matter with the service is so for all that follows.
                if error.reason in SHARED:
                    return
        if not self._kinds:
            # A plan forbids one thing, a key all of them.
            self.faults += ["networks: the key may make nothing at all"] if "post_networks" in self.signs else []
            self.signs.pop("post_networks", None)
            self.signs.pop("put_sources", None)
        if self._kinds == SENT.keys():
            self._see("unwritable", ", ".join(sorted(self._ignored)) or "none")

    def _make(self, path: str, **more: Any) -> str:
        """Make one, and note what of it does not read back as it was sent."""
        self._tell(f"RedTrack: trying {path}")
        sent = {**SENT[path], **more, "title": self._title}
        made = one_row(self._client.endpoint.title, f"POST /{path}", self._client.post(path, sent))
        object_id = id_of(made)
        self._kinds.add(path)
        self._made.append(ProbeObject(path, object_id, self._title))
        there = self._row(path, object_id)
        self._ignored += [
            f"{path}.{name}"
            for name, value in sent.items()
            if _differs(value, there.get(name)) and f"{path}.{name}" not in self._ignored
        ]
        return object_id

    def _row(self, path: str, object_id: str) -> Row:
        return one_row(self._client.endpoint.title, f"GET /{path}", self._client.get(f"{path}/{object_id}"))

    def _see(self, setting: str, value: str) -> None:
        self.signs[setting].append(Sign(value))

    def network(self, ids: dict[str, str]) -> None:
        try:
            ids["networks"] = self._make("networks")
        except ServiceError as error:
            if error.reason != "forbidden":
                raise
            self._see("post_networks", "premium_only")
            return
        self._see("post_networks", "allowed")
        address = f"{PAGE}other"
        self._client.put(f"networks/{ids['networks']}", {"title": self._title, "postback_url": address})
        there = self._row("networks", ids["networks"])
        self._see("postback_url", "writable" if there.get("postback_url") == address else "computed")

    def source(self, ids: dict[str, str]) -> None:
        ids["sources"] = self._make("sources")
        body = {"title": self._title, "custom_rates": {"is_enabled": False}}
        try:
            self._client.put(f"sources/{ids['sources']}", body)
        except ServiceError as error:
            if error.reason != "forbidden":
                raise
            self._see("put_sources", "forbidden")
            return
        self._see("put_sources", "allowed")
        there = self._row("sources", ids["sources"])
        rates = there.get("custom_rates")
        if there.get("alias") != SENT["sources"]["alias"]:
            self._see("put", "replaces")
        else:
            self._see("put", "merges_deeply" if isinstance(rates, dict) and rates.get("rates") else "merges")

    def twin(self, _ids: dict[str, str]) -> None:
        """A second landing of one title."""
        self._make("landings")
        try:
            self._make("landings")
        except ServiceError as error:
            if error.reason != "refused":
                raise
            self._see("titles", "unique")
        else:
            self._see("titles", "not_unique")

    def deleted(self, ids: dict[str, str]) -> None:
        """A paused offer and a paused campaign, deleted: what is said of them then."""
        needs = {"offers": ("program_id", "networks"), "campaigns": ("source_id", "sources")}
        for path, (field, of) in needs.items():
            if of not in ids:
                continue
            object_id = self._make(path, **{field: ids[of]})
            self._client.patch(f"{path}/status", ids=object_id, status=DELETED)
            self._made.pop()
            response = self._client.send("GET", f"{path}/{object_id}")
            if response.status_code == HTTPStatus.NOT_FOUND:
                self._see("deleted", "404")
                continue
            answer = self._client.json(response)
            if isinstance(answer, dict) and answer.get("status") == DELETED:
                self._see("deleted", "status3")


ATTEMPTS = (
    ("networks", Attempts.network),
    ("sources", Attempts.source),
    ("landings", Attempts.twin),
    ("offers and campaigns", Attempts.deleted),
)


def _differs(sent: Any, there: Any) -> bool:
    if isinstance(sent, dict) and isinstance(there, dict):
        return any(_differs(value, there.get(name)) for name, value in sent.items())
    return bool(sent != there)
