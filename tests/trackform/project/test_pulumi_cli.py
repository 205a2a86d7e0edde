"""The preview that verbs look at: not ended by the limits of a run, and what is said where there is none."""

import sys
from pathlib import Path

import pytest

from trackform.account_file.compose import SECTIONS
from trackform.project import pulumi_cli
from trackform_core.errors import TrackformError
from trackform_core.guard.limits import ACTIONS

SHOWS_ITSELF = """#!/bin/sh
echo "{\\"steps\\": [\\"$TRACKFORM_ALLOW\\", \\"$*\\", \\"$(pwd -P)\\", \\"$HOME\\"]}"
"""


def test_a_preview_that_only_looks_sees_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`trackform accept` is the answer to drift, to a lot of it as well."""
    (tmp_path / "Pulumi.yaml").touch()
    script = tmp_path / "pulumi"
    script.write_text(SHOWS_ITSELF)
    script.chmod(0o755)
    monkeypatch.setattr(pulumi_cli, "binary", lambda: script)
    monkeypatch.setenv("TRACKFORM_ALLOW", "gone:funnel")
    monkeypatch.setenv("HOME", "/somewhere")
    allowed, asked, where, home = pulumi_cli.preview_json("acme", tmp_path)["steps"]
    assert asked == "preview --json --show-sames --refresh --stack acme --non-interactive --color never"
    assert (Path(where), home) == (tmp_path.resolve(), "/somewhere")
    assert set(allowed.split(",")) == {"gone:funnel"} | {
        f"{action}:{kind.name}" for kind in SECTIONS.values() for action in ACTIONS
    }


def cli(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    (folder / "Pulumi.yaml").touch()
    monkeypatch.setattr(pulumi_cli, "binary", lambda: path)


ERROR = '{"diagnostics": [{"message": " bad ", "severity": "error"}, {"message": "bad", "severity": "error#x"}, '
ERROR += '{"message": "fine", "severity": "info"}], "steps": [1]}'


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (f"echo '{ERROR}'; exit 1", "bad"),
        ("echo '{}'; echo no stack >&2; exit 255", "no stack"),
        ("echo plain text", "plain text"),
        ("echo '[]'", "[]"),
        ("echo '{\"steps\": []}'; echo empty >&2", "empty"),
    ],
)
def test_a_preview_that_fails_says_what_pulumi_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    cli(tmp_path, script, monkeypatch)
    with pytest.raises(TrackformError) as error:
        pulumi_cli.preview_json("acme", tmp_path)
    assert str(error.value) == f"the preview of stack 'acme' failed: {said}"


def test_a_stack_that_pulumi_does_not_know_is_named_as_other_verbs_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli(tmp_path, "echo \"error: no stack named 'acmee' found\" >&2; exit 255", monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "acme.yaml").touch()
    quoted = "error: no stack named 'acmee' found"
    with pytest.raises(TrackformError) as error:
        pulumi_cli.preview_json("acmee")
    absent = 'stacks/acmee.yaml: there is no such account file; did you mean "acme"?'
    assert str(error.value) == f"the preview of stack 'acmee' failed: {quoted}. {absent}"
    (tmp_path / "stacks" / "acmee.yaml").touch()
    with pytest.raises(TrackformError) as error:
        pulumi_cli.preview_json("acmee")
    assert str(error.value) == f"the preview of stack 'acmee' failed: {quoted}"


def test_without_a_project_or_a_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrackformError, match=r"where Pulumi\.yaml is"):
        pulumi_cli.run_pulumi("up", stack="x", cwd=tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrackformError, match="there is no Pulumi CLI beside this Python and none on PATH"):
        pulumi_cli.binary()
    found = tmp_path / "elsewhere" / "pulumi"
    found.parent.mkdir()
    found.write_text("#!/bin/sh\n")
    found.chmod(0o755)
    monkeypatch.setenv("PATH", str(found.parent))
    assert pulumi_cli.binary() == found
    own = tmp_path / "pulumi"
    own.touch()
    assert pulumi_cli.binary() == own, "the one beside this Python comes first"
