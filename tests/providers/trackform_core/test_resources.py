"""The resource classes: what Pulumi keeps of a provider, and what a large program costs."""

import base64
import importlib
import pickle
import pkgutil
import subprocess
import sys
from inspect import get_annotations
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

import trackform_core
from trackform import resources
from trackform.resources import RESOURCES
from trackform_core.account import AccountProvider
from trackform_core.dynamic import KindResource
from trackform_core.model.pulumi_names import resource_type

ROOT = Path(__file__).parents[3]
PROVIDERS = [AccountProvider(), *(resource.provider for resource in RESOURCES)]
COUNT = 1500


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: type(provider).__name__)
def test_a_provider_is_a_short_reference_without_state(provider: Any) -> None:
    assert vars(provider) == {}
    assert provider.serialize_as_secret_always is False
    text = serialize_provider(provider)
    assert len(text) < 120
    assert type(pickle.loads(base64.b64decode(text))) is type(provider)  # noqa: S301 -- written a line above
    module = importlib.import_module(type(provider).__module__)
    assert getattr(module, type(provider).__name__) is type(provider)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.__name__)
def test_the_type_in_a_state_is_the_one_of_its_kind(resource: type[KindResource]) -> None:
    assert f"pulumi-python:{resource._resource_type_name}" == resource_type(resource.provider.kind)


@pytest.mark.parametrize(
    "name", [each.name for each in pkgutil.walk_packages(trackform_core.__path__, "trackform_core.")]
)
def test_what_a_module_logs_reaches_the_person(name: str) -> None:
    """The plugin shows what is logged under our name, and nothing else."""
    found = vars(importlib.import_module(name)).get("log")
    assert found is None or found.name.partition(".")[0] == "trackform"


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: type(provider).__name__)
def test_configuring_leaves_no_state(provider: Any) -> None:
    class Config:
        def get(self, name: str) -> str | None:
            return f"https://{name.rpartition(':')[2].lower()}.test" if name.endswith("Url") else None

    class Request:
        config = Config()

    provider.configure(Request())
    assert vars(provider) == {}


def test_every_kind_has_one_resource() -> None:
    kinds = [resource.provider.kind.name for resource in RESOURCES]
    assert len(set(kinds)) == len(kinds)
    assert [type(resource.provider).__name__ for resource in RESOURCES] == [f"{r.__name__}Provider" for r in RESOURCES]


def test_the_package_names_every_resource_and_nothing_else() -> None:
    assert set(resources.__all__) == {"Account", *(resource.__name__ for resource in RESOURCES)}
    for name in resources.__all__:
        assert getattr(resources, name).__name__ == name


@pytest.mark.parametrize(
    ("resource", "output"),
    [
        (resources.Campaign, "tracking_link"),
        (resources.Campaign, "impression_link"),
        (resources.OfferSource, "postback_url"),
        (resources.Offer, "object_id"),
    ],
)
def test_an_output_has_a_type_so_that_a_program_needs_no_cast(resource: type[KindResource], output: str) -> None:
    assert (output in resource.provider.kind.computed) == (output != "object_id")
    assert any(get_annotations(base).get(output) == pulumi.Output[str] for base in resource.__mro__)


PROGRAM = f"""
import collections
import sys
from pulumi.runtime import mocks
from trackform.resources import Account, Offer

class Echo(mocks.Mocks):
    seen = collections.Counter()

    def new_resource(self, args):
        self.seen[args.typ] += 1
        assert len(args.inputs["__provider"]) < 120
        belongs = [args.inputs.get(name) for name in ("account", "account_id")]
        assert belongs == ([None, None] if args.typ.endswith("Account") else ["id-account", "f" * 24])
        recorded = {{"recorded": {{"redtrack_user": "f" * 24}}}}
        return f"id-{{args.name}}", {{**args.inputs, "object_id": f"id-{{args.name}}", **recorded}}

    def call(self, args):
        raise NotImplementedError

mocks.set_mocks(Echo(), preview=False)
limit = sys.getrecursionlimit()

@mocks.test
def program():
    account = Account(name="demo")
    for n in range({COUNT}):
        Offer(f"o{{n}}", account=account, title=f"o{{n}}", url="https://p.test/", offer_source_id="1")

program()
assert sys.getrecursionlimit() == limit
print(Echo.seen["pulumi-python:dynamic/redtrack:Offer"])
"""
"""In a process of its own: the SDK's state is global, and its event loops are left to the end of the process."""


def test_a_program_of_1500_resources_meets_no_recursion_limit() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.stdout.strip() == str(COUNT), done.stderr
