"""`--write`: what only a write shows, and that nothing of it stays, whatever happens."""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.machines import for_machines
from tests.trackform.probe.stage import ProbeStage
from tests.trackform.probe.test_every_switch import values_of
from tests.trackform.reconcile.stage import REDTRACK_KEY, Row
from trackform.cli import main
from trackform.probe.accounts import Contradiction
from trackform.probe.attempts import MADE, Attempts, LeftBehind, ProbeObject
from trackform.probe.probes import PROBES
from trackform.sandbox.accounts import redtrack_account
from trackform_core.http.keys import Key
from trackform_redtrack.client import RedTrack

TRIED = ("put", "postback_url", "post_networks", "titles", "deleted")
KINDS = ("network", "source", "landing", "offer", "campaign", "domain", "stream", "script")
CASES = [(name, value) for name in TRIED for value in values_of(name)]


def objects(stage: ProbeStage) -> list[tuple[str, Row]]:
    """Everything in the account that is not deleted."""
    account = redtrack_account(REDTRACK_KEY)
    return [(kind, row) for kind in KINDS for row in stage.sandbox.store.rows(account, kind) if row.get("status") != 3]


def of_probes(stage: ProbeStage) -> list[str]:
    return [kind for kind, row in objects(stage) if str(row.get("title", "")).startswith("trackform-probe-")]


def writes(stage: ProbeStage) -> list[Row]:
    return [entry for entry in stage.sandbox.log.entries(service="redtrack") if entry["method"] != "GET"]


def left_by_a_crash(stage: ProbeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose process ended in the middle: nobody took anything away."""
    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "_take_away", lambda _self, _objects: None)
        stage.probe("--write", "--yes")
    assert set(of_probes(stage)) == {"network", "source", "landing"}


@pytest.mark.parametrize(("name", "value"), CASES)
def test_the_answer_is_what_the_sandbox_is_switched_to(stage: ProbeStage, name: str, value: str) -> None:
    stage.declare()
    stage.switch(**{name: value})
    before = objects(stage)
    answer = stage.answers("--write", "--yes", "--record", "recording.json")[name]
    assert (answer["answer"], answer["sure"]) == (value, "certain")
    assert objects(stage) == before
    default = values_of(name)[0]
    assert stage.unlike() == ([] if value == default else [("switch", name, value, default)])


def test_what_is_made_is_paused_and_says_what_it_is(stage: ProbeStage) -> None:
    stage.declare()
    stage.probe("--write", "--yes")
    made = [entry for entry in writes(stage) if entry["method"] == "POST"]
    assert [entry["path"] for entry in made] == ["/networks", "/sources", "/landings", "/landings", "/offers",
                                                 "/campaigns"]  # fmt: skip
    assert all(MADE.fullmatch(entry["body"]["title"]) for entry in made)
    assert all(entry["body"]["status"] == 2 for entry in made[-2:])
    assert {entry["service"] for entry in stage.sandbox.log.entries()} == {"redtrack", "digistore24"}
    assert "domain_id" not in made[-1]["body"]


def test_the_rights_of_the_plan_are_the_accounts(stage: ProbeStage) -> None:
    stage.declare()
    fault = {"service": "redtrack", "method": "PUT", "path": "^/sources/", "effect": "status:403", "times": None}
    stage.control("faults", fault)
    stage.probe("--write", "--yes", "--save")
    text = Path("stacks/policy.yaml").read_text(encoding="utf-8")
    assert re.search(r"accounts:\n  redtrack/[0-9a-f]{24}:\n", text)
    assert re.search(r"^    post_networks: \{value: allowed, ", text, re.MULTILINE)
    assert re.search(r"^    put_sources: \{value: forbidden, ", text, re.MULTILINE)
    assert of_probes(stage) == []


@pytest.mark.parametrize(("switch", "fields"), [("computed", "networks.postback_url"), ("writable", "none")])
def test_fields_that_cannot_be_written_are_named(stage: ProbeStage, switch: str, fields: str) -> None:
    stage.switch(postback_url=switch)
    stage.declare()
    assert stage.answers("--write", "--yes")["unwritable"]["answer"] == fields


def test_what_the_plan_does_not_allow_leaves_the_rest(stage: ProbeStage) -> None:
    stage.declare()
    stage.switch(post_networks="premium_only", deleted="status3")
    answers = stage.answers("--write", "--yes")
    assert answers["put"]["answer"] == "merges"
    assert answers["deleted"]["answer"] == "status3"
    assert answers["postback_url"]["answer"] is None


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_an_interrupted_run_takes_everything_away(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    stage.declare()
    before = objects(stage)

    def interrupted(*_arguments: Any) -> None:
        raise fault

    monkeypatch.setattr("trackform.probe.attempts.Attempts._see", interrupted)
    CliRunner().invoke(main, ["probe", "demo", "--write", "--yes"])
    assert writes(stage)[0]["path"] == "/networks"
    assert objects(stage) == before


def test_what_a_crash_left_is_told_and_taken_away_by_the_next_run(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.declare()
    left_by_a_crash(stage, monkeypatch)
    done = stage.probe()
    assert done.exit_code == 2
    assert "LEFT BEHIND: networks/" in done.output
    assert "Run `trackform probe --write`" in done.output
    done = stage.probe("--write", "--yes")
    assert done.exit_code == 0
    assert done.output.count("taken away, as an earlier run had left it: ") == 4
    assert of_probes(stage) == []


def test_what_was_made_although_the_answer_was_lost_is_found_by_its_title(stage: ProbeStage) -> None:
    stage.declare()
    lost = {"service": "redtrack", "method": "POST", "path": "/sources", "effect": "cut", "after": True}
    stage.control("faults", lost)
    done = stage.probe("--write", "--yes")
    assert "could not be tried: sources: no answer from" in done.output
    assert of_probes(stage) == []


@pytest.mark.parametrize("effect", ["empty", "status:500"])
def test_what_no_listing_shows_is_taken_away_by_its_id(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch, effect: str
) -> None:
    stage.declare()
    fault = {"service": "redtrack", "method": "GET", "path": "^/(networks|sources|landings)$", "effect": effect}
    twin = Attempts.twin

    def then_no_listing(attempts: Attempts, ids: dict[str, str]) -> None:
        twin(attempts, ids)
        stage.control("faults", fault | {"times": 12})

    monkeypatch.setattr("trackform.probe.attempts.ATTEMPTS", (("landings", then_no_listing),))
    attempts, _ = ended_at(monkeypatch, before=True)
    assert of_probes(stage) == []
    assert [fault.partition(":")[0] for fault in attempts.faults] == ["a last look for what is left"] * (
        effect != "empty"
    )


def test_a_title_that_is_declined_for_another_reason_tells_nothing_of_titles(stage: ProbeStage) -> None:
    stage.declare()
    fault = {"service": "redtrack", "method": "POST", "path": "^/landings$", "effect": "status:403", "skip": 1}
    stage.control("faults", fault)
    done = stage.probe("--write", "--yes")
    assert "could not be tried" in done.output
    assert stage.answers("--write", "--yes")["titles"]["answer"] == "not_unique"
    assert of_probes(stage) == []


def test_what_cannot_be_taken_away_is_listed(stage: ProbeStage) -> None:
    stage.declare()
    stuck = {"service": "redtrack", "method": "DELETE", "path": "/networks", "effect": "status:403", "times": None}
    stage.control("faults", stuck)
    done = stage.probe("--write", "--yes")
    assert done.exit_code == 2
    assert re.search(r"LEFT BEHIND: networks/[0-9a-f]{24} \(trackform-probe-[0-9a-f]{8}-may-be-deleted\)", done.output)
    assert of_probes(stage) == ["network"]


def test_what_cannot_be_taken_away_is_listed_after_an_interruption_too(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.declare()
    stuck = {"service": "redtrack", "method": "DELETE", "path": "/networks", "effect": "status:403", "times": None}
    stage.control("faults", stuck)

    def interrupted(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trackform.probe.attempts.Attempts.source", interrupted)
    monkeypatch.setattr("trackform.probe.attempts.ATTEMPTS", (("networks", Attempts.network), ("sources", interrupted)))
    done = CliRunner().invoke(main, ["probe", "demo", "--write", "--yes"])
    assert done.exit_code == 1
    assert "LEFT BEHIND: networks/" in done.output


def test_a_key_that_may_write_nothing_says_nothing_of_the_plan(stage: ProbeStage) -> None:
    """Nor of fields that nobody could send."""
    stage.declare()
    stage.control("faults", {"service": "redtrack", "method": "POST", "effect": "status:403", "times": None})
    document = for_machines(stage.probe("--json", "--write", "--yes").stdout)["stacks"]["demo"]
    assert "networks: the key may make nothing at all" in document["not_tried"]
    answers = {row["setting"]: row for row in document["answers"]}
    assert {name: answers[name]["answer"] for name in ("post_networks", "put_sources", "unwritable")} == {
        "post_networks": None, "put_sources": None, "unwritable": None,
    }  # fmt: skip


def test_fields_of_what_could_not_be_made_are_not_called_writable(stage: ProbeStage) -> None:
    stage.declare()
    whole = stage.answers("--write", "--yes")["unwritable"]
    assert whole["answer"] == "networks.postback_url"
    stage.switch(post_networks="premium_only")
    answers = stage.answers("--write", "--yes")
    assert (answers["post_networks"]["answer"], answers["unwritable"]["answer"]) == ("premium_only", None)


ASKED_OF_REDTRACK = ("get", "post", "put", "patch", "delete", "pages")


def interrupted_at(patch: pytest.MonkeyPatch, *calls: int, before: bool) -> list[int]:
    """Press Ctrl-C at these calls of RedTrack's client, before or after each; counts the calls."""
    counted: list[int] = []

    def watched(name: str) -> Callable[..., Any]:
        method = getattr(RedTrack, name)

        def call(client: RedTrack, *arguments: Any, **options: Any) -> Any:
            counted.append(len(counted) + 1)
            if counted[-1] in calls and before:
                raise KeyboardInterrupt
            answer = method(client, *arguments, **options)
            if counted[-1] in calls:
                raise KeyboardInterrupt
            return answer

        return call

    for name in ASKED_OF_REDTRACK:
        patch.setattr(RedTrack, name, watched(name))
    return counted


def ended_at(monkeypatch: pytest.MonkeyPatch, *calls: int, before: bool) -> tuple[Attempts, int]:
    """A run that Ctrl-C was pressed in, at these of its calls; how many calls there were."""
    client = RedTrack("http://127.0.0.1/redtrack", Key(REDTRACK_KEY, "a test"))
    attempts = Attempts(client, lambda _text: None)
    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        counted = interrupted_at(patch, *calls, before=before)
        attempts.run()
    client.close()
    return attempts, len(counted)


def test_ctrl_c_at_any_moment_leaves_nothing(stage: ProbeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while things are taken away; in turns before a request and behind its answer, which is lost then."""
    _, whole = ended_at(monkeypatch, before=True)
    for at in range(1, whole + 1):
        attempts, _ = ended_at(monkeypatch, at, before=at % 2 == 0)
        assert (of_probes(stage), attempts.left) == ([], []), f"at call {at}"


def test_a_second_ctrl_c_ends_it_and_what_is_left_is_told(stage: ProbeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    _, whole = ended_at(monkeypatch, before=True)
    ended = 0
    for at in range(whole - 10, whole + 1):
        attempts, _ = ended_at(monkeypatch, at, at + 1, at + 2, before=True)
        left = {row["id"] for _, row in objects(stage) if MADE.fullmatch(str(row.get("title", "")))}
        assert left == {each.object.id for each in attempts.left}, f"at call {at}"
        ended += bool(left)
        ended_at(monkeypatch, before=True)
        assert of_probes(stage) == []
    assert ended > 0


def test_nothing_of_anybody_else_is_taken_away(stage: ProbeStage) -> None:
    stage.declare()
    for title in (
        "trackform-probe-mine",
        "trackform-probe-0123abcd-may-be-deleted (copy)",
        "my trackform-probe-0123abcd",
    ):
        stage.edit("source", title=title)
    before = objects(stage)
    stage.probe("--write", "--yes")
    assert objects(stage) == before


def test_nobody_to_ask_means_no(stage: ProbeStage) -> None:
    stage.declare()
    done = stage.probe("--write")
    assert done.exit_code == 1
    assert "add --yes" in done.output
    assert writes(stage) == []


@pytest.mark.parametrize(("reply", "made"), [("n\n", False), ("y\n", True)])
def test_a_person_is_asked(stage: ProbeStage, monkeypatch: pytest.MonkeyPatch, reply: str, made: bool) -> None:
    stage.declare()
    monkeypatch.setattr("trackform.commands.probe._somebody_is_there", lambda: True)
    done = CliRunner().invoke(main, ["probe", "demo", "--write"], input=reply)
    assert "Make them?" in done.output
    assert bool(writes(stage)) is made
    assert done.exit_code == (0 if made else 1)


def test_an_account_that_cannot_be_read_is_not_written_to(stage: ProbeStage) -> None:
    stage.declare()
    stage.control("faults", {"service": "redtrack", "path": "^/landings", "effect": "status:403", "times": None})
    done = stage.probe("--write", "--yes")
    assert done.exit_code == 1
    assert writes(stage) == []


def test_for_machines_an_object_that_is_left_says_why() -> None:
    left = LeftBehind(ProbeObject("offers", "7", "trackform-probe-1"), "no answer")
    assert left.object.row() == {"path": "offers", "id": "7", "title": "trackform-probe-1"}
    assert left.row() == {"path": "offers", "id": "7", "title": "trackform-probe-1", "why": "no answer"}
    assert Contradiction("put", "two say different things").row() == {
        "setting": "put", "message": "two say different things",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "effect", "fault"),
    [
        ("PUT", "^/sources/", "status:400", "sources: "),
        ("POST", "^/landings", "status:403", "landings: "),
        ("PUT", "^/sources/", "status:500", "sources: "),
    ],
)
def test_what_a_service_says_besides_yes_and_no_is_told(
    stage: ProbeStage, method: str, path: str, effect: str, fault: str
) -> None:
    stage.declare()
    stage.control("faults", {"service": "redtrack", "method": method, "path": path, "effect": effect, "times": None})
    done = stage.probe("--write", "--yes")
    assert fault in done.output, done.output
    assert of_probes(stage) == []


def test_an_answer_without_an_id_is_a_fault_and_nothing_is_left(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = RedTrack.post

    def without(self: RedTrack, path: str, body: Row) -> Any:
        return {name: value for name, value in post(self, path, body).items() if name != "id"}

    stage.declare()
    monkeypatch.setattr(RedTrack, "post", without)
    done = stage.probe("--write", "--yes")
    assert "could not be tried: networks: the answer holds no object" in done.output
    assert of_probes(stage) == []


def test_what_only_an_attempt_shows_is_said_to_take_one(stage: ProbeStage) -> None:
    stage.declare()
    answers = stage.answers()
    said = {answers[name]["evidence"] for name in ("put", "post_networks")}
    assert said == {"an attempt, which only `--write` makes"}
    assert all(probe.takes for probe in PROBES.values())
