"""The bounds of all that is asked of a service: how long, how often, how much. Each stands here and nowhere else."""

from dataclasses import dataclass

import httpx

MIB = 2**20


@dataclass(frozen=True)
class Bounds:
    """Times are seconds. docs/behaviour.md says what a person sees of each."""

    silence: float = 30.0
    """A connection on which nothing arrives."""
    attempt: float = 60.0
    """One attempt from the name's look-up to the last byte, however busily it trickles."""
    attempts: int = 4
    request: float = 300.0
    """All attempts of one request, with the waits between them."""
    run: float = 7200.0
    """All requests of one process: the time in which at least one is under way. A person who thinks costs nothing."""
    wait: float = 90.0
    """A wait that a service asks for. RedTrack's limits are per calendar minute: a longer one is about something else,
    and nobody sits it out."""
    hidden: float = 120.0
    """How long a listing and a search may hide what was made: a create whose answer was lost is sent again only when it
    is that old. Half a second was seen (seen in client code)."""
    shown_after: float = 5.0
    """Waiting for an answer, before it is told."""
    body: int = 32 * MIB
    """Bytes of an answer as it is read, that is unpacked. A page of a listing has some hundred kilobytes."""
    depth: int = 64
    """Maps and lists of an answer within each other."""
    parts: int = 500_000
    """Maps and lists of an answer in all: in memory an empty one is forty times as large as it is written."""
    at_once: int = 32
    """Calls of Pulumi's engine that the plugin serves at a time, as many as `PULUMI_PARALLEL` of our environments lets
    it send: with the four of the SDK's launcher a first `pulumi up` of a thousand objects spends its time waiting."""
    in_flight: int = at_once
    """Requests to one service at a time: as many as the plugin serves calls. After a complaint it begins with one."""
    least_per_minute: int = 5
    """Requests a minute that the limiter never goes below, whatever it learned."""


BOUNDS = Bounds()


class Unusable(httpx.RequestError):
    """An answer that goes beyond a bound, or that nobody can unpack: asked again it would be the same."""


class Late(httpx.ReadTimeout):
    """No full answer in the time of an attempt."""


class Waits(httpx.RequestError):
    """The service wants to be left alone for longer than anybody waits. Nothing was done."""


class RunEnded(Waits):
    """The time of the whole run is up. Nothing was sent."""
