"""What stacks/policy.yaml may look like."""

import re
from pathlib import Path

import pytest

from trackform.documents.problems import Problems
from trackform.policy import read_policy


@pytest.mark.parametrize("name", ["rules", "live", "limits"])
@pytest.mark.parametrize("value", ["3", "[a]", "yes"])
def test_each_part_of_a_policy_is_a_map(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"# ours\n{name}: {value}\n", encoding="utf-8")
    with pytest.raises(Problems) as told:
        read_policy(tmp_path, [])
    (problem,) = told.value.problems
    assert str(problem).endswith(f"policy.yaml:2: {name}: must be a map")


@pytest.mark.parametrize("value", ["soon", "no", "[paused]", "3"])
def test_when_new_campaigns_start_is_one_of_two_words(tmp_path: Path, value: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"# ours\nnew_campaigns: {value}\n", encoding="utf-8")
    with pytest.raises(Problems) as told:
        read_policy(tmp_path, [])
    (problem,) = told.value.problems
    assert str(problem).endswith("is not one of paused, running")
    assert "policy.yaml:2: new_campaigns: " in str(problem)


@pytest.mark.parametrize(("text", "start"), [("null", "paused"), ("paused", "paused"), ("running", "running")])
def test_when_new_campaigns_start(tmp_path: Path, text: str, start: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"new_campaigns: {text}\n", encoding="utf-8")
    assert read_policy(tmp_path, []).new_campaigns == start


@pytest.mark.parametrize("name", ["rules", "live", "limits"])
@pytest.mark.parametrize("value", ["{}", "null"])
def test_a_part_that_is_empty_says_nothing(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"{name}: {value}\n", encoding="utf-8")
    assert read_policy(tmp_path, []) == read_policy(tmp_path / "nowhere", [])


def test_the_policy_is_called_by_its_path_wherever_it_is_named() -> None:
    """`policy.yaml` alone sends people to look for it in the project's folder."""
    root = Path(__file__).parents[2]
    files = [path for folder in ("providers", "trackform", "docs") for path in (root / folder).rglob("*.*")]
    bare = re.compile(r"(?<!/)\bpolicy\.yaml")
    for file in (path for path in files if path.suffix in (".py", ".md")):
        lines = file.read_text(encoding="utf-8").splitlines()
        shown = [f"{file.relative_to(root)}: {line}" for line in lines if bare.search(line)]
        assert [line for line in shown if 'FILE = Path("stacks") / "policy.yaml"' not in line] == []
