"""The project on a served sandbox: one sandbox a test process, emptied for every test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.project import PULUMI, Project
from tests.engine.served import Keys, Served, serving


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    if not PULUMI.exists():
        pytest.skip("no .venv/bin/pulumi: run `make setup`")
    with serving() as url:
        yield url


@pytest.fixture
def sandbox(sandbox_url: str) -> Iterator[Served]:
    """An empty sandbox with the default switches, and keys that nobody used before."""
    served = Served(sandbox_url)
    served.reset()
    yield served
    served.http.close()


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


@pytest.fixture
def demo(project: Project) -> Project:
    """The demo account, set up; its requests are forgotten."""
    project.up_ok()
    project.sandbox.forget_requests()
    return project


@pytest.fixture
def second(tmp_path: Path, sandbox: Served) -> Iterator[Callable[[str], Project]]:
    """Further stacks of the same clone, each with keys of its own."""
    made: list[Served] = []

    def make(stack: str) -> Project:
        other = sandbox.with_keys(Keys())
        made.append(other)
        return Project(tmp_path / "project", other, stack=stack)

    yield make
    for other in made:
        other.http.close()
