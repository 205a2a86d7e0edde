"""A proxy of the environment: named where something fails, and never between us and this machine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from tests.providers.trackform_core.http.scripted import JSON, KEY, SMALL, refused
from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.proxies import proxy_of
from trackform_core.http.service_error import ServiceError
from trackform_redtrack.client import RedTrack


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1.2.3"])
def test_this_machine_is_never_asked_through_a_proxy(
    no_proxy: pytest.MonkeyPatch, variable: str, host: str
) -> None:  # fmt: skip
    no_proxy.setenv(variable, "http://proxy.test:3128")
    transport: Any = http.over_the_internet(f"http://{host}:8080/redtrack")
    assert type(transport._pool).__name__ == "ConnectionPool"


def _mock(answer: Callable[[httpx.Request], httpx.Response], _url: str) -> httpx.BaseTransport:
    return httpx.MockTransport(answer)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_an_error_names_the_proxy_in_the_way(no_proxy: pytest.MonkeyPatch, variable: str) -> None:
    no_proxy.setenv(variable, "http://me:secret@proxy.test:3128")

    def no_answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    page = httpx.Response(502, html="<h1>Bad gateway</h1>")
    large = httpx.Response(200, headers=JSON, content=b" " * 2000)
    for answer in (no_answer, lambda _request: page, lambda _request: large):
        network = Network(partial(_mock, answer), base_wait=0.0, bounds=SMALL, sleep=lambda _: None)
        one = RedTrack("https://api.redtrack.io", KEY, network)
        said = str(refused(one))
        assert f"asked through the proxy proxy.test:3128 ({variable})" in said
        assert "secret" not in said
    no_proxy.setenv("NO_PROXY", "api.redtrack.io")
    assert "proxy.test" not in str(refused(one))


def test_a_proxy_without_a_scheme_is_one_over_http(no_proxy: pytest.MonkeyPatch) -> None:
    no_proxy.setenv("HTTPS_PROXY", "me:secret@proxy.test:3128")
    transport: Any = http.over_the_internet("https://api.redtrack.io")
    assert transport._pool._proxy_url.host == b"proxy.test"
    proxy = proxy_of("https://api.redtrack.io")
    assert proxy is not None
    assert proxy.shown == "the proxy proxy.test:3128 (HTTPS_PROXY)"


@pytest.mark.parametrize("text", ["ftp://proxy.test", "socks9://proxy.test", "http://[::1"])
def test_what_is_no_proxy_is_told_with_its_variable(no_proxy: pytest.MonkeyPatch, text: str) -> None:
    no_proxy.setenv("HTTPS_PROXY", text)
    with pytest.raises(ServiceError, match=r"HTTPS_PROXY.* is no address of a proxy over http") as error:
        RedTrack("https://api.redtrack.io", KEY)
    assert error.value.reason == "address"
