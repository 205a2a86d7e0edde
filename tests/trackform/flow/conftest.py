"""One sandbox for all set-ups."""

from collections.abc import Iterator

import pytest

from tests.trackform.flow.stage import House


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House()
    yield made
    made.close()
