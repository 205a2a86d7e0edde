"""The pages come with the package, and what tells to read one is a command that prints it."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from trackform.cli import main

ROOT = Path(__file__).parents[3]
GENERATES_THEM = "trackform/reference/"
TOLD = [
    *(path for path in (ROOT / "trackform").rglob("*.py") if GENERATES_THEM not in path.as_posix()),
    *(ROOT / "trackform" / "init" / "texts").iterdir(), *(ROOT / "providers").rglob("*.py"),
    ROOT / "stacks/policy.yaml",
]  # fmt: skip


@pytest.mark.parametrize("name", ["rules", "rules.md", "docs/rules.md"])
def test_it_prints_a_page(name: str) -> None:
    done = CliRunner().invoke(main, ["docs", name])
    assert (done.exit_code, done.stdout) == (0, (ROOT / "docs/rules.md").read_text(encoding="utf-8"))


def test_without_a_page_it_prints_the_index() -> None:
    assert CliRunner().invoke(main, ["docs"]).stdout == (ROOT / "docs/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "said"), [("rule", 'did you mean "rules"?'), ("zzz", "there are accept, ")])
def test_another_is_refused(name: str, said: str) -> None:
    done = CliRunner().invoke(main, ["docs", name])
    assert (done.exit_code, said in done.output) == (1, True), done.output


def test_what_is_told_to_be_read_can_be() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TOLD]
    names = {name for text in texts for name in re.findall(r"trackform docs (\w[\w-]*)", text)}
    assert names >= {"rules", "state", "probe", "operator", "keys", "guard", "review"}
    assert [name for name in sorted(names) if not (ROOT / "docs" / f"{name}.md").exists()] == []


def test_no_message_names_a_file_that_an_installed_user_has_not() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in TOLD
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"docs/[\w-]+\.md", line) and not re.search(r'^"""|^    ("""|``)|https?://', line)
    }
    assert found == set()
