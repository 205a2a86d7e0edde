"""What stops the program before anything is declared, and what a value of the file becomes on the way."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from trackform.account_file.compose import Ref, read_composition
from trackform.account_file.models import SecretRef
from trackform.program import declare, run
from trackform.urls import TEMPLATES

FILE = """\
domains: {main: track.acme.test}
traffic_channels: {fb: {}}
conversion_types: {sale: {slot: 1}}
"""
TOKEN = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: EUR}
offer_sources: {digistore24: {preset: digistore24}}
products: {keto: {id: 411530}}
offers: {keto: {}}
postbacks: {sales: {events: [payment], type: order_type, token: {secret: guard}}}
"""


class Services(mocks.Mocks):
    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made[args.name] = {name: value for name, value in args.inputs.items() if name != "__provider"}
        return f"id-of-{args.name}", {**args.inputs, "object_id": f"id-of-{args.name}", "postback_url": ""}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"no call is expected: {args.token}")


LOOP = asyncio.new_event_loop()
"""For the mocks, since later versions of Python make none on their own. Never closed: their threads go on using it."""


@pytest.fixture
def services() -> Iterator[Services]:
    asyncio.set_event_loop(LOOP)
    made = Services()
    mocks.set_mocks(made, project="trackform", stack="acme", preview=False)
    yield made
    pulumi.runtime.set_all_config({})
    mocks.set_mocks(Services())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "templates").symlink_to(TEMPLATES)
    (tmp_path / "stacks" / "acme.yaml").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(folder: Path) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> None:
        run(folder)

    program()


def test_the_file_of_the_stack_is_declared(folder: Path, services: Services) -> None:
    ran(folder)
    assert set(services.made) == {"account", "main", "fb", "sale"}


@pytest.mark.parametrize("key", ["redtrackApiKey", "digistore24ApiKey"])
def test_a_key_in_the_clear_stops_it_with_what_to_do(folder: Path, services: Services, key: str) -> None:
    pulumi.runtime.set_all_config({f"trackform:{key}": "canary"})
    with pytest.raises(pulumi.RunError) as told:
        run(folder)
    assert f"trackform:{key} stands in the clear" in str(told.value)
    assert f"`pulumi config set --secret trackform:{key}`" in str(told.value)
    assert "canary" not in str(told.value)
    assert services.made == {}


@pytest.mark.parametrize("key", ["redtrackApiKey", "digistore24ApiKey"])
def test_a_key_that_is_a_secret_is_none_of_its_business(folder: Path, services: Services, key: str) -> None:
    pulumi.runtime.set_all_config({f"trackform:{key}": "canary"}, [f"trackform:{key}"])
    ran(folder)
    assert "fb" in services.made


def test_a_ledger_that_cannot_be_read_stops_it(folder: Path, services: Services) -> None:
    """Without it nobody knows what is left for a person to do."""
    (folder / "stacks" / "acme.ledger.yaml").write_text("<<<<<<< ours\n", encoding="utf-8")
    with pytest.raises(pulumi.RunError, match=r"acme\.ledger\.yaml"):
        ran(folder)


def test_a_secret_of_the_configuration_is_sent_as_its_value(folder: Path, services: Services) -> None:
    file = folder / "stacks" / "acme.yaml"
    file.write_text(TOKEN, encoding="utf-8")
    pulumi.runtime.set_all_config({"trackform:guard": "0123456789"}, ["trackform:guard"])
    composition = read_composition(file)
    (postback,) = (wanted for wanted in composition.objects if wanted.section == "postbacks")
    assert SecretRef(secret="guard") in postback.fields.values()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> None:
        assert Ref("postbacks", "sales") in declare(composition)

    program()
    assert "0123456789" in repr(services.made["sales"])


def test_a_secret_that_the_configuration_lacks_is_named(
    folder: Path, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "stacks" / "acme.yaml"
    file.write_text(TOKEN, encoding="utf-8")
    monkeypatch.setenv("TRACKFORM_ALLOW", "rule:all")
    with pytest.raises(pulumi.ConfigMissingError, match="trackform:guard"):
        ran(folder)


def test_declaring_alone_stops_at_a_ledger_that_cannot_be_read(folder: Path, services: Services) -> None:
    composition = read_composition(folder / "stacks" / "acme.yaml")
    (folder / "stacks" / "acme.ledger.yaml").write_text("<<<<<<< ours\n", encoding="utf-8")
    with pytest.raises(pulumi.RunError, match=r"acme\.ledger\.yaml:1: an unfinished merge"):
        declare(composition)
