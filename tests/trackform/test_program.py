"""The account file as Pulumi resources, on Pulumi's own mocks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from trackform.account_file.compose import Ref, compose
from trackform.account_file.models import read_account
from trackform.policy import Policy
from trackform.program import declare, declared_elsewhere, run
from trackform.rules import rule_ids
from trackform.urls import TEMPLATES
from trackform_core.guard.limits import Limit

FILE = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: EUR}
account: {redtrack_user: 64f0aa}
offer_sources:
  digistore24:
    preset: digistore24
    sum: "{amount_affiliate}"
products: {keto: {id: 411530}}
offers: {keto: {}}
postbacks:
  sales:
    events: [payment]
    type: order_type
  billing: {events: [payment], type: billing_type, sum: 0, event_id: "{transaction_id}-b"}
traffic_channels: {fb: {}}
funnels: {f: {offers: {keto: 100}}}
campaigns: {c: {channel: fb, funnel: f}}
"""
AGREED = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&status=approved"


class Services(mocks.Mocks):
    """Gives every object an id, and offer sources the postback URL that RedTrack shows."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.made: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        given = {name: value for name, value in args.inputs.items() if name != "__provider"}
        self.made[args.name] = given
        computed = {"object_id": f"id-of-{args.name}", "postback_url": self.shown, "tracking_link": "https://t"}
        return f"id-of-{args.name}", {**given, **computed}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"no call is expected: {args.token}")


LOOP = asyncio.new_event_loop()
"""For the mocks, since later versions of Python make none on their own. Never closed: their threads go on using it."""


@pytest.fixture(autouse=True)
def event_loop() -> None:
    asyncio.set_event_loop(LOOP)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_args, **_more: said.append(text))
    yield said
    mocks.set_mocks(mocks_of_nothing())


def mocks_of_nothing() -> Services:
    return Services("")


def declared(folder: Path, shown: str, text: str = FILE, policy: Policy | None = None) -> Services:
    services = Services(shown)
    mocks.set_mocks(services, project="trackform", stack="acme", preview=False)
    file = folder / "acme.yaml"
    file.write_text(text, encoding="utf-8")

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> None:
        made = declare(compose(read_account(file)), policy)
        assert Ref("campaigns", "c") in made

    program()
    return services


def test_references_are_ids_and_all_name_the_account(tmp_path: Path, warnings: list[str]) -> None:
    made = declared(tmp_path, AGREED).made
    assert made["account"]["redtrack_user"] == "64f0aa"
    assert made["keto"]["offer_source_id"] == "id-of-digistore24"
    assert made["f"]["offer_ids"] == ["id-of-keto"]
    assert made["c"] == {**made["c"], "channel_id": "id-of-fb", "funnel_ids": ["id-of-f"], "domain_id": "id-of-main"}
    assert {one["account"] for name, one in made.items() if name != "account"} == {"id-of-account"}
    assert warnings == []


def test_the_account_knows_what_is_declared(tmp_path: Path, warnings: list[str]) -> None:
    """By natural key; what is only a way of speaking, a former name or protection, comes along."""
    text = FILE.replace("{keto: {}}", "{keto: {title: Keto Guide, was: keto-guide, protect: true}}")
    account = declared(tmp_path, AGREED, text).made["account"]
    assert account["inventory"] == {
        "domain": {"main": "track.acme.test"}, "offer_source": {"digistore24": "digistore24"},
        "channel": {"fb": "fb"}, "offer": {"keto": "Keto Guide"}, "funnel": {"f": "f"}, "campaign": {"c": "c"},
        "postback": {"sales": "sales", "billing": "billing"},
    }  # fmt: skip
    assert account["was"] == {"offer": {"keto": "keto-guide"}}
    assert account["protected"] == {"offer": ["keto"]}
    assert account["limits"]["offer"]["delete"] == {"percent": 20, "objects": 20}


def test_the_account_knows_which_references_follow_the_file(tmp_path: Path, warnings: list[str]) -> None:
    """What is left alone, or left out, keeps what it refers to; what is emptied does not."""
    text = FILE.replace("{fb: {}}", "{fb: {existing: Facebook}}").replace(
        "{channel: fb, funnel: f}", "{channel: fb, funnel: f, leave: [funnel_ids]}"
    )
    text = text.replace("{offers: {keto: 100}}", "{offers: {keto: 100}, unset: [landing_ids]}")
    references = declared(tmp_path, AGREED, text).made["account"]["references"]
    assert references == {
        "offer": {"keto": ["offer_source_id"]},
        "funnel": {"f": ["offer_ids", "landing_ids"]},
        "campaign": {"c": ["channel_id", "domain_id"]},
    }


def test_what_the_projects_other_stacks_declare(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi, "get_stack", lambda: "acme")
    for name, text in {
        "acme": FILE, "beta": FILE, "empty": "", "wrong": "offers: {x: 1}\n", "acme.ledger": "", "policy": "",
        "gamma": "traffic_channels: {fb: {existing: Facebook}}\n",
    }.items():  # fmt: skip
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    elsewhere = declared_elsewhere(tmp_path, TEMPLATES)
    assert elsewhere.keys() == {"beta", "empty", "gamma"}
    assert elsewhere["beta"]["pins"] == {"redtrack_user": "64f0aa"}
    assert elsewhere["beta"]["keys"]["offer"] == ["keto"]
    assert elsewhere["gamma"] == {"pins": {}, "keys": {"channel": ["Facebook"]}}
    assert elsewhere["empty"] == {"pins": {}, "keys": {}}
    (warning,) = warnings
    assert "stacks/wrong.yaml has mistakes (`trackform validate wrong`)" in warning


def test_the_limits_of_the_policy_reach_the_account(tmp_path: Path, warnings: list[str]) -> None:
    policy = Policy(limits={"offers": {"delete": Limit(5, 1)}, "all": {"delete": Limit(7, 2), "update": Limit(8, 3)}})
    limits = declared(tmp_path, AGREED, policy=policy).made["account"]["limits"]
    assert limits["offer"] == {
        "delete": {"percent": 5, "objects": 1},
        "update": {"percent": 8, "objects": 3},
        "recreate": {"percent": 10, "objects": 10},
    }
    assert limits["campaign"]["delete"] == {"percent": 7, "objects": 2}


def test_a_campaign_waits_for_the_connections_that_book_its_sales(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that books nothing is not waited for; with a bridge all are made in the same run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    assert declared(tmp_path, AGREED).made["c"]["starts_after"] == ["tf.sales"]
    assert "starts_after" not in declared(tmp_path, AGREED, policy=Policy(new_campaigns="running")).made["c"]
    paused = FILE.replace("funnel: f}", "funnel: f, status: paused}")
    assert "starts_after" not in declared(tmp_path, AGREED, paused).made["c"]
    pulumi.runtime.set_config("trackform:bridgeUrl", "http://127.0.0.1/bridge")
    try:
        assert "starts_after" not in declared(tmp_path, AGREED).made["c"]
    finally:
        pulumi.runtime.set_config("trackform:bridgeUrl", "")


def test_no_value_flows_into_a_postback_but_what_is_declared(tmp_path: Path, warnings: list[str]) -> None:
    """Else a change of the offer source would show a change of every connection."""
    made = declared(tmp_path, "https://elsewhere.test/postback?clickid={x}&sum={y}").made
    assert made["sales"]["url"].startswith("https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&")


@pytest.mark.parametrize(
    ("shown", "line", "words"),
    [
        (AGREED.replace("{cid}", "{subid}"), 5, "connection 'sales' has: ?clickid is {subid}, here {cid}"),
        (
            AGREED.replace("{amount_affiliate}", "{amount_vendor}"),
            7,
            "?sum is {amount_vendor}, here {amount_affiliate}",
        ),
        (AGREED.replace("track.acme", "other.acme"), 11, "host is other.acme.test, here track.acme.test"),
    ],
)
def test_another_url_in_redtrack_is_told_with_the_line_to_change(
    tmp_path: Path, warnings: list[str], shown: str, line: int, words: str
) -> None:
    declared(tmp_path, shown)
    about_sales = [said for said in warnings if "'sales'" in said]
    assert len(about_sales) == 1, warnings
    assert f"acme.yaml:{line}: " in about_sales[0]
    assert words in about_sales[0]


def test_a_dimension_that_books_nothing_may_have_another_sum(tmp_path: Path, warnings: list[str]) -> None:
    declared(tmp_path, AGREED)
    assert warnings == []


def test_of_a_dimension_that_books_nothing_the_rest_is_compared(tmp_path: Path, warnings: list[str]) -> None:
    """Wherever the sum stands."""
    declared(tmp_path, "https://track.acme.test/postback?sum={amount_vendor}&clickid={subid}")
    (said,) = [each for each in warnings if "'billing'" in each]
    assert "?clickid is {subid}, here {cid}" in said


def test_a_whole_url_is_compared_only_with_the_offer_source_that_it_names(tmp_path: Path, warnings: list[str]) -> None:
    """Of several offer sources, which one a URL belongs to is not a guess to make."""
    url = "https://track.acme.test/postback?clickid={other}&sum={x}&sub20=tf.own"
    text = FILE.replace('    sum: "{amount_affiliate}"\n', '    sum: "{amount_affiliate}"\n  second: {}\n')
    text = text.replace(
        "  sales:\n    events: [payment]\n    type: order_type\n", f"  own: {{events: [payment], url: '{url}'}}\n"
    )
    text = text.replace("{keto: {}}", "{keto: {offer_source: digistore24}}").replace(
        '-b"}', '-b", offer_source: digistore24}'
    )
    declared(tmp_path, AGREED, text)
    assert warnings == []


def test_a_connection_of_another_offer_source_hides_no_other(tmp_path: Path, warnings: list[str]) -> None:
    """It comes first, and is not compared with this one's URL."""
    text = FILE.replace(
        '    sum: "{amount_affiliate}"\n', '    sum: "{amount_affiliate}"\n  second: {clickid: "{cid}"}\n'
    )
    text = text.replace("{keto: {}}", "{keto: {offer_source: digistore24}}").replace(
        "postbacks:\n", "postbacks:\n  first: {events: [payment], type: billing_type, offer_source: second}\n"
    )
    text = text.replace("    type: order_type\n", "    type: order_type\n    offer_source: digistore24\n")
    text = text.replace('-b"}', '-b", offer_source: digistore24}')
    declared(tmp_path, AGREED.replace("{cid}", "{subid}"), text)
    told = {name: sum(f"connection '{name}'" in said for said in warnings) for name in ("first", "sales", "billing")}
    assert told == {"first": 1, "sales": 1, "billing": 1}, warnings


def test_nothing_shown_is_no_difference(tmp_path: Path, warnings: list[str]) -> None:
    declared(tmp_path, "")
    assert warnings == []


def test_a_wrong_file_is_one_error_with_every_mistake(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mocks.set_mocks(Services(""), project="trackform", stack="acme", preview=True)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "acme.yaml").write_text("offres: {}\nofers: {}\n")
    with pytest.raises(pulumi.RunError, match=r"2 mistakes in the account file\n.*acme\.yaml:1: (.|\n)*acme\.yaml:2: "):
        run(tmp_path)


def test_a_wrong_policy_stops_the_program(tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    mocks.set_mocks(Services(""), project="trackform", stack="acme", preview=True)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "acme.yaml").write_text("traffic_channels: {fb: {}}\n")
    (tmp_path / "stacks" / "policy.yaml").write_text("limits: {ofers: {}}\n")
    with pytest.raises(pulumi.RunError, match=r"1 mistake in the policy\n.*policy\.yaml:1: .*did you mean .offers"):
        run(tmp_path)
    monkeypatch.setenv("TRACKFORM_POLICY", str(tmp_path / "base.yaml"))
    with pytest.raises(pulumi.RunError, match=r"base\.yaml: TRACKFORM_POLICY names this policy, and there is no such"):
        run(tmp_path)


def applied(folder: Path) -> None:
    """The whole program, to the end of all that it began."""

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> None:
        run(folder)

    program()


@pytest.mark.parametrize("preview", [True, False])
def test_what_the_rules_call_an_error_is_not_applied(
    tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch, *, preview: bool
) -> None:
    """A preview declares all of it and refuses at its end; a run that writes ends before anything is declared."""
    services = Services("")
    mocks.set_mocks(services, project="trackform", stack="acme", preview=preview)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "templates").symlink_to(TEMPLATES)
    (tmp_path / "stacks" / "acme.yaml").write_text(FILE)
    rules = r"This plan is refused(.|\n)*acme\.yaml:\d+: .*TRACKFORM_ALLOW=rule:[a-z-]+(.|\n)*\[rule\]"
    with pytest.raises(pulumi.RunError, match=rules):
        applied(tmp_path)
    assert bool(services.made) is preview
    monkeypatch.setenv("TRACKFORM_REFUSED", "shown")
    if preview:
        applied(tmp_path)
    (tmp_path / "stacks" / "policy.yaml").write_text(
        "rules: {" + ", ".join(f"{name}: warning" for name in rule_ids()) + "}\n"
    )
    monkeypatch.delenv("TRACKFORM_REFUSED")
    applied(tmp_path)


def test_what_a_stack_gives_out(tmp_path: Path, warnings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs read these by name."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", given.__setitem__)
    declared(tmp_path, AGREED)
    assert given.keys() == {"offer_urls", "postback_urls", "tracking_links", "open_steps"}
    assert given["offer_urls"] == {"keto": "https://www.digistore24.com/redir/411530/acme?cid={clickid}"}
    assert given["postback_urls"].keys() == {"sales", "billing"}
    assert given["tracking_links"].keys() == {"c"}
