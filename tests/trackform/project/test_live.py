"""Where the settings of a stack come from."""

import json
from pathlib import Path

import pytest

from trackform.project import live as settings
from trackform_core.errors import TrackformError


def test_a_configuration_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert settings.stored("acme") == {}
    path = tmp_path / "stacks" / "Pulumi.acme.yaml"
    path.parent.mkdir()
    for text in ("", "[]", "config:", "config: []"):
        path.write_text(text)
        assert settings.stored("acme") == {}
    for raw, said in ((b"config: [", "is not valid YAML: correct it by hand"), (b"\xff\xfe\xff", ":1: not UTF-8 text")):
        path.write_bytes(raw)
        with pytest.raises(TrackformError, match=rf"Pulumi\.acme\.yaml ?{said}"):
            settings.stored("acme")


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
