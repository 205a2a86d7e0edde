"""How long a request takes to fail, and a key in whatever spelling an answer has it."""

import httpx
import pytest

from tests.providers.trackform_core.http.test_http import Script, client, said
from trackform_core.http.api import Network
from trackform_core.http.bounds import BOUNDS
from trackform_core.http.keys import Key
from trackform_core.http.retry import retry_after
from trackform_core.http.service_error import ServiceError
from trackform_redtrack.client import RedTrack

KEY = Key("a+b/c==d", "the test")


@pytest.mark.parametrize(
    "form",
    ["a+b/c==d", "a%2Bb%2Fc%3D%3Dd", "a%2bb%2fc%3d%3dd", "a%2Bb/c%3D%3Dd", "a%2Bb/c==d", "a+b%2Fc==d", "a+b\\/c==d",
     "%61%2B%62%2F%63%3D%3D%64", "a%252Bb%252Fc%253D%253Dd", "a%25252bb%25252fc%25253d%25253dd"],
)  # fmt: skip
def test_a_key_is_redacted_however_it_is_spelled(form: str) -> None:
    assert KEY.redact(f"x {form} y{form}") == "x *** y***"
    assert KEY.redact("a+b/c==e, A+B/C==D, a b/c==d") == "a+b/c==e, A+B/C==D, a b/c==d"
    assert Key("", "nowhere").redact("as it is") == "as it is"
    for status, body in ((400, {"error": f"bad {form}"}), (200, [f"bad {form}"]), (200, f"{'x' * 74} {form}")):
        with pytest.raises(ServiceError) as error:
            list(RedTrack("http://127.0.0.1", KEY, network(httpx.Response(status, json=body))).pages("offers"))
        assert form[:5] not in str(error.value), "nor the beginning of one that was cut"


def network(answer: httpx.Response) -> Network:
    return Network(lambda _url: httpx.MockTransport(lambda _request: answer), sleep=lambda _seconds: None)


def test_where_a_key_comes_from_decides_what_is_said_of_its_renewal() -> None:
    assert Key("x", "the environment variable X", variable="X").renewal == ""
    assert "pulumi up --run-program" in Key("x", "in whatever words", setting="redtrackApiKey").renewal
    assert "canary" not in repr(Key("canary", "x"))


@pytest.mark.parametrize(
    ("text", "whole"), [("abc", True), ("", False), ("a b", False), ("a\tb", False), ("é", False), ("a\x7f", False)]
)
def test_which_keys_are_whole(text: str, whole: bool) -> None:
    assert Key(text, "x").is_whole is whole


@pytest.mark.parametrize(("told", "waited"), [("89", 89), ("90", 90), ("0", 0), ("1", 1)])
@pytest.mark.parametrize("status", [429, 503])
def test_nobody_waits_longer_than_a_minute_and_a_half(told: str, waited: float, status: int) -> None:
    naps: list[float] = []
    client(Script(said(status, **{"Retry-After": told}), said(200)), naps).get("offers")
    assert naps[0] == waited


@pytest.mark.parametrize("status", [500, 502, 504])
def test_only_a_busy_service_says_how_long(status: int) -> None:
    naps: list[float] = []
    client(Script(said(status, **{"Retry-After": "60"}), said(200)), naps).get("offers")
    assert len(naps) == 1
    assert naps[0] < 1


@pytest.mark.parametrize(("seconds", "told"), [("1", False), ("2", True), ("3", True)])
def test_a_wait_that_a_person_notices_is_told(seconds: str, told: bool, caplog: pytest.LogCaptureFixture) -> None:
    client(Script(said(429, **{"Retry-After": seconds}), said(200))).get("offers")
    assert (f"RedTrack asks to wait {seconds} s" in caplog.text) == told


def test_waits_grow_and_end() -> None:
    naps: list[float] = []
    network = Network(lambda _url: Script(said(500)), base_wait=1.0, sleep=naps.append)
    with pytest.raises(ServiceError):
        RedTrack("http://127.0.0.1", KEY, network).get("offers")
    assert [int(nap) for nap in naps] in ([1, 2, 4], [1, 2, 5], [1, 3, 4], [1, 3, 5], [2, 2, 4], [2, 3, 4])
    assert len(naps) == BOUNDS.attempts - 1 == 3
    assert all(least <= nap <= least + 1 for least, nap in zip((1, 2, 4), naps, strict=True))


def test_only_a_429_makes_others_wait() -> None:
    naps: list[float] = []
    one = client(Script(said(503, **{"Retry-After": "30"}), said(200)), naps)
    one.get("offers")
    one.get("offers")
    assert naps == [30]


@pytest.mark.parametrize("error", [RuntimeError("x"), ValueError("x"), httpx.UnsupportedProtocol("x")])
def test_what_no_repetition_helps_is_not_repeated(error: Exception) -> None:
    script = Script(error)
    with pytest.raises((type(error), ServiceError)):
        client(script).get("offers")
    assert len(script.seen) == 1


def test_a_date_without_a_zone_is_utc() -> None:
    assert retry_after(httpx.Response(429, headers={"retry-after": "Mon, 01 Jan 2001 00:00:00"})) == 0
    assert retry_after(httpx.Response(429)) is None
    assert retry_after(httpx.Response(429, headers={"retry-after": " 7 "})) == 7
