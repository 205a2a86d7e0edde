"""No refusal without a test that does what it says, by the words in it, and sees it gone."""

from importlib import import_module
from pathlib import Path
from typing import get_args

from tests.scenarios.ways_out.registry import WAYS
from trackform_core.model.messages import RefusalId


def test_each_refusal_has_a_test_that_types_its_way_out() -> None:
    here = Path(__file__)
    for file in here.parent.glob("test_*.py"):
        if file != here:
            import_module(f"tests.scenarios.ways_out.{file.stem}")
    assert WAYS.keys() == set(get_args(RefusalId))
