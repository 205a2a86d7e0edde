"""Does a bridge keep its promises? ``pytest tests/contract/test_bridge.py --bridge-url URL``; see ``docs/bridge.md``.

It makes objects, and deletes them again: run it on an account that is there for tests.
"""

from collections.abc import Callable

import pytest

from tests.contract.promises import PROMISES, kept
from tests.contract.subject import NoRoomError, Subject


@pytest.mark.parametrize(
    ("path", "check"), [pytest.param(path, check, id=f"{path}: {check.__name__}") for path, check in PROMISES]
)
def test_promise(path: str, check: Callable[[Subject], None], subject: Callable[[str], Subject]) -> None:
    try:
        kept(check, subject(path))
    except NoRoomError as full:
        pytest.skip(str(full))
