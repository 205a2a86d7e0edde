"""An export in two files: what another account gets, and what only this one can mean."""

from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from tests.trackform.export.rows import ACCOUNT, LINK, exported
from trackform.export.paper import NOT_TOLD, split, whole
from trackform.export.seal import is_untouched, sealed
from trackform.export.sharing import Sharing

Files = tuple[dict[str, Any], dict[str, Any]]


def two(changes: dict[str, Any] | None = None, **snapshot: Any) -> Files:
    own, shared = (yaml.safe_load(text) for text in split(exported(changes, **snapshot)[0], "acme", "shared.yaml"))
    return own, shared


def test_what_is_the_accounts_own_and_what_is_not() -> None:
    own, shared = two(redtrack_user="u1", digistore24_account="77")
    assert own == {
        "extends": ["shared.yaml"], "adopt": True, "account": {"redtrack_user": "u1"},
        "digistore24": {"account": 77, "affiliate": "acme", "currency": "EUR"},
        "domains": {"main": {"url": "track.acme.test"}}, "offer_sources": {"shop": {"currency": ""}},
        "not_shared": None,
    }  # fmt: skip
    assert set(shared) == {*ACCOUNT, "products", "not_shared"} - {"domains"}
    assert shared["not_shared"] == {
        "digistore24": dict.fromkeys(("affiliate", "currency"), "each account has its own"),
        "domains": {"main": {"url": "a host belongs to one account"}},
        "offer_sources": {"shop": {"currency": "each account is paid in a currency of its own"}},
    }  # fmt: skip
    assert shared["offer_sources"] == {"shop": {"clickid": "{cid}", "sum": "{amount_affiliate}", "extra": {
        "sub1": "{product_id}"}}}  # fmt: skip


BY_COUNTRY = {"country": {"active": True, "values": ["DE"]}}


@pytest.mark.parametrize(
    ("changes", "section", "own", "shared"),
    [
        ({"landings": {"url": "https://track.acme.test/l"}}, "landings", {"url": "https://track.acme.test/l"}, {}),
        ({"landings": {"url": "https://l.test/acme/x"}}, "landings", {"url": "https://l.test/acme/x"}, {}),
        ({"landings": {"url": "https://l.test/other"}}, "landings", None, {"url": "https://l.test/other"}),
        ({"offers": {"pixels": "o1"}}, "offers", {"extra": {"pixels": "o1"}}, {}),
        ({"offers": {"cap_alert": True, "pixels_relations": "n1"}}, "offers", {"extra": {"pixels_relations": "n1"}},
         {"extra": {"cap_alert": True}}),
        ({"offers": {"workspace_ids": ["w"]}}, "offers", {"extra": {"workspace_ids": ["w"]}}, {}),
        ({"offers": {"workspace_ids": ["w"], "cap_alert": True}}, "offers", {"extra": {"workspace_ids": ["w"]}},
         {"extra": {"cap_alert": True}}),
        ({"offers": {"notes": "n1"}}, "offers", {"notes": "n1"}, {}),
        ({"offers": {"notes": "n2"}}, "offers", None, {"notes": "n2"}),
        ({"traffic_channels": {"integrations": [{"deep": {"id": "c1"}}]}}, "traffic_channels",
         {"extra": {"integrations": [{"deep": {"id": "c1"}}]}}, {}),
        ({"domains": {}, "campaigns": {"streams": []}}, "campaigns", {"funnel": "embedded"}, {"channel": "facebook"}),
    ],
)  # fmt: skip
def test_what_names_the_account_stays_with_it(changes: Any, section: str, own: Any, shared: Any) -> None:
    mine, theirs = two(changes)
    name = next(iter(theirs[section]))
    assert mine.get(section, {}).get(name) == own
    assert theirs[section][name] == shared


@pytest.mark.parametrize(
    ("url", "parts", "lacks"),
    [
        (LINK.replace("?", "?sid1=x&"), {"variables": {"sid1": "x"}}, None),
        (f"{LINK}&sid6=x", {}, {"keto": {"url": "it credits an affiliate, and each account earns for its own"}}),
        (
            LINK.replace("www.", ""),
            {},
            {"keto": {"url": "it credits an affiliate, and each account earns for its own"}},
        ),
    ],
)
def test_what_others_lack_of_a_link_that_the_templates_write_otherwise(url: str, parts: Any, lacks: Any) -> None:
    own, shared = two({"offers": {"url": url}})
    assert own["offers"] == {"keto": {"url": url}}
    assert shared["offers"] == {"keto": parts}
    assert shared["not_shared"].get("offers") == lacks


def test_ids_are_numbers_and_products_are_named() -> None:
    _, text = exported({"postbacks": {"product_ids": ["411530", "0815"]}}, digistore24_account="0123")
    data = yaml.safe_load(text)
    assert data["products"] == {"keto": {"id": 411530, "upsells": ["0815"]}}
    assert data["digistore24"]["account"] == "0123"


def test_what_no_service_tells_is_said_above_its_section() -> None:
    _, text = exported(redtrack_user="u1")
    for section, line in NOT_TOLD.items():
        assert f"# {line}\n{section}:" in text
    assert "# Add `currency:`: no API tells the currency of a RedTrack account.\naccount:" in text
    assert "# Add `forward:`: no API tells which event each channel is told. `trackform validate` names " in text
    assert "# Add `billing:` and `guarantee:` where they matter, and which upsells belong to which product.\n" in text
    assert NOT_TOLD["account"] not in exported()[1], "there is no such section"


def test_a_long_remark_is_shortened() -> None:
    streams = [{"id": "f1", "weight": 1, "stream": {}}]
    odd = {f"strange_{at:03}": at + 1 for at in range(200)}
    _, text = exported({"campaigns": {"streams": streams, **odd}})
    (line,) = (line for line in text.splitlines() if "strange_000" in line)
    assert 980 < len(line.strip()) <= 1_000 + len("# ")
    assert line.endswith(",...")


def test_a_saved_funnel_for_an_embedded_one_stands_among_the_others() -> None:
    inside = {"offers": [{"id": "o1", "weight": 7}], "filters": BY_COUNTRY, "expires_at": ""}
    streams = [{"id": "e1", "weight": 40, "stream": inside}, {"id": "f1", "weight": 60}]
    own, shared = two({"campaigns": {"streams": streams}})
    assert own["funnels"] == {"fb-de": None}
    assert own["campaigns"] == {"fb-de": {"funnel": "embedded", "funnels": None}}
    assert list(shared)[-3:] == ["funnels", "campaigns", "not_shared"]
    assert list(shared["funnels"]) == ["fb-de", "keto"]
    assert shared["funnels"]["fb-de"] == {"offers": {"keto": 7}, "filters": BY_COUNTRY}
    assert shared["campaigns"]["fb-de"] == {"channel": "facebook", "funnels": {"fb-de": 40, "keto": 60}}


@pytest.mark.parametrize(
    ("inside", "weight"),
    [
        ({"offers": [{"id": "o1", "weight": 7}, {"id": "o1", "weight": 8}]}, 100),
        ({"offers": [{"id": "gone", "weight": 7}]}, 100),
        ({"offers": []}, 100),
        ({"landings": [{"id": "l1", "weight": 7}]}, 100),
        ({"offers": [{"id": "o1", "weight": 7}]}, 0.5),
    ],
)
def test_an_embedded_funnel_that_cannot_be_saved(inside: dict[str, Any], weight: float) -> None:
    own, shared = two({"campaigns": {"streams": [{"id": "e1", "weight": weight, "stream": inside}]}})
    assert "funnels" not in own
    assert shared["campaigns"] == {"fb-de": {"channel": "facebook"}}
    assert own["campaigns"] == {"fb-de": {"funnel": "embedded"}}


def test_a_secret_in_an_embedded_funnel_is_nobodys() -> None:
    inside = {
        "offers": [{"id": "o1", "weight": 7}],
        "filters": {"referrer": {"active": True, "values": ["https://x.test/?api_key=canary-secret"]}},
    }
    found, _ = exported({"campaigns": {"streams": [{"id": "e1", "weight": 100, "stream": inside}]}})
    own, shared = split(found, "acme", "shared.yaml")
    assert "canary" not in own + shared
    assert yaml.safe_load(shared)["funnels"]["fb-de"] == {"offers": {"keto": 7}}
    assert yaml.safe_load(shared)["campaigns"]["fb-de"]["funnel"] == "fb-de"


def test_one_embedded_funnel_of_two_campaigns_is_saved_once() -> None:
    held = [{"id": "e1", "weight": 100, "stream": {"offers": [{"id": "o1", "weight": 7}]}}]
    _, shared = two({"campaigns": [{"streams": held}, {"id": "c2", "title": "fb-at", "streams": held}]})
    saved = set(shared["funnels"]) - {"keto"}
    assert len(saved) == 1
    assert {one["funnel"] for one in shared["campaigns"].values()} == saved


def test_several_products_and_who_covers_them() -> None:
    second = {"id": "o2", "title": "b-offer", "url": LINK.replace("411530", "500")}
    other = {"id": "p2", "url": ACCOUNT["postbacks"]["url"].replace("tf.sales", "tf.two"), "product_ids": ["7", "500"]}
    data = yaml.safe_load(
        exported({"offers": [{}, second], "postbacks": [{"product_ids": ["411530", "500"]}, other]})[1]
    )
    assert data["products"] == {"b-offer": {"id": 500}, "keto": {"id": 411530}, "product-7": {"id": 7}}
    assert "products" not in data["postbacks"]["sales"]
    assert data["postbacks"]["two"]["products"] == ["b-offer", "product-7"]
    same_product = {"offers": [{}, {"id": "o2", "title": "a-offer"}]}
    data = yaml.safe_load(exported(same_product)[1])
    assert (data["products"], data["offers"]["keto"]) == ({"a-offer": {"id": 411530}}, {"product": "a-offer"})


def test_a_postback_url_that_the_offer_source_computes_is_nobodys_wish() -> None:
    url = "https://track.acme.test/postback?x=1"
    source = {"postback_url": url}
    _, text = exported({"offer_sources": source, "offers": {"postback_url": url}})
    assert "postback_url" not in yaml.safe_load(text)["offers"]["keto"].get("extra", {})
    _, text = exported({"offer_sources": source, "offers": {"postback_url": url + "2"}})
    assert yaml.safe_load(text)["offers"]["keto"]["extra"] == {"postback_url": url + "2"}
    _, text = exported({"offer_sources": source, "landings": {"postback_url": url, "tags": ["a"]}})
    assert yaml.safe_load(text)["landings"]["quiz"]["tags"] == ["a"]


def test_an_edited_file_is_noticed() -> None:
    text = whole(exported()[0], "acme")
    assert is_untouched(text, "acme")
    assert not is_untouched(text, "beta")
    assert is_untouched(text.replace("\n", "\r\n"), "acme")
    assert not is_untouched(text + "# mine\n", "acme")
    assert not is_untouched(text.replace("adopt: true", "adopt: false"), "acme")
    assert not is_untouched("adopt: true\n", "acme")
    assert not is_untouched(sealed("a\nb\n", "acme").replace("a\n", "c\n", 1), "acme")


def test_of_what_is_not_shared_as_a_whole_no_part_is_told() -> None:
    sharing: Any = object.__new__(Sharing)
    sharing.not_shared = {}
    sharing.values = SimpleNamespace(removed=lambda text, _instead="": text)
    sharing._note(("offers", "keto"), "it is refused")
    sharing._note(("offers", "keto", "extra", "coupon"), "it holds an id")
    sharing._note(("offers", "yoga", "extra", 7), "it holds an id")
    sharing._note(("offers", "yoga", "extra", 7), "another reason")
    assert sharing.not_shared == {"offers": {"keto": "it is refused", "yoga": {"extra": {"7": "it holds an id"}}}}
