"""A key goes to its vendor's own hosts, to this machine, and to what stacks/policy.yaml names; to nobody else."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from trackform_core.dynamic import Failed
from trackform_core.http import api as http
from trackform_core.http import hosts
from trackform_core.http.api import Network
from trackform_core.http.hosts import AddressError
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_core.model.vendors import endpoints
from trackform_core.no_api.bridge import Bridge
from trackform_core.session import session as sessions
from trackform_core.session import settings
from trackform_digistore24.client import Digistore24
from trackform_digistore24.resources import IpnConnectionProvider, PostbackConnectionProvider
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.client import RedTrack
from trackform_redtrack.resources import ConversionTypeProvider, OfferProvider, OfferSourceProvider
from trackform_redtrack.service import REDTRACK, REDTRACK_BRIDGE

if TYPE_CHECKING:
    from tests.providers.conftest import Room

KEY = Key("canary-0f1e2d", "the test")
CLIENTS: dict[str, Callable[[str, Network | None], http.JsonApi]] = {
    "redtrack": lambda url, network: RedTrack(url, KEY, network),
    "digistore24": lambda url, network: Digistore24(url, KEY, network),
    "bridge": lambda url, network: Bridge(url, KEY, lambda: "1", network),
}
VENDORS = {"redtrack": "api.redtrack.io", "digistore24": "www.digistore24.com"}
READS: dict[str, Callable[[], object]] = {
    "redtrackUrl": lambda: OfferSourceProvider().read("1", {"title": "a"}),
    "digistore24Url": lambda: IpnConnectionProvider().read("1", {"domain_id": "a"}),
    "bridgeUrl": lambda: PostbackConnectionProvider().read("1", {"name": "sales"}),
}

LOOPBACK = [
    "http://127.0.0.1", "http://127.0.0.1:8650/redtrack", "http://127.8.9.10", "http://localhost:1", "http://LOCALHOST",
    "http://[::1]:8650", "http://[0:0:0:0:0:0:0:1]", "https://127.0.0.1:1/x",
]  # fmt: skip
NOT_THIS_MACHINE = [
    "localhost.evil.test", "localhost.", "127.0.0.1.evil.test", "127.0.0.1.", "0.0.0.0", "2130706433", "127.1",  # noqa: S104 -- nothing is bound
    "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::]", "128.0.0.1", "localhost%2eevil.test", "evil.test",
    "api.redtrack.io", "www.digistore24.com",
]  # fmt: skip
NOT_THE_VENDOR = [
    "VENDOR.evil.test", "VENDOR@evil.test", "VENDOR:x@evil.test", "VENDOR:8443", "VENDOR:80", "xVENDOR", "x.VENDOR",
    "VENDOR.", "evil.test?VENDOR", "evil.test#VENDOR", "evil.test/VENDOR", "evil.test\\.VENDOR", "VENDOR\\@evil.test",
    "VENDOR%2eevil.test", "VENDOR%00.evil.test", "VENDOR%40evil.test", "\u0430VENDOR", "xn--VENDOR", "evil.test",
    "VENDOR,evil.test", "VENDOR evil.test", "10.0.0.1", "[fe80::1%25eth0]",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which every process of ours runs in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRACKFORM_POLICY", raising=False)
    (tmp_path / "stacks").mkdir()
    return tmp_path


@pytest.fixture
def sent() -> list[str]:
    """The hosts that any transport was asked for."""
    return []


@pytest.fixture
def network(sent: list[str]) -> Network:
    def transport(url: str) -> httpx.BaseTransport:
        sent.append(httpx.URL(url).host)
        return httpx.MockTransport(lambda _request: httpx.Response(200, json={}))

    return Network(transport, base_wait=0.001, sleep=lambda _seconds: None)


def policy(folder: Path, text: str) -> None:
    (folder / "stacks" / "policy.yaml").write_text(text, encoding="utf-8")


def refused(name: str, url: str, network: Network) -> str:
    with pytest.raises(ServiceError) as error:
        CLIENTS[name](url, network)
    assert "canary" not in str(error.value)
    assert error.value.reason == "address"
    return str(error.value)


def test_every_client_has_its_place_in_the_policy() -> None:
    assert endpoints() == (RedTrack.endpoint, Digistore24.endpoint, Bridge.endpoint)
    assert [each.name for each in endpoints()] == list(CLIENTS)
    assert [sorted(each.own_hosts) for each in endpoints()] == [["api.redtrack.io"], ["www.digistore24.com"], []]
    for each in endpoints():
        if url := each.default_url:
            assert hosts.checked(url, each.name, each.own_hosts) == url


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("url", LOOPBACK)
def test_this_machine_may_have_any_key(name: str, url: str, network: Network) -> None:
    assert CLIENTS[name](url, network).url


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("host", NOT_THIS_MACHINE)
def test_what_only_looks_like_this_machine_may_not(name: str, host: str, network: Network, sent: list[str]) -> None:
    refused(name, f"http://{host}/", network)
    assert sent == []


@pytest.mark.parametrize("name", VENDORS)
def test_the_vendor_may_have_its_own_key_and_no_other(name: str, network: Network) -> None:
    host = VENDORS[name]
    for url in (f"https://{host}", f"https://{host.upper()}/api", f"https://{host}:443", f" https://{host}/a/../b\n"):
        assert CLIENTS[name](url, network).url.startswith(f"https://{host}")
        for other in CLIENTS.keys() - {name}:
            assert host in refused(other, url, network)
    assert "plain http" in refused(name, f"http://{host}", network)


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("host", NOT_THE_VENDOR)
def test_what_only_looks_like_the_vendor_may_not(name: str, host: str, network: Network, sent: list[str]) -> None:
    refused(name, f"https://{host.replace('VENDOR', VENDORS[name])}/api", network)
    assert sent == []


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize(
    "host", ["evil.test", "EVIL.test", "evil.test:8443", "10.0.0.1", "10.0.0.1:8443", "[fd00::1]", "[fd00::1]:8443",
             "b\u00fccher.test", "my_bridge"]
)  # fmt: skip
def test_what_the_message_says_to_write_allows_it(name: str, host: str, folder: Path, network: Network) -> None:
    url = f"https://{host}/api"
    for before in (
        "rules: {}\n", "hosts: {}\n", "# first\nhosts: {bridge: [kept.test], redtrack: [kept.test]}\nlive: {}\n",
        "hosts:\n  bridge:\n    - kept.test\n  redtrack:\n    - kept.test\nrules: {}\n",
    ):  # fmt: skip
        policy(folder, before)
        said = refused(name, url, network)
        assert f"trackform:{name}Url names" in said
        found = re.search(
            r"(?:section at stacks/policy\.yaml:(\d+) read|write into stacks/policy\.yaml) `([^`]+)`", said
        )
        assert found, said
        lines = before.splitlines()
        if found[1]:
            first = int(found[1]) - 1
            assert lines[first].startswith("hosts:")
            after = next((n for n, line in enumerate(lines) if n > first and line[0] != " "), len(lines))
            lines[first:after] = [found[2]]
        else:
            lines.append(found[2])
        policy(folder, "\n".join(lines))
        assert CLIENTS[name](url, network).url
        assert CLIENTS["bridge"]("https://kept.test", network).url if "kept" in before else True
        for other in CLIENTS.keys() - {name}:
            refused(other, url, network)
        refused(name, url.replace("https", "http"), network)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("bridge.test", "https://bridge.test:8443"), ("bridge.test:8443", "https://bridge.test"),
        ("bridge.test", "https://a.bridge.test"), ("a.bridge.test", "https://bridge.test"),
        ("bridge.test", "https://bridge.test.evil.test"), ("10.0.0.1", "https://10.0.0.11"),
        ("bridge.test:443", "https://bridge.test:444"), ("bridge.test", "http://bridge.test"),
    ],
)  # fmt: skip
def test_what_is_allowed_is_that_host_and_port_alone(allowed: str, url: str, folder: Path, network: Network) -> None:
    policy(folder, f"hosts: {{bridge: ['{allowed}']}}\n")
    refused("bridge", url, network)


BROKEN = {
    "no YAML": "hosts: {bridge: [evil.test]\n",
    "two sections": "hosts: {bridge: [evil.test]}\nhosts: {}\n",
    "two services": "hosts: {bridge: [evil.test], bridge: []}\n",
    "no map": "hosts: [evil.test]\n",
    "no list": "hosts: {bridge: evil.test}\n",
    "a list of lists": "hosts: {bridge: [evil.test, [x]]}\n",
    "an unknown service": "hosts: {bridge: [evil.test], bridges: []}\n",
    "a URL": "hosts: {bridge: [evil.test, 'https://other.test']}\n",
    "a pattern": "hosts: {bridge: [evil.test, '*.test']}\n",
    "a user": "hosts: {bridge: [evil.test, 'a@b.test']}\n",
    "nothing": "hosts: {bridge: [evil.test, '']}\n",
    "bare IPv6": "hosts: {bridge: [evil.test, 'fd00::1']}\n",
    "a dot at the end": "hosts: {bridge: [evil.test, 'other.test.']}\n",
    "a text": "evil.test\n",
    "two documents": "hosts: {bridge: [evil.test]}\n---\n{}\n",
    "nested too deeply": "[" * 20_000,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_policy_allows_nothing_and_says_where(text: str, folder: Path, network: Network) -> None:
    policy(folder, text)
    said = refused("bridge", "https://evil.test", network)
    assert "the policy, which could allow more, has a mistake: stacks/policy.yaml" in said
    assert CLIENTS["redtrack"]("https://api.redtrack.io", network).url


def test_a_policy_that_cannot_be_read_allows_nothing(folder: Path, network: Network) -> None:
    (folder / "stacks" / "policy.yaml").write_bytes(b"hosts: {bridge: [evil.test]} # \xff\n")
    assert "has a mistake" in refused("bridge", "https://evil.test", network)
    (folder / "stacks" / "policy.yaml").unlink()
    (folder / "stacks" / "policy.yaml").mkdir()
    assert "has a mistake" in refused("bridge", "https://evil.test", network)


def test_the_policy_that_the_environment_names_counts_and_no_other(
    folder: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In CI it is the base branch's: a change cannot allow its own host."""
    policy(folder, "hosts: {bridge: [evil.test]}\n")
    assert CLIENTS["bridge"]("https://evil.test", network).url
    base = folder / "base.yaml"
    monkeypatch.setenv("TRACKFORM_POLICY", str(base))
    said = refused("bridge", "https://evil.test", network)
    assert f"{base}: TRACKFORM_POLICY names this policy, and there is no such file" in said
    base.write_text("")
    said = refused("bridge", "https://evil.test", network)
    assert f"write into {base} `hosts: {{bridge: [evil.test]}}`" in said
    assert "allow the host there first" in said
    base.write_text("hosts: {bridge: [evil.test]}\n")
    policy(folder, "")
    assert CLIENTS["bridge"]("https://evil.test", network).url


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target", ["https://evil.test/x", "http://127.0.0.1:2/x", "//evil.test/x", "http://localhost/x"]
)
@pytest.mark.parametrize("name", CLIENTS)
def test_a_redirect_is_not_followed(name: str, target: str, status: int) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url.host))
        return httpx.Response(status, headers={"location": target})

    network = Network(lambda _url: httpx.MockTransport(answer), base_wait=0.001, sleep=lambda _seconds: None)
    client: Any = CLIENTS[name]("http://127.0.0.1:1/api", network)
    with pytest.raises(ServiceError) as error:
        client.ask("ping") if name == "digistore24" else client.get("offers")
    assert seen == ["127.0.0.1"]
    assert "canary" not in str(error.value)
    assert f"answered with a redirect (HTTP {status}), which is not followed" in str(error.value)
    # The state may have it, as after a run that broke off.
    assert "Run `pulumi up --run-program` once" in str(error.value)


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("url", ["http://evil.test/api", "http://127.0.0.1:2/api", "https://127.0.0.1:1/api"])
def test_the_key_is_put_on_no_request_to_another_host_however_it_came_about(name: str, url: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"location": url}, json={})

    network = Network(lambda _url: httpx.MockTransport(answer), base_wait=0.001, sleep=lambda _seconds: None)
    client = CLIENTS[name]("http://127.0.0.1:1/api", network)
    with pytest.raises(httpx.UnsupportedProtocol):
        client._http.get(url)
    assert seen == []
    with pytest.raises(httpx.UnsupportedProtocol):
        client._http.get("http://127.0.0.1:1/api/x", follow_redirects=True)
    assert [request.url.host for request in seen] == ["127.0.0.1"]


@pytest.mark.parametrize("setting", READS)
def test_a_refresh_asks_as_well_with_the_address_that_the_state_has(room: "Room", setting: str) -> None:
    """The plugin of a refresh has no program beside it: the address is the state's, the answer the policy's."""
    config = room.config()
    sessions.forget_everything()
    sessions.use_config(config | {setting: "https://evil.test"})
    room.forget()
    with pytest.raises(Failed) as error:
        READS[setting]()
    said = str(error.value)
    assert f"trackform:{setting} names evil.test" in said
    assert "Run `pulumi up --run-program` once" in said
    assert not any(entry["service"] in setting.lower() for entry in room.requests())
    for key in ("redtrackApiKey", "digistore24ApiKey", "bridgeKey"):
        assert config[key] not in said


def test_sixty_objects_tell_it_once(room: "Room") -> None:
    sessions.forget_everything()
    sessions.use_config(room.config() | {"redtrackUrl": "https://evil.test"})
    told = []
    for number in range(3):
        with pytest.raises(Failed) as error:
            OfferProvider().read(str(number), {"title": f"o{number}"})
        told.append(str(error.value))
    assert "stacks/policy.yaml" in told[0]
    assert all(text.endswith("as told in full for another object") and len(text) < 160 for text in told[1:])


def test_a_bridge_gets_its_own_key_and_the_name_of_the_account(room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    carried: dict[str, list[str]] = {}
    inner = room.network().transport("")

    def note(request: httpx.Request) -> httpx.Response:
        service = request.url.path.split("/")[1]
        carried.setdefault(service, []).append(f"{request.url} {dict(request.headers)}")
        return inner.handle_request(request)

    monkeypatch.setattr(http, "NETWORK", Network(lambda _url: httpx.MockTransport(note), base_wait=0.01))
    session = room.process()
    for provider, fields in (
        (PostbackConnectionProvider(), {"name": "sales"}),
        (ConversionTypeProvider(), {"slot": 1}),
    ):
        provider.read("1", fields)
    vendors = (room.redtrack_key, room.digistore24_key)
    assert len(carried["bridge"]) >= 2
    for request in carried["bridge"]:
        assert f"Bearer {room.bridge_key}" in request
        assert not any(key in request for key in vendors)
    assert {session.owner(REDTRACK), session.owner(DIGISTORE24)} == {
        re.findall(r"'x-account': '(\w+)'", request)[0] for request in carried["bridge"]
    }
    for service in ("redtrack", "digistore24"):
        assert not any(room.bridge_key in request for request in carried[service])


def test_the_key_of_a_bridge_is_found_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(config: dict[str, str]) -> tuple[str, str]:
        found = settings.settings_of("acme-de", config).key(REDTRACK_BRIDGE)
        return found.text, found.source

    vendors = {"redtrackApiKey": "canary", "digistore24ApiKey": "canary"}
    monkeypatch.setenv("REDTRACK_API_KEY", "canary")
    assert key(vendors) == ("", "the config secret trackform:bridgeKey")
    assert key(vendors | {"bridgeKey": " c "}) == ("c", "the config secret trackform:bridgeKey")
    monkeypatch.setenv("TRACKFORM_BRIDGE_KEY", "b")
    assert key({"bridgeKey": "c"}) == ("b", "the environment variable TRACKFORM_BRIDGE_KEY")
    monkeypatch.setenv("TRACKFORM_BRIDGE_KEY__ACME_DE", "a")
    assert key({"bridgeKey": "c"}) == ("a", "the environment variable TRACKFORM_BRIDGE_KEY__ACME_DE")


def test_a_bridge_without_a_key_is_said(room: "Room") -> None:
    config = room.config()
    del config["bridgeKey"]
    sessions.forget_everything()
    sessions.use_config(config)
    with pytest.raises(ServiceError) as error:
        sessions.session_of("default").client(REDTRACK_BRIDGE)
    variable = "TRACKFORM_BRIDGE_KEY"
    assert (
        f"bridge: no API key: set {variable}__DEFAULT, or {variable} where all stacks have the same; or run `pulumi "
        "config set --secret trackform:bridgeKey` and `pulumi up --run-program` once" in str(error.value)
    )


@pytest.mark.parametrize("text", ["bridge.test", "b.test:8443", "[fd00::1]:8443", "10.1.2.3"])
def test_a_host_is_kept_as_it_is_compared(text: str) -> None:
    assert hosts.place_of(httpx.URL(f"https://{text}")) == text


def test_a_host_with_a_zone_or_an_escape_is_none() -> None:
    for text in ("https://[fe80::1%25eth0]", "https://a%2eb", "https://-a.test", "https://a..test"):
        with pytest.raises(AddressError):
            hosts.place_of(httpx.URL(text))
