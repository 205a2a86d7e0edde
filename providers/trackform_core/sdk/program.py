"""The program of thousands of resources: what the SDK waits for at its end, and what it says on the way."""

import asyncio
import os
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Protocol

WITH_DEBUG = {"PULUMI_OPTION_DEBUG": "true"}
"""Pulumi's own variable for its option `--debug`, of which itself a program is not told."""


class Known(Protocol):
    """An output, as far as it says when it is known."""

    async def future(self) -> Any: ...


def wait_for_all(calls: list[Any], outputs: Sequence[Known]) -> None:
    """Have the program's end wait for one call more, which ends when every output is known, or one of them failed.

    All resources wait for the Account, so the SDK finds no call under way when the program has declared the last one.
    It then waits for whichever output comes next, and looks through all the others each time: with a thousand resources
    that took half of the program's time. ``outputs`` may still grow.
    """
    calls.append(asyncio.ensure_future(_known(outputs)))


async def _known(outputs: Sequence[Known]) -> None:
    heard = 0
    while heard < len(outputs):
        more = outputs[heard:]
        heard += len(more)
        failed = asyncio.Event()
        each_of_them = [asyncio.ensure_future(_heard(each, failed)) for each in more]
        either: list[asyncio.Future[Any]] = [asyncio.gather(*each_of_them), asyncio.ensure_future(failed.wait())]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if failed.is_set():
            return
        either[1].cancel()


async def _heard(output: Known, failed: asyncio.Event) -> None:
    try:
        await output.future()
    except Exception:  # noqa: BLE001 -- who declared it tells; nothing is waited for any longer
        failed.set()


def leave_out_debug(log: ModuleType) -> None:
    """Keep the SDK from sending four messages of debugging for each resource, with all its properties.

    Without `--debug` the engine throws them away; a preview waited an eighth of its time for them.
    """
    if not WITH_DEBUG.items() <= os.environ.items():
        vars(log)["debug"] = _unsaid


def _unsaid(*_args: Any, **_options: Any) -> None:
    """Nothing is sent."""
