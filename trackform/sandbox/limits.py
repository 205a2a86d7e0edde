"""The rate limit: requests per minute and account."""

import threading
from collections import Counter

from trackform.sandbox.clock import SandboxClock

SECONDS = 60


class Limits:
    """Counts by calendar minute, as RedTrack's own limits were seen to do; skipping time on the clock resets it."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._minute = ""
        self._used: Counter[str] = Counter()

    def wait(self, account: str, per_minute: int) -> int:
        """Count one request; 0 if it may pass, else the seconds until the next one may."""
        if not per_minute:
            return 0
        now = self._clock.now()
        with self._lock:
            minute = now.isoformat(timespec="minutes")
            if minute != self._minute:
                self._minute = minute
                self._used.clear()
            self._used[account] += 1
            return SECONDS - now.second if self._used[account] > per_minute else 0
