"""How Pulumi is called for a review and for applying one, and what is said: whole."""

import json
import re

import pytest

from tests.machines import for_machines
from tests.trackform.review.conftest import reviewed
from tests.trackform.review.test_plan import Engine, engine, run
from trackform.preview.plan import Diagnostic, Plan
from trackform.review import plan as review_plan
from trackform.review.plan import last_used

__all__ = ["engine"]
PROVIDER = {"type": "pulumi:providers:pulumi-python", "inputs": {"y": 2}}
PREVIEW = "preview --json --show-sames --show-replacement-steps --refresh"
END = "--stack demo --non-interactive --color never"
SCRIPT = """\
#!/bin/sh
echo "$TRACKFORM_ALLOW|$TRACKFORM_REFUSED$PULUMI_EXPERIMENTAL|$*" >> {folder}/calls
case "$1" in
  stack) cat "{folder}/state.json" ;;
  preview) cat "{folder}/preview.json" ;;
  up) echo "up says this"; exit {status} ;;
esac
"""


def watched(engine: Engine, name: str, *, up: int = 0) -> None:
    engine.answers(name)
    engine.path.write_text(SCRIPT.format(folder=engine.folder, status=up))


def calls(engine: Engine) -> list[str]:
    return [re.sub(r"(plan) \S+/trackform-plan-\w+/plan.json", r"\1 PLAN", call) for call in engine.calls]


def test_how_pulumi_is_called(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    watched(engine, "dangerous")
    monkeypatch.setenv("TRACKFORM_ALLOW", "gone:offer")
    assert run().exit_code == 2
    assert run("--apply", reviewed("dangerous").digest).exit_code == 0
    assert calls(engine) == [
        f"gone:offer|shown|{PREVIEW} {END}", f"gone:offer||stack export {END}",
        f"gone:offer|shown|{PREVIEW} --save-plan PLAN {END}", f"gone:offer||stack export {END}",
        f"gone:offer|true|up --yes --skip-preview --refresh --suppress-outputs --plan PLAN {END}",
    ]  # fmt: skip


def test_a_refused_preview_is_made_again_with_what_it_asks_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Added to what is allowed already; and once only, where that does not help."""
    watched(engine, "clean")
    hidden = json.loads((engine.folder / "preview.json").read_text())
    said = "offer 'a' (1): not seen. If it really is gone, run again with TRACKFORM_ALLOW=delete:campaign/tt [hidden]"
    hidden["diagnostics"] = [{"message": said, "severity": "error"}]
    (engine.folder / "preview.json").write_text(json.dumps(hidden))
    monkeypatch.setenv("TRACKFORM_ALLOW", "gone:offer")
    assert run().exit_code == 1
    assert [call.partition("|")[0] for call in engine.calls if "|preview" in call] == [
        "gone:offer", "gone:offer,delete:campaign/tt",
    ]  # fmt: skip


def test_each_refusal_may_ask_for_another_permission_up_to_a_number(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one permission lets pass may be refused for another reason."""
    asked: list[tuple[str, ...]] = []

    def made(stack: str, plan: object = None, allow: tuple[str, ...] = ()) -> Plan:
        asked.append(allow)
        message = f"guard: run once with TRACKFORM_ALLOW=delete:offer/{len(asked)}. Nothing was written"
        return Plan(stack, diagnostics=[Diagnostic(message, "error", id="limit")])

    monkeypatch.setattr(review_plan, "made", made)
    found = review_plan.planned("demo", review_plan.Look())
    assert [len(allow) for allow in asked] == list(range(review_plan.MOST_PERMISSIONS + 1))
    assert len(found.refusals) == review_plan.MOST_PERMISSIONS + 1


@pytest.mark.parametrize(("up", "status"), [(0, 0), (255, 1)])
def test_what_is_said_of_what_was_applied(
    engine: Engine, capfd: pytest.CaptureFixture[str], up: int, status: int
) -> None:
    digest = reviewed("dangerous").digest
    watched(engine, "dangerous", up=up)
    done = run("--apply", digest)
    error = "Error: `pulumi up` of stack 'demo' failed; what it says is above. Review again\n"
    assert done.exit_code == status
    assert done.stdout == ("" if up else f"demo: applied what was reviewed, {digest}.\n")
    assert done.stderr == (error if up else "")
    assert capfd.readouterr() == ("up says this\n", "")
    done = run("--apply", digest, "--json")
    assert done.exit_code == status
    assert for_machines(done.stdout) == {"stack": "demo", "digest": digest, "applied": not up}
    assert capfd.readouterr() == ("", "up says this\n"), "what is for machines is not mixed with what Pulumi says"


@pytest.mark.parametrize(
    ("name", "verdict", "status"), [("refused", "refused", 1), ("clean", "nothing", 0), ("dangerous", "differs", 2),
    ("drift", "drift", 3)],
)  # fmt: skip
def test_what_is_not_applied_is_told_as_a_review(engine: Engine, name: str, verdict: str, status: int) -> None:
    engine.answers(name)
    now = reviewed(name)
    digest = now.digest if name == "clean" else "0" * 20
    done = run("--apply", digest, "--json")
    told = for_machines(done.stdout)
    assert done.exit_code == status
    assert (told["stack"], told["digest"], told["applied"]) == ("demo", now.digest, False)
    assert (told["review"]["verdict"], told["review"]["digest"]) == (verdict, now.digest)
    people = run("--apply", digest).stdout
    if name in ("clean", "refused"):
        assert people.startswith({"refused": "demo: REFUSED", "clean": "demo: nothing to do"}[name])
    else:
        assert people.splitlines()[0] == f"Nothing was applied: the plan is {now.digest}, and {digest} was reviewed."
        assert people.splitlines()[1:3] == ["What would be applied now:", ""]
        assert people == people.rstrip() + "\n"


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (json.dumps({"deployment": {"resources": [{"type": "a", "inputs": {"x": 1}}, PROVIDER]}}), {"y": 2}),
        ('{"deployment": {"resources": [{"type": "pulumi:providers:pulumi-python"}]}}', {}),
        ('{"deployment": {"resources": []}}', {"of": "the preview"}),
        ('{"deployment": {"resources": null}}', {"of": "the preview"}),
        ('{"deployment": {}}', {"of": "the preview"}),
        ('{"deployment": null}', None), ("{}", None), ("[]", None), ("no JSON", None),
        ('{"deployment": {"resources": [{}]}}', None), ('{"deployment": {"resources": [1]}}', None),
    ],
)  # fmt: skip
def test_the_settings_that_the_last_up_used(engine: Engine, state: str, found: object) -> None:
    (engine.folder / "state.json").write_text(state)
    assert last_used(Plan("demo", config={"of": "the preview"})) == found


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo '[]'; echo no stack >&2", "no stack"), ("echo no JSON", "no JSON"),
        ("echo no JSON; echo why >&2", "why"), ("exit 7", "exit status 7, and not a word"),
    ],
)  # fmt: skip
def test_why_there_is_no_plan(engine: Engine, script: str, said: str) -> None:
    engine.path.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(review_plan.NoPlan) as error:
        review_plan.made("demo")
    assert str(error.value) == f"the preview of stack 'demo' failed: {said}"


def test_what_differs_from_the_review_is_told_line_by_line(engine: Engine) -> None:
    engine.answers("dangerous")
    file = engine.folder / "reviewed.json"
    file.write_text(reviewed("drift").model_dump_json())
    digest = reviewed("drift").digest
    lines = run("--apply", digest, "--reviewed", str(file)).stdout.splitlines()
    assert lines[0] == f"Nothing was applied: the plan is {reviewed('dangerous').digest}, and {digest} was reviewed."
    assert lines[1] == "Reviewed, and not planned any more:"
    assert lines[-1] == "Review it again: trackform review demo"
    assert "Planned, and not reviewed:" in lines
    of_another = run("--apply", reviewed("clean").digest, "--reviewed", str(file)).stdout.splitlines()
    assert of_another[1] == f"The review that was given is {digest}, which is neither."


def test_which_policy_counts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base branch's where it is named; else the one that CI names, which is the base branch's as well."""
    for name, sign in (("here/stacks", "positive"), ("base/stacks", "negative"), ("named", "zero")):
        (engine.folder / name).mkdir(parents=True)
        (engine.folder / name / "policy.yaml").write_text(f"live: {{refund_amount: {sign}}}\n")
    monkeypatch.chdir(engine.folder / "here")
    monkeypatch.setenv("TRACKFORM_POLICY", str(engine.folder / "named" / "policy.yaml"))

    def signs(look: review_plan.Look) -> list[str | None]:
        files = look.files("demo")
        return [each.live.get("refund_amount") if each else None for each in (files.policy, files.base_policy)]

    assert signs(review_plan.Look(engine.folder / "base")) == ["positive", "negative"]
    assert signs(review_plan.Look()) == ["positive", "zero"]
    monkeypatch.delenv("TRACKFORM_POLICY")
    assert signs(review_plan.Look()) == ["positive", None]
