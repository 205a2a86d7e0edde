"""How often a service is asked: what a complaint teaches, and what the headers say is left."""

import httpx
import pytest

from tests.providers.trackform_core.http.scripted import KEY, URL, Clock, client
from trackform_core.http.api import Network
from trackform_core.http.attempt import here
from trackform_core.http.bounds import BOUNDS
from trackform_core.http.keys import Key
from trackform_core.http.limiter import Limiter
from trackform_redtrack.client import RedTrack


def limiter(clock: Clock) -> Limiter:
    return Limiter("RedTrack", BOUNDS, clock.sleep, clock)


def passes(one: Limiter, clock: Clock, most: int) -> int:
    """How many of a minute's requests go before one has to wait."""
    before = len(clock.naps)
    for number in range(most):
        with one.turn():
            if len(clock.naps) > before:
                return number
        one.learn(httpx.Response(200))
    return most


def test_a_complaint_teaches_how_many_go_in_a_minute() -> None:
    clock = Clock()
    one = limiter(clock)
    assert passes(one, clock, 20) == 20, "nothing is known yet"
    with one.turn():
        pass
    one.learn(httpx.Response(429))
    one.ask_for(40)
    assert passes(one, clock, 30) == 0, "not before the service wants to be asked"
    assert clock.naps == [40]
    one.learn(httpx.Response(200))
    assert passes(one, clock, 30) == 19
    assert clock.naps == [40, 60]
    # A minute without a complaint: maybe it takes more.
    clock.now += 60
    assert passes(one, clock, 60) == 40


def test_it_never_learns_to_stand_still() -> None:
    clock = Clock()
    one = limiter(clock)
    for _ in range(5):
        with one.turn():
            pass
        one.learn(httpx.Response(429))
        one.ask_for(10)
    clock.now += 60
    assert passes(one, clock, 100) >= BOUNDS.least_per_minute


def complained_of_twice(clock: Clock, seconds: float) -> Limiter:
    """After twenty requests, and each time for so long."""
    one = limiter(clock)
    assert passes(one, clock, 20) == 20
    for _ in range(2):
        one.learn(httpx.Response(429))
        one.ask_for(seconds)
        clock.now += seconds
    return one


def test_what_was_guessed_grows_also_while_more_want_to_ask() -> None:
    clock = Clock()
    one = complained_of_twice(clock, 100)
    minutes = []
    for _ in range(4):
        minutes.append(passes(one, clock, 1000))
        one.learn(httpx.Response(200))
    least = BOUNDS.least_per_minute
    assert minutes == [least, 2 * least - 1, 4 * least - 1, 8 * least - 1], "the last of each was the first of the next"


def test_two_complaints_in_one_minute_teach_what_went_in_it() -> None:
    clock = Clock()
    assert passes(complained_of_twice(clock, 2), clock, 30) == 20


def test_who_waits_for_a_turn_hears_of_a_complaint_meanwhile() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.naps) == 1:
            one.ask_for(5)

    one = Limiter("RedTrack", BOUNDS, sleep, clock)
    one.ask_for(2)
    with one.turn():
        pass
    assert clock.naps == [2, 5]


@pytest.mark.parametrize(("headers", "waited"), [
    ({"X-Ratelimit-Remaining-Minute": "0", "Ratelimit-Reset": "17"}, 17),
    ({"RateLimit-Remaining": "0", "RateLimit-Reset": "17"}, 17),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "17;w=60"}, 17),
    ({"X-Ratelimit-Remaining-Minute": "3", "Ratelimit-Reset": "17"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "0", "X-Ratelimit-Reset-Minute": "17", "X-Ratelimit-Reset-Day": "40000"}, 17),
    ({"X-Ratelimit-Remaining-Minute": "3", "X-Ratelimit-Remaining-Day": "0", "X-Ratelimit-Reset-Minute": "17"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "0"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "0", "Ratelimit-Reset": "never"}, 0),
    ({"X-Ratelimit-Remaining-Day": "0", "Ratelimit-Reset": "86400"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "x" * 10_000, "Ratelimit-Reset": "17"}, 0),
])  # fmt: skip
def test_what_the_headers_say_is_left_is_heeded_before_there_is_a_complaint(
    headers: dict[str, str], waited: float
) -> None:
    clock = Clock()
    one = client(lambda _request: httpx.Response(200, json={"id": "1"}, headers=headers), clock)
    one.get("offers/1")
    assert clock.naps == []
    one.get("offers/1")
    assert sum(clock.naps) == waited


def test_all_clients_of_one_key_wait_for_the_same_turn(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    answers = [httpx.Response(429, headers={"Retry-After": "30"}), *[httpx.Response(200, json={"id": "1"})] * 4]
    network = Network(
        lambda _url: httpx.MockTransport(lambda _request: answers.pop(0)), sleep=clock.naps.append, clock=clock,
        watch=here,
    )  # fmt: skip
    RedTrack(URL, KEY, network).get("offers/1")
    RedTrack(f"{URL}/", KEY, network).get("offers/1")
    assert clock.naps == [30, 30, 30]
    RedTrack(URL, Key("another", "the test"), network).get("offers/1")
    RedTrack("http://localhost", KEY, network).get("offers/1")
    assert clock.naps == [30, 30, 30]
    assert caplog.text.count("wait") == 1, "and it is told once"
