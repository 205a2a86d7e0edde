"""The SDK has one thing to wait for, which ends with the last output, or with the first that failed; and says less."""

import asyncio
from types import ModuleType
from typing import Any

import pytest

from trackform_core.sdk.program import leave_out_debug, wait_for_all


class Output:
    """Known when it is told."""

    def __init__(self) -> None:
        self.told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def future(self) -> str:
        return await self.told


async def ran() -> None:
    """Let all that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_it_ends_when_every_output_is_known_also_those_that_were_declared_later() -> None:
    async def play() -> None:
        calls: list[Any] = []
        outputs = [Output(), Output()]
        wait_for_all(calls, outputs)
        await ran()
        outputs.append(Output())
        for each in outputs:
            await ran()
            assert not calls[0].done()
            each.told.set_result("known")
        await calls[0]
        await ran()
        assert asyncio.all_tasks() == {asyncio.current_task()}, "nothing goes on waiting"

    asyncio.run(play())


def test_it_ends_with_the_first_failure_and_raises_nothing() -> None:
    async def play() -> None:
        calls: list[Any] = []
        outputs = [Output(), Output()]
        wait_for_all(calls, outputs)
        outputs[1].told.set_exception(ValueError("refused"))
        assert await calls[0] is None
        assert not outputs[0].told.done()

    asyncio.run(play())


@pytest.mark.parametrize("asked_for", [False, True])
def test_debugging_is_sent_to_who_asks_for_it(monkeypatch: pytest.MonkeyPatch, asked_for: bool) -> None:
    monkeypatch.setenv("PULUMI_OPTION_DEBUG", str(asked_for).lower())
    said: list[str] = []
    log = ModuleType("log")
    vars(log).update(debug=said.append, info=said.append)
    leave_out_debug(log)
    log.debug("each property of it")
    log.info("a word")
    assert said == (["each property of it"] if asked_for else []) + ["a word"]
