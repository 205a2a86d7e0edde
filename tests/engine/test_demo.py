"""The demo account on an empty sandbox, from its first preview to a second `up`."""

from collections import Counter

import pytest

from tests.engine.project import Project
from tests.engine.served import Served

pytestmark = pytest.mark.engine

OFFER_URL = "https://www.digistore24.com/redir/411530/acme?cid={clickid}"
POSTBACKS = {
    "sales": "type={order_type}&rdtk_event_id={transaction_id}-{product_id}&",
    "returns": "type={transaction_type}&rdtk_event_id={transaction_id}-{product_id}-{transaction_type}&",
    "billing": "sum=0&type={billing_type}&rdtk_event_id={transaction_id}-{product_id}-{billing_type}&",
}
OBJECTS = {
    "/domains": 1, "/conversion-types": 7, "/networks": 1, "/sources": 1, "/postback-connections": 3,
    "/offers": 1, "/streams": 1, "/campaigns": 1,
}  # fmt: skip
MANY = 101


def quiet(project: Project) -> None:
    """Nothing to do, said by a second `up` and both forms of the nightly check, without a write."""
    project.sandbox.forget_requests()
    for again in (
        project.ok("up", "--yes", "--skip-preview", "--expect-no-changes"),
        project.refresh_only(),
    ):
        assert again.status == 0, again.text
    assert project.sandbox.writes() == []
    project.sandbox.forget_requests()
    project.ok("preview", "--expect-no-changes")
    assert pages_read(project.sandbox) <= len(OBJECTS) + 2
    assert project.sandbox.writes() == []


def pages_read(sandbox: Served) -> int:
    return len(sandbox.requests())


def test_the_demo_account_comes_up_and_stays_as_it_is(project: Project) -> None:
    """First preview: every URL. First `up`: each object once. Then: nothing."""
    first = project.ok("preview", "--diff", "--show-full-output")
    assert OFFER_URL in first.text
    for name, distinct in POSTBACKS.items():
        marked = [word for word in first.text.split('"') if word.endswith(f"sub20=tf.{name}")]
        assert marked, f"{name} is not in\n{first.text}"
        assert all(distinct in url for url in marked)
    assert project.sandbox.writes() == []
    assert pages_read(project.sandbox) <= len(OBJECTS) + 2

    project.sandbox.forget_requests()
    up = project.up_ok()
    assert Counter(project.sandbox.writes()) == {f"POST {path}": count for path, count in OBJECTS.items()}
    assert "account.redtrack_user: " + project.sandbox.keys.redtrack_account in up.text
    assert {row["title"]: row["url"] for row in project.sandbox.rows("offer")} == {"keto-guide": OFFER_URL}
    for name, distinct in POSTBACKS.items():
        assert [row for row in project.sandbox.rows("connection") if distinct in row["url"]], name

    quiet(project)


def test_a_preview_reads_pages_not_objects(project: Project) -> None:
    """101 offers are two pages, and three of another kind are one: that none follows is of no interest."""
    offers = "".join(f"  offer-{n}: {{url: 'https://shop.test/{n}?cid={{clickid}}'}}\n" for n in range(MANY))
    pages = "".join(f"  page-{n}: {{url: 'https://l.test/{n}'}}\n" for n in range(3))
    channels = "".join(f"  channel-{n}: {{currency: EUR}}\n" for n in range(3))
    project.write(
        f"offer_sources: {{shop: {{clickid: '{{cid}}', sum: '{{amount}}'}}}}\n"
        f"traffic_channels:\n{channels}landings:\n{pages}offers:\n{offers}"
    )
    project.up_ok()
    assert len(project.sandbox.rows("offer")) == MANY
    project.sandbox.forget_requests()
    project.ok("preview", "--expect-no-changes")
    assert pages_read(project.sandbox) <= 2 + 3 + 2
    assert project.sandbox.writes() == []
