from collections.abc import Iterator

import pytest

from tests.ci.stand_in import Platform, standing_in


@pytest.fixture
def platform() -> Iterator[Platform]:
    with standing_in() as found:
        yield found
