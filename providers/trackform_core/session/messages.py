"""The messages of one run: a fault that hits 60 objects is told in full once, and is not 60 problems."""

import threading
from collections.abc import Mapping

from trackform_core.http.service_error import SHARED, Reason, ServiceError

SHORT: Mapping[Reason, str] = {
    "unauthorized": "the key is not accepted",
    "no_key": "no API key is given",
    "busy": "too many requests",
    "failed": "the service failed",
    "unreachable": "no answer",
    "address": "the key may not be sent to its address",
    "not_json": "no JSON",
    "refused": "it declined",
    "forbidden": "not allowed",
}


AS_TOLD = ", as told in full for another object"


class Messages:
    """Messages that were told in full already. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.told_in_full: set[tuple[str, ...]] = set()

    def repeats(self, *message: str) -> bool:
        """Whether this message was told before; from now on it was."""
        with self._lock:
            known = message in self.told_in_full
            self.told_in_full.add(message)
            return known

    def once(self, error: ServiceError) -> str:
        """The fault in full the first time, a short line afterwards.

        What is about one object alone is always told in full. A request that reads what several objects need, a
        listing, is about them all.
        """
        request = "" if error.reason in SHARED else error.request
        fault = (error.service, error.reason, error.message, request)
        shared = error.reason in SHARED or request.startswith("GET ")
        if shared and error.reason in SHORT and self.repeats(*fault):
            return f"{error.service}: {SHORT[error.reason]}{AS_TOLD}"
        return str(error)

    def join(self, other: "Messages") -> None:
        """Take over what was told under another name of the same account."""
        self.told_in_full |= other.told_in_full
