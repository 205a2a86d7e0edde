"""The parts of a sandbox in one object, which handlers reach by ``world()``."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import current_app, request

from trackform.sandbox.accounts import remember
from trackform.sandbox.clock import SandboxClock
from trackform.sandbox.faults import Faults
from trackform.sandbox.limits import Limits
from trackform.sandbox.log import RequestLog
from trackform.sandbox.store import Store
from trackform.sandbox.switches import Switches

SEED = 24


@dataclass
class Sandbox:
    """State and behaviour behind every blueprint.

    ``deliver`` GETs a URL as the outside world would and answers (status, body); status 0 is a host not found, or a
    connection that broke. ``rng`` has a fixed seed: the same clicks meet the same offers in every run.
    """

    store: Store
    switches: Switches
    clock: SandboxClock
    faults: Faults
    log: RequestLog
    limits: Limits
    deliver: Callable[[str], tuple[int, str]]
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311 - traffic, not secrets

    def __post_init__(self) -> None:
        self._started_with = self.switches.model_copy()

    def reset(self) -> None:
        """Back to an empty sandbox with the switches it was started with."""
        self.store.clear()
        self.faults.clear()
        self.log.clear()
        self.clock.reload()
        self.rng.seed(SEED)
        for name in Switches.model_fields:
            setattr(self.switches, name, getattr(self._started_with, name))


def world() -> Sandbox:
    return cast("Sandbox", current_app.extensions["sandbox"])


def identify(service: str, account: str) -> None:
    """Note whose request this is: makes the account on first use, and names it in the request log."""
    here = world()
    remember(here.store, service, account, here.clock.now())
    request.environ["sandbox.account"] = account
