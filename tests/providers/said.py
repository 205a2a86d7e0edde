"""What a person is told in a test."""

import logging

import pytest

from trackform_core.model.messages import read_message


class Said:
    """What a person was told, without the ids."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, logger="trackform")
        self._caplog = caplog

    @property
    def messages(self) -> list[str]:
        return [read_message(each).text for each in self._caplog.messages]

    @property
    def ids(self) -> list[str]:
        return [read_message(each).id for each in self._caplog.messages]

    @property
    def text(self) -> str:
        return "\n".join(self.messages)

    def clear(self) -> None:
        self._caplog.clear()
