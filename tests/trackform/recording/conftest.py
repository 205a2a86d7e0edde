"""The stage of `trackform probe`'s tests."""

from tests.trackform.probe.conftest import stage

__all__ = ["stage"]
