"""Every command of every page exists, with its options, also where only a live account could answer it."""

import re
import shlex
from pathlib import Path

import click
import pytest

from trackform.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = {"commands.md"}
"""Their blocks are usages, with brackets."""


def commands(page: Path) -> list[str]:
    """What a page tells to type of ours: in its blocks, and in its sentences where options are named."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    blocks = [block for language, block in fenced if language in {"", "sh"}]
    lines = [re.split(r"\s#|;|&&", line)[0].strip() for block in blocks for line in block.splitlines()]
    lines += [" ".join(said.split()) for said in re.findall(r"`(trackform [a-z]+[^`]* --[^`]*)`", text)]
    found = [re.sub(r"^.*?(?=\btrackform [a-z])", "", line).removesuffix(')"') for line in lines]
    return list(dict.fromkeys(line for line in found if line.startswith("trackform ")))


LINES = [(page.stem, line) for page in PAGES if page.name not in GENERATED for line in commands(page)]


@pytest.mark.parametrize(("page", "line"), LINES)
def test_commands_and_options_exist(page: str, line: str) -> None:
    _, name, *rest = shlex.split(line)
    command = main.get_command(click.Context(main), name)
    assert command is not None, page
    if isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    known = {"--help"} | {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    typed = {word.partition("=")[0] for word in rest if word.startswith("--") and word != "--"}
    assert typed - known == set(), page


def test_pages_are_read() -> None:
    assert {page for page, _ in LINES} >= {
        "README", "accept", "adopt-and-export", "getting-started", "keys", "probe", "recipes", "reconcile",
        "recordings", "review", "status", "verify",
    }  # fmt: skip
