"""What each section's entry becomes, and the words for each sort of mistake."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.trackform.export.living import composed
from trackform.account_file.compose import Ref
from trackform.account_file.sections import SECTIONS
from trackform.documents import merge
from trackform.documents import yaml_document as yamlfile
from trackform.documents.problems import Problems
from trackform_core.model.vendors import users_of

NO_CODE = "account.currency: must be the three letters of a currency, as in ISO 4217: USD"
BASE = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: EUR, notify: [b@acme.test, a@acme.test]}
offer_sources: {shop: {clickid: '{cid}', sum: '{amount}', extra: {sub1: '{product_id}', sub20: x}}}
products: {keto: {id: 411530, upsells: [411531]}, yoga: {id: 600}}
offers: {keto: {}}
"""


def fields(text: str, section: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in composed(own=text).objects if (one.section, one.name) == (section, name))
    return dict(found.fields)


def refused(text: str) -> list[str]:
    with pytest.raises(Problems) as error:
        composed(own=text)
    return [f"{'.'.join(filter(None, [one.where]))}: {one.message} | {one.suggestion}" for one in error.value.problems]


def test_a_certificate_is_a_map_of_its_own() -> None:
    own = "domains: {main: {url: a.test, ssl: {crt: c, key: k}}}"
    assert fields(own, "domains", "main")["ssl"] == {"crt": "c", "key": "k"}
    assert fields("domains: {a.test: {}}", "domains", "a.test")["url"] == "a.test"


@pytest.mark.parametrize(
    ("entry", "sent"),
    [
        ("", "{amount}"),
        (", sum: 0", "0"),
        (", sum: 2.0", "2"),
        (", sum: 2.5", "2.5"),
        (", sum: commission", "{amount}"),
    ],
)
def test_what_a_connection_books(entry: str, sent: str) -> None:
    own = BASE + f"postbacks: {{sales: {{events: [payment], type: order_type{entry}}}}}\n"
    url = fields(own, "postbacks", "sales")["url"]
    assert f"&sum={sent}&" in url
    assert "&sub1={product_id}" in url
    assert "sub20=x" not in url
    assert url.startswith("https://track.acme.test/postback?clickid={cid}&")


@pytest.mark.parametrize(
    ("entry", "emails", "currency"),
    [
        ("", ["b@acme.test", "a@acme.test"], "EUR"),
        (", notify: x@acme.test, currency: USD", ["x@acme.test"], "USD"),
        (", notify: []", [], "EUR"),
    ],
)
def test_what_a_connection_takes_from_its_account(entry: str, emails: list[str], currency: str) -> None:
    found = fields(BASE + f"postbacks: {{s: {{events: [payment], type: order_type{entry}}}}}\n", "postbacks", "s")
    assert (found["error_emails"], found["currency"], found["name"]) == (emails, currency, "s")
    assert found["product_ids"] == ["411530", "411531"]


def test_what_a_whole_link_sells_is_covered() -> None:
    link = "https://www.digistore24.com/redir/600/acme?cid={clickid}"
    own = BASE.replace("offers: {keto: {}}", f"offers: {{x: {{url: '{link}'}}, y: {{url: 'https://y.test/'}}}}")
    found = fields(own + "postbacks: {s: {events: [payment], type: order_type}}\n", "postbacks", "s")
    assert found["product_ids"] == ["600"]


@pytest.mark.parametrize("section", [name for name, kind in SECTIONS.items() if any(users_of(kind))])
def test_what_is_only_referred_to_needs_nothing_else(section: str) -> None:
    """As the refusal of an object that is there already says: `existing`, and no more."""
    found = fields(f"{section}: {{a: {{existing: There}}}}", section, "a")
    assert found.pop(SECTIONS[section].key) == "There"
    assert found.pop("existing") is True
    assert [value for value in found.values() if value not in ("", [""])] == [], "nothing that could be written"


def test_members_and_references() -> None:
    own = BASE + (
        "landings: {p: {url: 'https://l.test', domain: main}, q: {url: 'https://q.test'}}\n"
        "funnels: {f: {offers: {keto: 30}, landings: {p: 100}, prelandings: {q: 50, p: 50}}, g: {offers: {keto: 1}}}\n"
        "traffic_channels: {c: {}}\n"
        "campaigns: {one: {channel: c, funnel: f}, two: {channel: c, funnels: {f: 30, g: 70}, domain: none},\n"
        "  three: {channel: c, funnel: embedded}, four: {existing: X}}\n"
    )
    funnel = fields(own, "funnels", "f")
    assert (funnel["offer_ids"], funnel["offer_weights"]) == ([Ref("offers", "keto")], [30])
    assert funnel["prelanding_ids"] == [Ref("landings", "q"), Ref("landings", "p")]
    assert funnel["prelanding_weights"] == [50, 50]
    assert "landing_ids" not in fields(own, "funnels", "g")
    assert fields(own, "landings", "p")["domain_id"] == Ref("domains", "main")
    assert "domain_id" not in fields(own, "landings", "q")
    one, two, three = (fields(own, "campaigns", name) for name in ("one", "two", "three"))
    assert (one["funnel_ids"], one["funnel_weights"]) == ([Ref("funnels", "f")], [100])
    assert (two["funnel_ids"], two["funnel_weights"]) == ([Ref("funnels", "f"), Ref("funnels", "g")], [30, 70])
    assert (one["domain_id"], "domain_id" in two) == (Ref("domains", "main"), False)
    assert "funnel_ids" not in three
    four = fields(own, "campaigns", "four")
    assert four == {"title": "X", "existing": True, "channel_id": "", "funnel_ids": [""]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BASE + "postbacks: {s: {events: [payment], type: order_type, domain: nain}}", ".domain: domains has"),
        (BASE.replace("domains: {main: track.acme.test}", "") + "postbacks: {s: {events: [payment], type: order_type}}",
         "postbacks.s: needs one of domains, and there is none | add a section domains"),
        (BASE.replace("main: track", "b: b.test, main: track")
         + "postbacks: {s: {events: [payment], type: order_type}}",
         "postbacks.s: does not say which of the domains it uses | domain: b | main"),
        ("traffic_channels: {c: {preset: facebok}}", 'there is no preset \'facebok\' | did you mean "facebook"?'),
        ("traffic_channels: {c: {preset: zzzzzz}}", "there is no preset 'zzzzzz' | presets: facebook, "),
        (BASE + "traffic_channels: {c: {}}\nfunnels: {f: {offers: {keto: 1}}}\ncampaigns: {x: {channel: c, funnel: f, "
         "funnels: {f: 100}}}", "campaigns.x.funnel: either funnel or funnels, not both | "),
        (BASE + "funnels: {f: {}}", "funnels.f: has no offers | offers: {<name>: 100}"),
        (BASE + "traffic_channels: {c: {}}\ncampaigns: {x: {channel: c}}", "x: has no funnel | funnel: <name>"),
        (BASE + "campaigns: {x: {funnel: embedded}}", "campaigns.x: has no traffic channel | channel: <name>"),
        (BASE.replace("offers: {keto: {}}", "") + "postbacks: {s: {events: [payment], type: order_type}}",
         "postbacks.s: covers no product | add offers with products, or name products here"),
        ("postbacks: {s: {events: [payment], type: order_type}}",
         "postbacks.s: a postback connection belongs to a Digistore24 account | add a digistore24 section"),
        ("offer_sources: {n: {}}\nproducts: {p: {id: 1}}\noffers: {p: {}}",
         "offers.p: its link needs digistore24.affiliate | add a digistore24 section, or give a url"),
        (BASE + "ipn_connections: {i: {domain_id: d, url: 'https://TRACK.acme.test/x', passphrase: {secret: s}}}",
         "ipn_connections.i.url: track.acme.test is a tracking domain of RedTrack, which cannot answer an IPN"),
        (BASE + "postbacks: {s: {events: [payment]}}", "postbacks.s: needs type, or a whole url | type: order_type"),
        ("account: {currency: 7}", f"{NO_CODE} (got 7) | "),
        ("account: {currency: [a]}", f"{NO_CODE} | "),
        ("offers: {a: {title: 7}}", 'offers.a.title: must be text (got 7) | write "7"'),
        ("offers: {a: {title: true}}", 'offers.a.title: must be text (got True) | write "true"'),
        ("offers: {a: {title: [a]}}", "offers.a.title: must be text | "),
        ("ignore: offers", "ignore: must be a list (got 'offers') | write [offers]"),
        ("ignore: {a: b}", "ignore: must be a list | "),
        ("conversion_types: {a: {slot: x}}", "conversion_types.a.slot: must be a whole number (got 'x') | "),
        ("conversion_types: {a: {slot: 1.5}}", "conversion_types.a.slot: must be a whole number (got 1.5) | "),
        ("conversion_types: {a: {}}", "conversion_types.a.slot: is missing | "),
        ("landings: {a: {}}", "landings.a.url: is missing | "),
        ("conversion_types: {a: {slot: 1, duplicates: ignor}}", "'ignor' is not one of"),
        ("conversion_types: {a: {slot: 0}}", "conversion_types.a.slot: must be greater than or equal to 1 (got 0) | "),
        ("campaigns: {a: {channel: c, funnels: {f: -1}}}\ntraffic_channels: {c: {}}", "than or equal to 0"),
        ("conversion_types: {a: 7}", "conversion_types.a: must be a map (got 7) | "),
        ("conversion_types: {a: {slot: 1, zzzzzz: 2}}", "conversion_types.a.zzzzzz: unknown key | known here: "),
        ("domains: {a: {use_auto_generated_ssl: maybe}}", "must be true or false (got 'maybe') | "),
        ("offer_sources: {a: {postback_token: canary}}", "must not stand here | write {secret: <name>}"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, said: str) -> None:
    found = refused(text)
    assert any(said in one for one in found), found
    assert len(found) == 1, found
    assert "canary" not in found[0]


@pytest.mark.parametrize("load", [merge.load, yamlfile.read])
def test_what_is_wrong_with_a_file_ends_it(tmp_path: Path, load: Any) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(Problems, match=r"a\.yaml:2"):
        load(path)


def test_nesting_too_deep_for_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(*_: Any, **__: Any) -> Any:
        raise RecursionError

    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    monkeypatch.setattr(yaml, "compose", deep)
    with pytest.raises(Problems, match="nested too deeply"):
        yamlfile.read(path)
