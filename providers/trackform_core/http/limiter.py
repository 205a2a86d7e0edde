"""When the next request may go: one limiter for all threads that ask a service, which learns from its answers."""

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from trackform_core.http.bounds import Bounds, RunEnded, Waits

log = logging.getLogger("trackform.http")

MINUTE = 60.0
REMAINING = re.compile(r"(x-)?ratelimit-remaining(-\w+)?")
RESET = re.compile(r"(x-)?ratelimit-reset(-\w+)?")
"""Names of the headers that tell of a limit: RedTrack's end in its period, others stand by themselves."""
NOTICED = 2.0
"""Seconds of a wait that a person notices."""
LOOKS_AGAIN = 0.05
"""Seconds after which one that found too many under way looks again."""
EPOCH = 1e9
"""A reset beyond it is a moment and not a number of seconds."""


@dataclass
class Run:
    """How long this process has been asking: the time in which at least one request was under way."""

    clock: Callable[[], float]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _under_way: int = 0
    _since: float = 0.0
    _before: float = 0.0

    @contextmanager
    def asking(self, bounds: Bounds) -> Iterator[None]:
        """One request.

        Raises:
            RunEnded: the run has asked for long enough.
        """
        with self._lock:
            if self._before + (self.clock() - self._since if self._under_way else 0) >= bounds.run:
                raise RunEnded(f"this run has asked for {bounds.run / MINUTE:.0f} minutes, and asks no more")
            self._since = self._since if self._under_way else self.clock()
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                if not self._under_way:
                    self._before += self.clock() - self._since


class Limiter:
    """Who asks one service waits here. Thread-safe.

    After a 429 nobody asks before the service wants to be asked. Then one does, alone, and whenever as many were
    answered as may ask at a time, one more may. Only so many go in a minute as it took in the minute before. Each
    minute that it does not complain of doubles that number; where all of it was used, only a number that was guessed,
    since more than it was seen to take would be refused. ``remaining: 0`` in an answer's headers is heeded before there
    is a complaint.
    """

    def __init__(
        self, service: str, bounds: Bounds, sleep: Callable[[float], None], clock: Callable[[], float]
    ) -> None:
        self._service = service
        self._bounds = bounds
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._announced = 0.0
        self._closed: tuple[float, str] = (0.0, "")
        self._most: int | None = None
        """Requests that go in one minute; None as long as there was no complaint."""
        self._guessed = False
        """Whether that number is the least, of a minute in which others may have asked as well."""
        self._began = 0.0
        self._sent = 0
        self._taken: deque[float] = deque()
        """When it took something, in the last minute."""
        self._under_way = 0
        self._width = float(bounds.in_flight)
        """How many may be under way at a time, rounded down."""

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn, which lasts as long as the request.

        Raises:
            Waits: the service asked to be left alone for longer than anybody waits.
        """
        self._wait()
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def _wait(self) -> None:
        slept_until = float("-inf")
        while True:
            with self._lock:
                now = max(slept_until, self._clock())
                until, said = self._closed
                if now < until:
                    raise Waits(said)
                start = self._earliest(max(now, self._not_before))
                if start <= now and self._under_way < int(self._width):
                    self._sent += 1
                    self._under_way += 1
                    return
                start = start if start > now else now + LOOKS_AGAIN
                tells = start - now >= NOTICED and start > self._announced
                self._announced = max(self._announced, start)
            if tells:
                log.warning("%s takes no more for now: waiting %.0f s", self._service, start - now)
            self._sleep(start - now)
            # Somebody may have heard a complaint meanwhile, so it is looked at again.
            slept_until = start

    def _earliest(self, start: float) -> float:
        """When a request may go that wants to at ``start``: counted where a number was learned."""
        if start >= self._began + MINUTE:
            if self._most and (self._guessed or self._sent < self._most):
                self._most *= 2
            self._began, self._sent = start, 0
        full = self._most is not None and self._sent >= self._most
        return max(start, self._began + MINUTE) if full else start

    def ask_for(self, seconds: float) -> bool:
        """Nobody asks for so long: the service complained of too many requests. Returns whether that is news."""
        with self._lock:
            now = self._clock()
            is_news = now >= self._not_before
            if is_news:
                self._announced = now + seconds
                taken, least = len(self._taken), self._bounds.least_per_minute
                if taken > least or self._most is not None:
                    self._most, self._guessed = max(least, taken), taken <= least
            # Else it was sent before the complaint was heard.
            self._not_before = max(self._not_before, now + seconds)
            self._began, self._sent = self._not_before, 0
            return is_news

    def close(self, seconds: float, said: str) -> None:
        """Nobody asks for so long, and nobody waits for it."""
        with self._lock:
            self._closed = max(self._closed, (self._clock() + seconds, said))

    def learn(self, response: httpx.Response) -> None:
        """Heed what an answer tells of the limit."""
        with self._lock:
            now = self._clock()
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                self._width = 1.0
            else:
                self._taken.append(now)
                # Before the wait is over it only answers what it was asked before it complained.
                if now >= self._not_before:
                    self._width = min(self._width + 1 / self._width, self._bounds.in_flight)
            while self._taken and self._taken[0] < now - MINUTE:
                self._taken.popleft()
            reset = self._resets_in(response.headers)
            if 0 < reset <= self._bounds.wait:
                self._not_before = max(self._not_before, now + reset)

    @staticmethod
    def _resets_in(headers: httpx.Headers) -> float:
        """Seconds until more is taken; 0 where there is something left, or nothing is told."""
        left, resets = _by_period(REMAINING, headers), _by_period(RESET, headers)
        # One without a period is that of all; another period's says nothing of this one.
        used_up = [resets.get(period, resets.get("")) for period, number_left in left.items() if number_left == 0]
        latest = max((each for each in used_up if each is not None), default=0.0)
        return latest - time.time() if latest > EPOCH else latest


def _by_period(name: re.Pattern[str], headers: httpx.Headers) -> dict[str, float]:
    """The numbers of the headers of a name, by the period that it ends in."""
    numbers = [(name.fullmatch(header), number(value)) for header, value in headers.items()]
    return {match[2] or "": value for match, value in numbers if match and value is not None}


def number(text: str) -> float | None:
    """The number that a header starts with: some tell a quota behind it."""
    read = re.match(r"\s*(\d{1,12}(\.\d+)?)\b", text)
    return float(read[1]) if read else None
