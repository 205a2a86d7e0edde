"""What goes wrong outside: one clear message, no traceback, nothing written, and the state as it was."""

import pytest

from tests.engine.project import Project, Result
from tests.engine.served import Keys

pytestmark = pytest.mark.engine

MANY = 20

# Effect, where it hits, and what the message must hold: the service, the object or the request, and the way out.
FAULTS: dict[str, tuple[str, str, list[str]]] = {
    "service down": ("cut", "", ["RedTrack: no answer from", "Is the service up", "trackform:redtrackUrl"]),
    "error inside 200": ("error200", "^/offers", ["RedTrack: ordered fault", "GET /redtrack/offers"]),
    "service broken": ("status:503", "^/networks", ["RedTrack: ordered fault (HTTP 503)", "GET /redtrack/networks"]),
    "a listing that is suddenly empty": ("empty", "^/offers$", ["offer 'keto-guide'", "RedTrack", "try again later"]),
    "all domains gone at once": ("empty", "^/domains$", ["domain 'track.acme.test'", "TRACKFORM_ALLOW=gone:domain"]),
}  # fmt: skip


def failed(result: Result, words: list[str]) -> None:
    assert result.status != 0, result.text
    for sign in ("Traceback", "  File ", "httpx.", "api_key"):
        assert sign not in result.text, result.text
    for word in words:
        assert word in result.told, result.told


def test_faults_of_the_service_change_nothing(demo: Project) -> None:
    before = demo.state()
    sandbox = demo.sandbox
    for what, (effect, path, words) in FAULTS.items():
        sandbox.fault("redtrack", effect, path=path, times=None)
        failed(demo.up(), words)
        assert demo.state().keys() == before.keys(), what
        assert sandbox.writes() == [], what
        sandbox.clear_faults()
    sandbox.fault("bridge", "html", times=None)
    failed(demo.preview(), ["bridge:", "trackform:bridgeUrl"])
    sandbox.clear_faults()
    demo.ok("preview", "--expect-no-changes")
    assert {name: each["outputs"] for name, each in demo.state().items()} == {
        name: each["outputs"] for name, each in before.items()
    }


def test_a_dead_service_and_no_key_at_all_on_an_empty_account(project: Project) -> None:
    text = project.config_file.read_text()
    project.config_file.write_text(text.replace(f"{project.sandbox.url}/redtrack", "http://127.0.0.1:1/redtrack"))
    failed(project.up(), ["RedTrack: no answer from http://127.0.0.1:1/redtrack", "trackform:redtrackUrl"])
    project.config_file.write_text(text)
    missing = project.up(env={"REDTRACK_API_KEY": None})
    told = ["set REDTRACK_API_KEY__DEMO", "pulumi config set --secret trackform:redtrackApiKey"]
    failed(missing, ["RedTrack: no API key: ", *told])
    missing = project.up(env={"DIGISTORE24_API_KEY": None})
    failed(missing, ["account 'demo', for ", "Digistore24: no API key: set DIGISTORE24_API_KEY__DEMO"])
    assert project.sandbox.writes() == [], "noticed before the objects of RedTrack are made"
    # What came into being before a fault was met is in the state, and nothing else is in the account.
    made = {each["id"] for each in project.state().values()}
    kinds = ("conversion_type", "connection", "campaign", "network", "offer", "domain", "stream", "source")
    assert {row["id"] for kind in kinds for row in project.sandbox.rows(kind)} == made - {"demo"}
    project.config_file.write_text(text)
    project.up_ok("--run-program")


def test_the_key_of_another_account_touches_nothing(demo: Project) -> None:
    other = demo.sandbox.with_keys(Keys())
    foreign: dict[str, str | None] = {"REDTRACK_API_KEY": other.keys.redtrack}
    before = demo.state()
    # Not pinned: the objects themselves know whose they are.
    words = [demo.sandbox.keys.redtrack_account, other.keys.redtrack_account, "key"]
    failed(demo.up(env=foreign), words)
    assert demo.state().keys() == before.keys()

    demo.edit("currency: USD}", f"currency: USD, redtrack_user: {demo.sandbox.keys.redtrack_account}}}")
    demo.up_ok()
    failed(demo.up(env=foreign), words)
    destroyed = demo.run("destroy", "--yes", "--skip-preview", env=foreign)
    failed(destroyed, [demo.sandbox.keys.redtrack_account])
    assert demo.state().keys() == before.keys()
    assert other.writes() == demo.sandbox.writes() == []
    other.close()


def test_a_pin_is_checked_before_the_first_write(project: Project) -> None:
    project.edit("currency: USD}", "currency: USD, redtrack_user: 64f0aa64f0aa64f0aa64f0aa}")
    project.edit("{affiliate: acme,", "{account: 999999, affiliate: acme,")
    refused = project.up()
    failed(refused, ["belongs to the RedTrack account 64f0aa64f0aa64f0aa64f0aa", project.sandbox.keys.redtrack_account])
    failed(refused, ["belongs to the Digistore24 account 999999", project.sandbox.keys.digistore24_account])
    failed(refused, ["account.redtrack_user", "digistore24.account", "Nothing was written"])
    assert project.sandbox.writes() == []
    assert project.state().keys() <= {"account"}


def test_a_key_may_stand_for_one_stack_alone(demo: Project) -> None:
    """`REDTRACK_API_KEY__DEMO` comes before `REDTRACK_API_KEY`."""
    keys = demo.sandbox.keys
    demo.ok(
        "preview", "--expect-no-changes",
        env={"REDTRACK_API_KEY": Keys().redtrack, "REDTRACK_API_KEY__DEMO": keys.redtrack},
    )  # fmt: skip


def test_a_key_in_the_config_is_changed(project: Project) -> None:
    """docs/keys.md, step by step. An account has several keys; what reads before the program uses the old one."""
    sandbox = project.sandbox
    none: dict[str, str | None] = {"DIGISTORE24_API_KEY": None, "REDTRACK_API_KEY": None}
    keys = {
        "digistore24ApiKey": [f"{sandbox.keys.digistore24_account}-{which}-canary" for which in ("first", "second")],
        "redtrackApiKey": [f"{sandbox.keys.redtrack}~{which}-canary" for which in ("first", "second")],
    }
    project.secrets(**{name: first for name, (first, _) in keys.items()})
    project.up_ok(env=none)
    sandbox.forget_requests()
    for name, (first, second) in keys.items():
        sandbox.control("POST", "/keys/revoke", json={"key": first})
        project.ok("config", "set", "--secret", f"trackform:{name}", second)
        told = [f"trackform:{name} is not accepted", "Run `pulumi up --run-program` once"]
        failed(project.up(env=none), told)
        project.up_ok("--run-program", env=none)
    assert sandbox.writes() == []
    assert "canary" not in project.state_text()
    destroyed = project.run("destroy", "--yes", "--skip-preview", env=none)
    assert destroyed.status == 0, destroyed.told
    assert sandbox.rows("connection") == []


def test_an_address_in_the_config_is_corrected(demo: Project) -> None:
    """docs/keys.md: a failed `up` has stored the wrong one all the same, and what reads before the program uses it."""
    text = demo.config_file.read_text()
    demo.config_file.write_text(text.replace(f"{demo.sandbox.url}/bridge", "http://127.0.0.1:1/bridge"))
    demo.edit("notify: ops@acme.test", "notify: [ops@acme.test, it@acme.test]")
    dead = "bridge: no answer from http://127.0.0.1:1/bridge"
    failed(demo.up(), [dead])
    demo.config_file.write_text(text)
    demo.sandbox.forget_requests()
    failed(demo.up(), [dead, "trackform:bridgeUrl", "Run `pulumi up --run-program` once"])
    assert demo.sandbox.writes() == []
    demo.up_ok("--run-program")
    assert {len(row["error_emails"]) for row in demo.sandbox.rows("connection")} == {2}


def test_one_fault_on_many_objects_is_told_in_full_once(project: Project) -> None:
    offers = "".join(f"  o{n}: {{url: 'https://shop.test/{n}?cid={{clickid}}'}}\n" for n in range(MANY))
    project.write(f"offer_sources: {{shop: {{clickid: '{{cid}}'}}}}\noffers:\n{offers}")
    project.up_ok()
    project.sandbox.fault("redtrack", "html", path="^/offers", times=None)
    shown = project.preview()
    failed(shown, ["instead of JSON"])
    assert shown.told.count("Does trackform:redtrackUrl name the API") == 1, shown.told
    short = [line for line in shown.told.splitlines() if "as told in full for another object" in line]
    assert len(short) == MANY - 1, shown.told
    assert all("offer 'o" in line and len(line) < 160 for line in short), short
    assert len(project.state()) == MANY + 2


def test_writes_need_the_account_to_be_checked(demo: Project) -> None:
    """With `--target` the engine leaves the Account out, and with it the pin."""
    offer = next(each["urn"] for name, each in demo.state().items() if name == "keto-guide")
    demo.edit("countries: [DE, AT]", "countries: [DE]")
    refused = demo.up("--target", offer)
    failed(refused, ["offer 'keto-guide'", "--target"])
    assert demo.sandbox.writes() == []
    account = offer.replace("redtrack:Offer::keto-guide", "trackform:Account::account")
    demo.up_ok("--target", offer, "--target", account)
    assert demo.sandbox.rows("offer")[0]["country_codes"] == ["DE"]


def test_a_stack_without_an_account_file(project: Project) -> None:
    (project.stacks / "demo.yaml").rename(project.stacks / "demos.yaml")
    refused = project.preview()
    failed(refused, ["stacks/demo.yaml", "there is no such account file", 'did you mean "demos"?'])
