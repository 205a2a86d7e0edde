"""What a program hands to Pulumi for its resources."""

from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from pulumi.dynamic import Resource

from trackform import resources
from trackform_core import account as core_account
from trackform_core.account import LOGICAL_NAME, AccountProvider
from trackform_digistore24.service import DIGISTORE24, DIGISTORE24_BRIDGE
from trackform_redtrack.service import REDTRACK

OUTPUTS = {"object_id": None, "owner": None, "adopted": None, "changed_outside": None, "refused": None}


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """(provider, name, properties, options) of each resource, in place of registering it."""
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Resource, "__init__", lambda _self, *given: found.append(given))
    # What Pulumi sets on a resource that it registers.
    for resource in (resources.Account, *resources.RESOURCES):
        monkeypatch.setattr(resource, "refused", "why not", raising=False)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "acme")
    monkeypatch.setattr(pulumi.Output, "secret", lambda value: ("secret", value))
    return found


def account(noted: list[tuple[str, ...]] | None = None) -> Any:
    heard: list[tuple[str, ...]] = [] if noted is None else noted
    return SimpleNamespace(
        object_id="the account",
        account_id=lambda service: f"id at {service.name}",
        note=lambda *given: heard.append(given),
    )


def test_a_resource_names_its_account_and_seals_its_secrets(handed: list[tuple[Any, ...]]) -> None:
    options = pulumi.ResourceOptions(protect=True)
    noted: list[tuple[str, ...]] = []
    resources.OfferSource("shop", account=account(noted), title="Shop", postback_token="t", notes=None, opts=options)
    resources.Offer("keto", account=account(), title="Keto", url="u", offer_source_id="1")
    (source_provider, name, source, given), (_, _, offer, none) = handed
    assert source_provider is resources.OfferSource.provider
    assert (name, given, none) == ("shop", options, None)
    belongs = {"account": "the account", "account_id": "id at RedTrack"}
    assert noted == [("why not", "offer_source", "shop")]
    assert source == OUTPUTS | {"postback_url": None, "title": "Shop", "postback_token": ("secret", "t")} | belongs
    assert offer == OUTPUTS | {"title": "Keto", "url": "u", "offer_source_id": "1"} | belongs


def test_the_account_is_that_of_the_stack_unless_it_is_named(handed: list[tuple[Any, ...]]) -> None:
    resources.Account()
    resources.Account(name="demo", redtrack_user="u1", inventory={"channel": {"a": "A"}}, limits={"channel": {}})
    (provider, name, first, _), (_, second_name, second, _) = handed
    assert isinstance(provider, AccountProvider)
    assert name == second_name == LOGICAL_NAME == "account"
    outputs = ("object_id", "recorded", "refused")
    pins = ("redtrack_user", "digistore24_account")
    nothing = dict.fromkeys([*outputs, *pins, "inventory", "was", "protected", "limits", "references", "elsewhere"])
    assert first == nothing | {"name": "acme"}
    assert second == nothing | {
        "name": "demo", "redtrack_user": "u1", "inventory": {"channel": {"a": "A"}}, "limits": {"channel": {}},
    }  # fmt: skip


def test_under_the_launcher_the_program_waits_for_one_thing(
    handed: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says nothing that only a debugger wants: see what comes of both in `sdk/test_end_of_program.py`."""
    waited: list[Any] = []
    calls = SimpleNamespace(rpcs=[])
    monkeypatch.setattr(core_account, "under_a_host", lambda: True)
    monkeypatch.setattr(core_account, "_get_rpc_manager", lambda: calls)
    monkeypatch.setattr(core_account, "leave_out_debug", waited.append)
    monkeypatch.setattr(core_account, "wait_for_all", lambda *given: waited.append(given))
    one = resources.Account()
    assert len(handed) == 1
    assert waited == [pulumi.log, (calls.rpcs, one._refused)]


def test_the_account_still_goes_by_the_name_that_an_earlier_version_gave_it(handed: list[tuple[Any, ...]]) -> None:
    resources.Account(opts=pulumi.ResourceOptions(protect=True))
    resources.Account("demo", name="demo")
    (*_, renamed), (*_, kept) = handed
    assert [alias.name for alias in renamed.aliases] == ["acme"]
    assert renamed.protect is True
    assert not kept.aliases


def test_the_account_tells_the_id_behind_each_service_once(handed: list[tuple[Any, ...]]) -> None:
    one = resources.Account()
    asked: list[Any] = []

    class Recorded:
        def apply(self, work: Any) -> Any:
            asked.append(work)
            return work({"redtrack_user": "u1"}), work(None)

    one.recorded = Recorded()  # type: ignore[assignment]
    found: list[Any] = [one.account_id(service) for service in (REDTRACK, REDTRACK, DIGISTORE24, DIGISTORE24_BRIDGE)]
    assert found == [("u1", None), ("u1", None), (None, None), (None, None)]
    assert len(asked) == 2
