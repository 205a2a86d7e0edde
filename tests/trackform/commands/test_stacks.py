"""Which stacks a command line means, and whose account a stack is compared with."""

from pathlib import Path
from typing import Any

import click
import pytest

from trackform.account_file.models import AccountFile
from trackform.commands.stacks import chosen_stacks, composed
from trackform.documents.problems import Problems
from trackform.project.live import live_session, refuse_another_account, refuse_what_is_elsewhere
from trackform.project.stacks import compose_stack
from trackform_core.errors import TrackformError
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.service import REDTRACK


@pytest.mark.parametrize(
    ("there", "names", "every", "pattern", "chosen"),
    [
        (("b", "a"), ("b",), False, None, ["b"]), (("b", "a"), ("b", "a"), False, None, ["b", "a"]),
        (("b", "a"), (), True, None, ["a", "b"]), (("b", "ac", "a"), (), False, "a*", ["a", "ac"]),
        (("b", "a"), ("b",), True, None, ["a", "b"]), (("b", "a"), ("b",), False, "a", ["a"]),
        (("a",), (), False, None, ["a"]), ((), ("new",), False, None, ["new"]),
        (("b", "a"), (), False, None, "name a stack, or use --all; known: a, b"),
        ((), (), False, None, "name a stack, or use --all; known: none"),
        (("b", "a"), (), False, "x*", "no stack fits x*; known: a, b"),
        ((), (), True, None, "there is no account file in stacks/"),
        ((), (), False, "x*", "there is no account file in stacks/"),
    ],
)  # fmt: skip
def test_which_stacks_are_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], names: tuple[str, ...], every: bool,
    pattern: str | None, chosen: list[str] | str,
) -> None:  # fmt: skip
    (tmp_path / "stacks" / "shared").mkdir(parents=True)
    for name in there:
        (tmp_path / "stacks" / f"{name}.yaml").write_text("account: {}\n")
    for name in ("Pulumi.a.yaml", "policy.yaml", "a.ledger.yaml", "shared/base.yaml"):
        (tmp_path / "stacks" / name).touch()
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.chdir(tmp_path)
    if isinstance(chosen, list):
        assert chosen_stacks(names, every, pattern) == chosen
    else:
        with pytest.raises(click.UsageError) as refused:
            chosen_stacks(names, every, pattern)
        assert refused.value.message == chosen


def test_a_file_that_says_nothing_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "a.yaml").write_text("account: {currency: USD}\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problems):
        compose_stack("a")
    with pytest.raises(click.exceptions.Exit) as ended:
        composed(["a"], as_json=False)
    assert ended.value.exit_code == 1
    assert compose_stack("a", may_be_empty=True).objects == []
    assert [name for name, _ in composed(["a"], as_json=False, may_be_empty=True)] == ["a"]


PINNED: dict[str, Any] = {"account": {"redtrack_user": "u1"}, "digistore24": {"affiliate": "acme", "account": "7"}}


@pytest.mark.parametrize(
    ("file", "keys", "asked", "wrong"),
    [
        (PINNED, ("redtrackApiKey", "digistore24ApiKey"), ["RedTrack", "Digistore24"], ["RedTrack account u1", "of 8"]),
        (PINNED, ("redtrackApiKey",), ["RedTrack"], ["RedTrack account u1"]), (PINNED, (), [], []),
        ({"account": {"redtrack_user": "u2"}}, ("redtrackApiKey", "digistore24ApiKey"), ["RedTrack"], []),
        ({}, ("redtrackApiKey", "digistore24ApiKey"), [], []),
    ],
)  # fmt: skip
def test_a_pinned_stack_is_not_compared_with_another_account(
    monkeypatch: pytest.MonkeyPatch, file: dict[str, Any], keys: tuple[str, ...], asked: list[str], wrong: list[str]
) -> None:
    """Only where there is a key, and the file says whose account it is."""
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    session = Session("acme", settings_of("acme", dict.fromkeys(keys, "1-key")))
    owners = {REDTRACK: "u2", DIGISTORE24: "8"}
    told: list[str] = []

    def owner(service: Any) -> str:
        told.append(service.name)
        return owners[service]

    monkeypatch.setattr(session, "owner", owner)
    said = ""
    try:
        refuse_another_account(session, AccountFile.model_validate(file))
    except TrackformError as error:
        said = str(error)
    assert told == asked
    assert len(said.splitlines()) == len(wrong)
    assert all(each in line for each, line in zip(wrong, said.splitlines(), strict=True))


def test_a_state_of_two_other_accounts_is_told_of_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session("acme", settings_of("acme", {"redtrackApiKey": "1-key", "digistore24ApiKey": "8-key"}))
    monkeypatch.setattr(session, "owner", {REDTRACK: "u2", DIGISTORE24: "8"}.__getitem__)
    with pytest.raises(TrackformError) as told:
        refuse_what_is_elsewhere(session, {"redtrack_user": "u1", "digistore24_account": "7"})
    one, other = str(told.value).splitlines()
    assert "live in the RedTrack account u1," in one
    assert "live in the Digistore24 account 7," in other


def test_a_session_has_the_settings_of_its_own_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text("config: {trackform:redtrackUrl: http://127.0.0.1/x}\n")
    monkeypatch.chdir(tmp_path)
    session = live_session("acme")
    assert (session.account, session.settings.url(REDTRACK)) == ("acme", "http://127.0.0.1/x")
