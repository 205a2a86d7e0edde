"""What is asked for beside something else."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Work(Generic[Result]):
    """Work that a thread does for another one, and what came of it."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._results: list[Result] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is that of who takes the result
            self._error = error

    def result(self) -> Result:
        """What came of the work, once it is done; or what it raised."""
        if self._error is not None:
            raise self._error
        return self._results[0]


class Aside(threading.Thread, Generic[Result]):
    """Work in a thread of its own. A daemon, as all requests: nobody waits at the end for one that hangs."""

    def __init__(self, work: Callable[[], Result], name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._work = Work(work)
        self.start()

    def run(self) -> None:
        self._work.run()

    def result(self) -> Result:
        """What came of the work, once it is done; or what it raised."""
        self.join()
        return self._work.result()
