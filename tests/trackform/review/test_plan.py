"""Making the plan: refused ones are shown all the same, clicks are asked for, `up` runs on the reviewed plan alone.

In place of Pulumi stands a script that prints what the real one printed, and notes how it was called.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from tests.trackform.export.living import House
from tests.trackform.review.conftest import DATA, recorded, reviewed
from trackform.account_file.sections import Ref
from trackform.cli import main
from trackform.preview.plan import Step
from trackform.review import plan as review_plan
from trackform.rules import rule_ids
from trackform_core.http import api as http
from trackform_core.session import session as sessions
from trackform_redtrack.client import RedTrack

ENGINE = """\
#!/bin/sh
[ "$1" = stack ] && exec cat "{folder}/state.json"
echo "$TRACKFORM_ALLOW|$*" >> {folder}/calls
case "$1" in
  preview) if [ "$TRACKFORM_ALLOW" ]; then cat "{folder}/allowed.json"; else cat "{folder}/preview.json"; fi ;;
  up) exit {status} ;;
esac
"""


class Engine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "engine"
        self.used()
        self.answers("clean")

    def answers(self, name: str, *, allowed: str = "", up: int = 0) -> None:
        """Print this recorded preview, or ``allowed`` when anything is allowed; `up` ends with this status."""
        (self.folder / "preview.json").write_text((DATA / f"{name}.json").read_text())
        (self.folder / "allowed.json").write_text((DATA / f"{allowed or name}.json").read_text())
        self.path.write_text(ENGINE.format(folder=self.folder, status=up))
        self.path.chmod(0o755)

    def used(self, **addresses: Any) -> None:
        """What the last `pulumi up` used, where it was not what the recorded previews have."""
        config = recorded("clean")["config"] | {f"trackform:{name}": url for name, url in addresses.items()}
        state = {"deployment": {"resources": [{"type": "pulumi:providers:pulumi-python", "inputs": config}]}}
        (self.folder / "state.json").write_text(json.dumps(state))

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: trackform\n")
    monkeypatch.chdir(tmp_path)
    for name in ("TRACKFORM_POLICY", "TRACKFORM_ALLOW", "REDTRACK_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    made = Engine(tmp_path)
    monkeypatch.setattr(review_plan, "binary", lambda: made.path)
    return made


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["review", "demo", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def test_a_refused_plan_is_shown_with_the_refusal_as_its_verdict(engine: Engine) -> None:
    """A name that left and one that came: it may be a rename."""
    engine.answers("renamed")
    done = run()
    assert done.exit_code == 1
    assert done.output.startswith("demo: REFUSED, 1 to create, 1 to delete"), done.output
    assert "Is that a new name for it?" in done.output
    assert "campaigns/tt-new (campaign)" in done.output
    assert "--apply" not in done.output, "what is refused cannot be applied"
    assert [call.partition(" ")[0] for call in engine.calls] == ["|preview"]


def test_one_that_its_own_verdict_ended_is_told_without_what_leaves(engine: Engine) -> None:
    """As `pulumi preview --json` is without `TRACKFORM_REFUSED=shown`."""
    engine.answers("renamed_in_words")
    done = run()
    assert done.exit_code == 1
    assert done.output.startswith("demo: REFUSED, 1 to create\n"), done.output
    assert done.output.count("Is that a new name for it?") == 1
    assert "This plan is refused" not in done.output
    assert "campaign 'tt' leaves the file: deleted\n" in done.output


def test_what_exists_and_differs_is_refused_and_the_rest_is_shown(engine: Engine) -> None:
    engine.answers("exists")
    done = run()
    assert done.exit_code == 1
    assert done.output.startswith("demo: REFUSED, 1 danger, 2 changed outside, 1 to create"), done.output
    assert "offer 'there' exists already in RedTrack" in done.output
    assert "Refused, as told above: nothing is written" in done.output
    assert "--apply" not in done.output
    (there,) = [each for each in reviewed("exists").items if each.name == "there"]
    assert (there.change, there.note) == ("create", "Refused, as told above: nothing is written")


def test_a_refusal_without_a_permission_is_shown_once(engine: Engine) -> None:
    engine.answers("refused")
    done = run()
    assert (done.exit_code, len(engine.calls)) == (1, 1)


def test_the_reviewed_plan_is_applied_on_the_saved_plan(engine: Engine) -> None:
    engine.answers("dangerous")
    done = run("--apply", reviewed("dangerous").digest)
    assert done.exit_code == 0, done.output
    preview, up = engine.calls
    plan = preview.split("--save-plan ")[1].split()[0]
    assert up.startswith("|up --yes --skip-preview --refresh")
    assert f"--plan {plan}" in up
    assert not Path(plan).exists(), "a plan holds the stack's configuration"


def test_another_address_is_a_danger_though_no_object_changes(engine: Engine) -> None:
    engine.used(redtrackUrl="https://api.redtrack.io")
    done = run()
    assert (done.exit_code, done.output.splitlines()[0]) == (2, "demo: 1 DANGER"), done.output
    assert "trackform:redtrackUrl: goes from https://api.redtrack.io to http://sandbox.test: the Red" in done.output
    digest = for_machines(run("--json").stdout)["digest"]
    assert digest != reviewed("clean").digest
    calls = len(engine.calls)
    assert run("--apply", reviewed("clean").digest).exit_code == 2
    assert not any("|up " in call for call in engine.calls), "the address was not reviewed"
    assert run("--apply", digest).exit_code == 0
    assert "|up " in engine.calls[-1], "only `up` stores the new address"
    assert len(engine.calls) == calls + 3
    engine.used(redtrackUrl="https://another.test")
    assert run("--apply", digest).exit_code == 2, "it was another address that was reviewed"


@pytest.mark.parametrize(
    ("setting", "was", "said"),
    [
        (
            "digistore24Url",
            "",
            "goes from https://www.digistore24.com/api/call to http://sandbox.test: the Digistore24",
        ),
        ("bridgeUrl", "", "goes from none to http://sandbox.test: the bridge's key is sent there"),
        ("bridgeUrl", "https://u:canary@b.test/?api_key=canary#c", "goes from https://b.test to http://sandbox.test"),
        ("redtrackUrl", "http://s\u0430ndbox.test", "goes from http://xn--sndbox-3nf.test to http://sandbox.test"),
        ("redtrackUrl", "http://a\tb", "goes from no URL to http://sandbox.test"),
    ],
)
def test_what_is_said_of_another_address(engine: Engine, setting: str, was: str, said: str) -> None:
    engine.used(**{setting: was})
    for form in ((), ("--markdown",), ("--json",)):
        assert "canary" not in run(*form).output
    dangers = for_machines(run("--json").stdout)["dangers"]
    assert [(one["kind"], one["about"]) for one in dangers] == [("address", f"trackform:{setting}")]
    assert dangers[0]["reason"].startswith(said), dangers


def test_an_address_that_is_a_secret_is_one_that_nobody_sees(engine: Engine) -> None:
    """As Pulumi prints it, and as the state keeps it."""
    data = recorded("clean")
    data["config"]["trackform:redtrackUrl"] = "[secret]"
    (engine.folder / "preview.json").write_text(json.dumps(data))
    engine.used(
        redtrackUrl={"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1"}
    )
    assert "trackform:redtrackUrl: goes from [secret] to [secret]: the RedTrack key is sent there" in run().output


def test_an_address_that_only_looks_different_is_the_same(engine: Engine) -> None:
    engine.used(redtrackUrl="http://sandbox.test/ ")
    assert run().exit_code == 0


def test_a_stack_without_a_state_has_no_other_address(engine: Engine) -> None:
    engine.answers("first")
    (engine.folder / "state.json").write_text('{"version": 3, "deployment": {}}')
    assert "address" not in run().output


def test_a_state_without_settings_used_the_vendors_own_addresses(engine: Engine) -> None:
    state = {"deployment": {"resources": [{"type": "pulumi:providers:pulumi-python"}]}}
    (engine.folder / "state.json").write_text(json.dumps(state))
    assert "demo: 3 DANGERS" in run().output


def test_where_the_state_cannot_be_read_the_review_says_so(engine: Engine) -> None:
    (engine.folder / "state.json").write_text("error: no such stack")
    done = run()
    assert done.exit_code == 0
    assert "Whether the policy is looser, or a service has another address, or the money was right" in done.output


TOKENS = """\
account: {currency: USD}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: USD}
offer_sources: {digistore24: {preset: digistore24}}
products: {keto: {id: 411530}}
offers: {keto: {countries: [DE]}}
postbacks: {sales: {domain: main, events: [payment], type: order_type, token: {secret: token}}}
"""


def test_another_secret_is_another_plan(engine: Engine) -> None:
    """A preview prints none; the encrypted text in the stack's configuration tells one from another."""
    config = Path("stacks/Pulumi.demo.yaml")

    def digest(config_value: str) -> str:
        config.write_text(f"config:\n  trackform:token: {config_value}\n")
        told = run("--json").output
        assert "v1:" not in told
        return str(json.loads(told)["digest"])

    engine.answers("secret")
    Path("stacks/demo.yaml").write_text(TOKENS)
    Path("stacks/policy.yaml").write_text(json.dumps({"rules": dict.fromkeys(rule_ids(), "warning")}))
    first, second = digest("{secure: v1:nonce:first}"), digest("{secure: v1:nonce:second}")
    assert first != second
    stopped = run("--apply", first)
    assert stopped.exit_code == 2, stopped.output
    assert "Nothing was applied" in stopped.output
    assert run("--apply", second).exit_code == 0
    # One in the clear could be guessed and tried out.
    assert digest("first") == digest("second") == reviewed("secret").digest


def test_another_plan_is_not_applied(engine: Engine) -> None:
    engine.answers("drift_and_file")
    done = run("--apply", reviewed("drift").digest)
    assert done.exit_code == 3
    assert "Nothing was applied" in done.output
    assert "What would be applied now:\n\ndemo: 2 DANGERS, 2 changed outside, 1 to update" in done.output
    assert len(engine.calls) == 1
    told = for_machines(run("--apply", reviewed("drift").digest, "--json").output)
    assert (told["applied"], told["digest"]) == (False, reviewed("drift_and_file").digest)


def test_nothing_is_applied_of_a_refused_plan_or_an_empty_one(engine: Engine) -> None:
    engine.answers("refused")
    assert run("--apply", reviewed("refused").digest).exit_code == 1
    engine.answers("clean")
    done = run("--apply", reviewed("clean").digest)
    assert (done.exit_code, done.output.startswith("demo: nothing to do")) == (0, True)
    assert all("|preview " in call for call in engine.calls)


def test_an_up_that_fails_is_an_error(engine: Engine) -> None:
    engine.answers("dangerous", up=1)
    done = run("--apply", reviewed("dangerous").digest, "--json")
    assert done.exit_code == 1
    assert '"applied": false' in done.output


def test_an_engine_that_says_no_json_is_quoted(engine: Engine) -> None:
    engine.path.write_text("#!/bin/sh\necho 'error: no stack named demo found' >&2\nexit 255\n")
    done = run("--write", "review.md")
    assert done.exit_code == 1
    assert done.output.startswith("demo: the preview FAILED")
    assert "the preview of stack 'demo' failed: error: no stack named demo found" in done.output
    assert "no stack named demo found" in Path("review.md").read_text(), "the comment says so too"
    assert run("--apply", "0" * 20).exit_code == 1
    (engine.folder / "stacks" / "demos.yaml").touch()
    absent = 'stacks/demo.yaml: there is no such account file; did you mean "demos"?'
    assert f"no stack named demo found. {absent}" in run().output


def test_one_stack_that_fails_keeps_no_other_from_being_told(engine: Engine) -> None:
    for name in ("beta", "demo"):
        (engine.folder / "stacks" / f"{name}.yaml").write_text("account: {currency: USD}\n")
    engine.answers("drift")
    done = CliRunner().invoke(main, ["review", "--all", "--json"])
    beta, demo = for_machines(done.output)["reviews"]
    assert (done.exit_code, beta["verdict"], demo["verdict"]) == (1, "failed", "drift")
    assert "is of stack 'demo', not of 'beta'" in beta["refusals"][0]


def test_neither_does_a_stack_with_a_broken_ledger(engine: Engine) -> None:
    (engine.folder / "stacks" / "demo.yaml").write_text("traffic_channels: {facebook: {}}\n")
    (engine.folder / "stacks" / "demo.ledger.yaml").write_text("what is this?\n")
    engine.answers("drift")
    done = run("--markdown")
    assert done.exit_code == 1
    assert done.output.startswith("**demo: the preview FAILED**")
    assert "demo.ledger.yaml" in done.output


def test_a_page_is_of_one_stack(engine: Engine) -> None:
    (engine.folder / "stacks" / "demo.yaml").write_text("account: {currency: USD}\n")
    done = CliRunner().invoke(main, ["review", "--all", "--write", "all.html"])
    assert done.exit_code != 0
    assert "an HTML page shows one stack" in done.output
    assert not (engine.folder / "calls").exists()


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    place = House()
    monkeypatch.setattr(http, "NETWORK", place.network)
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    yield place
    sessions.forget_everything()


def test_redtrack_is_asked_for_the_clicks_of_what_is_in_danger(
    engine: Engine, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorded campaign's id is not this account's: it gets the id of one that is."""
    account = house.living()
    source = account.make("source", title="facebook")
    network = account.make("network", title="digistore24")
    offer = account.make("offer", title="keto", url="https://x.test/?cid={clickid}", program_id=network)
    stream = account.make("stream", title="keto", template=True, offers=[{"id": offer, "weight": 100}])
    through = {"source_id": source, "streams": [{"id": stream, "weight": 100}]}
    campaigns = [account.make("campaign", title=title, **through) for title in ("clicked", "quiet")]
    account.click(campaigns[0])
    recorded = (DATA / "dangerous.json").read_text()
    live = next(one.object_id for one in reviewed("dangerous").items if one.ref == "campaigns/fb")
    monkeypatch.setattr(review_plan, "live_session", lambda _: account.process())
    said = {}
    for name, object_id in zip(("clicked", "quiet"), campaigns, strict=True):
        (engine.folder / "preview.json").write_text(recorded.replace(live, object_id))
        dangers = for_machines(run("--json").output)["dangers"]
        said[name] = [one["reason"] for one in dangers if one["kind"] == "tracking-link"]
    assert "There were clicks in the last 30 days" in said["clicked"][0]
    assert said["quiet"] == []
    monkeypatch.setattr(review_plan, "live_session", lambda _: account.process(redtrackApiKey=""))
    dangers = for_machines(run("--json").output)["dangers"]
    (link,) = [one["reason"] for one in dangers if one["kind"] == "tracking-link"]
    assert "was not looked up" in link, "who cannot be asked has told nothing"


def test_a_preview_with_a_step_that_is_not_understood_is_told_in_its_own_words(engine: Engine) -> None:
    preview = recorded("clean")
    preview["steps"][-1]["op"] = "invented"
    (engine.folder / "preview.json").write_text(json.dumps(preview))
    done = run()
    assert done.exit_code == 1
    assert "the preview of stack 'demo' failed: this preview plans 'invented' for " in done.output


def test_of_what_nobody_clicks_and_of_what_is_not_there_no_clicks_are_asked_for() -> None:
    asked = review_plan._traffic_of("nobody")
    for section, object_id in (("conversion_types", "1"), ("offers", ""), ("campaigns", "")):
        assert asked(Step(Ref(section, "keto"), "update", object_id=object_id)) is None
