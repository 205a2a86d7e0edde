"""As many threads as the plugin has workers, against a service that takes so many requests a minute."""

import heapq
import threading
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

import httpx
import pytest

from trackform_core.http.bounds import BOUNDS
from trackform_core.http.limiter import Limiter, Run
from trackform_core.http.retry import RetryTransport

PER_MINUTE, LATENCY = 60, 0.1
AGAIN = 20
"""One at a time asks whether a wait that was guessed is over, ten times a minute at most. And some are under way when
the second minute is full, where nothing could be learned in the first one."""


@dataclass
class Time:
    """Time that goes on when all threads sleep."""

    awake: int
    now: float = 37.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    sleepers: list[tuple[float, int, threading.Event]] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        rung = threading.Event()
        with self.lock:
            heapq.heappush(self.sleepers, (self.now + seconds, next(self.numbers), rung))
            self._rest()
        rung.wait()

    def end(self) -> None:
        with self.lock:
            self._rest()

    def _rest(self) -> None:
        self.awake -= 1
        if not self.awake and self.sleepers:
            at, _, rung = heapq.heappop(self.sleepers)
            self.now, self.awake = max(self.now, at), 1
            rung.set()


class Service(httpx.BaseTransport):
    """Counts by the calendar minute; of the first one others have used ``used``."""

    def __init__(self, time: Time, used: int, *, tells: bool) -> None:
        self.time = time
        self.tells = tells
        self.taken = Counter({0: used})
        self.refused: Counter[int] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        with self.time.lock:
            minute, into = divmod(self.time.now, 60)
            takes = self.taken[int(minute)] < PER_MINUTE
            (self.taken if takes else self.refused)[int(minute)] += 1
        self.time.sleep(LATENCY)
        if takes:
            return httpx.Response(200)
        return httpx.Response(429, headers={"Retry-After": str(int(60 - into))} if self.tells else {})


def played(asked: int, service: Service, workers: int) -> Counter[int]:
    time = service.time
    retrying = RetryTransport(
        service, limiter=Limiter("RedTrack", BOUNDS, time.sleep, time), run=Run(time), service="RedTrack",
        sleep=time.sleep, clock=time,
    )  # fmt: skip
    begin, answers, left = threading.Barrier(workers), Counter[int](), iter(range(asked))

    def work() -> None:
        begin.wait()
        while next(left, None) is not None:
            answer = retrying.handle_request(httpx.Request("POST", "http://127.0.0.1/offers"))
            with time.lock:
                answers[answer.status_code] += 1
        time.end()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


@pytest.mark.parametrize("workers", [4, BOUNDS.at_once])
@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("used", [0, PER_MINUTE])
def test_no_request_fails_where_so_many_go_in_a_minute(
    workers: int, tells: bool, used: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Also where nothing says for how long to wait, and where others have asked before."""
    asked = 4 * PER_MINUTE
    service = Service(Time(workers), used, tells=tells)
    assert played(asked, service, workers) == {200: asked}
    # Who is under way when it first complains is refused; after that the number is known.
    assert service.refused.total() <= workers + AGAIN
    assert caplog.text.count("asks to wait") <= 3 * (2 if used else 1), "each wait is told once, not by each thread"
    minutes = asked / PER_MINUTE + bool(used)
    assert service.time.now <= 60 * minutes * 1.3
