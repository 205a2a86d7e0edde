"""docs/errors.md, "Pulumi itself says": the real CLI says each of it, and what the table tells to do ends it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.engine import warm
from tests.engine.project import REPOSITORY, Project

pytestmark = pytest.mark.engine

PAGE = (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Pulumi itself says\n")[2].partition("\n## ")[0]
MESSAGES: list[str] = re.findall(r"^\| `(.+?)` \|", TABLE, re.MULTILINE)
OFFER = "pulumi-python:dynamic/redtrack:Offer"


def said(project: Project, *arguments: str, folder: Path | None = None, **env: str | None) -> str:
    """What the CLI says of its failure, in the table's words: with the one row that it is."""
    there, project.folder = project.folder, folder or project.folder
    try:
        done = project.run(*arguments, env=env)
    finally:
        project.folder = there
    assert done.status != 0
    return row_of(done.text)


def row_of(text: str) -> str:
    (row,) = [message for message in MESSAGES if message in text]
    return row


def said_without_a_stack(project: Project) -> str:
    command = [str(project.pulumi), "preview", "--non-interactive"]
    done = subprocess.run(
        command, cwd=project.folder, env=project.environment, capture_output=True, text=True, check=False
    )
    return row_of(done.stderr)


def test_each_row_is_said_and_mended(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    project.write("traffic_channels: {facebook: {}}\n")
    told = [
        said_without_a_stack(project),
        said(
            project, "preview", PULUMI_BACKEND_URL=f"file://{project.folder}/state", folder=tmp_path_factory.mktemp("x")
        ),
        said(project, "import", OFFER, "keto", "123", "--yes"),
    ]
    project.ok("preview")
    text = project.config_file.read_text()
    plain = "\n".join(line for line in text.splitlines() if not line.startswith(("secretsprovider", "encryptedkey")))
    project.config_file.unlink()
    project.stack = "other"
    project.config_file = project.stacks / "Pulumi.other.yaml"
    project.account_file.rename(project.stacks / "other.yaml")
    project.run("stack", "init", "other", "--secrets-provider", "passphrase", env={"PULUMI_CONFIG_PASSPHRASE": "right"})
    project.config_file.write_text(plain + "\n" + project.config_file.read_text())
    told.append(said(project, "preview", PULUMI_CONFIG_PASSPHRASE="wrong"))
    told.append(said(project, "preview", PULUMI_CONFIG_PASSPHRASE=None))
    settings = project.folder / "Pulumi.yaml"
    settings.write_text(re.sub(r"virtualenv: .*", "virtualenv: .venv", settings.read_text()))
    told.append(said(project, "preview", PULUMI_CONFIG_PASSPHRASE="right"))
    (project.folder / ".venv").symlink_to(warm.environment())
    project.ok("preview", env={"PULUMI_CONFIG_PASSPHRASE": "right"})
    assert sorted(told) == sorted(MESSAGES)
