"""The sandbox's files can be read by their owner alone: whoever uses it sends keys there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackform.sandbox.app import DATABASE, create_app


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """A machine on which new files can be read by everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(data: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in (data, *data.iterdir())}


def use(data: Path) -> dict[str, int]:
    app = create_app(data)
    client = app.test_client()
    answer = client.post("/redtrack/sources", json={"title": "a"}, query_string={"api_key": "canary-key"})
    assert answer.status_code in (200, 201)
    app.extensions["sandbox"].store.put("a", "b", {"id": "1"})
    there = modes(data)
    app.extensions["sandbox"].store.close()
    return there


def test_new_files(tmp_path: Path) -> None:
    there = use(tmp_path / "deep" / "data")
    assert there.pop("data") == 0o700
    assert {DATABASE, f"{DATABASE}-wal"} <= there.keys()
    assert set(there.values()) == {0o600}


def test_those_of_an_earlier_version_and_a_folder_that_was_there(tmp_path: Path) -> None:
    data = tmp_path / "data"
    use(data)
    data.chmod(0o755)
    for path in data.iterdir():
        path.chmod(0o644)
    there = use(data)
    assert there.pop("data") == 0o700
    assert set(there.values()) == {0o600}


def test_after_it_was_emptied(tmp_path: Path) -> None:
    data = tmp_path / "data"
    use(data)
    for path in data.iterdir():
        path.unlink()
    there = use(data)
    assert (there.pop("data"), set(there.values())) == (0o700, {0o600})
