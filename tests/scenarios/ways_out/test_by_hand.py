"""Refusals about what only a person can remove: the commands in them are typed, and the file is edited as they say."""

import shlex
import subprocess

import pytest
from click.testing import CliRunner

from tests.providers.small_engine import STACK, Engine
from tests.scenarios.ways_out.registry import types_the_way_out_of
from tests.scenarios.ways_out.stack import Stack, quoted
from trackform.cli import main
from trackform_core.no_api.ledger import ledger_of
from trackform_redtrack.service import REDTRACK

PRODUCT = "digistore24: {affiliate: acme, currency: USD}\nproducts: {keto: {id: 411530}}\n"
URL = "https://t.test/postback?clickid={cid}&type={order_type}&sub20=tf."
OTHERS = "traffic_channels: {ads: {}}\n"


def connections(*names: str, more: str = "") -> str:
    entries = (f"  {name}: {{events: [payment], url: '{URL}{name}', products: [keto]{more}}}\n" for name in names)
    return f"{OTHERS}{PRODUCT}postbacks:\n{''.join(entries)}"


TYPES = OTHERS + "conversion_types: {sale: {slot: 1, duplicates: ignore, forward: none}}\n"


@pytest.fixture
def stack(stack: Stack) -> Stack:
    """A stack without a bridge."""
    without_bridge(stack)
    return stack


def without_bridge(stack: Stack) -> None:
    config = type(stack.room).config
    stack.monkeypatch.setattr(stack.room, "config", lambda: {**config(stack.room), "bridgeUrl": ""})


def typed(command: str, *more: str) -> str:
    """What a command of ours says, as a message has it; a person would answer where it asks."""
    program, *words = shlex.split(command)
    assert program == "trackform"
    done = CliRunner().invoke(main, [*words, *more, "--who", "Ann"], input="c\n" * 9)
    assert done.exit_code == 0, done.output
    return done.output


def entered(stack: Stack, text: str) -> None:
    stack.write(text)
    typed(f"trackform operator {STACK}", "--confirm", "*")
    stack.up()


def ours(text: str) -> str:
    (command,) = [words for words in quoted(text) if words.startswith("trackform ")]
    return command


@types_the_way_out_of("only-by-hand")
def test_what_left_the_file(stack: Stack) -> None:
    entered(stack, connections("sales", "returns"))
    stack.write(connections("sales"))
    typed(ours(stack.refused("only-by-hand")))
    stack.gone("only-by-hand")
    assert ("postback", "returns") not in stack.engine.state


@pytest.mark.parametrize("file", ["as it is", "without them", "gone"])
@types_the_way_out_of("only-by-hand")
def test_a_destroy(stack: Stack, file: str) -> None:
    entered(stack, connections("sales", "returns"))
    if file == "gone":
        stack.file.unlink()
    elif file == "without them":
        stack.write(OTHERS)
    # It asks for all of them at once.
    typed(ours(stack.refused("only-by-hand", stack.engine.destroy)))
    stack.gone("only-by-hand", stack.engine.destroy)
    assert stack.engine.state == {}


@pytest.mark.parametrize("destroyed", [False, True])
@types_the_way_out_of("only-by-hand")
def test_a_type_that_got_its_on_delete_after_it_was_confirmed(stack: Stack, destroyed: bool) -> None:
    entered(stack, TYPES)
    stack.edit("forward: none", "forward: none, on_delete: delete")
    stack.up()
    run = stack.engine.destroy if destroyed else stack.up
    if not destroyed:
        stack.write(OTHERS)
    typed(ours(stack.refused("only-by-hand", run)))
    stack.gone("only-by-hand", run)
    assert ("conversion_type", "sale") not in stack.engine.state
    assert ledger_of(STACK).entries == {}


@pytest.mark.parametrize("way", ["get it back", "confirm again"])
def test_a_ledger_that_was_changed_by_hand(stack: Stack, way: str) -> None:
    entered(stack, connections("sales", "returns"))
    ledger = ledger_of(STACK).file
    kept = ledger.read_text()
    for words in (["init"], ["add", "."]):
        subprocess.run(["git", *words], check=True, capture_output=True)
    ledger.write_text(kept.replace("tf.sales\n", "tf.sales&x=1\n", 1))
    git, command = quoted(stack.failed("was changed by hand"))
    if way == "get it back":
        subprocess.run(shlex.split(git), check=True, capture_output=True)
        assert ledger.read_text() == kept
    else:
        before, _, block = kept.partition("postbacks/tf.sales:")
        ledger.write_text(before + block.partition("\n\n")[2])
        typed(command)
        assert set(ledger_of(STACK).entries) == {"postbacks/tf.sales", "postbacks/tf.returns"}
    stack.up()


@pytest.mark.parametrize("destroyed", [False, True])
def test_what_is_to_be_kept_is_nobodys_step(stack: Stack, destroyed: bool) -> None:
    entered(stack, connections("sales", more=", on_delete: keep"))
    if destroyed:
        stack.engine.destroy()
    else:
        stack.write(OTHERS)
        stack.up()
    assert ("postback", "sales") not in stack.engine.state
    assert list(ledger_of(STACK).entries) == ["postbacks/tf.sales"]


@pytest.fixture
def bridged(stack: Stack) -> Stack:
    """A stack whose bridge is gone: nobody has confirmed what it made."""
    stack.monkeypatch.setattr(stack.room, "config", lambda: type(stack.room).config(stack.room))
    stack.write(connections("sales"))
    stack.up()
    without_bridge(stack)
    stack.up()
    return stack


@pytest.mark.parametrize("way", ["confirm", "permission"])
@types_the_way_out_of("unconfirmed")
def test_what_a_bridge_made_leaves_the_file(bridged: Stack, way: str, stack: Stack) -> None:
    file = stack.file.read_text()
    stack.write(OTHERS)
    text = stack.refused("unconfirmed")
    if way == "permission":
        stack.allow(text)
    else:
        assert f"Declare it, confirm it with `{ours(text)}`, run `pulumi up`, then take it out" in text
        stack.write(file)
        typed(ours(text))
        stack.up()
        stack.write(OTHERS)
        typed(ours(stack.refused("only-by-hand")))
    stack.gone("unconfirmed")
    assert ("postback", "sales") not in bridged.engine.state


@types_the_way_out_of("unconfirmed")
def test_what_a_bridge_made_is_destroyed(bridged: Stack, stack: Stack) -> None:
    stack.allow(stack.refused("unconfirmed", bridged.engine.destroy))
    stack.gone("unconfirmed", bridged.engine.destroy)
    assert stack.engine.state == {}


@pytest.mark.parametrize("way", ["up", "get it back", "permission"])
@types_the_way_out_of("ledger-lost")
def test_a_destroy_whose_ledger_is_not_there(stack: Stack, way: str) -> None:
    entered(stack, connections("sales"))
    ledger = ledger_of(STACK).file
    kept = ledger.read_text()
    if way == "up":
        former = stack.file
        stack.engine.name = "acme"
        former.rename(stack.file)
        ledger.rename(ledger.with_name("acme.ledger.yaml"))
    else:
        ledger.unlink()
    text = stack.refused("ledger-lost", stack.engine.destroy)
    if way == "permission":
        stack.allow(text)
    elif way == "up":
        assert "If the stack was renamed, run `pulumi up` once, then this again" in text
        stack.up()
        typed(ours(stack.refused("only-by-hand", stack.engine.destroy)))
    else:
        assert "get the ledger back" in text
        ledger.write_text(kept)
        typed(ours(stack.refused("only-by-hand", stack.engine.destroy)))
    stack.gone("ledger-lost", stack.engine.destroy)
    assert stack.engine.state == {}


@pytest.mark.parametrize("way", ["the right key", "confirm anew"])
@types_the_way_out_of("confirmed-elsewhere")
def test_a_ledger_of_another_account(stack: Stack, way: str) -> None:
    """Nothing else remembers the account: everything was taken out of the state, and the pin out of the file."""
    own = stack.room.process().owner(REDTRACK)
    entered(stack, f"account: {{redtrack_user: {own}}}\n{TYPES}")
    assert ledger_of(STACK).accounts == {"redtrack_user": own}
    git("init")
    git("add", ".")
    git("commit", "-m", "confirmed")
    stack.engine = Engine(stack.room)
    stack.write(TYPES)
    key, stack.room.redtrack_key = stack.room.redtrack_key, "key-of-another-account"
    text = stack.refused("confirmed-elsewhere")
    assert f"what people saw in the RedTrack account {own}" in text
    if way == "the right key":
        stack.room.redtrack_key = key
    else:
        removal, command = quoted(text)
        subprocess.run(shlex.split(removal), check=True, capture_output=True)
        typed(command)
        assert ledger_of(STACK).accounts == {}, "neither the file nor a state on this disk names it"
    stack.gone("confirmed-elsewhere")


def git(*words: str) -> None:
    named = ("-c", "user.name=Ann", "-c", "user.email=ann@acme.test")
    subprocess.run(["git", *named, *words], check=True, capture_output=True)
