"""Which test types the way out of which refusal."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from trackform_core.model.messages import RefusalId

WAYS: dict[RefusalId, list[str]] = {}
"""Refusal -> the tests that do what it says."""


def types_the_way_out_of(*ids: RefusalId) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test. It has to meet each refusal on its ``stack``, and to see it gone."""

    def marked(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def typed(*arguments: Any, **fixtures: Any) -> None:
            test(*arguments, **fixtures)
            stack = fixtures["stack"]
            assert (set(ids) - stack.met, set(ids) - stack.solved) == (set(), set())

        for id_ in ids:
            WAYS.setdefault(id_, []).append(test.__qualname__)
        return typed

    return marked
