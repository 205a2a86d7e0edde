"""What docs/getting-started.md tells people to type: commands that exist, and the first steps as they stand there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from trackform.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line.partition(" #")[0].strip() for block in BLOCKS for line in block.splitlines()]
COMMANDS = [line for line in LINES if line.startswith("trackform ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_and_options_exist(line: str) -> None:
    _, verb, *rest = shlex.split(line)
    context = click.Context(main)
    command = main.get_command(context, verb)
    assert command is not None
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    assert [option for option in rest if option.startswith("--") and option not in known] == []


def test_the_first_file_is_right_as_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stacks", "templates", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    copying = [line for line in LINES if line.startswith(("cp ", "sed "))]
    assert len(copying) == 2
    for line in copying:
        subprocess.run(shlex.split(line), check=True)
    first = (tmp_path / "stacks" / "acme.yaml").read_text(encoding="utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (tmp_path / "stacks" / named).resolve() == tmp_path / "docs" / "account-file.schema.json"
    for arguments in (["validate", "acme", "--matrix"], ["validate", "acme"], ["links", "acme"]):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 0, done.output
