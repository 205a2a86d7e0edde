"""Refusals that are about a run as a whole: each way out is read from the message and done."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import STACK
from tests.scenarios.ways_out.registry import types_the_way_out_of
from tests.scenarios.ways_out.stack import Stack, quoted

MANY = [f"c{number:02}" for number in range(12)]
FLAG = re.compile(r"without (--refresh=false)")
LIMITS = {"channel": {action: {"percent": 10, "objects": 1} for action in ("delete", "update", "recreate")}}


def channels(*names: str, more: str = "") -> str:
    return "traffic_channels: {" + ", ".join(f"{name}: {{title: title of {name}{more}}}" for name in names) + "}\n"


def declared(*names: str) -> list[str]:
    return [f"title of {name}" for name in names]


@pytest.mark.parametrize("way", ["was", "permission", "a change of its own"])
@types_the_way_out_of("was-missing")
def test_a_new_name_or_a_new_object(stack: Stack, way: str) -> None:
    stack.write(channels("stays", "old"))
    stack.up()
    stack.write(channels("stays", "new"))
    text = stack.refused("was-missing", stack.preview)
    if way == "was":
        ((line, entry),) = re.findall(r"`(was: [^`]+)` in the entry of '([^']+)'", text)
        stack.say("traffic_channels", entry, line)
    elif way == "permission":
        stack.allow(text)
    else:
        assert text.endswith("or remove it in a change of its own. Nothing was written")
        stack.write(channels("stays"))
        stack.gone("was-missing")
        stack.write(channels("stays", "new"))
    ids = {row["id"] for row in stack.room.all_stored(KINDS["channel"])}
    stack.gone("was-missing", stack.preview)
    stack.gone("was-missing")
    assert stack.titles("channel") == sorted(declared("stays", "new"))
    after = {row["id"] for row in stack.room.all_stored(KINDS["channel"])}
    assert (after == ids) == (way == "was")


@pytest.mark.parametrize("way", ["permission", "more than one change"])
@types_the_way_out_of("all-of-a-kind")
def test_all_of_a_kind(stack: Stack, way: str) -> None:
    page = "landings: {page: {url: 'https://l.test/'}}\n"
    stack.write(channels("a", "b") + page)
    stack.up()
    stack.write(page)
    text = stack.refused("all-of-a-kind", stack.preview)
    if way == "permission":
        stack.allow(text)
    else:
        assert "or remove them in more than one change" in text
        stack.write(channels("a") + page)
        stack.gone("all-of-a-kind")
        stack.write(page)
    stack.gone("all-of-a-kind")
    assert stack.titles("channel") == []


@types_the_way_out_of("everything")
def test_nothing_at_all(stack: Stack) -> None:
    stack.write(channels("a", "b") + "landings: {page: {url: 'https://l.test/'}}\n")
    stack.up()
    stack.write("empty: true\n")
    stack.allow(stack.refused("everything", stack.preview))
    stack.gone("everything")
    assert stack.titles("channel") == stack.titles("landing") == []


@pytest.mark.parametrize("way", ["permission", "the policy"])
@pytest.mark.parametrize("action", ["delete", "update", "recreate"])
@types_the_way_out_of("limit")
def test_more_than_the_limit(stack: Stack, action: str, way: str) -> None:
    stack.write(channels(*MANY))
    # Twice: from then on each is known to have been made.
    stack.up()
    stack.up()
    stack.limits = LIMITS
    if action == "delete":
        stack.write(channels(*MANY[:-3]))
    elif action == "update":
        stack.write(channels(*MANY, more=", alias: new"))
    else:
        for name in MANY[:3]:
            stack.room.edit(KINDS["channel"], stack.engine.state["channel", name].object_id, delete=True)
    text = stack.refused("limit", stack.preview)
    if way == "permission":
        stack.allow(text)
    else:
        assert f"The limit of `{action}` in stacks/policy.yaml is " in text
        stack.limits = {"channel": {action: {"percent": 100, "objects": 100}}}
    stack.gone("limit", stack.preview)
    stack.gone("limit")
    assert len(stack.titles("channel")) == (9 if action == "delete" else 12)


@types_the_way_out_of("limit")
def test_fewer_at_a_time(stack: Stack) -> None:
    stack.write(channels(*MANY))
    stack.up()
    stack.limits = LIMITS
    stack.write(channels(*MANY, more=", alias: new"))
    assert stack.refused("limit", stack.preview).endswith("or change fewer at a time")
    stack.write(channels(*MANY))
    for name in MANY:
        stack.say("traffic_channels", name, "alias: new")
        stack.gone("limit")


@types_the_way_out_of("account-lost")
def test_a_state_without_its_account(stack: Stack) -> None:
    stack.write(channels("a", "b"))
    stack.up()
    del stack.engine.state["", STACK]
    stack.engine.refreshes = False
    text = stack.refused("account-lost")
    assert FLAG.findall(text) == ["--refresh=false"]
    stack.engine.refreshes = True
    stack.gone("account-lost")
    stack.engine.refreshes = False
    stack.gone("account-lost")


@pytest.mark.parametrize("way", ["the file", "permission"])
@types_the_way_out_of("account-unchecked")
def test_a_destroy_of_one(stack: Stack, way: str) -> None:
    """The real CLI types the same in tests/engine/test_destroy_by_hand.py."""
    stack.write(channels("a", "b"))
    stack.up()
    text = stack.refused("account-unchecked", lambda: stack.engine.destroy(("channel", "a")))
    if way == "permission":
        stack.allow(text)
        stack.gone("account-unchecked", lambda: stack.engine.destroy(("channel", "a")))
    else:
        assert "Take it out of the account file and run `pulumi up` without --target" in text
        stack.write(channels("b"))
        stack.gone("account-unchecked")
    assert stack.titles("channel") == declared("b")


@types_the_way_out_of("account-unchecked")
def test_a_destroy_that_read_nothing(stack: Stack) -> None:
    stack.write(channels("a", "b"))
    stack.up()
    stack.engine.refreshes = False
    text = stack.refused("account-unchecked", stack.engine.destroy)
    assert FLAG.findall(text) == ["--refresh=false"]
    stack.engine.refreshes = True
    stack.gone("account-unchecked", stack.engine.destroy)
    assert stack.titles("channel") == []


@types_the_way_out_of("account-unchecked")
def test_a_destroy_without_an_account_in_the_state(stack: Stack) -> None:
    stack.write(channels("a", "b"))
    stack.up()
    del stack.engine.state["", STACK]
    text = stack.refused("account-unchecked", stack.engine.destroy)
    assert "Where the state has no Account any more, one `pulumi up` puts it there" in text
    stack.up()
    stack.gone("account-unchecked", stack.engine.destroy)


@pytest.mark.parametrize("way", ["permission", "read"])
@types_the_way_out_of("not-announced")
def test_what_the_account_did_not_know_of(stack: Stack, way: str) -> None:
    """An object that came into the state past the Account, and leaves it in a run that reads nothing."""
    stack.write(channels("a", "b"))
    stack.up()
    kept = stack.engine.state["", STACK]
    del kept.inputs["inventory"]["channel"]["b"]
    stack.write(channels("a"))
    stack.engine.refreshes = False
    text = stack.refused("not-announced")
    if way == "permission":
        stack.allow(text)
    else:
        assert FLAG.findall(text) == ["--refresh=false"]
        stack.engine.refreshes = True
    stack.gone("not-announced")
    assert stack.titles("channel") == declared("a")


@pytest.mark.parametrize("way", ["give one", "permission"])
@types_the_way_out_of("no-inventory")
def test_an_inventory_that_is_not_given_any_more(stack: Stack, way: str) -> None:
    stack.write(channels("a"))
    stack.up()
    text = stack.refused("no-inventory", lambda: stack.up(inventory=None))
    if way == "permission":
        stack.allow(text)
        stack.gone("no-inventory", lambda: stack.up(inventory=None))
    else:
        assert "Give it one again" in text
        stack.gone("no-inventory")


@pytest.mark.parametrize("way", ["read", "pin"])
@types_the_way_out_of("unrecorded")
def test_an_account_that_records_nothing(stack: Stack, way: str) -> None:
    stack.write(channels("a"))
    stack.up()
    account, channel = stack.engine.state["", STACK], stack.engine.state["channel", "a"]
    for values in (account.inputs, account.outs):
        values.pop("recorded", None)
    for values in (channel.inputs, channel.outs):
        values.pop("account_id", None)
    account.outs["recorded"] = {}
    stack.engine.refreshes = False
    text = stack.refused("unrecorded")
    if way == "read":
        assert "Run once without --refresh=false" in text
        stack.engine.refreshes = True
    else:
        for pin in re.findall(r"([\w.]+: [\w-]+)(?=,|$)", text.partition(", write ")[2]):
            section, _, line = pin.partition(".")
            stack.write(f"{section}: {{{line}{EXTRA.get(section, '')}}}\n" + stack.file.read_text())
    stack.gone("unrecorded")


EXTRA = {"digistore24": ", affiliate: acme, currency: USD"}
"""What else the section needs."""


@pytest.mark.parametrize("way", ["key", "pin"])
@types_the_way_out_of("wrong-account")
def test_a_pin_of_another_account(stack: Stack, way: str) -> None:
    own = stack.room.process().owner(KINDS["channel"].service)
    stack.write(f"account: {{redtrack_user: {own}}}\n" + channels("a"))
    if way == "key":
        key, stack.room.redtrack_key = stack.room.redtrack_key, "key-of-another-account"
    else:
        stack.edit(own, "a" * 24)
    text = stack.refused("wrong-account", stack.preview)
    assert text.endswith("Use the right key, or correct account.redtrack_user in the account file")
    if way == "key":
        stack.room.redtrack_key = key
    else:
        (live,) = re.findall(r"is of (\w+)", text)
        stack.edit("a" * 24, live)
    stack.gone("wrong-account")


@types_the_way_out_of("ledger-elsewhere")
def test_a_ledger_that_stayed_behind(stack: Stack) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=stack.folder, check=True, capture_output=True)

    stack.write(channels("a"))
    stack.up()
    (stack.folder / "stacks/default.ledger.yaml").write_text("version: 1\n")
    git("init")
    git("add", "stacks")
    former = stack.file
    stack.engine.name = "acme"
    former.rename(stack.file)
    (command,) = [words for words in quoted(stack.refused("ledger-elsewhere")) if words.startswith("git ")]
    git(*shlex.split(command)[1:])
    stack.gone("ledger-elsewhere")
    assert Path("stacks/acme.ledger.yaml").exists()
