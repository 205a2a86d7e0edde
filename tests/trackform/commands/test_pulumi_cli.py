"""The preview that verbs look at is not ended by the limits of a run."""

from pathlib import Path

import pytest

from providers.guard import ACTIONS
from trackform.commands import pulumi_cli
from trackform.compose import SECTIONS

SHOWS_ITS_ENVIRONMENT = """#!/bin/sh
echo "{\\"steps\\": [\\"$TRACKFORM_ALLOW\\"]}"
"""


def test_a_preview_that_only_looks_sees_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`trackform accept` is the answer to drift, to a lot of it as well."""
    (tmp_path / "Pulumi.yaml").touch()
    script = tmp_path / "pulumi"
    script.write_text(SHOWS_ITS_ENVIRONMENT)
    script.chmod(0o755)
    monkeypatch.setattr(pulumi_cli, "binary", lambda: script)
    monkeypatch.setenv("TRACKFORM_ALLOW", "gone:funnel")
    (allowed,) = pulumi_cli.preview_json("acme", tmp_path)["steps"]
    assert set(allowed.split(",")) == {"gone:funnel"} | {
        f"{action}:{kind.name}" for kind in SECTIONS.values() for action in ACTIONS
    }
