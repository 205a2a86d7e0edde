"""A sandbox in memory, and clients of it in this process."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask

from trackform.sandbox.accounts import REDTRACK, redtrack_account, remember
from trackform.sandbox.app import create_app
from trackform.sandbox.world import Sandbox

KEY = "redtrack-key-of-acme"
BRIDGE_KEY = "bridge-key-of-acme"


@pytest.fixture
def app() -> Iterator[Flask]:
    built = create_app()
    yield built
    built.extensions["sandbox"].store.close()


@pytest.fixture
def sandbox(app: Flask) -> Sandbox:
    here = app.extensions["sandbox"]
    assert isinstance(here, Sandbox)
    return here


@pytest.fixture
def http(app: Flask) -> Iterator[httpx.Client]:
    """A client of the whole sandbox, without a key."""
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://sandbox.test") as client:
        yield client


@pytest.fixture
def redtrack(app: Flask) -> Iterator[httpx.Client]:
    """A client of RedTrack with the account's key."""
    transport = httpx.WSGITransport(app=app)
    with httpx.Client(transport=transport, base_url="http://sandbox.test/redtrack", params={"api_key": KEY}) as client:
        yield client


@pytest.fixture
def bridge(app: Flask, sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client of the bridge for the RedTrack account."""
    transport = httpx.WSGITransport(app=app)
    remember(sandbox.store, REDTRACK, redtrack_account(KEY), sandbox.clock.now())
    headers = {"Authorization": f"Bearer {BRIDGE_KEY}", "X-Account": redtrack_account(KEY)}
    with httpx.Client(transport=transport, base_url="http://sandbox.test/bridge", headers=headers) as client:
        yield client


@pytest.fixture
def account(redtrack: httpx.Client) -> str:
    """The account's RedTrack user id."""
    return str(redtrack.get("/me/settings").json()[0]["user_id"])


@pytest.fixture
def funnel(redtrack: httpx.Client) -> dict[str, str]:
    """Ids of one object of each kind that a click needs, bound together, and the domain's host."""

    def made(path: str, **body: Any) -> str:
        answer = redtrack.post(path, json=body)
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    domain = made("/domains", url="track.acme.test")
    network = made("/networks", title="digistore24", clickid="{cid}", sum="{amount_affiliate}")
    url = "https://shop.test/redir/411530/acme?cid={clickid}&sid1={sub1}"
    offer = made("/offers", title="keto", url=url, program_id=network, payment={"amount": 12.5})
    subs = [{"value": "{{ad.id}}"}, {"alias": "utm_source", "value": "facebook"}]
    source = made("/sources", title="facebook", subs=subs, ref_id="{{fbclid}}", ref_id_alias="fbclid")
    stream = made("/streams", title="keto", offers=[{"id": offer, "weight": 100}])
    streams = [{"id": stream, "weight": 100, "optimization": {"is_enabled": False}}]
    campaign = made("/campaigns", title="fb-keto", source_id=source, domain_id=domain, cpc=0.25, streams=streams)
    ids = {"domain": domain, "network": network, "offer": offer, "source": source}
    return ids | {"stream": stream, "campaign": campaign, "host": "track.acme.test"}


@pytest.fixture
def click(sandbox: Sandbox, funnel: dict[str, str]) -> Callable[..., str]:
    """Follow the tracking link as a visitor and return the click id that arrives at the shop."""

    def visit(**query: str) -> str:
        link = httpx.URL(f"https://{funnel['host']}/{funnel['campaign']}", params=query)
        status, location = sandbox.deliver(str(link))
        assert status == 302
        return parse_qs(urlsplit(location).query)["cid"][0]

    return visit


@pytest.fixture
def postback(sandbox: Sandbox, funnel: dict[str, str]) -> Callable[..., str]:
    """Send a postback as the outside world would; returns the body of the answer."""

    def send(**query: str) -> str:
        status, body = sandbox.deliver(str(httpx.URL(f"https://{funnel['host']}/postback", params=query)))
        assert status == 200
        return body

    return send


@pytest.fixture
def conversions(redtrack: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """The conversion log, all days, with further filters."""

    def log(**query: str) -> list[dict[str, Any]]:
        days = {"date_from": "2000-01-01", "date_to": "2999-12-31"}
        answer = redtrack.get("/conversions", params=days | query)
        assert answer.status_code == 200
        return answer.json()["items"] or []

    return log
