"""The tool that changes the code, on a project so small that every change is known."""

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "mutants"
PLUGINS = "xdist.plugin,pytest_cov.plugin,pytest_timeout"
PROJECT = {
    "pyproject.toml": """
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
[tool.mutants]
sources = ["shop"]
measured = ["shop"]
pytest = ["tests"]
""",
    "shop/__init__.py": "",
    "shop/prices.py": '''"""Prices."""

LIMIT: int = 30


def tested(price: int) -> bool:
    """Whether it is within the limit."""
    return price <= LIMIT


def executed(price: int) -> int:
    return price + 1


def forgotten(price: int) -> int:
    return price - 1
''',
    "tests/test_prices.py": """
import subprocess
from pathlib import Path

from shop.prices import executed, tested


def test_the_limit():
    assert tested(29) is tested(30) is True
    assert tested(31) is False


def test_nothing():
    executed(1)


def test_git_knows_what_is_there():
    assert "shop/prices.py" in subprocess.check_output(["git", "ls-files"], text=True)


def test_the_first_time_only():
    executed(2)
    before = Path("ran")
    assert not before.exists()
    before.touch()
""",
    "page.md": "# Figures\n\n<!-- mutants: written by `make mutants` -->\n<!-- mutants: end -->\n\nThe end.\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def mutants(project: Path, *arguments: str, status: int = 0) -> str:
    # Not those of this run: they would measure, and name, what the inner one does.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    # Loading all that are installed takes longer than the inner tests, a dozen times.
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": PLUGINS}
    done = subprocess.run(
        [sys.executable, TOOL, "--project", project, "--workers", "1", *arguments],
        env=environment, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def sources(project: Path) -> dict[str, str]:
    return {name: hashlib.sha256((project / name).read_bytes()).hexdigest() for name in PROJECT if name != "page.md"}


def verdicts(out: str) -> list[tuple[str, str]]:
    return [(line.split()[2], line.split()[1]) for line in out.splitlines() if line[:4].strip().isdecimal()]


@pytest.fixture(scope="module")
def sample(project: Path) -> str:
    before = sources(project)
    out = mutants(project, "--seed", "3", "--write", "page.md")
    assert sources(project) == before
    return out


def test_a_tested_line_is_noticed_and_others_survive_or_have_no_test(project: Path, sample: str) -> None:
    assert dict(verdicts(sample)) == {
        "shop/prices.py:3": "noticed",
        "shop/prices.py:8": "noticed",
        "shop/prices.py:12": "noticed",  # for now: by a test that fails without the change as well
        "shop/prices.py:16": "untested",
    }
    assert "survived: shop/prices.py:12  in executed\n    - return price + 1\n" in sample


def test_a_test_that_fails_now_and_then_has_noticed_nothing(sample: str) -> None:
    told = "left out, because it fails now and then without a change: tests/test_prices.py::test_the_first_time_only"
    assert told in sample


def test_a_copy_is_under_git_as_the_project_is(sample: str) -> None:
    """Or else the tests that ask git would be left out."""
    assert "test_git_knows_what_is_there" not in sample


def test_the_figures_go_into_the_page_between_the_marks(project: Path, sample: str) -> None:
    page = (project / "page.md").read_text()
    assert "| shop | 4 | 2 | 50 % |\n| all | 4 | 2 | 50 % |\n" in page
    assert "Seed 3: 4 mutants" in page
    assert page.startswith("# Figures\n")
    assert page.endswith("\n\nThe end.\n")


def test_what_no_test_executes_is_listed(project: Path, sample: str) -> None:
    out = mutants(project, "--unreached")
    assert "shop/prices.py: 16\n" in out
    assert "all: 1 of 7 statements" in out


def test_a_file_of_tests_that_cannot_be_read_ends_it(project: Path) -> None:
    """Its lines would count as executed by none."""
    broken = project / "tests" / "test_broken.py"
    broken.write_text("from nowhere import thing\n")
    try:
        assert "the tests could not be run" in mutants(project, "--unreached", status=1)
    finally:
        broken.unlink()


def test_a_mutant_that_nobody_can_see_is_named_with_a_reason_and_the_seed_draws_the_same(
    project: Path, sample: str
) -> None:
    survivor = sample.partition("survived: shop/prices.py:12")[2].splitlines()
    was, becomes = (line.strip().partition(" ")[2] for line in survivor[1:3])
    named = project / "tools" / "mutants" / "equivalent.toml"
    named.parent.mkdir(parents=True)
    named.write_text(
        f'[[equivalent]]\nfile = "shop/prices.py"\nfunction = "executed"\nwas = "{was}"\nbecomes = "{becomes}"\n'
        'reason = "nobody reads it"\n'
    )
    out = mutants(project, "--seed", "3", "--most", "3")
    first = [line for line in sample.splitlines() if line.startswith("    ")]
    assert [place for place, _ in verdicts(out)] == [place for place, _ in verdicts(sample)][:3]
    assert {line for line in out.splitlines() if line.startswith(("    -", "    +"))} <= set(first)
    assert ("shop/prices.py:12", "equivalent") in verdicts(out)
    assert "because nobody reads it" in out
    assert "| shop | 2 | " in out


def test_equivalent_mutants_are_named_with_a_reason_and_still_there() -> None:
    entries = tomllib.loads((TOOL / "equivalent.toml").read_text(encoding="utf-8")).get("equivalent", [])
    for entry in entries:
        source = " ".join((ROOT / entry["file"]).read_text(encoding="utf-8").split())
        assert entry["was"] in source, f"{entry['file']} has no more `{entry['was']}`: take it out of equivalent.toml"
        assert len(entry["reason"].split()) > 3, entry
        assert entry["was"] != entry["becomes"]
