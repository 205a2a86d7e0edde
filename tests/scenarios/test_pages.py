"""Every command of every page exists, with its options, and every block of a page is typed by a test."""

import re
import shlex
from pathlib import Path

import click
import pytest

from trackform.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TYPED = {
    "README.md": "tests/scenarios/test_readme.py",
    "docs/adopt-and-export.md": "tests/engine/test_export.py",
    "docs/examples/README.md": "tests/scenarios/test_readme.py",
    "docs/getting-started.md": "tests/scenarios/test_installed.py",
    **dict.fromkeys(
        (
            "docs/accept.md", "docs/bridge.md", "docs/keys.md", "docs/operator.md", "docs/probe.md", "docs/recipes.md",
            "docs/reconcile.md", "docs/recordings.md", "docs/review.md", "docs/state.md", "docs/status.md",
            "docs/verify.md",
        ),
        "tests/engine/test_pages.py",
    ),
    "trackform/init/texts/README.md.j2": "tests/engine/test_pages.py",
}  # fmt: skip
"""Page with commands -> the test that types all of them, in their order, as its reader does."""
NOT_TYPED = {
    "CONTRIBUTING.md": "`.ci/run` runs what it names; the rest needs a network or changes the project",
    "docs/reliability.md": "they take half an hour and more",
}
LANGUAGES = {"ini", "json", "sh", "text", "yaml"}


def commands(page: Path) -> list[str]:
    """What a page tells to type of ours: in its blocks, and in its sentences where options are named."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    blocks = [block for language, block in fenced if language == "sh"]
    lines = [re.split(r"\s#|;|&&", line)[0].strip() for block in blocks for line in block.splitlines()]
    lines += [" ".join(said.split()) for said in re.findall(r"`(trackform [a-z]+[^`]* --[^`]*)`", text)]
    found = [re.sub(r"^.*?(?=\btrackform [a-z])", "", line).removesuffix(')"') for line in lines]
    return list(dict.fromkeys(line for line in found if line.startswith("trackform ")))


LINES = [(page.stem, line) for page in PAGES for line in commands(page)]


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


ALL = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "trackform").rglob("*.md.j2"))]


def test_each_page_with_commands_is_typed_by_a_test_or_says_why_not() -> None:
    with_commands = {
        page.relative_to(ROOT).as_posix()
        for page in ALL
        if "```sh\n" in page.read_text(encoding="utf-8") or page.name == "operator.md"
    }
    assert with_commands == {*TYPED, *NOT_TYPED}


@pytest.mark.parametrize(("page", "test"), TYPED.items())
def test_that_test_is_there(page: str, test: str) -> None:
    name, *_ = Path(page).name.lower().split(".")
    assert name in (ROOT / test).read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_block_says_what_it_is(page: Path) -> None:
    """So none that holds commands is passed over."""
    begins = re.findall(r"^ *```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)[::2]
    assert set(begins) <= LANGUAGES
