"""Where the settings of a stack come from."""

import json
from pathlib import Path

import pytest

from trackform.project import live as settings
from trackform_core.errors import TrackformError
from trackform_core.text.secrets import redacted
from trackform_redtrack.service import REDTRACK


def test_a_configuration_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.stored("acme") == {}
    path = tmp_path / "stacks" / "Pulumi.acme.yaml"
    path.parent.mkdir()
    for text in ("", "config:", "config: {}", "x: 1", "config: {a: &x 1, b: *x}"):
        path.write_text(text)
        assert settings.stored("acme").keys() == {"a", "b"} if "*" in text else not settings.stored("acme")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"x: 1\nconfig: [", ":2: this is no YAML; correct it by hand"),
        (b"\xff\xfe\xff", ":1: not UTF-8 text but UTF-16; save the file as UTF-8"),
        (b"[" * 30_000, ":1: nested too deeply; no file needs more than 100 levels"),
        (
            b"x: 1\nconfig: {t:a: !vault b}",
            ":2: could not determine a constructor for the tag '!vault'; correct it by hand",
        ),
        (b"config:\n  ? [a, b]\n  : c", ":2: found unhashable key; correct it by hand"),
        (
            b"config: {t:a: =}",
            ":1: could not determine a constructor for the tag 'tag:yaml.org,2002:value'; correct it by hand",
        ),
        (
            b"config: {t:a: !!timestamp x}",
            ": a value that is none: 'NoneType' object has no attribute 'groupdict'; correct it by hand",
        ),
        (b"[]", ": it is no map of names and values; correct it by hand"),
        (b"config: 5", ": its config is no map of names and values; correct it by hand"),
        (b"config: []", ": its config is no map of names and values; correct it by hand"),
        (b"config: {}\nx: 1\nconfig: {}", ":3: 'config' stands twice in one map, in lines 1 and 3; keep one of them"),
        (b"config:\n  t:a: 1\n  t:a: 2", ":3: 't:a' stands twice in one map, in lines 2 and 3; keep one of them"),
        (b"config:\n  t:a: [{b: 1, b: 2}]", ":2: 'b' stands twice in one map, in lines 2 and 2; keep one of them"),
    ],
)
def test_settings_that_pulumi_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw: bytes, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("stacks/Pulumi.acme.yaml")
    path.parent.mkdir()
    path.write_bytes(raw)
    with pytest.raises(settings.UnreadableSettings) as refused:
        settings.configuration("acme")
    assert str(refused.value).endswith(f"Pulumi.acme.yaml{said}")


def test_secrets_are_asked_of_pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = json.dumps({"trackform:a": {"value": "clear", "secret": True}, "trackform:b": {}})
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text("config:\n  trackform:a: {secure: x}\n  other:c: d\n")
    script = tmp_path / "pulumi"
    script.write_text(f"#!/bin/sh\necho '{said}'\n")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("trackform.project.pulumi_cli.binary", lambda: script)
    assert settings.configuration("acme") == {"a": "clear", "b": ""}
    script.write_text("#!/bin/sh\necho wrong passphrase >&2\nexit 1\n")
    with pytest.raises(TrackformError, match="of stack 'acme' cannot be read: wrong passphrase"):
        settings.configuration("acme")
    script.write_text("#!/bin/sh\necho error: failed to load checkpoint: EOF >&2\nexit 1\n")
    with pytest.raises(TrackformError, match=r"load checkpoint: EOF\. Ask `trackform doctor acme`$"):
        settings.configuration("acme")
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text("config:\n  trackform:a: 7\n  other:c: d\n")
    assert settings.configuration("acme") == {"a": "7"}, "there is nothing to decrypt"


def test_the_projects_defaults_and_what_the_stack_says(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    project = tmp_path / "Pulumi.yaml"
    project.write_text(
        "name: acme\nconfig:\n  plain: 1\n  trackform:named: a\n  other:theirs: b\n  valued: {value: c, default: x}\n"
        "  defaulted: {type: string, default: d}\n  typed: {type: string}\n  empty:\n  7: {value: false}\n  no:\n"
    )
    assert settings.settings_in_files("acme", tmp_path) == {
        "trackform:plain": 1, "trackform:named": "a", "trackform:valued": "c", "trackform:defaulted": "d",
        "trackform:7": False,
    }  # fmt: skip
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text("config:\n  trackform:plain: 2\n  aws:region: x\n")
    assert settings.settings_in_files("acme", tmp_path)["trackform:plain"] == 2
    assert "aws:region" not in settings.settings_in_files("acme", tmp_path)
    assert settings.settings_in_files("other", tmp_path)["trackform:plain"] == 1
    assert settings.stored("acme", tmp_path) == {"trackform:plain": 2, "aws:region": "x"}


def test_what_pulumi_decrypts_is_said_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"trackform:a": {"value": "canary-secret", "secret": True}, "trackform:b": {"value": "plain-value"}}
    asked = tmp_path / "asked"
    (tmp_path / "Pulumi.yaml").touch()
    script = tmp_path / "pulumi"
    script.write_text(f"#!/bin/sh\necho \"$*\" > {asked}\necho '{json.dumps(said)}'\n")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("trackform.project.pulumi_cli.binary", lambda: script)
    assert settings.decrypted("acme") == {"a": "canary-secret", "b": "plain-value"}
    assert asked.read_text() == "config --show-secrets --json --stack acme --non-interactive --color never\n"
    assert redacted("canary-secret plain-value") == "*** plain-value"


def test_a_session_has_the_settings_of_its_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text("config:\n  trackform:redtrackUrl: http://127.0.0.1:1/rt\n")
    monkeypatch.chdir(tmp_path)
    session = settings.live_session("acme")
    assert (session.account, session.settings.url(REDTRACK)) == ("acme", "http://127.0.0.1:1/rt")
