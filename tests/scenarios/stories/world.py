"""One account, its stacks and its people, as a story plays them; and what has to hold after each step."""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from tests.providers.conftest import STORED
from tests.providers.small_engine import Engine, Stopped
from tests.scenarios.faults.cells import DELETED, KEYS, LAG, FaultRow, order, rows
from tests.scenarios.stories.slots import Slot, slots_of
from tests.scenarios.stories.stage import BrokenError, Stage, in_short
from trackform.sandbox.switches import Switches
from trackform_core.dynamic import Failed
from trackform_core.http import api as http
from trackform_core.lifecycle.pending import is_waiting
from trackform_core.lifecycle.unconfirmed import id_now, is_unconfirmed
from trackform_core.model.wire import Row, Values, canonical
from trackform_core.session import session as sessions

if TYPE_CHECKING:
    from trackform_core.model.kind import Kind

At = tuple[str, str, str]
"""Account, stored kind and id of a row."""
OPTIONS = ("on_delete", "adopt")
"""What of a slot's fields is said to trackform, not to the service."""
SECRETS = (*KEYS, "canary-passphrase", "secret-token-1")


class World:
    """The account, two stacks on it, and the people of the web application. Each method is a step of a story."""

    def __init__(self, stage: Stage, kind: str, switches: Mapping[str, Any]) -> None:
        self.stage, self.room = stage, stage.fresh(switches)
        self.case = stage.cases[kind]
        self.kind: Kind[Any] = self.case.kind
        self.switches = switches
        self.steps: list[str] = []
        self.mine, self.other = Engine(self.room), Engine(self.room)
        self.slots = {slot.name: slot for slot in slots_of(self.case)}
        self.elsewhere = self.slots["a"].of_the_other_stack()
        self.ours: set[At] = set()
        """Rows that a run of ours made, or was told to take over."""
        self.kept: dict[At, Values] = {}
        """What people set and no file decides."""
        self.adopted: set[At] = set()
        """Of those, what somebody else made."""
        self.ordered: FaultRow | None = None
        self.lags = False
        """Whether what was read goes on to lag behind in the run after a fault."""
        self.settled = False
        """Whether the last run of the first stack was a sound one, and nobody touched the file since."""

    # -- what is there -------------------------------------------------------------------------------------------

    def tell(self, step: str) -> None:
        self.steps.append(step)

    def live(self) -> dict[At, Row]:
        there = {at: row for at, row in rows(self.room).items() if at[1] == self.stored}
        return {at: row for at, row in there.items() if row.get("status") != DELETED}

    def as_read(self, row: Row) -> Row:
        return {**row["settings"], "id": row["settings"]["domain_id"]} if self.kind.name == "ipn" else row

    def called(self, key: Any) -> dict[At, Row]:
        return {at: row for at, row in self.live().items() if self.kind.key_of(self.as_read(row)) == canonical(key)}

    def id_of(self, at: At) -> str:
        return at[2].rpartition(":")[2]

    def known(self, slot: Slot, engine: Engine | None = None) -> str:
        """The id by which a stack knows an object; empty for none."""
        kept = (engine or self.mine).state.get(slot.at)
        return id_now(kept.object_id, kept.outs) if kept else ""

    def row_of(self, slot: Slot) -> tuple[At, Row] | None:
        """The object that the first stack knows, as it is in the account."""
        known = self.known(slot)
        return next(((at, row) for at, row in self.live().items() if known and self.id_of(at) == known), None)

    def value(self, row: Row, slot: Slot, field: str, like: Any) -> Any:
        return self.kind.live(self.as_read(row), slot.fields | {field: like}).get(field)

    # -- people --------------------------------------------------------------------------------------------------

    def _set(self, slot: Slot, values: Values) -> At:
        """As a person does it in the web application."""
        at, row = self._there(slot)
        body = self.kind.body(self.as_read(row), slot.base | values, frozenset(values))
        if self.kind.name == "ipn":
            settings = row["settings"] | {name: body[name] for name in row["settings"] if name in body}
            self.room.sandbox.store.put(at[0], at[1], row | {"settings": settings}, row_id=at[2])
            return at
        changed = {name: value for name, value in body.items() if row.get(name) != value}
        self.room.edit(self.kind, at[2], set=changed)
        return at

    @property
    def has_live(self) -> bool:
        return any(self.row_of(slot) for slot in self.slots.values())

    @property
    def can_rename(self) -> bool:
        return not self.kind.key_is_fixed and self.kind.name != "postback"

    @property
    def can_make(self) -> bool:
        """Whether the service takes a second one of a name."""
        unique = self.kind.name in ("ipn", "domain", "conversion_type", "postback")
        denied = self.kind.name == "offer_source" and self.switches.get("post_networks") == "premium_only"
        return not unique and not denied and self.switches.get("titles") != "unique"

    def person_edits(self, slot: Slot) -> None:
        """A field that the file decides gets the other of its two values."""
        _, row = self._there(slot)
        field = slot.field
        other = slot.change[field]
        is_other = self.value(row, slot, field, other) == canonical(other)
        value = slot.base[field] if is_other else other
        self._set(slot, {field: value})
        self.tell(f"a person sets `{field}` of {slot.words} to {value!r}")

    def person_steers(self, slot: Slot, values: Values) -> None:
        """A field of which the file leaves people the last word."""
        at = self._set(slot, values)
        self.kept.setdefault(at, {}).update(values)
        ((field, value),) = values.items()
        self.tell(f"a person sets `{field}` of {slot.words}, which is theirs, to {value!r}")

    def person_deletes(self, slot: Slot) -> None:
        at, _ = self._there(slot)
        if self.kind.name == "ipn":
            self.room.sandbox.store.remove(*at)
        else:
            self.room.edit(self.kind, at[2], delete=True)
        # One that is made again may have its id.
        self.kept.pop(at, None)
        self.tell(f"a person deletes {slot.words}")

    def person_renames(self, slot: Slot) -> None:
        self._set(slot, {self.kind.key: f"{slot.key} renamed"})
        self.tell(f"a person renames {slot.words}")

    def person_makes(self, slot: Slot, *, equal: bool) -> None:
        """One of the same name, which is nobody's of ours."""
        fields = slot.base | ({} if equal else slot.change)
        self.room.edit(self.kind, set=self.kind.body({}, fields, frozenset(fields)))
        self.tell(f"a person makes {'one like' if equal else 'another one of the name of'} {slot.words}")

    def _there(self, slot: Slot) -> tuple[At, Row]:
        there = self.row_of(slot)
        assert there is not None
        return there

    # -- the service ---------------------------------------------------------------------------------------------

    def order(self, fault: FaultRow, skip: int) -> None:
        self.ordered = fault
        skip = 0 if fault.hits.endswith("s") else skip
        # What is asked of the account itself comes first, and would take most faults on itself; and where reads lag for
        # ever, nobody can tell.
        path, service = getattr(self.kind, "path", ""), self.kind.service.endpoint.name
        order(self.room, service, fault, path=path, skip=skip, lag=LAG)
        number = f", after {skip} such requests" if skip else ""
        self.tell(f"the service will fail: {fault}{number}")

    # -- runs ----------------------------------------------------------------------------------------------------

    @property
    def program(self) -> dict[str, dict[str, Values]]:
        return {self.kind.name: {slot.name: slot.fields for slot in self.slots.values() if slot.declared}}

    @property
    def elsewhere_program(self) -> dict[str, dict[str, Values]]:
        slot = self.elsewhere
        return {self.kind.name: {slot.name: slot.fields}} if slot.declared else {}

    def _allowed(self) -> str:
        """What a person says who looked into the web application: what is meant to go, and what is not there."""
        name = self.kind.name
        gone = [f"gone:{name}/{slot.key}" for slot in self.slots.values() if not self.row_of(slot) and self.known(slot)]
        gone = [each for each in gone if not is_unconfirmed(each)]
        return ",".join([f"delete:{name},recreate:{name},update:{name}", *gone])

    @contextmanager
    def _hears(self) -> Iterator[None]:
        log = logging.getLogger("trackform")
        level = log.level
        log.setLevel(logging.INFO)
        log.addHandler(self.stage.spoken)
        self.stage.spoken.lines.clear()
        try:
            with mock.patch.dict(os.environ, {"TRACKFORM_ALLOW": self._allowed()}):
                yield
        finally:
            log.removeHandler(self.stage.spoken)
            log.setLevel(level)
            sessions.forget_everything()

    def run(self, verb: str, *, other: bool = False, refresh: bool = True) -> str:
        """One run; returns why it failed, empty where it did not."""
        engine = self.other if other else self.mine
        before = rows(self.room)
        who = "the other stack: " if other else ""
        self.tell(f"{who}`pulumi {verb}`{'' if refresh else ' without a refresh'}")
        program = self.elsewhere_program if other else self.program
        http.NETWORK = self.room.network()
        engine.refreshes = refresh
        # Nobody is that fast: the account's limit is one of each minute.
        self.room.clock.sleep(60)
        self.room.forget()
        said = ""
        with self._hears():
            try:
                if verb == "destroy":
                    engine.destroy()
                elif verb == "refresh":
                    self.room.process(checked=False)
                    engine._refresh(tuple(engine.state))
                else:
                    getattr(engine, verb)(program)
            except (Failed, Stopped) as error:
                said = str(error) or "stopped"
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is a find
                self._breaks(f"{type(error).__name__}: {error}", error)
        self._recovers()
        self.steps[-1] += f" ({in_short(said)})" if said else ""
        self._compares(before, verb, said, engine)
        return said

    def _recovers(self) -> None:
        """After a run the service is sound again; where its reads lag, after one more."""
        self.lags = bool(self.ordered and self.ordered.lags and not self.lags)
        if not self.lags:
            self.room.sandbox.faults.clear()
            self.ordered = None

    def is_blind(self, fault: FaultRow) -> bool:
        """Whether no read of a whole run could show what is there and in nobody's state: known, and not mended."""
        known = {self.known(slot) for slot in self.slots.values()}
        unseen = [
            at for slot in (*self.slots.values(), self.elsewhere)
            for at in self.called(slot.key) if at in self.ours and self.id_of(at) not in known
        ]  # fmt: skip
        return bool(unseen) and (fault.lags or str(fault) in ("reads null", "reads empty", "reads misses"))

    # -- what holds ----------------------------------------------------------------------------------------------

    def _breaks(self, why: str, cause: BaseException | None = None) -> None:
        switches = {name: value for name, value in self.switches.items() if value != getattr(Switches(), name)}
        lines = [f"{number}. {step}" for number, step in enumerate(self.steps, 1)]
        raise BrokenError(
            "\n".join([f"{why}", f"A story of a {self.kind.title}, switches {switches}:", *lines])
        ) from cause

    def holds(self, condition: object, why: str) -> None:
        if not condition:
            self._breaks(why)

    def _compares(self, before: dict[At, Row], verb: str, said: str, ran: Engine) -> None:
        heard = "\n".join([said, *self.stage.spoken.lines])
        self.holds(not any(secret in heard for secret in SECRETS), f"a secret is shown: {heard}")
        self.holds(not re.search("fault of trackform|Traceback", heard), f"a fault of ours: {heard}")
        now = rows(self.room)
        if verb in ("preview", "refresh"):
            self.holds(now == before, f"`{verb}` changed the account")
        made = now.keys() - before.keys()
        keys = [canonical(slot.key) for slot in (*self.slots.values(), self.elsewhere) if slot.declared]
        for at in made:
            row = self.as_read(now[at])
            self.holds(at[1] == self.stored, f"a {at[1]} was made")
            self.holds(self.kind.key_of(row) in keys, f"{self.kind.key_of(row)} was made, which nobody declares")
        self.ours |= made
        self._takes(before)
        if said and verb == "up":
            self._takes_halfway(before, ran)
        for at in before.keys() - self.ours:
            self.holds(at in now, f"somebody else's {at[1]} is gone")
            self.holds(now[at] == before[at], f"somebody else's {at[1]} was changed")

    def _takes(self, before: dict[At, Row]) -> None:
        """What somebody else made is ours where the file says so, or where it is just what would be made."""
        stacks = ((self.mine, self.slots["a"]), (self.mine, self.slots["b"]), (self.other, self.elsewhere))
        for engine, slot in stacks:
            known = self.known(slot, engine)
            for at, row in before.items():
                if not known or self.id_of(at) != known or at in self.ours or at[1] != self.stored:
                    continue
                declared = slot.fields[slot.field]
                equal = self.value(row, slot, slot.field, declared) == canonical(declared) and self.kind.equal_is_ours
                self.holds(slot.adopts or equal, f"{slot.words} is taken, which is somebody else's")
                self.ours.add(at)
                self.adopted.add(at)

    def _takes_halfway(self, before: dict[At, Row], ran: Engine) -> None:
        """Where a run fails after it wrote what it adopts, that is in no state yet: the next one completes it."""
        slots = self.slots.values() if ran is self.mine else [self.elsewhere]
        now, names = self.live(), [canonical(slot.key) for slot in slots if slot.declared and slot.adopts]
        for at in before.keys() & now.keys() - self.ours:
            if now[at] != before[at] and self.kind.key_of(self.as_read(before[at])) in names:
                self.ours.add(at)
                self.adopted.add(at)

    @property
    def stored(self) -> str:
        return STORED.get(self.kind.name, "ipn")

    @property
    def waits(self) -> bool:
        """Whether something waits for a person: each run asks for it again."""
        return any(is_waiting(kept.object_id) for kept in self.mine.state.values())

    def is_as_declared(self, said: str) -> None:
        """After a sound `up`: there once, and as the file says; or refused for something that a person did."""
        strangers = any(
            self.id_of(at) != self.known(slot) for slot in self.slots.values() for at in self.called(slot.key)
        )
        if said:
            allowed = "exists-differs|ambiguous|key-taken" if strangers else "nothing"
            self.holds(re.search(rf"\[({allowed})\]", said), f"a sound `up` failed: {said}")
            return
        for slot in self.slots.values():
            there = self.row_of(slot)
            if not slot.declared:
                self.holds(slot.at not in self.mine.state, f"{slot.words} left the file and is still in the state")
                continue
            kept = self.mine.state.get(slot.at)
            self.holds(kept, f"{slot.words} is not in the state")
            if kept and is_waiting(kept.object_id):
                continue
            self.holds(there, f"{slot.words} is not there")
            if there is None:
                continue
            live = self.kind.live(self.as_read(there[1]), slot.fields)
            for field in self.decided(slot, there[0]):
                now, declared = canonical(live.get(field)), canonical(slot.fields[field])
                self.holds(now == declared, f"`{field}` of {slot.words} is {now!r}, declared is {declared!r}")

    def decided(self, slot: Slot, at: At) -> list[str]:
        """The declared fields that are to be as the file says: what people steer is theirs once it was made."""
        unseen = {*self.kind.write_only, *OPTIONS}
        taken = at in self.adopted or self.mine.state[slot.at].outs.get("adopted")
        theirs = self.kind.initial if taken else self.kind.initial & self.kept.get(at, {}).keys()
        return [field for field in slot.fields if field not in unseen | theirs]

    def outside(self) -> dict[str, set[str]]:
        """What a preview has to show: by name, the fields that people changed; all of one that is gone."""
        shown: dict[str, set[str]] = {}
        for slot in self.slots.values():
            kept = self.mine.state.get(slot.at)
            if not slot.declared or (kept and is_waiting(kept.object_id)):
                continue
            there = self.row_of(slot)
            if there is None:
                shown[slot.name] = {"all"}
                continue
            for field in (slot.kind.key, slot.field):
                if self.value(there[1], slot, field, slot.fields[field]) != canonical(slot.fields[field]):
                    shown.setdefault(slot.name, set()).add(field)
        return shown

    def shows(self) -> dict[str, set[str]]:
        """What the last preview shows."""
        shown: dict[str, set[str]] = {}
        for step in self.mine.steps:
            name = step["urn"].rpartition("::")[2]
            if name in self.slots and step["op"] == "create":
                shown[name] = {"all"}
            elif name in self.slots and step["op"] == "update":
                was, wanted = step["oldState"]["inputs"], step["newState"]["inputs"]
                fields = self.kind.model.model_fields
                shown[name] = {field for field in fields if canonical(was.get(field)) != canonical(wanted.get(field))}
        return shown

    def writes(self) -> list[str]:
        calls = [entry["path"] for name in ("ipnSetup", "ipnDelete") for entry in self.room.asked(name)]
        return self.room.writes() + calls

    def is_sound(self) -> None:
        """What holds after every step."""
        live = self.live()
        for slot in self.slots.values():
            same = [at for at in self.called(slot.key) if at in self.ours]
            self.holds(len(same) < 2, f"{slot.words} is there {len(same)} times")
        self.kept = {at: values for at, values in self.kept.items() if at in live}
        for at, values in self.kept.items():
            for field, value in values.items():
                now = self.value(live[at], self.slots["a"], field, value)
                self.holds(now == canonical(value), f"`{field}`, which a person set to {value!r}, is {now!r}")
