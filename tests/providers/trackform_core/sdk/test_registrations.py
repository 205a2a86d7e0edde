"""The SDK has one thing to wait for, which ends with the last output, or with the first that failed."""

import asyncio
from typing import Any

from trackform_core.sdk.registrations import wait_for_all


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
