"""An account file turned into objects: URLs, defaults, references, and what is refused with file and line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackform.account_file.compose import Composition, Ref, read_composition
from trackform.account_file.models import SecretRef
from trackform.account_file.spelling import AFFILIATE
from trackform.documents.problems import Problems
from trackform.urls import TEMPLATES

BASE = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: EUR, notify: ops@acme.test}
offer_sources: {digistore24: {preset: digistore24}}
products:
  keto: {id: 411530, upsells: [411531, 411532]}
  yoga: {id: 411600}
offers: {keto: {}}
"""
SALES = "postbacks: {sales: {events: [payment], type: order_type}}\n"


def composed(folder: Path, text: str) -> Composition:
    file = folder / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    return read_composition(file)


def fields(composition: Composition, section: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in composition.objects if (one.section, one.name) == (section, name))
    return dict(found.fields)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(Problems) as told:
        composed(folder, text)
    return [str(problem).partition("acme.yaml:")[2] for problem in told.value.problems]


class TestUrls:
    def test_an_offers_link_is_its_promolink_with_the_click_id(self, tmp_path: Path) -> None:
        found = composed(tmp_path, BASE)
        url = "https://www.digistore24.com/redir/411530/acme?cid={clickid}"
        assert found.offer_urls == {"keto": url}
        assert fields(found, "offers", "keto")["url"] == url

    @pytest.mark.parametrize("path", ["redir/411600/acme", "redir/411600/acme/key", "content/411600/7/acme"])
    def test_a_connection_covers_the_product_that_a_whole_link_leads_to(self, tmp_path: Path, path: str) -> None:
        link = f"'https://www.digistore24.com/{path}?cid={{clickid}}'"
        text = BASE.replace("keto: {}}", f"y: {{url: {link}}}}}") + SALES
        assert fields(composed(tmp_path, text), "postbacks", "sales")["product_ids"] == ["411600"]

    def test_campaign_key_and_variables_go_into_the_link(self, tmp_path: Path) -> None:
        text = BASE.replace("keto: {}}", "keto: {campaignkey: fb spring, variables: {sid1: '{sub1}', sid2: 7}}}")
        assert composed(tmp_path, text).offer_urls["keto"] == (
            "https://www.digistore24.com/redir/411530/acme/fb%20spring?cid={clickid}&sid1={sub1}&sid2=7"
        )

    def test_variables_of_the_account_are_for_all_and_an_offers_own_win(self, tmp_path: Path) -> None:
        text = BASE.replace("keto: {}}", "keto: {}, yoga: {variables: {sid1: own}}}") + "variables: {sid1: shared}\n"
        found = composed(tmp_path, text).offer_urls
        assert found["keto"].endswith("&sid1=shared")
        assert found["yoga"].endswith("&sid1=own")

    def test_a_whole_url_needs_no_product_and_no_template(self, tmp_path: Path) -> None:
        found = composed(tmp_path, "offer_sources: {s: {}}\noffers: {o: {url: 'https://shop.test/?cid={clickid}'}}\n")
        assert found.offer_urls == {"o": "https://shop.test/?cid={clickid}"}

    def test_a_postback_holds_one_type_an_event_id_the_details_and_its_marker(self, tmp_path: Path) -> None:
        url = composed(tmp_path, BASE + SALES).postback_urls["sales"]
        assert url.startswith(
            "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}&"
        )
        query = parse_qsl(urlsplit(url).query)
        assert [name for name, _ in query].count("type") == 1
        assert dict(query)["rdtk_event_id"] == "{transaction_id}"
        assert dict(query)["sub1"] == "{product_id}"
        assert query[-1] == ("sub20", "tf.sales")

    def test_a_further_dimension_books_nothing_and_says_so(self, tmp_path: Path) -> None:
        text = BASE + "postbacks: {billing: {events: [payment], type: billing_type, sum: 0, event_id: '{x}-b'}}\n"
        query = dict(parse_qsl(urlsplit(composed(tmp_path, text).postback_urls["billing"]).query))
        assert (query["sum"], query["type"], query["rdtk_event_id"]) == ("0", "{billing_type}", "{x}-b")

    def test_an_offer_sources_own_macros_are_what_the_postback_sends(self, tmp_path: Path) -> None:
        text = BASE.replace(
            "{preset: digistore24}", "{preset: digistore24, sum: '{amount_vendor}', clickid: '{subid}'}"
        )
        query = dict(parse_qsl(urlsplit(composed(tmp_path, text + SALES).postback_urls["sales"]).query))
        assert (query["clickid"], query["sum"]) == ("{subid}", "{amount_vendor}")

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        affiliate=st.from_regex(AFFILIATE, fullmatch=True),
        key=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12),
    )
    def test_whatever_the_names_a_macro_stays_one_and_nothing_else_does(
        self, tmp_path: Path, affiliate: str, key: str
    ) -> None:
        quoted = {name: "'" + value.replace("'", "''") + "'" for name, value in (("a", affiliate), ("k", key))}
        text = BASE.replace("affiliate: acme", f"affiliate: {quoted['a']}")
        text = text.replace("keto: {}}", f"keto: {{campaignkey: {quoted['k']}}}}}")
        url = composed(tmp_path, text).offer_urls["keto"]
        assert url.endswith("?cid={clickid}")
        assert url.count("?") == 1
        assert "#" not in url
        assert " " not in url


class TestDefaults:
    def test_a_connection_covers_all_offers_and_their_upsells(self, tmp_path: Path) -> None:
        sales = fields(composed(tmp_path, BASE + SALES), "postbacks", "sales")
        assert sales["product_ids"] == ["411530", "411531", "411532"]
        both = BASE.replace("keto: {}}", "keto: {}, second: {product: yoga}}") + SALES
        assert "411600" in fields(composed(tmp_path, both), "postbacks", "sales")["product_ids"]

    def test_named_products_bring_their_upsells_too(self, tmp_path: Path) -> None:
        one = BASE + SALES.replace("order_type}", "order_type, products: [keto]}")
        assert fields(composed(tmp_path, one), "postbacks", "sales")["product_ids"] == ["411530", "411531", "411532"]

    def test_upsells_of_upsells_are_covered_as_well(self, tmp_path: Path) -> None:
        """They are sold in the same order, also where they come round to where they began."""
        deep = BASE.replace(
            "  keto: {id: 411530, upsells: [411531, 411532]}\n",
            "  keto: {id: 411530, upsells: [411531]}\n  more: {id: 411531, upsells: [411533, 411530]}\n",
        )
        assert deep != BASE
        assert fields(composed(tmp_path, deep + SALES), "postbacks", "sales")["product_ids"] == [
            "411530", "411531", "411533",
        ]  # fmt: skip

    def test_returns_take_the_commission_back_whatever_its_sign(self, tmp_path: Path) -> None:
        back = SALES.replace("order_type}", "transaction_type, sum: minus_commission}")
        url = composed(tmp_path, BASE + back).postback_urls["sales"]
        assert "&sum=-{amount_affiliate_abs}&" in url

    def test_currency_and_addresses_come_from_the_digistore24_section(self, tmp_path: Path) -> None:
        found = composed(tmp_path, BASE + SALES)
        assert fields(found, "offer_sources", "digistore24")["currency"] == "EUR"
        assert fields(found, "postbacks", "sales")["currency"] == "EUR"
        assert fields(found, "postbacks", "sales")["error_emails"] == ["ops@acme.test"]
        own = SALES.replace("order_type}", "order_type, currency: USD, notify: me@acme.test}")
        sales = fields(composed(tmp_path, BASE + own), "postbacks", "sales")
        assert (sales["currency"], sales["error_emails"]) == ("USD", ["me@acme.test"])

    def test_a_preset_is_a_start_and_what_the_file_says_wins(self, tmp_path: Path) -> None:
        source = "{preset: digistore24, sum: '{mine}', extra: {sub1: '{other}', hints: {sub1: x}}}"
        found = fields(
            composed(tmp_path, BASE.replace("{preset: digistore24}", source)), "offer_sources", "digistore24"
        )
        assert (found["clickid"], found["sum"], found["offer_url"]) == ("{cid}", "{mine}", "?cid={clickid}")
        assert (found["extra"]["sub1"], found["extra"]["sub2"], found["extra"]["hints"]) == (
            "{other}", "{order_id}", {"sub1": "x"},
        )  # fmt: skip
        channel = fields(composed(tmp_path, "traffic_channels: {fb: {preset: facebook}}"), "traffic_channels", "fb")
        assert channel["title"] == "fb"
        assert channel["subs"][0]["value"] == "{{ad.id}}"

    def test_the_only_domain_and_offer_source_need_no_name(self, tmp_path: Path) -> None:
        campaign = "traffic_channels: {fb: {}}\nfunnels: {f: {offers: {keto: 100}}}\n"
        found = composed(tmp_path, BASE + campaign + "campaigns: {c: {channel: fb, funnel: f}}\n")
        assert fields(found, "offers", "keto")["offer_source_id"] == Ref("offer_sources", "digistore24")
        assert fields(found, "campaigns", "c") == {
            **fields(found, "campaigns", "c"),
            "domain_id": Ref("domains", "main"), "channel_id": Ref("traffic_channels", "fb"),
            "funnel_ids": [Ref("funnels", "f")], "funnel_weights": [100], "title": "c",
        }  # fmt: skip

    def test_several_funnels_each_with_its_weight(self, tmp_path: Path) -> None:
        funnels = "traffic_channels: {fb: {}}\nfunnels: {f: {offers: {keto: 100}}, g: {offers: {keto: 1}}}\n"
        found = composed(tmp_path, BASE + funnels + "campaigns: {c: {channel: fb, funnels: {g: 30, f: 70}}}\n")
        campaign = fields(found, "campaigns", "c")
        assert campaign["funnel_ids"] == [Ref("funnels", "g"), Ref("funnels", "f")]
        assert campaign["funnel_weights"] == [30, 70]

    def test_an_object_of_somebody_else_is_only_referred_to(self, tmp_path: Path) -> None:
        text = BASE.replace("main: track.acme.test", "main: {existing: go.acme.test}")
        text = text.replace("digistore24: {preset: digistore24}", "digistore24: {existing: Digistore 24}")
        found = composed(tmp_path, text + SALES)
        assert fields(found, "domains", "main") == {"url": "go.acme.test", "existing": True}
        assert fields(found, "offer_sources", "digistore24") == {"title": "Digistore 24", "existing": True}
        assert found.postback_urls["sales"].startswith("https://go.acme.test/postback?clickid={cid}&sum={amount_aff")

    def test_a_secret_stays_a_reference(self, tmp_path: Path) -> None:
        token = "token: {secret: postbackToken}"
        source = BASE.replace("{preset: digistore24}", "{preset: digistore24, postback_token: {secret: postbackToken}}")
        found = composed(tmp_path, source + SALES.replace("order_type}", f"order_type, {token}}}"))
        assert fields(found, "postbacks", "sales")["token"] == SecretRef(secret="postbackToken")
        assert fields(found, "offer_sources", "digistore24")["postback_token"] == SecretRef(secret="postbackToken")
        assert "ptoken" not in found.postback_urls["sales"]

    def test_objects_come_in_the_order_in_which_they_are_built(self, tmp_path: Path) -> None:
        text = (
            "campaigns: {c: {channel: fb, funnel: f}}\nfunnels: {f: {offers: {keto: 1}}}\ntraffic_channels: {fb: {}}\n"
        )
        found = composed(tmp_path, text + SALES + BASE)
        order = [one.section for one in found.objects]
        for earlier, later in (("domains", "campaigns"), ("offer_sources", "offers"), ("offers", "funnels")):
            assert order.index(earlier) < order.index(later)


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("funnels: {f: {offers: {kito: 1}}}", '8: funnels.f.offers.kito: offers has no \'kito\'; did you mean "keto"?'),
        ("funnels: {f: {}}", "8: funnels.f: has no offers; offers: {<name>: 100}"),
        ("campaigns: {c: {channel: fb, funnel: embedded}}", "has no 'fb'; add a section traffic_channels"),
        ("traffic_channels: {fb: {preset: facebok}}", "no preset 'facebok'; did you mean \"facebook\"?"),
        ("conversion_types: {a: {slot: 1}, b: {slot: 1}}", "8: conversion_types.b: has the same slot (1) as a at "),
        ("conversion_types: {a: {slot: 1, title: x}, x: {slot: 2}}", "has the same name (x) as a at "),
        (SALES.replace("order_type}", "order_type, products: [nope]}"), "products has no 'nope'; known: keto, yoga"),
        (SALES.replace("order_type}", "order_type, domain: mian}"), "domains has no 'mian'; did you mean \"main\"?"),
        (SALES.replace(", type: order_type", ""), "8: postbacks.sales: needs type, or a whole url; type: order_type"),
        ("adopt: [ofers]", "8: adopt[0]: there is no section 'ofers'; did you mean \"offers\"?"),
        (
            "traffic_channels: {fb: {extra: {colour: red}}}",
            "traffic_channels.fb.extra: traffic channel has no further field colour",
        ),
        ("traffic_channels: {fb: {on_delete: pause}}", "traffic_channels.fb.on_delete: traffic channel can be: "),
        ("traffic_channels: {fb: {enforce: [currency]}}", "currency is watched and healed anyway"),
        (
            "postbacks: {s: {events: [payment], url: 'https://track.acme.test/postback?x={y}'}}",
            "8: postbacks.s.name: ",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_line(tmp_path: Path, addition: str, words: str) -> None:
    told = refused(tmp_path, BASE + addition)
    assert any(words in problem for problem in told), told
    assert not [problem for problem in told if not problem.startswith("8:")], told


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("keto: {}}", "keto: {template: nope.j2}}", "no template nope.j2"),
        ("keto: {}}", "keto: {template: '{{ promolink }}&x={{ nothing }}'}}", "nothing is not defined; known: "),
        ("keto: {}}", "keto: {}, yoga: {title: keto}}", "7: offers.yoga: has the same title (keto) as keto at "),
        ("keto: {}}", "keto: {}, yoga: {title: keto}}", "; give it another title, such as `offers: {yoga: {title: "),
        ("keto: {}}", "keto: {product: kito}}", "7: offers.keto.product: products has no 'kito'; did you mean \"keto"),
        ("yoga: {id: 411600}", "yoga: {id: 411530}", "6: products.yoga.id: has the same id (411530) as keto"),
        ("{main: track.acme.test}", "{a: x.acme.test, b: y.acme.test}", "does not say which of the domains it uses"),
        ("{main: track.acme.test}", "{}", "needs one of domains, and there is none; add a section domains"),
        ("{main: track.acme.test}", "{main: x.acme.test, two: x.acme.test}", "has the same url (x.acme.test) as main"),
        ("offers: {keto: {}}", "", "postbacks.sales: covers no product"),
        ("offers: {keto: {}}", "offers: {mine: {url: 'https://vendor.example/?cid={clickid}#aff=acme'}}",
         "offers.mine: says no product, and its link does not either"),
    ],
)  # fmt: skip
def test_a_set_up_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in BASE
    told = refused(tmp_path, BASE.replace(old, new) + SALES)
    assert any(words in problem for problem in told), told


def test_all_of_them_at_once(tmp_path: Path) -> None:
    told = refused(
        tmp_path,
        BASE.replace("keto: {}}", "kito: {}}")
        + "traffic_channels: {fb: {preset: nope}}\nfunnels: {f: {offers: {x: 1}}}\n",
    )
    assert [problem.partition(":")[0] for problem in told] == ["7", "8", "9"]


def test_a_wrong_title_does_not_hide_two_that_are_the_same(tmp_path: Path) -> None:
    more = "one: {title: [1], product: yoga}, two: {title: x, product: yoga}, last: {title: x, product: yoga}"
    told = refused(tmp_path, BASE.replace("keto: {}", f"keto: {{}}, {more}"))
    assert [problem.partition(": ")[2].partition(": ")[0] for problem in told] == ["offers.last", "offers.one.title"]
    assert "has the same title (x) as two at " in told[0]


def test_mistakes_of_every_sort_at_once(tmp_path: Path) -> None:
    """A key written twice or unknown, a wrong type, a dangling reference, a title twice, an undefined variable."""
    told = refused(
        tmp_path,
        BASE.replace("keto: {}}", "keto: {contries: [DE]}, two: {title: keto, product: yoga, cap: lots}}")
        + SALES.replace("order_type}", "order_type, template: '{{ nothing }}', events: [refund]}")
        + "traffic_channels: {fb: {preset: facebok}}\nfunnels: {f: {offers: {kito: 1}}, g: {offers: {keto: 1}, x: 1}}\n"
        + "campaigns: {c: {channel: fb, funnel: ff, cpc: lots}, d: {channel: fb, status: on}}\n",
    )
    for place, words in (
        ("7: offers.keto.contries: ", "unknown key"),
        ("7: offers.two: ", "has the same title (keto)"),
        ("7: offers.two.cap: ", "must be a whole number"),
        ("8: postbacks.sales.events: ", "written twice"),
        ("8: postbacks.sales: ", "nothing is not defined"),
        ("9: traffic_channels.fb.preset: ", "there is no preset 'facebok'"),
        ("10: funnels.f.offers.kito: ", "offers has no 'kito'"),
        ("10: funnels.g.x: ", "unknown key"),
        ("11: campaigns.c.funnel: ", "funnels has no 'ff'"),
        ("11: campaigns.c.cpc: ", "must be a number"),
        ("11: campaigns.d.status: ", "'on' is not one of"),
        ("11: campaigns.d: ", "has no funnel"),
    ):
        assert [problem for problem in told if problem.startswith(place) and words in problem], (place, told)
    assert len(told) == 12, told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            BASE.replace("offers: {", "offer: {") + "funnels: {f: {offers: {keto: 1}}}\n" + SALES,
            "7: offer: unknown key",
        ),
        (
            BASE.replace("yoga: {id: 411600}", "yoga: {di: 411600}").replace("keto: {}}", "yoga: {}}"),
            "6: products.yoga",
        ),
        (BASE.replace("affiliate: acme", "afiliate: acme") + SALES, "2: digistore24."),
        (BASE + "funnels: {f: {ofers: {keto: 1}}}\n", "8: funnels.f.ofers: unknown key"),
        (BASE + SALES.replace("type:", "typ:"), "8: postbacks.sales.typ: unknown key"),
        (BASE.replace("main: track.acme.test", "main: [1]") + SALES, "1: domains.main: "),
        (BASE.replace("keto: {}}", "keto: {title: [x]}, x: {title: keto, product: yoga}}"), "7: offers.keto.title: "),
        (BASE.replace("keto: {}}", "keto: }") + "funnels: {f: {offers: {keto: 1}}}\n", "7: offers.keto: has no value"),
        (BASE.replace("keto: {}}", "keto: {variabls: {x: 1}, template: '{{ x }}'}}"), "7: offers.keto.variabls: "),
    ],
)
def test_what_only_follows_from_a_mistake_is_not_told(tmp_path: Path, text: str, words: str) -> None:
    told = refused(tmp_path, text)
    assert all(problem.startswith(words) for problem in told), told


def test_a_mistake_in_a_template_names_the_template(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for template in TEMPLATES.iterdir():
        (tmp_path / "templates" / template.name).symlink_to(template)
    (tmp_path / "templates" / "own.j2").write_text("{{ promolink }}&x={{ nothing }}")
    (tmp_path / "acme.yaml").write_text(BASE.replace("keto: {}}", "keto: {template: own.j2}}"))
    with pytest.raises(Problems, match=r"offers\.keto: nothing is not defined \(templates/own\.j2\); known: "):
        read_composition(tmp_path / "acme.yaml", tmp_path / "templates")


def test_whoever_checks_a_file_does_not_wait_for_pulumi() -> None:
    """Importing Pulumi takes longer than checking a thousand objects."""
    program = "import sys, trackform.account_file.compose; print(sorted({'pulumi', 'grpc'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "an object needs a name"),
        ("  ", "an object needs a name"),
        ("ke\nto", "holds a character that nobody sees (U+000A)"),
        ("ke\u2028to", "(U+2028)"),
        ("ke\u0085to", "(U+0085)"),
        ("ke\u0007to", "(U+0007)"),
        ("ke\u200bto", "(U+200B)"),
        ("ke\u202eto", "(U+202E)"),
    ],
)
def test_a_name_that_no_review_can_show_is_refused(tmp_path: Path, name: str, said: str) -> None:
    text = BASE.replace("offers: {keto: {}}", f"offers:\n  keto: {{}}\n  {json.dumps(name)}: {{product: yoga}}")
    (told,) = refused(tmp_path, text)
    assert told.startswith("9: offers."), told
    assert said in told


@pytest.mark.parametrize(
    "name", ["FB :: Keto :: DE", "a/b", "a.b", "a'b", "a, b", " a ", "*", "[x]", "😀 Größe", "👩‍💻"]
)
def test_any_other_name_is_a_name(tmp_path: Path, name: str) -> None:
    found = composed(
        tmp_path,
        BASE.replace("offers: {keto: {}}", f"offers: {{{json.dumps(name, ensure_ascii=False)}: {{product: keto}}}}"),
    )
    assert fields(found, "offers", name)["title"] == name
