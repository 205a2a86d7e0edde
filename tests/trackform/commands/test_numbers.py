"""Numbers and names in the verbs on which something depends, and that no other test would notice."""

import inspect
from pathlib import Path

import click
import httpx
import pytest

from trackform.commands import (
    accept,
    demo,
    doctor,
    export,
    operator,
    operator_evidence,
    reconcile,
    review,
    sandbox_hands,
    validate,
    verify,
)
from trackform.project import live, pulumi_cli
from trackform.project.stacks import FOLDER
from trackform.review import plan as review_plan
from trackform.verify import hands
from trackform.verify import live as verify_live
from trackform.verify import sandbox as verify_sandbox
from trackform_core.errors import TrackformError
from trackform_core.model.pulumi_names import NAMESPACE


def test_the_exit_statuses_are_those_of_the_help() -> None:
    """2 differs, or findings; 3 drift; 4 steps are open."""
    differs = (accept.PARTLY, doctor.TO_FIX, export.UNMANAGED, operator_evidence.FINDINGS, reconcile.FINDINGS)
    assert {*differs, validate.FINDINGS, verify.DIFFERS, review_plan.DIFFERS} == {2}
    assert (review_plan.DRIFT, operator.OPEN, review.WORST) == (3, 4, (1, 3, 2, 4, 0))


def test_how_long_a_service_or_a_sandbox_is_waited_for() -> None:
    assert (verify.TIMEOUT_S, verify_live.TIMEOUT_S) == (30, 30)
    assert inspect.signature(hands.sandbox_at).parameters["timeout"].default == 10


def test_how_much_is_asked_for() -> None:
    assert (verify_sandbox.MOST_CLICKS, verify_sandbox.PER_PAGE) == (60, 10_000)
    assert verify_sandbox.ALL_DAYS == {"date_from": "2000-01-01", "date_to": "2999-12-31"}
    assert verify_sandbox.PRICE == {"price": "47.00", "currency": "USD", "commission_percent": "50"}
    assert review_plan.MOST_PERMISSIONS == 10


def test_how_wide_a_table_is_where_nobody_looks() -> None:
    assert (operator_evidence.WIDTH, reconcile.WIDTH, validate.WIDE) == (160, 160, 10_000)


def test_where_things_are() -> None:
    places = (FOLDER, doctor.KEPT, demo.OWN)
    assert [path.as_posix() for path in places] == ["stacks", ".state/doctor/partnerships.json", ".state/demo"]
    assert demo.KEYS == {
        "REDTRACK_API_KEY": "demo-redtrack",
        "DIGISTORE24_API_KEY": "123456-demo",
        "TRACKFORM_BRIDGE_KEY": "demo-bridge",
    }
    assert (demo.STACK, demo.PORT, NAMESPACE) == ("demo", 8650, "trackform")


@pytest.mark.parametrize("name", ["PULUMI_HOME", "PATH", "HOME"])
def test_what_a_stack_of_the_sandbox_gets_of_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for other in ("PULUMI_STACK", "TRACKFORM_ALLOW", "REDTRACK_API_KEY", "DIGISTORE24_API_KEY__ACME"):
        monkeypatch.setenv(other, "live")
    monkeypatch.setenv(name, "kept")
    found = pulumi_cli.apart()
    assert found[name] == "kept"
    assert "live" not in found.values()


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        (None, True), ("http://127.0.0.1:8650", True), ("http://localhost", True), ("http://[::1]:1", True),
        ("http://127.0.0.1@x.test", False), ("https://x.test", False), ("", False), ("http://[", False),
        ("http://[::1", False), ("http://\x07", False), (f"http://{'a' * 70_000}", False),
    ],
)  # fmt: skip
def test_a_key_is_shown_to_a_sandbox_on_this_machine_alone(url: str | None, fine: bool) -> None:

    def chosen() -> str | None:
        return hands.on_this_machine(click.Context(click.Command("x")), click.Option(["--url"]), url)

    if fine:
        assert chosen() == url
    else:
        with pytest.raises(click.BadParameter, match="keys are shown to a sandbox on this machine alone: 127"):
            chosen()


def test_a_sandbox_that_refuses_a_key_is_told_in_its_words() -> None:
    refuses = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": "no such key"}))
    with (
        httpx.Client(transport=refuses, base_url="http://127.0.0.1") as http,
        pytest.raises(TrackformError, match=r"^the sandbox refused: no such key$"),
    ):
        hands.digistore24_account(http, "1-key")
    knows = httpx.MockTransport(
        lambda asked: httpx.Response(200, json={"data": {"user_id": asked.headers["x-ds-api-key"]}})
    )
    with httpx.Client(transport=knows, base_url="http://127.0.0.1") as http:
        assert hands.digistore24_account(http, "1-key") == "1-key"


def test_by_what_people_know_an_object_of_the_sandbox() -> None:
    assert hands.WEBAPP_KINDS == {
        "domain": ("redtrack/domains", "url"), "network": ("redtrack/networks", "title"),
        "source": ("redtrack/sources", "title"), "offer": ("redtrack/offers", "title"),
        "landing": ("redtrack/landings", "title"), "stream": ("redtrack/streams", "title"),
        "campaign": ("redtrack/campaigns", "title"), "script": ("redtrack/scripts", "name"),
        "conversion_type": ("bridge/conversion-types", "name"), "connection": ("bridge/postback-connections", "url"),
    }  # fmt: skip
    assert sandbox_hands.value_of("{a") == "{a"


SETTINGS = [
    ("config: {trackform:redtrackUrl: a}", "config: {redtrackUrl: b, other:x: c}", {"trackform:redtrackUrl": "a"}),
    ("", "config: {redtrackUrl: b}", {"trackform:redtrackUrl": "b"}),
    ("", "config: {redtrackUrl: {default: b}, bridgeUrl: {value: c}}",
     {"trackform:redtrackUrl": "b", "trackform:bridgeUrl": "c"}),
    ("", "config: {redtrackUrl: {value: b, default: c}, bridgeUrl: {type: string}}", {"trackform:redtrackUrl": "b"}),
    ("", "config: {trackform:redtrackUrl: b, other:x: c, y: null}", {"trackform:redtrackUrl": "b"}),
]  # fmt: skip


@pytest.mark.parametrize(("stack", "project", "found"), SETTINGS)
def test_the_settings_of_a_stack_and_the_projects_defaults(
    tmp_path: Path, stack: str, project: str, found: dict[str, str]
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.acme.yaml").write_text(stack)
    (tmp_path / "Pulumi.yaml").write_text(project)
    assert live.settings_in_files("acme", tmp_path) == found
    assert live.settings_in_files("beta", tmp_path).keys() <= found.keys()
