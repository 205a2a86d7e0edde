"""Errors of services: a refusal, or no answer."""

import re
from typing import Literal

from trackform_core.errors import TrackformError
from trackform_core.text.shown import fit_to_show

Reason = Literal[
    "not_found",  # the object is not there, said by the service itself
    "unauthorized",  # the key is not taken
    "no_key",  # there is none to send; nothing was
    "forbidden",  # the key is taken, the plan or the key's rights do not allow this
    "refused",  # the service read the request and declined it
    "busy",  # rate limit, still after waiting
    "failed",  # the service broke (5xx)
    "unreachable",  # no answer, or half of one
    "address",  # it is not where the key may be sent; nothing was
    "not_json",  # something answered that is not the API
]


SHARED: frozenset[Reason] = frozenset({
    "unauthorized", "no_key", "busy", "failed", "unreachable", "address", "not_json",
})  # fmt: skip
"""Faults that are not about one object: the next request meets them as well."""

ADVICE: dict[Reason, str] = {
    "refused": "Correct what it names. If that is nothing of yours, run again later, or ask the service's support",
    "forbidden": "The key is accepted, but its rights or the account's plan do not allow this. Use a key that may, or "
    "make the change by hand in the web application",
    "not_found": "It is not there: deleted meanwhile, or in another account. Run again: what is gone is made anew",
    "not_json": "Run again later; if it stays so, ask the service's support",
    "busy": "Wait a minute and run again: what was written stays, nothing is doubled",
    "failed": "Run again later: what was written is found again, nothing is doubled",
}


LONGEST = 2_000
"""Characters of a message that are shown."""
LOOKED_AT = 20_000
"""Characters of a message that are looked at: what is left of them without secrets is longer than what is shown."""


def _line(message: str) -> str:
    """What a service said, in one line, of a length that somebody reads. It is cut last: half a key is one too."""
    most = message if len(message) <= LOOKED_AT else f"{message[: LOOKED_AT // 2]} … {message[-LOOKED_AT // 2 :]}"
    said = re.sub(r"\s*[\r\n]\s*", " ", fit_to_show(most))
    if len(said) <= LONGEST:
        return said
    # What there is to do stands at the end.
    return f"{said[: LONGEST // 2]}… ({len(message):,} characters) …{said[-LONGEST // 2 :]}"


class ServiceError(TrackformError):
    """A service said no, or nothing. ``str()`` is for the person who reads it and never holds a key.

    ``ambiguous`` tells that a write may have been applied all the same: look before writing again. ``advice`` is the
    way out, where there is one to tell. ``by_hand``: only a person can bring about what was refused.
    ``may_exist``: it was to create an object, and nobody saw whether it did.
    """

    def __init__(
        self,
        service: str,
        reason: Reason,
        message: str,
        *,
        request: str = "",
        status: int | None = None,
        ambiguous: bool = False,
    ) -> None:
        self.service = service
        self.reason = reason
        message = _line(message)
        self.message = message
        self.request = _line(request)
        self.status = status
        self.ambiguous = ambiguous
        self.advice = ADVICE.get(reason, "")
        self.by_hand = False
        self.may_exist = False
        super().__init__(message)
        self.args = (service, reason, message)

    def __str__(self) -> str:
        request = f" [{self.request}]" if self.request else ""
        return f"{self.service}: {self.message}{request}" + (f". {self.advice}" if self.advice else "")
