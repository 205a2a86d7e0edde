"""Stories as a state machine of hypothesis': the file, people, faults and runs in any order. A failure shrinks."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.scenarios.faults.cells import FAULTS, FaultRow
from tests.scenarios.stories.slots import STEERED, UNSAID, Slot
from tests.scenarios.stories.stage import Stage
from tests.scenarios.stories.world import World
from trackform.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections import Counter

NUMBERS: Mapping[str, tuple[float, ...]] = {
    "page_cap": (100, 1, 3), "latency": (0.0, 0.5), "requests_per_minute": (0, 40),
}  # fmt: skip
"""Of the switches that are numbers, those that are tried."""
NAMES = st.sampled_from(("a", "b"))
THEN = st.sampled_from(("", "up", "up", "preview", "refresh"))
RUNS = ("up", "up", "up", "up", "preview", "refresh", "destroy")
DEALS = 3
"""As many as the switch of most values has."""


def values_of(switch: str) -> tuple[Any, ...]:
    return NUMBERS.get(switch) or get_args(Switches.model_fields[switch].annotation)


def deal(number: int) -> dict[str, Any]:
    """One value of each switch: in so many deals as there are values each comes up, beside changing others."""
    dealt = {}
    for place, switch in enumerate(Switches.model_fields):
        values = values_of(switch)
        dealt[switch] = values[(number + place * (number // DEALS)) % len(values)]
    return dealt


def is_declared(slot: Slot) -> bool:
    return slot.declared


def is_absent(slot: Slot) -> bool:
    return not slot.declared


def is_not_adopted(slot: Slot) -> bool:
    return slot.declared and not slot.adopts


def act(**draws: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule after which the first stack may run: what nobody looks at is found by nobody."""

    def rule_of(does: Callable[..., None]) -> Any:
        def then_looks(self: "Stories", then: str, **drawn: Any) -> None:
            does(self, **drawn)
            self.run(then)

        then_looks.__name__ = does.__name__
        played: Callable[[Callable[..., None]], Any] = rule(then=THEN, **draws)
        return played(then_looks)

    return rule_of


class Stories(RuleBasedStateMachine):
    """Stories of one kind with the switches in one position."""

    stage: ClassVar[Stage]
    kind: ClassVar[str]
    switches: ClassVar[Mapping[str, Any]]
    played: ClassVar["Counter[str]"]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.stage, self.kind, self.switches)
        self.played["stories"] += 1

    def run(self, verb: str) -> None:
        """A run of the first stack, or none."""
        world = self.world
        nothing_new = world.settled and not world.ordered and not world.outside()
        runs = {"up": self._up, "preview": self._preview, "refresh": self._refresh, "destroy": self._destroy}
        if (verb == "up" and nothing_new) or (verb in ("refresh", "destroy") and not world.mine.state):
            return
        if verb:
            runs[verb]()

    def _file(self, step: str) -> None:
        self.world.settled = False
        self.world.tell(step)

    def _slot(self, name: str, fits: Callable[[Slot], object]) -> Slot:
        """The object of a name, or the other one where that does not fit."""
        first, second = self.world.slots[name], next(slot for slot in self.world.slots.values() if slot.name != name)
        return first if fits(first) else second

    @precondition(lambda self: any(map(is_absent, self.world.slots.values())))
    @act(name=NAMES)
    def the_file_declares(self, name: str) -> None:
        slot = self._slot(name, is_absent)
        slot.declared = True
        self._file(f"the file declares {slot.words}")

    @precondition(lambda self: any(map(is_declared, self.world.slots.values())))
    @act(name=NAMES)
    def it_leaves_the_file(self, name: str) -> None:
        slot = self._slot(name, is_declared)
        slot.declared = slot.adopts = False
        self._file(f"{slot.words} leaves the file")

    @precondition(lambda self: any(map(is_declared, self.world.slots.values())))
    @act(name=NAMES)
    def the_file_changes(self, name: str) -> None:
        slot = self._slot(name, is_declared)
        slot.changed = not slot.changed
        self._file(f"the file changes `{slot.field}` of {slot.words}")

    @precondition(lambda self: any(map(is_not_adopted, self.world.slots.values())))
    @act(name=NAMES)
    def the_file_adopts(self, name: str) -> None:
        slot = self._slot(name, is_not_adopted)
        slot.adopts = True
        self._file(f"the file says `adopt: true` of {slot.words}")

    @precondition(lambda self: self.world.has_live)
    @act(name=NAMES, does=st.sampled_from(("edits", "edits", "steers", "sets", "deletes", "renames")))
    def a_person(self, name: str, does: str) -> None:
        world = self.world
        slot = self._slot(name, world.row_of)
        if does == "edits":
            world.person_edits(slot)
        elif does == "deletes":
            world.person_deletes(slot)
        elif does == "renames" and world.can_rename:
            world.person_renames(slot)
        else:
            world.person_steers(
                slot, UNSAID[self.kind] if does == "sets" else STEERED.get(self.kind, UNSAID[self.kind])
            )

    @precondition(lambda self: self.world.can_make)
    @act(name=NAMES, equal=st.booleans())
    def a_person_makes(self, name: str, *, equal: bool) -> None:
        self.world.person_makes(self.world.slots[name], equal=equal)

    @act(does=st.sampled_from(("declares", "changes", "runs", "runs")))
    def the_other_stack(self, does: str) -> None:
        slot = self.world.elsewhere
        if does == "runs" and (slot.declared or self.world.other.state):
            self.world.run("up", other=True)
        elif does == "changes" and slot.declared:
            slot.changed = not slot.changed
            self.world.tell(f"the other stack changes `{slot.field}` of {slot.words}")
        else:
            slot.declared = not slot.declared
            self.world.tell(f"the other stack {'declares' if slot.declared else 'drops'} {slot.words}")

    @rule(fault=st.sampled_from(FAULTS), skip=st.sampled_from((0, 0, 1, 2, 4)), run=st.sampled_from(RUNS))
    def a_run_in_which_the_service_fails(self, fault: FaultRow, skip: int, run: str) -> None:
        if self.world.is_blind(fault):
            return
        self.world.order(fault, skip)
        self.played[f"fault {fault.effect.partition(':')[0]}"] += 1
        self.run(run)

    @initialize(adopts=st.booleans())
    def the_file_begins(self, *, adopts: bool) -> None:
        slot = self.world.slots["a"]
        slot.declared, slot.adopts = True, adopts
        self._file(f"the file declares {slot.words}{' with `adopt: true`' if adopts else ''}")

    @rule(verb=st.sampled_from(("up", "up", "stale up", "refresh", "destroy")))
    def a_run(self, verb: str) -> None:
        if verb == "stale up":
            self._up(refresh=False)
        else:
            self.run(verb)

    def _up(self, *, refresh: bool = True) -> None:
        world = self.world
        sound = world.ordered is None
        said = world.run("up", refresh=refresh)
        world.settled = False
        if sound and refresh:
            world.is_as_declared(said)
            if not said and not world.waits:
                said = world.run("up")
                world.holds(not said, f"the next `up` failed: {said}")
                world.holds(not world.mine.planned, f"the next `up` changes {world.mine.planned}")
                world.holds(not world.writes(), f"the next `up` writes {world.writes()}")
                world.settled = True

    def _preview(self) -> None:
        world = self.world
        sound, outside = world.ordered is None, world.outside()
        said = world.run("preview")
        if sound and world.settled and not said:
            world.holds(world.shows() == outside, f"the preview shows {world.shows()}, people changed {outside}")

    def _refresh(self) -> None:
        world = self.world
        sound = world.ordered is None
        said = world.run("refresh")
        world.holds(not (sound and said), f"a sound refresh failed: {said}")

    def _destroy(self) -> None:
        world = self.world
        sound, slot = world.ordered is None, world.slots["a"]
        there = world.row_of(slot)
        said = world.run("destroy")
        world.settled = False
        if sound and not said and there:
            world.holds(there[0] not in world.live(), f"{slot.words} is still there")

    @invariant()
    def is_sound(self) -> None:
        self.world.is_sound()

    def teardown(self) -> None:
        self.played["steps"] += len(self.world.steps)
        self.played["runs"] += sum("`pulumi " in step for step in self.world.steps)
