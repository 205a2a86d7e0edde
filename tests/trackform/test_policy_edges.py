"""What stacks/policy.yaml may look like."""

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
