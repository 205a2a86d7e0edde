"""Bridges that break one promise each: the contract test must notice every one of them."""

import json
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import httpx
import pytest

from tests.contract import promises
from tests.contract.conftest import SANDBOX, SANDBOX_ACCOUNT, SANDBOX_KEY, a_sandbox
from tests.contract.promises import PROMISES, kept
from tests.contract.subject import CONNECTIONS, TYPES, Subject

Send = Callable[[httpx.Request], httpx.Response]
Break = Callable[[httpx.Request, Send], httpx.Response]


class Broken(httpx.BaseTransport):
    def __init__(self, inner: httpx.BaseTransport, how: Break) -> None:
        self._inner = inner
        self._how = how

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._how(request, self._send)

    def _send(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        return response


def sent(request: httpx.Request, method: str = "", url: httpx.URL | None = None, body: object = None) -> httpx.Request:
    """The request, changed. Without a body it keeps its own."""
    content = request.content if body is None else json.dumps(body).encode()
    headers = {
        name: request.headers[name]
        for name in ("authorization", "x-account", "content-type")
        if name in request.headers
    }
    return httpx.Request(method or request.method, url or request.url, headers=headers, content=content)


def answered(response: httpx.Response, status: int = 0, body: object = None) -> httpx.Response:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    content = response.content if body is None else json.dumps(body).encode()
    return httpx.Response(status or response.status_code, headers=headers, content=content)


def read(request: httpx.Request) -> dict[str, object]:
    try:
        found = json.loads(request.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def without_label(request: httpx.Request, send: Send) -> httpx.Response:
    response = send(request)
    del response.headers["X-Bridge"]
    return response


def any_account(request: httpx.Request, send: Send) -> httpx.Response:
    """The key is not held against the account: what is not there yet is empty."""
    response = send(request)
    if response.status_code == httpx.codes.FORBIDDEN:
        return answered(response, 200, {"items": [], "total": 0})
    return response


def one_account(request: httpx.Request, send: Send) -> httpx.Response:
    """The account is taken from the key, whichever one is named."""
    whole = sent(request)
    whole.headers["x-account"] = SANDBOX_ACCOUNT
    return send(whole)


def without_key(request: httpx.Request, send: Send) -> httpx.Response:
    request.headers["authorization"] = f"Bearer {SANDBOX_KEY}"
    return send(request)


def always_created(request: httpx.Request, send: Send) -> httpx.Response:
    response = send(request)
    return answered(response, 201) if request.method == "POST" and response.is_success else response


def one_page(request: httpx.Request, send: Send) -> httpx.Response:
    return send(sent(request, url=request.url.copy_remove_param("page").copy_remove_param("per")))


def total_of_the_page(request: httpx.Request, send: Send) -> httpx.Response:
    response = send(request)
    body = response.json() if response.content else {}
    return answered(response, body=body | {"total": len(body["items"])}) if "items" in body else response


def small_names(request: httpx.Request, send: Send) -> httpx.Response:
    body = read(request)
    return send(sent(request, body=body | {"name": str(body["name"]).lower()}) if body.get("name") else request)


def tidy_urls(request: httpx.Request, send: Send) -> httpx.Response:
    body = read(request)
    return send(sent(request, body=body | {"url": unquote(str(body["url"]))}) if body.get("url") else request)


def merging_put(request: httpx.Request, send: Send) -> httpx.Response:
    if request.method == "PUT":
        whose = {name: request.headers[name] for name in ("authorization", "x-account") if name in request.headers}
        old = send(httpx.Request("GET", request.url, headers=whose))
        if old.is_success and read(request):
            request = sent(request, body=old.json() | read(request))
    return send(request)


def new_id_on_put(request: httpx.Request, send: Send) -> httpx.Response:
    if request.method != "PUT" or not send(sent(request, "DELETE", body={})).is_success:
        return send(request)
    return answered(send(sent(request, "POST", request.url.copy_with(path=f"/bridge/{CONNECTIONS}"))), 200)


def put_on_post(request: httpx.Request, send: Send) -> httpx.Response:
    response = send(request)
    if request.method == "POST" and response.status_code == 409:
        taken = response.json()["error"].split()[2].strip(",")
        return send(sent(request, "PUT", request.url.copy_with(path=f"{request.url.path}/{taken}")))
    return response


def idle_delete(request: httpx.Request, send: Send) -> httpx.Response:
    return send(sent(request, "GET")) if request.method == "DELETE" else send(request)


def careless(request: httpx.Request, send: Send) -> httpx.Response:
    body = read(request)
    return send(sent(request, body={k: v for k, v in body.items() if k != "invented"}) if body else request)


def pages_for_errors(request: httpx.Request, send: Send) -> httpx.Response:
    response = send(request)
    if response.status_code == 404:
        response.headers["content-type"] = "text/html"
    return response


def stale() -> Break:
    """Lists what was there before the last write."""
    last: list[httpx.Response] = []

    def listing(request: httpx.Request, send: Send) -> httpx.Response:
        if request.method != "GET" or "page" not in request.url.params:
            return send(request)
        shown = last.pop() if last else send(request)
        last.append(send(request))
        return shown

    return listing


CASES: list[tuple[str, Break, Callable[[Subject], None]]] = [
    (TYPES, without_label, promises.an_unknown_id_is_not_found),
    (TYPES, without_key, promises.a_key_is_required),
    (CONNECTIONS, any_account, promises.the_key_may_act_for_the_named_account_alone),
    (TYPES, one_account, promises.the_key_may_act_for_the_named_account_alone),
    (CONNECTIONS, always_created, promises.a_repeated_create_finds_the_object),
    (CONNECTIONS, one_page, promises.the_pages_hold_every_object_once),
    (TYPES, total_of_the_page, promises.the_pages_hold_every_object_once),
    (TYPES, small_names, promises.names_differ_by_case),
    (CONNECTIONS, tidy_urls, promises.a_url_is_kept_to_the_letter),
    (TYPES, merging_put, promises.an_update_writes_the_whole_object),
    (CONNECTIONS, new_id_on_put, promises.a_new_name_keeps_the_id),
    (CONNECTIONS, put_on_post, promises.a_create_never_changes_or_doubles_an_object),
    (CONNECTIONS, idle_delete, promises.a_deleted_object_is_gone),
    (CONNECTIONS, careless, promises.a_wrong_field_is_refused_and_named),
    (TYPES, pages_for_errors, promises.an_unknown_id_is_not_found),
    (CONNECTIONS, stale(), promises.a_created_object_reads_back_as_it_was_sent),
]


@pytest.fixture
def bridge() -> Iterator[httpx.WSGITransport]:
    app = a_sandbox()
    yield httpx.WSGITransport(app=app)
    app.extensions["sandbox"].store.close()


@pytest.mark.parametrize(
    ("path", "how", "check"), [pytest.param(*case, id=getattr(case[1], "__name__", "stale")) for case in CASES]
)
def test_a_broken_promise_is_noticed(
    bridge: httpx.WSGITransport, path: str, how: Break, check: Callable[[Subject], None]
) -> None:
    assert (path, check) in PROMISES
    subject = Subject(path, SANDBOX, SANDBOX_KEY, SANDBOX_ACCOUNT, Broken(bridge, how))
    with pytest.raises(AssertionError):
        kept(check, subject)


def test_what_was_there_before_stays(bridge: httpx.WSGITransport) -> None:
    strangers = [Subject(path, SANDBOX, SANDBOX_KEY, SANDBOX_ACCOUNT, bridge) for path in (TYPES, CONNECTIONS)]
    for stranger in strangers:
        stranger.made(stranger.sample())
    for path, check in PROMISES:
        kept(check, Subject(path, SANDBOX, SANDBOX_KEY, SANDBOX_ACCOUNT, bridge))
    for stranger in strangers:
        assert len(stranger.ours()) == 1
