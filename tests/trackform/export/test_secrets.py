"""What must not stand in a repository, in every place where somebody may have put it."""

from typing import Any

import pytest

from tests.trackform.export.living import House
from trackform.export.paper import whole
from trackform.export.secrets import unspeakable

CANARY = "canary-5ecret"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("integrations", {"params": {"access_token": CANARY}}),
        ("credentials", {"user": "a", "id": CANARY}),
        ("notes", f"the account's password: {CANARY}"),
        ("notes", [f"API key = {CANARY}".replace(" key", "_key")]),
        ("postbacks", [{"url": f"https://x.test/?secret={CANARY}"}]),
        ("postbacks", [{"url": "https://x.test/", "json_body": f'{{"access_token": "{CANARY}"}}'}]),
        ("postback_url", f"https://x.test/?a={{ref_id}}&key={CANARY}"),
        ("postback_pixel", f"<img src='https://user:{CANARY}@x.test/'>"),
        ("url", f"https://track.acme.test/?ptoken={CANARY}"),
        ("url", f"https://user:{CANARY}@shop.test/"),
        ("script_id", f"Authorization: Bearer {CANARY}"),
        ("google_analytics_key", CANARY),
    ],
)
def test_a_secret_is_not_spoken(name: str, value: Any) -> None:
    assert unspeakable(value, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "https://vendor.test/go?aff_token=partner7&cid={clickid}"),
        ("postback_url", "https://graph.test/?access_token={token}&id={ref_id}"),
        ("google_analytics_key", "G-ABC123"),
        ("notes", "ask Anna for the password"),
        ("event_tracking", True),
        ("subs", [{"value": "{{ad.id}}", "alias": "ad"}]),
    ],
)
def test_what_is_public_is_spoken(name: str, value: Any) -> None:
    assert unspeakable(value, name) == ""


def test_no_comment_tells_a_token(house: House) -> None:
    """A connection that cannot be declared is named by its URL."""
    living = house.living()
    living.make(
        "connection", url=f"https://t.test/?ptoken={CANARY}", product_ids=["1"], events=["payment"], currency="EUR"
    )
    living.make("source", title="ch", postback_url=f"https://x.test/?key={CANARY}")
    text = whole(living.export(), "acme")
    assert "https://t.test/'" in text
    assert "postback_url is not written here: it holds a secret. It stays as it is" in text
    assert CANARY not in text
