"""Each way in which a vendor says no, for each function: what the person reads, and how long it took to be told."""

from itertools import product
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.providers.vendors import FUNCTIONS, KEY, Vendor, of
from trackform_core import dynamic
from trackform_core.dynamic import Failed
from trackform_core.http import api as http
from trackform_core.http.attempt import here
from trackform_core.http.bounds import BOUNDS
from trackform_core.http.service_error import Reason, ServiceError
from trackform_core.no_api.bridge import Bridge
from trackform_core.session import session as sessions
from trackform_digistore24.client import Digistore24
from trackform_redtrack.client import RedTrack

if TYPE_CHECKING:
    from collections.abc import Iterator

WAY_OUT: dict[Reason, str] = {
    "not_found": "Run again: what is gone is made anew",
    "unauthorized": "the variable X is not accepted",
    "forbidden": "Use a key that may",
    "refused": "Correct what it names",
    "busy": "Wait a minute and run again",
    "failed": "Run again later",
    "not_json": "Run again later",
}
REASONS: dict[int, Reason] = {
    400: "refused", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "refused", 422: "refused",
    429: "busy", 500: "failed", 502: "failed", 503: "failed",
}  # fmt: skip
OWN_WAY_OUT = {
    ("RedTrack create", "forbidden"): "Create the offer source by hand",
    # The address of a listing is wrong, and nothing is gone.
    **dict.fromkeys(
        [("RedTrack list", "not_found"), ("RedTrack clicks", "not_found")], "does trackform:redtrackUrl name the API?"
    ),
}
BODIES = ("json", "html", "empty")
SOON = 5.0
"""Seconds. What is tried again gives up after the waits of ``BOUNDS`` attempts."""
A_MINUTE = 75.0
"""Seconds, for a service that takes no more for now and does not say for how long."""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> "Iterator[list[float]]":
    """A PUT that finds nothing is tried again after a lag, and the books wait by themselves."""
    naps: list[float] = []
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    monkeypatch.setattr(http, "NETWORK", http.Network(http.NETWORK.transport, sleep=naps.append, watch=here))
    sessions.forget_everything()
    yield naps
    sessions.forget_everything()


def answer(status: int, body: str, **headers: str) -> httpx.Response:
    if body == "html":
        return httpx.Response(status, html=f"<html>Bad {KEY.text}</html>", headers=headers)
    if body == "empty":
        return httpx.Response(status, headers=headers)
    return httpx.Response(status, json={"error": f"no for {KEY.text}"}, headers=headers)


def told(vendor: Vendor, name: str) -> tuple[ServiceError, str]:
    """The error, and what Pulumi shows of it."""
    function = FUNCTIONS[name]
    with pytest.raises(ServiceError) as error:
        function.call(vendor.client(function))
    with pytest.raises(Failed) as shown:
        dynamic.say("offer 'x'", lambda: function.call(Vendor(vendor._answer).client(function)))
    return error.value, str(shown.value)


def read_well(error: ServiceError, shown: str, reason: Reason, name: str) -> None:
    assert error.reason == reason
    for text in (str(error), shown):
        assert FUNCTIONS[name].client.endpoint.title in text
        assert OWN_WAY_OUT.get((name, reason), WAY_OUT[reason]) in text
        assert "fault of trackform" not in text
        assert "Traceback" not in text
        assert "canary" not in text
    assert shown.startswith("offer 'x': ")


def patience(vendor: Vendor, name: str, *, again: bool) -> None:
    """How often it was asked and how long the person waited."""
    if again:
        assert len(vendor.asked) % BOUNDS.attempts == 0
        assert sum(vendor.naps) > 0
    else:
        assert sum(vendor.naps) == 0


@pytest.mark.parametrize(("name", "status", "body"), [*product([*of(RedTrack), *of(Bridge)], REASONS, BODIES)])
def test_by_the_http_status(name: str, status: int, body: str) -> None:
    function, vendor = FUNCTIONS[name], Vendor(answer(status, body))
    reason: Reason = "not_json" if body == "html" else REASONS[status]
    again = status == 429 or (status >= 500 and function.repeats)
    if reason == "not_found" and function.absent != "an error":
        assert function.call(vendor.client(function)) == function.absent
    else:
        error, shown = told(vendor, name)
        read_well(error, shown, reason, name)
        assert error.status == status
        writes = vendor.asked[-1].method != "GET"
        assert error.ambiguous == (writes and reason in ("failed", "not_json"))
    patience(vendor, name, again=again)
    # Each nap of a busy service is one of its limiter as well.
    assert sum(vendor.naps) < (A_MINUTE * 2 if status == 429 else SOON)
    assert status != 429 or sum(vendor.naps) > 60 * 2, "its limits are of a minute"
    assert len(vendor.asked) == (BOUNDS.attempts if again else 2 if (status, body, name) in TWICE else 1)


TWICE = {(404, body, "RedTrack update") for body in ("json", "empty")}
"""A campaign that was just made is not found by its first PUT."""


@pytest.mark.parametrize("name", of(RedTrack) + of(Bridge))
def test_an_error_inside_200(name: str) -> None:
    vendor = Vendor(answer(200, "json"))
    error, shown = told(vendor, name)
    read_well(error, shown, "refused", name)
    assert "no for ***" in shown
    assert len(vendor.asked) == 1
    assert vendor.naps == []


@pytest.mark.parametrize("name", of(RedTrack))
@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_refused_key_is_told_within_seconds_whatever_the_answer(name: str, status: int) -> None:
    """RedTrack says so in three ways: with 401, inside 200, and with 500, which may be a fault that passes."""
    vendor = Vendor(httpx.Response(status, json={"error": "API token is not valid"}, headers={"Retry-After": "60"}))
    error, shown = told(vendor, name)
    assert error.reason == ("failed" if status == 500 else "unauthorized")
    assert "the variable X" in shown
    assert sum(vendor.naps) < SOON
    assert bool(vendor.naps) == (status == 500 and FUNCTIONS[name].repeats)


CODES: dict[Any, Reason] = {
    2: "unauthorized", 3: "refused", 4: "not_found", 5: "forbidden", 9: "refused", 10: "unauthorized", 11: "failed",
    12: "busy", 1: "refused", 99: "refused", "2": "unauthorized", "odd": "refused", None: "refused", -2: "refused",
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), [*product(of(Digistore24), CODES)])
def test_by_the_code_of_digistore24(name: str, code: Any, at_once: list[float]) -> None:
    function, reason = FUNCTIONS[name], CODES[code]
    vendor = Vendor(httpx.Response(200, json={"result": "error", "code": code, "message": f"No. {KEY.text}"}))
    if reason == "not_found" and function.absent != "an error":
        assert function.call(vendor.client(function)) == function.absent
        return
    error, shown = told(vendor, name)
    read_well(error, shown, reason, name)
    assert f"No. *** ({'no code' if code is None else f'code {code}'}, HTTP 200)" in shown
    assert vendor.naps == []
    # Asked once by itself and once as Pulumi shows it.
    assert at_once == ([15, 30, 60] * 2 if reason == "busy" and function.waits else [])


@pytest.mark.parametrize(("name", "status", "body"), [*product(of(Digistore24), REASONS, BODIES)])
def test_by_the_http_status_where_digistore24_gives_no_code(
    name: str, status: int, body: str, at_once: list[float]
) -> None:
    vendor = Vendor(answer(status, body))
    reason = REASONS[status] if status in (401, 403, 429, 500, 502, 503) else "not_json"
    error, shown = told(vendor, name)
    read_well(error, shown, "not_json" if body == "html" else reason, name)
    if body != "html":
        assert f"HTTP {status} without the envelope" in shown
    patience(vendor, name, again=status == 429 or status >= 500)
    writes = vendor.asked[-1].method != "GET"
    assert error.ambiguous == (writes and (reason in ("failed", "not_json") or body == "html"))
    waited = status == 429 and body != "html" and FUNCTIONS[name].waits
    assert at_once == ([15, 30, 60] * 2 if waited else [])


@pytest.mark.parametrize(
    ("status", "reason"), [(200, "refused"), (429, "busy"), (500, "failed"), (401, "unauthorized")]
)
def test_a_code_that_nobody_knows_leaves_the_status(status: int, reason: Reason) -> None:
    vendor = Vendor(httpx.Response(status, json={"result": "error", "code": 77}))
    error, shown = told(vendor, "Digistore24 ping")
    read_well(error, shown, reason, "Digistore24 ping")
    assert f"no reason given (code 77, HTTP {status})" in shown
