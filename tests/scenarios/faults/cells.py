"""Cells of the fault matrix: one kind, one operation, one fault; each is played in this process, on a clock of its own.

After the faulty run come two sound ones. The object is then there once (or gone), says what is declared, and nothing
else in the account was touched; the second of them writes nothing.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx

from tests.providers.conftest import BRIDGE_KEY, DIGISTORE24_KEY, REDTRACK_KEY, Case, Room, build_cases
from tests.providers.small_engine import PROVIDERS, Engine, Kept
from trackform.sandbox.faults import Fault
from trackform_core.dynamic import Failed
from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.attempt import here
from trackform_core.http.bounds import BOUNDS, MIB
from trackform_core.lifecycle.unconfirmed import id_now, is_unconfirmed
from trackform_core.model.wire import Row, Values
from trackform_digistore24.ipn_connection import KIND as IPN

ME = "mine"
OPERATIONS = ("create", "refresh", "update", "delete", "adopt")
STAMPS = ("created_at", "updated_at", "created", "updated")
DELETED = 3
"""The status of an offer or campaign that is gone."""
KEYS = (REDTRACK_KEY, DIGISTORE24_KEY, BRIDGE_KEY)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAG = 100.0
"""Seconds for which reads lag of what nobody can ask for in another way."""
SMALL = replace(BOUNDS, body=MIB)


@dataclass(frozen=True)
class FaultRow:
    """One row of the table of faults.

    Attributes:
        effect: as the sandbox takes it.
        hits: ``read``: the first read; ``reads``: all of them; ``write``: the first write; ``writes``: all of them.
        after: whether a write is done all the same.
        lags: whether all reads show what was there before, also those of the next run.
        headers: of an answer with a status of its own.
    """

    effect: str
    hits: str
    after: bool = False
    lags: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        more = " ".join(f"{name} {value}" for name, value in self.headers.items())
        return " ".join(
            filter(
                None,
                (self.hits, self.effect, "after commit" if self.after else "", "reads lag" if self.lags else "", more),
            )
        )


ABSURD = {"Retry-After": "86400"}
ANYWHERE = (
    "refuse", "cut", "hold", "slow:20", "slow:45", "status:500", "html", "error200", "status:429",
)  # fmt: skip
OF_AN_ANSWER = (
    "cut_body", "null", "types", "no_ids", "other_ids", "deep", "scalars", "big:2", "bomb:2", "drip:5",
)  # fmt: skip
OF_A_LISTING = ("empty", "repeats", "misses", "reorders", "total", "stale")
LOST = ("cut", "hold", "slow:45", "status:500", "html", "error200")


def busy() -> Iterator[dict[str, str]]:
    yield {"Retry-After": "7"}
    yield {"Retry-After": format_datetime(datetime(2001, 1, 1, tzinfo=UTC) + timedelta(days=1))}
    yield ABSURD


FAULTS = (
    *(FaultRow(effect, hits) for effect in (*ANYWHERE, *OF_AN_ANSWER, *OF_A_LISTING) for hits in ("read", "reads")),
    *(FaultRow(effect, "write") for effect in ANYWHERE),
    *(FaultRow(effect, "writes") for effect in ("refuse", "hold", "status:500", "status:429")),
    *(FaultRow(effect, "write", after=True) for effect in LOST),
    *(FaultRow(effect, "write", after=True, lags=True) for effect in LOST),
    *(FaultRow(effect, "write", after=True) for effect in OF_AN_ANSWER),
    *(FaultRow("status:429", hits, headers=headers) for hits in ("reads", "writes") for headers in busy()),
)


@dataclass
class Clock:
    """Time that only waits move, and what is held."""

    now: float = 0.0
    alarms: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    """What happens at a time."""

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [act for at, act in self.alarms if at <= self.now]
        self.alarms = [(at, act) for at, act in self.alarms if at > self.now]
        for act in due:
            act()


class Impatient(httpx.BaseTransport):
    """In this process a service is asked as over a socket: who hears nothing for too long hangs up."""

    def __init__(self, inner: httpx.BaseTransport, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began, patience = self._clock.now, request.extensions["timeout"]["read"]
        answer = self._inner.handle_request(request)
        if self._clock.now - began > patience:
            self._clock.now = began + patience
            raise httpx.ReadTimeout("nothing arrived", request=request)
        return answer


class TimedRoom(Room):
    """The sandbox and our processes on one clock."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.sandbox.faults.sleep = self.clock.sleep
        self.sandbox.faults.hold = lambda _cleared: self.clock.sleep(10_000)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.clock.now)

    def requests(self) -> list[Row]:
        entries: list[Row] = self.sandbox.log.entries()
        return entries

    def forget(self) -> None:
        self.sandbox.log.clear()

    def network(self) -> Network:
        return Network(
            lambda _url: Impatient(httpx.WSGITransport(app=self.app), self.clock), base_wait=0.01,
            sleep=self.clock.sleep, clock=self.clock, bounds=SMALL, watch=here, now=self.now,
        )  # fmt: skip


def all_cases(room: Room) -> dict[str, Case]:
    """A case of every kind, also of the one without a listing."""
    ipn = {
        "domain_id": "acme-9f2c", "name": "acme", "url": "https://ipn.acme.test/in", "product_ids": ["411531"],
        "sha_passphrase": "canary-passphrase", "transactions": ["payment"],
    }  # fmt: skip
    return build_cases(room) | {"ipn": Case(IPN, ipn, {"url": {"url": "https://ipn.acme.test/else"}})}


UNSEARCHED = ("script",)
"""Kinds of which a listing is all that there is: where it lags for ever, nobody can tell."""
CHANGED = {
    "domain": "fallback_url", "channel": "alias", "offer_source": "alias", "conversion_type": "duplicates",
    "offer": "notes", "funnel": "expires_at", "campaign": "tags", "postback": "currency", "landing": "tags",
    "script": "attribution_window", "ipn": "url",
}  # fmt: skip
"""The field that an update changes."""


def rows(room: Room) -> dict[tuple[str, str, str], Row]:
    """All that is stored of objects, without what a clock wrote there."""
    found = {}
    store = room.sandbox.store
    with store._lock:
        listed = store._db.execute(
            "select account, kind, id, body from rows where kind not like '\\_%' escape '\\' and kind != 'settings'"
        ).fetchall()
    for account, kind, row_id, body in listed:
        row = json.loads(body)
        found[account, kind, row_id] = {name: value for name, value in row.items() if name not in STAMPS}
    return found


def order(room: TimedRoom, service: str, fault: FaultRow, *, path: str = "", skip: int = 0, lag: float | None) -> None:
    """A service will fail: at requests of a path, after so many of them; its reads lag for so long."""
    is_digistore24, read = service == "digistore24", fault.hits.startswith("read")
    how: dict[str, object] = {"service": service, "effect": fault.effect, "after": fault.after}
    how |= {"headers": fault.headers, "times": None if fault.hits.endswith("s") else 1, "skip": skip}
    if is_digistore24:
        matching = [{"path": "ipnInfo" if read else "ipnSetup|ipnDelete"}]
    else:
        matching = [{"method": method} for method in (("GET",) if read else ("POST", "PUT", "PATCH", "DELETE"))]
    for each in matching:
        room.sandbox.faults.add(Fault.model_validate(how | each | ({"path": f"^/{path}"} if path else {})))
    if fault.lags:
        reads = {"path": "ipnInfo"} if is_digistore24 else {"method": "GET"}
        room.sandbox.faults.add(Fault.model_validate({"service": service, "effect": "stale", "times": None} | reads))
        if lag is not None:
            room.clock.alarms.append((room.clock.now + lag, room.sandbox.faults.clear))


Recovery = tuple[str, list[str], list[str]]
"""Why the next run failed, what is not as it is to be, and what a third one still wrote."""


class Player:
    """Plays cells of one kind and operation, each on a copy of what it begins with."""

    def __init__(self, room: TimedRoom, original: TimedRoom, case: Case, operation: str) -> None:
        self.room = room
        self.case = case
        self.operation = operation
        self.kind = case.kind
        self.recovers_with: Callable[[], None] = lambda: None
        """What is done before the sound runs."""
        self.at = (self.kind.name, ME)
        self._original = TimedRoom()
        original.sandbox.store._db.backup(self._original.sandbox.store._db)
        self.engine = Engine(room)
        self.fields: Values = {**case.fields, "on_delete": "delete"}
        changed = CHANGED.get(self.kind.name, next(iter(case.changes), ""))
        self.goal: Values = self.fields | case.changes.get(changed, {}) if operation == "update" else self.fields
        if operation == "adopt":
            self.goal = self.fields | case.changes.get(changed, {}) | {"adopt": True}
        self.state: dict[tuple[str, str], Kept] = {}
        self._recoveries: dict[str, Recovery] = {}
        """By what they begin with: after most faults that is the same, and so is what follows."""
        self._prepare()

    def _prepare(self) -> None:
        self._fresh(self._original)
        if self.operation != "create":
            self.run({self.at: self.fields})
        if self.operation != "adopt":
            self.state = deepcopy_state(self.engine.state)
        self.room.sandbox.store._db.backup(self._original.sandbox.store._db)
        self.before = rows(self.room)
        kept = self.engine.state.get(self.at)
        self.object_id = kept.object_id if kept else ""

    def _fresh(self, source: TimedRoom) -> None:
        source.sandbox.store._db.backup(self.room.sandbox.store._db)
        self.room.sandbox.faults.clear()
        self.room.forget()
        self.room.clock.now = 0
        self.room.clock.alarms.clear()
        self.engine.state = deepcopy_state(self.state)

    @property
    def faults(self) -> list[FaultRow]:
        """Those that can hit: a refresh writes nothing."""
        return [fault for fault in FAULTS if self.operation != "refresh" or fault.hits.startswith("read")]

    @property
    def program(self) -> dict[tuple[str, str], Values]:
        return {} if self.operation == "delete" else {self.at: self.goal}

    def run(self, program: dict[tuple[str, str], Values]) -> None:
        """What the engine does of one `up`, without the Account: refresh, check, diff, apply, delete."""
        engine = self.engine
        http.NETWORK = self.room.network()
        self.room.process(checked=True)
        engine.planned, engine.refused, engine.steps = [], [], []
        engine._refresh(tuple(engine.state))
        for at, fields in program.items():
            engine._step(at, PROVIDERS[at[0]], {"account": "default"} | fields, apply=True)
        for at in [at for at in engine.state if at not in program]:
            engine._delete(at)
        # What may exist ends the run, as the Account does where it hears of it.
        unsure = [kept for kept in engine.state.values() if is_unconfirmed(id_now(kept.object_id, kept.outs))]
        if unsure:
            raise Failed("\n".join(reason for kept in unsure for reason in kept.outs["refused"]))

    def order(self, fault: FaultRow) -> None:
        lag = LAG if self.kind.name in UNSEARCHED else None
        order(self.room, self.kind.service.endpoint.name, fault, lag=lag)

    def play(self, fault: FaultRow) -> "Played":
        self._fresh(self._original)
        self.order(fault)
        said, broke = "", ""
        try:
            self.run(self.program)
        except Failed as error:
            said = str(error)
        except Exception as error:  # noqa: BLE001 -- whatever else it is, it is a find
            broke = f"{type(error).__name__}: {error}"
        written, changed = self._written(), rows(self.room) != self.before
        took = self.room.clock.now
        if fault.lags:
            # The next run begins while it still does.
            with suppress(Failed):
                self.run(self.program)
        self.room.sandbox.faults.clear()
        standing = self._standing()
        if standing not in self._recoveries:
            self._recoveries[standing] = self._recovered()
        return Played(self, fault, said, broke, written, changed, took, *self._recoveries[standing])

    def _standing(self) -> str:
        """All that the next run finds, which is a process of its own: the account, the state, and the time.

        A new object has another id in each cell, and only what is not confirmed has a time.
        """
        now = rows(self.room)
        unsure = any(is_unconfirmed(id_now(kept.object_id, kept.outs)) for kept in self.engine.state.values())
        kept = [(*at, kept.object_id, kept.inputs, kept.outs) for at, kept in self.engine.state.items()]
        text = repr((now, kept, self.room.clock.now if unsure else None))
        made = [at[2] for at in now if at not in self.before]
        for number, object_id in enumerate(made):
            text = text.replace(object_id, f"<new {number}>")
        return text

    def _recovered(self) -> Recovery:
        self.room.forget()
        self.recovers_with()
        self.room.clock.now += 100_000
        try:
            self.run(self.program)
            wrong = self._wrong()
            self.room.forget()
            self.run(self.program)
        except Exception as error:  # noqa: BLE001 -- a find
            return f"{type(error).__name__}: {error}", self._wrong(), []
        return "", wrong, self._written()

    def _written(self) -> list[str]:
        calls = [entry["path"] for name in ("ipnSetup", "ipnDelete") for entry in self.room.asked(name)]
        return self.room.writes() + calls

    def _wrong(self) -> list[str]:
        now, before = rows(self.room), self.before
        kept = self.engine.state.get(self.at)
        object_id = self.object_id or (id_now(kept.object_id, kept.outs) if kept else "")
        mine = {at for at in {*now, *before} if object_id and at[2].rpartition(":")[2] == object_id}
        wrong = [f"{at[1]} {at[2]} was changed" for at in now.keys() & before.keys() - mine if now[at] != before[at]]
        wrong += [f"{at[1]} {at[2]} was made as well" for at in now.keys() - before.keys() - mine]
        wrong += [f"{at[1]} {at[2]} is lost" for at in before.keys() - now.keys() - mine]
        gone = self.operation == "delete"
        there = any(at in now and now[at].get("status") != DELETED for at in mine)
        if gone and (kept or there):
            wrong.append("is still there" if there else "is still in the state")
        if not gone and not (kept and there):
            wrong.append("is not there")
        return wrong


@dataclass
class Played:
    player: Player
    fault: FaultRow
    said: str
    broke: str
    written: list[str]
    """The writes that were answered, or not."""
    changed: bool
    """Whether the account was."""
    took: float
    recovery: str
    wrong: list[str]
    rewritten: list[str]

    @property
    def name(self) -> str:
        return f"{self.player.kind.name} {self.player.operation}: {self.fault}"

    @property
    def problems(self) -> list[str]:
        found = []
        if self.broke:
            found.append(f"broke: {self.broke}")
        if re.search("fault of trackform|Traceback", self.said):
            found.append(f"said: {self.said}")
        if any(key in f"{self.said}{self.broke}{self.recovery}" for key in KEYS):
            found.append("showed a key")
        if self.took > SMALL.request * 3:
            found.append(f"took {self.took:.0f} s")
        if self.recovery:
            found.append(f"next up failed: {self.recovery}")
        found += self.wrong
        if self.rewritten:
            found.append(f"a third up wrote {self.rewritten}")
        if not (self.said or self.broke or self.changed or self.written) and self.player.operation != "refresh":
            found.append("said nothing and did nothing")
        return found


def deepcopy_state(state: dict[tuple[str, str], Kept]) -> dict[tuple[str, str], Kept]:
    """A copy; the providers have no state."""
    return {
        at: Kept(each.provider, each.object_id, deepcopy(each.inputs), deepcopy(each.outs))
        for at, each in state.items()
    }
