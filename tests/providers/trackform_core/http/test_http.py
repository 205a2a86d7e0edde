"""Requests: what is repeated, what is waited for, what is said, and that no key is ever in it."""

import io
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from werkzeug.serving import make_server

from trackform.sandbox.app import create_app
from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.bounds import BOUNDS
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_core.no_api.bridge import Bridge
from trackform_core.session import settings
from trackform_digistore24.client import Digistore24
from trackform_redtrack.client import RedTrack
from trackform_redtrack.offer_source import KIND as OFFER_SOURCE

if TYPE_CHECKING:
    from tests.providers.conftest import Room

KEY = Key("canary+key/0f1e2d==", "the test")
Answer = httpx.Response | Exception
CLIENTS: list[tuple[type[http.JsonApi], Callable[[Any], Any]]] = [
    (RedTrack, lambda client: client.get("offers")),
    (RedTrack, lambda client: client.post("offers", {"title": "t"})),
    (RedTrack, lambda client: client.put("offers/1", {"title": "t"})),
    (RedTrack, lambda client: client.patch("offers/status", ids="1", status=3)),
    (RedTrack, lambda client: client.delete("networks/1")),
    (RedTrack, lambda client: list(client.pages("offers"))),
    (RedTrack, lambda client: client.user_id()),
    (Digistore24, lambda client: client.ask("ping")),
    (Digistore24, lambda client: client.user_id()),
    (Bridge, lambda client: client.get("conversion-types/type1")),
    (Bridge, lambda client: client.post("conversion-types", {"slot": 1, "name": "a"})),
    (Bridge, lambda client: list(client.pages("conversion-types"))),
]


class Script(httpx.BaseTransport):
    """Answers from a list; the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.seen: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def made(kind: type[http.JsonApi], url: str, key: Key, network: Network | None = None) -> Any:
    """A client of any service; a bridge is asked for an account."""
    return Bridge(url, key, lambda: "1", network) if kind is Bridge else kind(url, key, network)


def client(script: Script, naps: list[float] | None = None) -> RedTrack:
    sleep = (naps if naps is not None else []).append
    return RedTrack("http://127.0.0.1", KEY, Network(lambda _url: script, base_wait=0.01, sleep=sleep))


def network_of(script: Script) -> Network:
    return Network(lambda _url: script, base_wait=0.001, sleep=lambda _seconds: None)


def said(status: int, body: Any = None, **headers: str) -> httpx.Response:
    shown = body if body is not None else {"error": "no"} if status >= 400 else {"id": "1"}
    return httpx.Response(status, json=shown, headers=headers)


LOST = [httpx.ReadError("cut"), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("half"), httpx.WriteError("cut")]
NEVER_SENT = [httpx.ConnectError("refused"), httpx.ConnectTimeout("late"), httpx.PoolTimeout("full")]


@pytest.mark.parametrize("kind", [RedTrack, Bridge])
def test_what_is_gone_already_is_deleted_and_any_other_refusal_is_told(kind: type[http.JsonApi]) -> None:
    script = Script(said(404))
    made(kind, "http://127.0.0.1", KEY, network_of(script)).delete("landings/1")
    assert [(request.method, request.url.path) for request in script.seen] == [("DELETE", "/landings/1")]
    with pytest.raises(ServiceError, match=r"no \(HTTP 409\)"):
        made(kind, "http://127.0.0.1", KEY, network_of(Script(said(409)))).delete("landings/1")


@pytest.mark.parametrize("answer", [*LOST, *(said(status) for status in (500, 502, 503, 504))], ids=repr)
def test_a_post_is_never_repeated_when_it_may_have_been_taken(answer: Answer) -> None:
    script = Script(answer)
    with pytest.raises(ServiceError) as error:
        client(script).post("offers", {})
    assert len(script.seen) == 1
    assert error.value.ambiguous


@pytest.mark.parametrize("answer", [*NEVER_SENT, said(429)], ids=repr)
def test_a_post_that_was_not_taken_is_repeated(answer: Answer) -> None:
    script = Script(answer, answer, said(201, {"id": "1"}))
    assert client(script).post("offers", {}) == {"id": "1"}
    assert len(script.seen) == 3
    assert {request.content for request in script.seen} == {b"{}"}
    with pytest.raises(ServiceError) as error:
        client(Script(answer)).post("offers", {})
    assert not error.value.ambiguous


@pytest.mark.parametrize("answer", [*LOST, *NEVER_SENT, said(500), said(503), said(429)], ids=repr)
@pytest.mark.parametrize("send", [
    lambda c: c.get("offers"), lambda c: c.put("offers/1", {"title": "a"}), lambda c: c.patch("offers/status", ids="1"),
    lambda c: c.delete("networks/1"),
])  # fmt: skip
def test_what_may_be_done_twice_is_repeated_and_not_for_ever(answer: Answer, send: Callable[[RedTrack], Any]) -> None:
    script = Script(answer, said(200, {"id": "1"}))
    send(client(script))
    assert len(script.seen) == 2
    script = Script(answer)
    with pytest.raises(ServiceError) as error:
        send(client(script))
    assert len(script.seen) == BOUNDS.attempts
    assert error.value.reason in ("unreachable", "failed", "busy")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_not_repeated(status: int) -> None:
    script = Script(said(status, {"error": "title is required"}))
    with pytest.raises(ServiceError, match="title is required"):
        client(script).post("offers", {})
    assert len(script.seen) == 1


@pytest.mark.parametrize(("told", "least", "most"), [
    ("7", 7, 7), ("0", 0, 0), ("90", 90, 90), ("soon", 0, 0.05),
    (40, 1, 40), (-40, 0, 0),
], ids=["seconds", "at once", "longest", "no number", "date", "past date"])  # fmt: skip
def test_retry_after_is_honoured(told: str | int, least: float, most: float) -> None:
    # A date counts from now, not from when the tests were collected, minutes ago.
    header = told if isinstance(told, str) else format_datetime(datetime.now(UTC) + timedelta(seconds=told))
    naps: list[float] = []
    client(Script(said(429, **{"Retry-After": header}), said(200)), naps).post("offers", {})
    assert least <= naps[0] <= most


def test_after_a_429_every_thread_waits(caplog: pytest.LogCaptureFixture) -> None:
    naps: list[float] = []
    script = Script(said(429, **{"Retry-After": "30"}), said(200))
    one = client(script, naps)
    one.get("offers")
    assert "RedTrack asks to wait 30 s" in caplog.text
    one.get("offers")
    assert len(naps) >= 3
    assert all(25 < nap <= 30 for nap in naps)


def test_the_sandboxs_own_rate_limit_is_waited_for(room: "Room") -> None:
    room.switch(requests_per_minute=1)
    session = room.process()
    client = session.client(OFFER_SOURCE.service)
    client.get("networks")
    room.control("POST", "clock", json={"advance_seconds": 61})
    client.get("networks")
    with pytest.raises(ServiceError, match=r"rate limit exceeded.*Wait a minute") as error:
        client.get("networks")
    assert error.value.reason == "busy"
    assert all(0 < nap <= 60 for nap in room.naps)


@pytest.mark.parametrize("answer", [
    httpx.Response(200, text="<html>Swagger UI</html>", headers={"content-type": "text/html"}),
    httpx.Response(200, text="not json", headers={"content-type": "application/json"}),
    httpx.Response(200, text="text"),
    httpx.Response(301, text="<html>moved</html>", headers={"content-type": "text/html", "location": "https://x"}),
])  # fmt: skip
def test_html_with_200_is_no_answer(answer: httpx.Response) -> None:
    with pytest.raises(ServiceError, match=r"instead of JSON|a redirect") as error:
        client(Script(answer)).get("offers")
    assert error.value.reason == "not_json"


def test_an_error_inside_200_is_an_error() -> None:
    with pytest.raises(ServiceError, match="something odd") as error:
        client(Script(said(200, {"error": "something odd"}))).get("offers")
    assert error.value.reason == "refused"
    for text in ("API token required", "API token is not valid", "wrong api key"):
        with pytest.raises(ServiceError, match="is not accepted") as error:
            client(Script(said(200, {"error": text}))).get("offers")
        assert error.value.reason == "unauthorized"
    with pytest.raises(ServiceError) as error:
        client(Script(said(200, {"error": "postback token is too short"}))).get("offers")
    assert error.value.reason == "refused"


@pytest.mark.parametrize("body", [None, {}, [], "x", {"title": "no id"}])
def test_an_answer_without_an_object_proves_no_absence(body: Any) -> None:
    answer = httpx.Response(200, content=json.dumps(body), headers={"content-type": "application/json"})
    with pytest.raises(ServiceError, match="holds no object"):
        OFFER_SOURCE.get(client(Script(answer)), "1")
    assert OFFER_SOURCE.get(client(Script(said(404))), "1") is None


@pytest.mark.parametrize("body", ["x", {"a": 1}, {"items": {"a": 1}}, [1, 2], {"items": ["x"]}])
def test_what_is_no_listing_is_no_empty_listing(body: Any) -> None:
    with pytest.raises(ServiceError, match="not a listing: the answer is a"):
        list(client(Script(said(200, body))).pages("offers"))


def test_a_listing_that_does_not_page_ends() -> None:
    script = Script(said(200, [{"id": "1"}, {"id": "2"}]))
    assert sum(len(rows) for rows, _ in client(script).pages("offers")) == 2
    assert len(script.seen) == 2


@pytest.mark.parametrize("url", ["", "api.redtrack.io", "ftp://x", "http://", "http://[::1", "https://u:p@x.test",
                                 "https://x.test/?a=1"])  # fmt: skip
def test_a_url_that_is_none_is_said_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ServiceError, match="trackform:redtrackUrl") as error:
        RedTrack(url, KEY)
    assert "u:p" not in str(error.value)


@pytest.mark.parametrize("text", ["", "canary\nkey", "canary key", "canary-kéy", "canary\tkey"])
def test_a_key_that_cannot_travel_is_refused_without_showing_it(text: str) -> None:
    for kind in (RedTrack, Digistore24, Bridge):
        with pytest.raises(ServiceError, match="copied whole") as error:
            made(kind, "http://127.0.0.1", Key(text, "a variable"))
        assert "canary" not in everything_about(error.value)


def test_a_key_is_taken_without_the_line_break_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDTRACK_API_KEY", "  canary\n")
    key = settings.find_key("acme", RedTrack.endpoint, {})
    assert (key.text, key.source) == ("canary", "the environment variable REDTRACK_API_KEY")
    monkeypatch.setenv("REDTRACK_API_KEY__ACME_DE", "special")
    assert settings.find_key("acme-de", RedTrack.endpoint, {}).text == "special"
    monkeypatch.setenv("REDTRACK_API_KEY", " ")
    assert settings.find_key("acme", RedTrack.endpoint, {"redtrackApiKey": " x "}).text == "x"


def everything_about(error: BaseException) -> str:
    """All that anything could print of an exception: its texts and those of all that it came from."""
    found = []
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        found += [str(one), repr(one), repr(one.args), repr(vars(one))]
        request = getattr(one, "_request", None)
        if request is not None:
            found += [str(request.url), repr(request.headers)]
        todo += [one.__cause__, one.__context__]
    return "\n".join(found)


def forms(key: str) -> set[str]:
    return {key, str(httpx.URL("http://x/", params={"k": key}).query, "ascii").removeprefix("k=")}


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Every log record of the process, from DEBUG."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


ECHOING: list[Answer] = [
    *LOST, *NEVER_SENT, httpx.DecodingError("bad gzip"), httpx.LocalProtocolError("x"),
    *(said(status, {"error": f"bad {KEY.text}"}) for status in (200, 400, 401, 403, 404, 409, 429, 500, 503)),
    said(200, KEY.text), said(200, [KEY.text]), said(200, None), said(200, {"items": KEY.text}),
    said(200, {"result": "error", "code": 2, "message": f"bad {KEY.text}"}),
    said(200, {"result": "error", "code": "odd", "message": f"bad {KEY.text}"}),
    httpx.Response(200, text=f"<html>{KEY.text}</html>", headers={"content-type": "text/html"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "send"), CLIENTS)
def test_the_key_is_on_the_wire_and_in_nothing_that_is_said(
    kind: type[http.JsonApi], send: Callable[[Any], Any], logged: io.StringIO
) -> None:
    for answer in ECHOING:
        script = Script(answer)
        one = made(kind, "http://127.0.0.1/base", KEY, network_of(script))
        assert not any(form in repr(one) + str(one) + repr(one.key) + repr(vars(one)) for form in forms(KEY.text))
        try:
            send(one)
        except ServiceError as error:
            text = everything_about(error)
            assert not any(form in text for form in forms(KEY.text)), text
        request = script.seen[0]
        carried = f"{request.url} {request.headers.raw}"
        assert any(form in carried for form in forms(KEY.text))
    assert "HTTP Request" in logged.getvalue()
    assert not any(form in logged.getvalue() for form in forms(KEY.text))


def test_over_real_sockets_no_debug_log_holds_the_key(logged: io.StringIO) -> None:
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        network = Network(http.over_the_internet, base_wait=0.001)
        for kind, path in ((RedTrack, "redtrack"), (Digistore24, "digistore24/api/call"), (Bridge, "bridge")):
            one = made(kind, f"{base}/{path}", KEY, network)
            if kind is not Bridge:
                assert one.user_id()
            one.close()
        dead = RedTrack(f"{base}/redtrack", KEY, Network(http.over_the_internet, base_wait=0.001))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    with pytest.raises(ServiceError, match="no answer from") as error:
        dead.get("offers")
    dead.close()
    text = everything_about(error.value) + logged.getvalue()
    assert "connect_tcp" in text
    assert not any(form in text for form in forms(KEY.text))


def test_unreachable_names_the_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    one = RedTrack(url, KEY, Network(http.over_the_internet, base_wait=0.001))
    with pytest.raises(ServiceError, match=r"Is the service up, is trackform:redtrackUrl right") as error:
        one.get("offers")
    one.close()
    assert error.value.reason == "unreachable"


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    transport: Any = http.over_the_internet("https://api.redtrack.io")
    assert type(transport._pool).__name__ == "HTTPProxy"
    monkeypatch.setenv("no_proxy", "api.redtrack.io")
    transport = http.over_the_internet("https://api.redtrack.io")
    assert type(transport._pool).__name__ == "ConnectionPool"


FAULTS = ["status:401", "status:403", "status:500", "html", "error200", "cut"]


@pytest.mark.parametrize("effect", FAULTS)
@pytest.mark.parametrize("bad_key", ["401", "500", "200_error"])
def test_every_fault_of_the_sandbox_is_told_with_a_way_out(room: "Room", effect: str, bad_key: str) -> None:
    room.switch(bad_key=bad_key)
    session = room.process()
    room.fault(effect, times=None)
    with pytest.raises(ServiceError) as error:
        session.listing(OFFER_SOURCE).rows()
    text = everything_about(error.value)
    assert "RedTrack: " in str(error.value)
    assert room.redtrack_key not in text
    room.control("DELETE", "faults")
    room.control("POST", "keys/revoke", json={"key": room.redtrack_key})
    with pytest.raises(ServiceError, match="the config secret trackform:redtrackApiKey") as error:
        room.process().listing(OFFER_SOURCE).rows()
    assert room.redtrack_key not in everything_about(error.value)
