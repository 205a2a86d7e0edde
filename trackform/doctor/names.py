"""DNS checks of tracking domains. Only on request: they ask the resolver of this machine."""

import socket
import threading
from collections.abc import Callable, Iterator

from trackform.doctor.check_result import CheckResult, ok, unknown, wrong

OF_REDTRACK = (".ttrk.io", ".rdtk.io")
"""What the dedicated domains of RedTrack accounts end in (seen in client code and help articles; the second is old)."""

ADD_CNAME = "add a CNAME to the tracking domain that RedTrack gave the account"

TIMEOUT_S = 5.0

Resolve = Callable[[str], str]
"""A host name -> the name at the end of its CNAMEs. Raises OSError where there is none."""


def canonical_name(host: str) -> str:
    """Ask this machine's resolver.

    Raises:
        OSError: the name does not resolve.
    """
    addresses = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    return next((name for _, _, _, name, _ in addresses if name), host).rstrip(".")


def names(
    hosts: list[str], stack: str, resolve: Resolve = canonical_name, timeout: float = TIMEOUT_S
) -> Iterator[CheckResult]:
    """Check each host: does it lead to RedTrack?"""
    for host in hosts:
        topic = f"DNS {host}"
        target = _within(timeout, resolve, host)
        if target is None:
            yield unknown(topic, f"no answer within {timeout:g} s", "try again, or ask another resolver", stack)
        elif isinstance(target, OSError):
            yield wrong(topic, "the name does not resolve", ADD_CNAME, stack)
        elif target.endswith(OF_REDTRACK):
            yield ok(topic, f"leads to {target}", stack)
        elif target == host:
            yield unknown(
                topic, "resolves, but no CNAME is seen: it has an address of its own, or a proxy hides the CNAME",
                "make it a plain CNAME to RedTrack's domain (DNS only, no proxy in front)", stack,
            )  # fmt: skip
        else:
            yield wrong(
                topic, f"leads to {target}, which is no domain of RedTrack's ({', '.join(OF_REDTRACK)})",
                "point its CNAME to the tracking domain that RedTrack gave the account", stack,
            )  # fmt: skip


def _within(timeout: float, resolve: Resolve, host: str) -> str | OSError | None:
    """The answer, or None: a resolver has no time limit of its own."""
    answers: list[str | OSError] = []

    def ask() -> None:
        try:
            answers.append(resolve(host))
        except OSError as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    return answers[0] if answers else None
