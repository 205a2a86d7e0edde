"""What `trackform operator` says where it does nothing: typed as it says, it goes on."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.trackform.operator.test_verb import WHO, call, project
from trackform.project import live
from trackform_core.errors import TrackformError

__all__ = ["project"]


def test_which_stack(project: Path) -> None:
    (project / "stacks/beta.yaml").write_text((project / "stacks/demo.yaml").read_text())
    said = call().output
    (flag, names) = re.findall(r"name a stack, or use (--all); known: (.*)", said)[0]
    for chosen in (flag, *names.split(", ")):
        assert call(chosen, "--list").exit_code == 4


@pytest.mark.usefixtures("project")
def test_which_step() -> None:
    said = call("demo", *WHO, "--confirm", "postbacks/sold").output
    (known,) = re.findall(r"Open: (.*)", said)
    assert call("demo", *WHO, "--confirm", known.split(", ")[0]).exit_code == 4


@pytest.mark.usefixtures("project")
def test_nobody_answers() -> None:
    said = call("demo", *WHO).output
    listing, confirming = re.findall(r"`(--[^`]+)`", said)
    assert call("demo", listing).exit_code == 4
    assert call("demo", *WHO, *confirming.replace("NAME", "postbacks/sales").split()).exit_code == 4


def test_who_signs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    subprocess.run(["git", "init"], cwd=project, check=True, capture_output=True)
    said = call("demo", "--confirm", "postbacks/sales").output
    assert call("demo", "--confirm", "postbacks/sales", *re.findall(r"Say it with (--who)", said), "Ann").exit_code == 4
    (command,) = re.findall(r"`(git [^`]+)`", said)
    subprocess.run(shlex.split(command.replace("NAME", "Ben")), cwd=project, check=True)
    assert "by Ben" in call("demo", "--confirm", "postbacks/returns").output


def test_a_secret_that_cannot_be_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = project / "stacks/shared/digistore24.yaml"
    shared.write_text(shared.read_text().replace("sales: {", "sales: {token: {secret: ptoken}, "))
    (project / "stacks/Pulumi.demo.yaml").write_text("config:\n  trackform:ptoken: {secure: x}\n")

    def decrypted(_stack: str) -> dict[str, str]:
        """As the CLI: with what opens the stack's secrets in the environment."""
        if "PULUMI_CONFIG_PASSPHRASE" not in os.environ:
            raise TrackformError("no passphrase")
        return {"ptoken": "canary"}

    monkeypatch.setattr(live, "decrypted", decrypted)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    said = call("demo", *WHO, "--confirm", "postbacks/sales").output
    (variable,) = re.findall(r"Set ([A-Z_]+)", said)
    monkeypatch.setenv(variable, "")
    done = call("demo", *WHO, "--confirm", "postbacks/sales")
    assert (done.exit_code, "postbacks/sales is confirmed" in done.output) == (4, True)
