"""Answers with some of it gone, and some of another type: what a service may answer one day."""

import random
from typing import Any

STRANGE: tuple[Any, ...] = (None, "text", 7, [], {}, [1], {"id": 5}, True)


def mangled(value: Any, chance: random.Random) -> Any:
    """A value that is a little otherwise."""
    if chance.random() < 0.04:
        return chance.choice(STRANGE)
    if isinstance(value, dict):
        return {name: mangled(inner, chance) for name, inner in value.items() if chance.random() > 0.04}
    return [mangled(inner, chance) for inner in value] if isinstance(value, list) else value
