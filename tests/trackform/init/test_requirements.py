"""What a project is pinned to: where trackform was installed from, and the version of each package."""

import json
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace
from typing import Any

import pytest

from trackform.init import requirements as written
from trackform.init.requirements import doubts, requirements, source


class Installed:
    """A distribution with what an installer wrote down of its origin."""

    version = "0.2.0"

    def __init__(self, origin: object) -> None:
        self.origin = origin
        self.metadata = {"Name": "trackform"}

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self.origin is None else json.dumps(self.origin)


WHEEL = "https://wheels.acme.test/trackform-0.2.0-py3-none-any.whl"
GIT = {"vcs": "git", "commit_id": "9aa0a9b", "requested_revision": "main"}


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (None, "trackform==0.2.0"),
        ({"url": WHEEL, "archive_info": {}}, f"trackform @ {WHEEL}"),
        ({"url": WHEEL, "archive_info": {"hash": "sha256=ab"}}, f"trackform @ {WHEEL}#sha256=ab"),
        ({"url": WHEEL, "archive_info": {"hashes": {"sha256": "cd"}}}, f"trackform @ {WHEEL}#sha256=cd"),
        ({"url": "https://git.acme.test/t", "vcs_info": GIT}, "trackform @ git+https://git.acme.test/t@9aa0a9b"),
        (
            {"url": "ssh://git@git.acme.test/t", "vcs_info": GIT, "subdirectory": "py"},
            "trackform @ git+ssh://git@git.acme.test/t@9aa0a9b#subdirectory=py",
        ),
        ({"url": "https://me:canary@git.acme.test/t", "vcs_info": GIT}, "trackform @ git+https://git.acme.test/t@9aa0a9b"),
        ({"url": "https://canary@wheels.acme.test/t.whl"}, "trackform @ https://wheels.acme.test/t.whl"),
        (
            {"url": "https://${USER}:${TOKEN}@wheels.acme.test/t.whl"},
            "trackform @ https://${USER}:${TOKEN}@wheels.acme.test/t.whl",
        ),
        ({"url": "file:///src/trackform", "dir_info": {"editable": True}}, "trackform @ file:///src/trackform"),
    ],
)  # fmt: skip
def test_where_it_was_installed_from(origin: object, line: str) -> None:
    assert source(Installed(origin)) == line  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("trackform==0.2.0", ""),
        (f"trackform @ {WHEEL}#sha256=cd", ""),
        ("trackform @ file:///dist/trackform-0.2.0-py3-none-any.whl#sha256=cd", "a file of this machine"),
        ("trackform @ file:///src/trackform", "a folder of this machine"),
    ],
)
def test_what_only_this_machine_has_is_said(line: str, said: str) -> None:
    assert said in doubts(f"# head\n{line}\nclick==8\n")
    assert bool(doubts(f"{line}\n")) == bool(said)


def test_every_package_has_its_version_and_none_is_for_tests() -> None:
    lines = requirements().splitlines()
    assert lines[1].startswith("trackform")
    assert {f"pulumi=={version('pulumi')}", f"click=={version('click')}", f"grpcio=={version('grpcio')}"} <= set(lines)
    # Over two others: httpx needs httpcore, and that needs it.
    assert f"h11=={version('h11')}" in lines
    names = {line.partition("==")[0].lower() for line in lines[2:]}
    assert not names & {"flask", "pytest", "hypothesis", "trackform"}
    assert len(names) == len(lines) - 2


def test_a_package_for_another_system_hides_none_that_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {"ours": ["colorama; os_name == 'nt'", "one", "two"], "one": ["Deep_er>=1", "x; extra == 'y'"]}
    here = {"ours", "one", "two", "Deep_er"}

    def distribution(name: str) -> Any:
        if name not in here:
            raise PackageNotFoundError(name)
        return SimpleNamespace(name=name, requires=needs.get(name))

    monkeypatch.setattr(written, "distribution", distribution)
    assert [each.name for each in written._needed("ours")] == ["one", "two", "Deep_er"]
