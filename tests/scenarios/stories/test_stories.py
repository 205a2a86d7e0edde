"""Random stories of every kind and every switch: nothing is doubled, lost, undone or told that is a secret."""

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tests.providers.conftest import KINDS
from tests.scenarios.faults.cells import FAULTS
from tests.scenarios.stories.long import Told, play
from tests.scenarios.stories.machine import DEALS, Stories, deal, values_of
from tests.scenarios.stories.slots import STEERED, UNSAID
from tests.scenarios.stories.stage import BrokenError, Stage
from tests.scenarios.stories.world import World
from tests.thorough import examples
from trackform.sandbox.effects import EFFECTS
from trackform.sandbox.switches import Switches
from trackform_core.http import api as http
from trackform_core.session import session as sessions
from trackform_redtrack.client import RedTrack

NAMES = [*KINDS, "ipn"]
BUDGET = settings(max_examples=examples(3, thorough=5), stateful_step_count=12)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY", "TRACKFORM_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(http, "NETWORK", http.NETWORK)
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    yield
    sessions.forget_everything()


@pytest.mark.parametrize("number", range(DEALS))
@pytest.mark.parametrize("name", NAMES)
def test_every_kind_and_every_switch(stage: Stage, name: str, number: int) -> None:
    dealt = {"stage": stage, "kind": name, "switches": deal(number), "played": Counter()}
    run_state_machine_as_test(type("Dealt", (Stories,), dealt), settings=BUDGET)


def test_every_value_of_every_switch_is_dealt_to_every_kind() -> None:
    for switch in Switches.model_fields:
        assert {deal(number)[switch] for number in range(DEALS)} == set(values_of(switch)), switch


def test_the_stories_hold_a_fault_of_every_effect() -> None:
    assert {fault.effect.partition(":")[0] for fault in FAULTS} == set(EFFECTS)
    assert {*UNSAID} == {*NAMES}
    assert {*STEERED} < {*NAMES}


def test_a_story_that_goes_wrong_is_told_step_by_step(stage: Stage) -> None:
    """The stories themselves: where something does not hold, the message is the story, without what is not needed."""

    class Doubling(Stories):
        @rule()
        def it_is_doubled(self) -> None:
            there = self.world.row_of(self.world.slots["a"])
            if there is not None:
                (account, stored, _), row = there
                self.world.room.sandbox.store.put(account, stored, row | {"id": "double"})
                self.world.ours.add((account, stored, "double"))
                self.world.tell("landing `a` is doubled")

    dealt = {"stage": stage, "kind": "landing", "switches": {}, "played": Counter()}
    with pytest.raises(BrokenError) as broken:
        run_state_machine_as_test(type("Dealt", (Doubling,), dealt), settings=settings(BUDGET, max_examples=30))
    assert str(broken.value).splitlines() == [
        "landing `a` is there 2 times",
        "A story of a landing, switches {}:",
        "1. the file declares landing `a`",
        "2. `pulumi up`",
        "3. `pulumi up`",
        "4. landing `a` is doubled",
    ]


def test_what_an_adoption_wrote_before_its_run_failed_is_not_somebody_elses(stage: Stage) -> None:
    world = World(stage, "offer_source", {})
    slot = world.slots["a"]
    slot.declared = slot.adopts = True
    world.person_makes(slot, equal=False)
    world.order(next(fault for fault in FAULTS if str(fault) == "write html after commit"), 0)
    assert "text/html" in world.run("up")
    ((at, _),) = world.called(slot.key).items()
    assert at in world.ours
    assert not world.row_of(slot)
    world.is_as_declared(world.run("up"))
    assert world.row_of(slot)


def test_stories_that_go_another_way_when_they_are_played_again_are_told_as_well(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    class Moody(Stories):
        moods: ClassVar[list[int]] = []

        @invariant()
        def fails_now_and_then(self) -> None:
            self.moods.append(1)
            self.world.holds(len(self.moods) != 5, "the fifth look breaks")

    told = Told(1)
    play(Moody, {"stage": stage, "kind": "landing", "switches": {}, "played": Counter()}, 1, told)
    (story,) = told.broken
    assert "the fifth look breaks" in story
    assert "A story of a landing, switches {}:" in story
    assert story in capsys.readouterr().err
