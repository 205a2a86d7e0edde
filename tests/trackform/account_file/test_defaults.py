"""What is said of an object, of a section or of the whole file: adoption, marks, protection, deletion, old names."""

from pathlib import Path
from typing import Any

import pytest

from tests.trackform.account_file.test_compose import composed, fields, refused
from trackform.account_file.compose import Composition, Wanted
from trackform.account_file.sections import SECTIONS
from trackform.program import _options

FILE = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme}
offer_sources: {digistore24: {}}
products: {keto: {id: 411530}, yoga: {id: 411600}}
offers: {keto: {}, yoga: {}}
traffic_channels: {fb: {}}
landings: {page: {url: 'https://l.test/'}, first: {url: 'https://p.test/', type: prelanding, domain: main}}
funnels: {f: {offers: {keto: 1}, landings: {page: 70}, prelandings: {first: 30}}}
campaigns: {c: {channel: fb, funnel: f}}
postbacks: {sales: {events: [payment], type: order_type}}
conversion_types: {sale: {slot: 1}}
scripts: {shop: {campaign: c}}
ipn_connections:
  vendor: {domain_id: acme-1, url: 'https://ipn.acme.test/in', passphrase: {secret: ipn}, products: [keto]}
"""


def one(composition: Composition, section: str, name: str) -> Wanted:
    (found,) = (each for each in composition.objects if (each.section, each.name) == (section, name))
    return found


def told(composition: Composition, option: str) -> dict[str, Any]:
    """Section -> what its objects were told; those that were told nothing are left out."""
    return {each.section: each.fields[option] for each in composition.objects if option in each.fields}


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new)


class TestOnDelete:
    def test_a_file_a_section_an_object(self, tmp_path: Path) -> None:
        assert told(composed(tmp_path, FILE), "on_delete") == {}
        by_section = FILE + "on_delete: {offers: pause, domains: delete}\n"
        assert told(composed(tmp_path, by_section), "on_delete") == {"offers": "pause", "domains": "delete"}
        own = changed("yoga: {}}", "yoga: {on_delete: delete}}") + "on_delete: {offers: pause}\n"
        assert fields(composed(tmp_path, own), "offers", "yoga")["on_delete"] == "delete"
        assert fields(composed(tmp_path, own), "offers", "keto")["on_delete"] == "pause"

    def test_pause_for_all_keeps_what_cannot_be_paused(self, tmp_path: Path) -> None:
        found = told(composed(tmp_path, FILE + "on_delete: pause\n"), "on_delete")
        assert set(found) == set(SECTIONS)
        assert {section for section, policy in found.items() if policy == "pause"} == {"offers", "campaigns"}
        assert set(found.values()) == {"pause", "keep"}

    def test_pause_for_a_section_that_cannot_is_refused(self, tmp_path: Path) -> None:
        told = refused(tmp_path, FILE + "on_delete: {funnels: pause}\n")
        assert any("funnels.f.on_delete: funnel can be: delete, keep" in problem for problem in told), told


class TestMark:
    def test_for_all_marks_what_has_room(self, tmp_path: Path) -> None:
        found = told(composed(tmp_path, FILE + "mark: true\n"), "mark")
        assert found == dict.fromkeys(["offer_sources", "offers", "landings", "campaigns"], True)

    def test_for_a_section_and_for_all_but_one(self, tmp_path: Path) -> None:
        text = changed("yoga: {}}", "yoga: {mark: false}}") + "mark: [offers]\n"
        found = composed(tmp_path, text)
        assert [fields(found, "offers", name)["mark"] for name in ("keto", "yoga")] == [True, False]
        assert "mark" not in fields(found, "campaigns", "c")

    @pytest.mark.parametrize("text", [FILE + "mark: [funnels]\n", changed("{f: {offers", "{f: {mark: true, offers")])
    def test_where_there_is_no_room_it_is_refused_with_the_line(self, tmp_path: Path, text: str) -> None:
        (problem,) = refused(tmp_path, text)
        assert "8: funnels.f.mark: funnel has no room for a mark in RedTrack" in problem


class TestPick:
    def test_an_id_picks_one_of_several(self, tmp_path: Path) -> None:
        found = composed(tmp_path, changed("yoga: {}}", "yoga: {title: keto, id: 65a1}}"))
        assert fields(found, "offers", "yoga")["adopt_id"] == "65a1"
        assert "id" not in fields(found, "offers", "yoga")
        assert "adopt_id" not in fields(found, "offers", "keto")

    def test_a_reference_may_pick_too(self, tmp_path: Path) -> None:
        found = composed(tmp_path, changed("{fb: {}}", "{fb: {existing: Facebook, id: 65a1}}"))
        assert fields(found, "traffic_channels", "fb") == {"title": "Facebook", "existing": True, "adopt_id": "65a1"}

    def test_one_id_is_one_object(self, tmp_path: Path) -> None:
        text = changed("keto: {}, yoga: {}}", "keto: {id: 65a1}, yoga: {id: 65a1}}")
        (problem,) = refused(tmp_path, text)
        assert "offers.yoga: has the same id (65a1) as keto at " in problem


class TestPulumi:
    def test_protect_for_a_file_a_section_an_object(self, tmp_path: Path) -> None:
        assert not any(each.protect for each in composed(tmp_path, FILE).objects)
        assert all(each.protect for each in composed(tmp_path, FILE + "protect: true\n").objects)
        text = changed("yoga: {}}", "yoga: {protect: false}}") + "protect: [offers, domains]\n"
        found = composed(tmp_path, text)
        assert {(each.section, each.name) for each in found.objects if each.protect} == {
            ("domains", "main"), ("offers", "keto"),
        }  # fmt: skip

    def test_what_pulumi_is_told(self, tmp_path: Path) -> None:
        found = composed(tmp_path, changed("yoga: {}}", "yoga: {was: joga, protect: true}}"))
        options = _options(one(found, "offers", "yoga"))
        assert options.protect is True
        assert [alias.name for alias in options.aliases or ()] == ["joga"]  # type: ignore[union-attr]
        plain = _options(one(found, "offers", "keto"))
        assert (plain.protect, plain.aliases) == (None, None)
        assert "was" not in fields(found, "offers", "yoga")
        assert "protect" not in fields(found, "offers", "yoga")

    @pytest.mark.parametrize(
        ("offers", "words"),
        [
            ("keto: {}, yoga: {was: keto}", ["5: offers.yoga.was: keto is in use at ", "rename it first and give its"]),
            ("keto: {was: x}, yoga: {was: x}", ["5: offers.yoga.was: x is in use at ", "out of the other entry"]),
            ("keto: {was: keto}, yoga: {}", ["5: offers.keto.was: keto is in use at ", "take it out once `pulumi up`"]),
            (
                "keto: {was: x}, yoga: {was: keto}",
                ["5: offers.yoga.was: keto is in use at ", "keto to yoga first", "take this `was` out and rename x to"],
            ),
        ],
    )
    def test_an_old_name_belongs_to_one(self, tmp_path: Path, offers: str, words: list[str]) -> None:
        (problem,) = refused(tmp_path, changed("keto: {}, yoga: {}", offers))
        assert [part for part in words if part not in problem] == []

    def test_two_names_that_change_places(self, tmp_path: Path) -> None:
        problems = refused(tmp_path, changed("keto: {}, yoga: {}", "keto: {was: yoga}, yoga: {was: keto}"))
        assert len(problems) == 2
        assert all("Where they change places, one of them goes over a name that is free" in each for each in problems)


class TestLandingsAndIpn:
    def test_a_funnel_holds_landings_and_prelandings(self, tmp_path: Path) -> None:
        found = composed(tmp_path, FILE)
        funnel = fields(found, "funnels", "f")
        assert [ref.name for ref in funnel["landing_ids"]] == ["page"]
        assert [ref.name for ref in funnel["prelanding_ids"]] == ["first"]
        assert (funnel["landing_weights"], funnel["prelanding_weights"]) == ([70], [30])
        assert fields(found, "landings", "page") == {"title": "page", "url": "https://l.test/", "type": "landing"}
        assert fields(found, "landings", "first")["domain_id"].name == "main"
        sections = [each.section for each in found.objects]
        assert sections.index("landings") < sections.index("funnels")

    def test_an_unknown_landing_is_told_with_its_line(self, tmp_path: Path) -> None:
        told = refused(tmp_path, changed("landings: {page: 70}", "landings: {pgae: 70}"))
        assert any("8: funnels.f.landings.pgae: landings has no 'pgae'; did you mean \"page\"?" in one for one in told)

    def test_an_ipn_connection_covers_its_products_or_all(self, tmp_path: Path) -> None:
        assert fields(composed(tmp_path, FILE), "ipn_connections", "vendor")["product_ids"] == ["411530"]
        every = composed(tmp_path, changed(", products: [keto]}", "}"))
        assert fields(every, "ipn_connections", "vendor")["product_ids"] == ["all"]
        assert fields(every, "ipn_connections", "vendor")["name"] == "vendor"

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("https://track.acme.test/ipn", "track.acme.test is a tracking domain of RedTrack, which cannot answer"),
            ("https://x.test/postback?clickid={cid}", "this is RedTrack's address for postbacks"),
        ],
    )
    def test_redtrack_cannot_answer_an_ipn(self, tmp_path: Path, url: str, words: str) -> None:
        told = refused(tmp_path, changed("https://ipn.acme.test/in", url))
        assert any(f"14: ipn_connections.vendor.url: {words}" in problem for problem in told), told


class TestCoverage:
    @pytest.mark.parametrize("url", ["https://www.digistore24.com/redir/411600/acme?cid={clickid}"])
    def test_an_offer_with_a_whole_url_sells_the_product_in_it(self, tmp_path: Path, url: str) -> None:
        found = composed(tmp_path, changed("yoga: {}}", f"course: {{url: '{url}'}}}}"))
        assert fields(found, "postbacks", "sales")["product_ids"] == ["411530", "411600"]

    def test_a_whole_url_of_something_else_sells_nothing_of_ours(self, tmp_path: Path) -> None:
        text = changed("yoga: {}}", "other: {url: 'https://shop.test/redir/999/acme'}}")
        assert fields(composed(tmp_path, text), "postbacks", "sales")["product_ids"] == ["411530"]
        named = changed("yoga: {}}", "other: {product: yoga, url: 'https://shop.test/'}}")
        assert "411600" in fields(composed(tmp_path, named), "postbacks", "sales")["product_ids"]


def test_an_embedded_funnel_is_left_inside_its_campaign(tmp_path: Path) -> None:
    found = fields(composed(tmp_path, changed("funnel: f}", "funnel: embedded}")), "campaigns", "c")
    assert not [name for name in found if name.startswith("funnel")]
