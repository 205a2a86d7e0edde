"""One account with a bit of everything, as a file, as two, and for machines: to the letter."""

import json
from typing import Any

from tests.kept import as_kept
from tests.trackform.export.rows import LINK, POSTBACK, account
from trackform.commands.export import _line, as_data
from trackform.export import export
from trackform.export.paper import split, whole
from trackform.export.unmanaged import Unmanaged

BY_OS = {"os": {"active": True, "values": ["iOS"]}, "a": 1}
WHOLE = "https://shop.test/go?click={clickid}"
INSIDE = {"offers": [{"id": "o2", "weight": 1}], "landings": [{"id": "l1", "weight": 1}]}
CHANGES: dict[str, Any] = {
    "domains": [
        {"use_auto_generated_ssl": False}, {"id": "d2", "url": "go.acme.test"}, {"id": "d3", "url": "third.acme.test"},
    ],
    "conversion_types": [
        {"show_in_journey": False, "role": "Purchase"}, {"id": "t2", "slot": 2, "name": "on", "duplicates": "ignore"},
    ],
    "offer_sources": [
        {"currency": "EUR", "postback_token": "canary-secret", "postback_url": "https://track.acme.test/postback?x=1"},
        {"id": "n2", "title": "Second: one", "click_expiration": 60, "strange": 1, "sub1": ""},
    ],
    "traffic_channels": [
        {"subs": [{"value": "{{ad.id}}", "hint": "ad id"}], "postback_url": "https://x.test/?api_key=canary-secret"},
        {"id": "s2", "title": "FB: DE / AT", "alias": "x", "currency": "USD"}, {"id": "s3", "title": "FB: DE / AT"},
    ],
    "landings": [
        {"domain_id": "d1", "tags": ["a #b"]}, {"id": "l2", "title": "lost", "url": "https://l.test/?api_key=canary-secret"},
        {"id": "l3", "title": "elsewhere", "domain_id": "d9", "type": "p"},
    ],
    "offers": [
        {"payment": {"amount": 12.5}, "country_codes": ["DE", "AT"], "cap_alert": True, "status": 2},
        {"id": "o2", "title": "#2", "url": WHOLE, "program_id": "n2", "notes": "two\nlines"},
        {"id": "o3", "title": "third", "url": LINK.replace("acme?", "other/key?") + "&sid1={sub1}"},
        {"id": "o4", "title": "none", "program_id": "n9"},
        {"id": "o5", "title": "club", "url": LINK.replace("411530", "0815")},
    ],
    "postbacks": [
        {"url": f"{POSTBACK}&ptoken=canary-secret", "product_ids": ["411530", "0815", "7"],
         "error_emails": ["b@x.test", "a@x.test"]},
        {"id": "p2", "url": POSTBACK.replace("sales", "two"), "currency": "USD", "error_emails": []},
        {"id": "p3", "url": "https://else.test/?a=1&sub20=tf.other", "active": False, "product_ids": ["411530", "7"]},
        {"id": "p4", "url": "https://else.test/?a=1"},
        {"id": "p5", "url": POSTBACK.replace("sales", "none"), "product_ids": []},
    ],
    "funnels": [
        {"landings": [{"id": "l1", "weight": 100}], "filters": BY_OS}, {"id": "f2", "title": "keto", "offers": [
            {"id": "o1", "weight": 30}, {"id": "o2", "weight": 70}, {"id": "o9", "weight": 1}]},
        {"id": "f3", "title": "inside", "template": False}, {"id": "f4", "title": "empty", "offers": []},
    ],
    "campaigns": [
        {"cost_model": "CPC", "cpc": 1e-7, "tags": ["x"], "notes": ["none"]},
        {"id": "c2", "title": "two", "domain_id": None,
         "streams": [{"id": "f1", "weight": 40}, {"id": "f2", "weight": 60}]},
        {"id": "c3", "title": "three", "domain_id": "d9", "streams": [{"id": "e1", "weight": 100, "stream": INSIDE}]},
        {"id": "c4", "title": "four", "domain_id": "d2", "streams": []},
        {"id": "c5", "title": "five", "source_id": "s9", "status": 2},
        {"id": "c6", "title": "[trackform] six", "source_id": "s2", "domain_id": "d3",
         "streams": [{"id": "e1", "weight": 30, "stream": INSIDE}, {"id": "f1", "weight": 70}]},
    ],
}  # fmt: skip


def test_an_account_with_a_bit_of_everything() -> None:
    found = export(account(CHANGES, redtrack_user="u1", digistore24_account="0123", unread={
        "ipn_connections": "Digistore24 lists none", "landings": "odd",
    }))  # fmt: skip
    own, shared = split(found, "acme", "shared.yaml")
    texts = [whole(found, "acme"), own, shared, json.dumps(as_data(found), indent=1, ensure_ascii=False)]
    assert "canary" not in "".join(texts)
    for name, text in zip(("whole.yaml", "own.yaml", "shared.yaml", "data.json"), texts, strict=True):
        as_kept(f"export/{name}", text.rstrip("\n"))


def test_a_line_of_what_the_file_does_not_mention() -> None:
    rows = [
        Unmanaged("offers", "o1", "keto"), Unmanaged("offers", "o1", "keto", "active", ["a (active)", "b"], 0),
        Unmanaged("offers", "o1", "keto", "", [], 1), Unmanaged("offers", "o1", "keto", "paused", [], 2, "one of 2"),
    ]  # fmt: skip
    assert [_line(row) for row in rows] == [
        "offers/keto (o1)", "offers/keto (o1): active; no click in 30 days; used by a (active), b",
        "offers/keto (o1): 1 click in 30 days", "offers/keto (o1): paused; 2 clicks in 30 days; one of 2",
    ]  # fmt: skip
