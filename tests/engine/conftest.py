"""The project on a served sandbox: one sandbox a test process, emptied for every test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.applied import NAMES, SetUps, channels
from tests.engine.project import Project
from tests.engine.served import Keys, Served, serving
from tests.engine.warm import PULUMI
from trackform.sandbox.app import DATABASE


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sandbox's state."""
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="session")
def sandbox_url(data: Path) -> Iterator[str]:
    if not PULUMI.exists():
        pytest.skip("no .venv/bin/pulumi: run `make setup`")
    with serving(data) as url:
        yield url


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[Served]:
    """An empty sandbox with the default switches, and keys that nobody used before."""
    served = Served(sandbox_url)
    served.reset()
    yield served
    served.close()


@pytest.fixture(scope="session")
def blank(sandbox_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with an empty stack ``demo``, to copy from: `stack init` takes its time."""
    return Project(tmp_path_factory.mktemp("blank"), Served(sandbox_url)).folder


@pytest.fixture
def project(tmp_path: Path, sandbox: Served, blank: Path) -> Project:
    """A clone of the project whose stack ``demo`` has the demo account's file."""
    made = Project(tmp_path / "project", sandbox, blank=blank)
    made.demo()
    return made


@pytest.fixture(scope="session")
def set_ups(sandbox_url: str, data: Path, blank: Path, tmp_path_factory: pytest.TempPathFactory) -> SetUps:
    return SetUps(sandbox_url, data / DATABASE, blank, tmp_path_factory.mktemp)


@pytest.fixture
def demo(set_ups: SetUps, tmp_path: Path) -> Iterator[Project]:
    """The demo account, set up; its requests are forgotten."""
    made = set_ups.copy("demo", tmp_path / "project", lambda _project: None)
    yield made
    made.sandbox.close()


@pytest.fixture
def second(tmp_path: Path, sandbox_url: str) -> Iterator[Callable[[str], Project]]:
    """Further stacks of the same clone, each with keys of its own."""
    made: list[Served] = []

    def make(stack: str) -> Project:
        other = Served(sandbox_url, Keys())
        made.append(other)
        return Project(tmp_path / "project", other, stack=stack)

    yield make
    for other in made:
        other.close()


@pytest.fixture
def twelve(set_ups: SetUps, tmp_path: Path) -> Iterator[Project]:
    """A stack of twelve channels, set up."""
    made = set_ups.copy("twelve", tmp_path / "project", lambda project: project.write(channels(*NAMES)))
    yield made
    made.sandbox.close()
