"""A file may say which versions of trackform it is for."""

from importlib.metadata import version
from pathlib import Path

import pytest

from trackform.account_file.models import read_account
from trackform.documents import needed_version
from trackform.documents.problems import Problems

HERE = version("trackform")


def read(folder: Path, said: str, more: str = "") -> None:
    (folder / "acme.yaml").write_text(f"trackform: {said}\nempty: true\n{more}", encoding="utf-8")
    assert read_account(folder / "acme.yaml").file.empty


@pytest.mark.parametrize("said", ['">=0.1"', f'"=={HERE}"', '">=0.0.1,<9"', '"~=0.1"', '"!=0.0.9"'])
def test_a_range_with_this_version_changes_nothing(tmp_path: Path, said: str) -> None:
    read(tmp_path, said)


def test_another_version_is_refused_at_its_line_and_nothing_else_is_told(tmp_path: Path) -> None:
    """What the file says besides may be words of the version that it is for."""
    with pytest.raises(Problems) as caught:
        read(tmp_path, '">=9.2"', "of_the_future: true\n")
    (problem,) = caught.value.problems
    assert str(problem).endswith(
        f"acme.yaml:1: trackform: this file is for trackform >=9.2, and {HERE} is installed; install one that fits, "
        "then run `trackform upgrade`; or take the line out, where nothing in the file needs it"
    )


def test_a_shared_file_says_it_for_itself(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "base.yaml").write_text('domains: {}\ntrackform: "<0.1"\n', encoding="utf-8")
    with pytest.raises(Problems) as caught:
        read(tmp_path, '">=0.1"', "extends: [shared/base.yaml]\n")
    assert "shared/base.yaml:2: trackform: this file is for trackform <0.1" in str(caught.value)


@pytest.mark.parametrize("said", ["0.2", '"0.2"', '"> 0.2 or so"', "[]", "null", '""', "true"])
def test_what_is_no_range_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(Problems) as caught:
        read(tmp_path, said)
    assert f'trackform: must be a range of versions, in quotes; such as trackform: ">={HERE}"' in str(caught.value)


def test_a_candidate_is_before_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needed_version, "version", lambda _: "0.2rc1")
    assert needed_version.objection(">=0.1") == ("", "")
    assert needed_version.objection(">=0.2")[0] == "this file is for trackform >=0.2, and 0.2rc1 is installed"
