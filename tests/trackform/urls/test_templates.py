"""The templates and presets that come with the project, and the rules every template lives under."""

from __future__ import annotations

import copy
import pickle
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform.account_file.sections import SECTIONS
from trackform.documents.problems import Problems
from trackform.urls import TEMPLATES, TemplateProblem, macros, param, parse, render, variables_of
from trackform.urls.presets import FIELDS, numbered_subs, presets

if TYPE_CHECKING:
    from pathlib import Path

DIGISTORE24 = presets("offer_sources")["digistore24"]


def postback(**changes: Any) -> str:
    variables = {
        "domain": "track.acme.test",
        "connection": "sales",
        "type": "order_type",
        "sum": "commission",
        "clickid": DIGISTORE24["clickid"],
        "sum_macro": DIGISTORE24["sum"],
        "subs": numbered_subs(DIGISTORE24),
    }
    return render("postback_url.j2", variables | changes)


def test_the_postback_url() -> None:
    assert postback() == (
        "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"
        "&rdtk_event_id={transaction_id}&sub1={product_id}&sub2={order_id}&sub3={transaction_type}&sub4={order_type}"
        "&sub5={billing_type}&sub6={billing_status}&sub7={currency}&sub8={is_test}&sub9={upsell_no}"
        "&sub10={campaignkey}&sub20=tf.sales"
    )


def test_a_tracking_domain_may_have_a_port() -> None:
    assert parse(postback(domain="track.acme.test:8443")).host == "track.acme.test:8443"


def test_a_postback_that_books_nothing_says_so() -> None:
    assert param(postback(sum=0), "sum") == "0"


def test_a_postback_has_exactly_one_type_and_its_macros_may_come_without_braces() -> None:
    url = postback(type="{billing_status}", clickid="cid", sum_macro="amount_vendor", subs={})
    assert [name for name, _ in parse(url).params].count("type") == 1
    assert macros(url) == ["{cid}", "{amount_vendor}", "{billing_status}", "{transaction_id}"]


@given(st.text(min_size=1).filter(lambda name: "{" not in name))
@example("a&b=c#d?%41+ /")
def test_the_name_of_a_connection_comes_back_from_its_url(name: str) -> None:
    assert param(postback(connection=name), "sub20") == f"tf.{name}"


def test_the_promolink() -> None:
    assert render("promolink.j2", {"product": 411530, "affiliate": "acme"}) == (
        "https://www.digistore24.com/redir/411530/acme"
    )
    assert render("promolink.j2", {"product": 1, "affiliate": "a c", "campaignkey": "k/1"}) == (
        "https://www.digistore24.com/redir/1/a%20c/k%2F1"
    )


@pytest.mark.parametrize(
    ("promolink", "offer_url"),
    [
        ("https://d.test/redir/1/acme", "https://d.test/redir/1/acme?cid={clickid}&sid2={sub2}"),
        ("https://d.test/redir/1/acme?ds24tr=x", "https://d.test/redir/1/acme?ds24tr=x&cid={clickid}&sid2={sub2}"),
        ("https://d.test/redir/1/acme?cid={clickid}", "https://d.test/redir/1/acme?cid={clickid}&sid2={sub2}"),
        ("https://d.test/c/1#aff=acme", "https://d.test/c/1?cid={clickid}&sid2={sub2}#aff=acme"),
    ],
)
def test_the_offer_url(promolink: str, offer_url: str) -> None:
    assert render("offer_url.j2", {"promolink": promolink, "sid2": "{sub2}"}) == offer_url


def test_the_variables_of_a_template_can_be_asked_for() -> None:
    assert variables_of("promolink.j2") == {"product", "affiliate", "campaignkey"}
    assert variables_of("{{ a }}{% for b in c %}{{ b }}{% endfor %}") == {"a", "c"}


@given(st.text())
@example("&w=1#%41+ ?")
@example("{clickid}")
@example("{{ v }}")
@example("")
def test_no_value_gets_into_a_url_without_being_encoded(value: str) -> None:
    url = render("https://h.test/?v={{ v }}&w={{ 'x' ~ v }}", {"v": value})
    assert param(url, "v") == value
    assert param(url, "w") == f"x{value}"
    assert len(parse(url).params) == 2


@pytest.mark.parametrize(
    ("template", "line", "told"),
    [
        ("a\n{% if %}", 2, "template:2: Expected an expression"),
        ("{{ a", 1, "template:1: unexpected end of template"),
        ("offer_ur.j2", 0, 'template: no template offer_ur.j2 in templates/; did you mean "offer_url.j2"?'),
        ("zzz.j2", 0, "template: no template zzz.j2 in templates/"),
    ],
)
def test_the_variables_of_what_is_no_template(template: str, line: int, told: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        variables_of(template)
    assert (caught.value.line, caught.value.variable, caught.value.template) == (line, "", "")
    assert str(caught.value).startswith(told)


def test_a_template_of_another_folder(tmp_path: Path) -> None:
    """Its own file is named, whether it is read, compiled, or fails while it is filled."""
    (tmp_path / "mine.j2").write_text("a\n{% if %}")
    for ask in (lambda: variables_of("mine.j2", tmp_path), lambda: render("mine.j2", {}, tmp_path)):
        with pytest.raises(TemplateProblem, match=r"^mine\.j2:2: Expected an expression"):
            ask()
    (tmp_path / "mine.j2").write_text("{{ a }}\n\n{{ 1 / b }}{% for c in d %}{% endfor %}")
    assert variables_of("mine.j2", tmp_path) == {"a", "b", "d"}
    with pytest.raises(TemplateProblem) as caught:
        render("mine.j2", {"a": 1, "b": 0, "d": []}, tmp_path)
    assert str(caught.value) == "mine.j2:3: division by zero"
    (tmp_path / "outer.j2").write_text("\n{% include 'mine.j2' %}")
    with pytest.raises(TemplateProblem, match=r"^mine\.j2:3: b is not defined; known: a$"):
        render("outer.j2", {"a": 1}, tmp_path)
    with pytest.raises(TemplateProblem, match=r'no template missing\.j2 in .*/; did you mean "mine\.j2"\?$'):
        render("{% include 'missing.j2' %}", {}, tmp_path)


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("{{ 'https://h.test/?b=2' | query(a=1, b='x y', c=none) }}", "https://h.test/?b=x%20y&a=1"),
        ("{{ 'cid' | macro }}{{ '{cid}' | macro }}", "{cid}{cid}"),
        ("{{ 1.5 }}/{{ 0 }}/{{ '' }}", "1.5/0/"),
    ],
)
def test_filters(template: str, url: str) -> None:
    assert render(template, {}) == url


@pytest.mark.parametrize("name", ["lipsum", "cycler", "joiner"])
def test_nothing_random_is_there(name: str) -> None:
    with pytest.raises(TemplateProblem, match=f"{name} is not defined"):
        render(f"{{{{ {name}() }}}}", {})


@pytest.mark.parametrize("character", [" ", "\t", "\n", "\r", "\x00", "\x1f", "\x7f", "\u00a0", "\u2028"])
def test_a_url_holds_no_white_space_nor_control_character(character: str) -> None:
    with pytest.raises(TemplateProblem, match=r"^template:1: u: not a URL, it holds white space"):
        render("{{ u | url }}", {"u": f"https://h.test/{character}x"})
    assert render("{{ u | url }}", {"u": "https://h.test/!~{x}é"}) == "https://h.test/!~{x}é"


def test_white_space_of_a_template_is_dropped_but_not_that_of_a_value() -> None:
    assert render("https://h.test/\n  ?a={{ a }}\n {# why #} &b=1\n", {"a": "x y"}) == "https://h.test/?a=x%20y&b=1"


def test_a_value_marked_as_a_url_is_inserted_as_it_is() -> None:
    assert render("{{ u | url }}&x={{ u }}", {"u": "https://h.test/?a"}) == (
        "https://h.test/?a&x=https%3A%2F%2Fh.test%2F%3Fa"
    )
    assert render("{{ a }}|{{ b }}", {"a": "{{campaign.id}} {x}", "b": "{{ 1+1 }}"}) == (
        "{{campaign.id}}%20{x}|%7B%7B%201%2B1%20%7D%7D"
    )


@pytest.mark.parametrize(
    ("template", "variables", "line", "variable", "told"),
    [
        ("a\n{{ prduct }}", {"product": 1}, 2, "prduct", 'template:2: prduct is not defined; did you mean "product"?'),
        ("{{ p | url }}", {}, 1, "p", "template:1: p is not defined"),
        ("{{ p.q }}", {"p": {}}, 1, "q", "template:1: 'dict object' has no attribute 'q'; known: p"),
        ("{{ p[0] }}", {"p": []}, 1, "", "template:1: list object has no element 0; known: p"),
        ("{{ p }}", {"p": None}, 1, "p", "template:1: p: has no value"),
        ("{{ p }}", {"p": [1]}, 1, "p", "template:1: p: a list cannot stand in a URL"),
        ("{{ p }}", {"p": True}, 1, "p", "template:1: p: a bool cannot stand in a URL"),
        ("{{ p | url }}", {"p": "a b"}, 1, "p", "template:1: p: not a URL, it holds white space: 'a b'"),
        ("{{ p | macro }}", {"p": "a b"}, 1, "", "template:1: not the name of a macro: 'a b'"),
        ("\n{% if %}", {}, 2, "", "template:2: Expected an expression, got 'end of statement block'"),
        ("{{ p | nofilter }}", {"p": 1}, 1, "", "template:1: No filter named 'nofilter'."),
        ("{{ p | random }}", {"p": [1]}, 1, "", "template:1: No filter named 'random'."),
        ("{{ 1 / 0 }}", {}, 1, "", "template:1: division by zero"),
        ("{{ ''.__class__ }}", {}, 1, "", "template:1: access to attribute '__class__' of 'str' object is unsafe."),
        ("{{ p.append(1) }}", {"p": []}, 1, "", "template:1: access to attribute 'append' of 'list' object is unsafe."),
        ("offer_ur.j2", {}, 0, "", 'template: no template offer_ur.j2 in templates/; did you mean "offer_url.j2"?'),
        ("../README.j2", {}, 0, "", "template: no template ../README.j2 in templates/"),
        ("offer_url.j2", {"promo": "x"}, 5, "promolink", "offer_url.j2:5: promolink is not defined"),
    ],
)
def test_a_template_that_cannot_become_a_url_says_why(
    template: str, variables: dict[str, Any], line: int, variable: str, told: str
) -> None:
    with pytest.raises(TemplateProblem) as caught:
        render(template, variables)
    assert (caught.value.line, caught.value.variable) == (line, variable)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("kind", "names"),
    [("offer_sources", {"digistore24"}), ("traffic_channels", {"facebook", "google_ads", "taboola", "tiktok"})],
)
def test_the_presets_are_there_and_hold_only_fields_of_redtrack(kind: str, names: set[str]) -> None:
    found = presets(kind)
    assert names <= set(found)
    for preset in found.values():
        assert preset["title"]
        assert set(preset) <= FIELDS[kind]


@pytest.mark.parametrize("kind", FIELDS)
def test_a_preset_may_hold_whatever_its_kind_can_write(kind: str, tmp_path: Path) -> None:
    """But for secrets, which no file holds."""
    known = SECTIONS[kind]
    wires = sorted({wire.name for name, wire in known.fields.items() if name not in known.secret} | known.more)
    folder = tmp_path / "presets" / kind
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("".join(f"{name}: []\n" for name in wires))
    assert sorted(presets(kind, tmp_path)["own"]) == wires
    for name in known.secret:
        (folder / "own.yaml").write_text(f"{name}: open\n")
        with pytest.raises(Problems, match="unknown field"):
            presets(kind, tmp_path)


def test_a_preset_that_changes_is_read_again_and_nobody_changes_it_for_others(tmp_path: Path) -> None:
    folder = tmp_path / "presets" / "offer_sources"
    folder.mkdir(parents=True)
    for title in ("one", "another"):
        (folder / "own.yaml").write_text(f"title: {title}\n")
        found = presets("offer_sources", tmp_path)["own"]
        assert found == {"title": title}
        found["title"] = "mine"
        assert presets("offer_sources", tmp_path)["own"] == {"title": title}


def test_what_the_taboola_preset_of_redtrack_holds() -> None:
    taboola = presets("traffic_channels")["taboola"]
    assert taboola["subs"][0] == {"value": "{campaign_id}", "role": "cid"}
    assert taboola["subs"][7] == {"value": "{site_id}", "role": "rt_placement"}
    assert taboola["ref_id"] == "{click_id}"


def test_the_details_of_a_postback_leave_the_marker_free() -> None:
    assert list(numbered_subs(DIGISTORE24)) == [f"sub{n}" for n in range(1, 11)]


def test_the_mistakes_of_all_presets_are_told_at_once(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATES / "presets", tmp_path / "presets")
    folder = tmp_path / "presets" / "traffic_channels"
    (folder / "a.yaml").write_text("titel: A\nsubs:\n  - {value: 1}\n  - x\n  - {valu: y}\n")
    (folder / "b.yaml").write_text("title: [\n")
    (folder / "c.yaml").write_text("subs: {}\n")
    with pytest.raises(Problems) as caught:
        presets("traffic_channels", tmp_path)
    told = [line.rpartition("/")[2] for line in str(caught.value).splitlines()]
    assert told[:4] == [
        'a.yaml:1: titel: unknown field; did you mean "title"?',
        'a.yaml:3: subs[0].value: must be a string; write "1"',
        "a.yaml:4: subs[1]: must be a map of alias, hint, role, value",
        'a.yaml:5: subs[2].valu: unknown field; did you mean "value"?',
    ]
    assert [line.split(":")[0] for line in told[4:]] == ["b.yaml", "c.yaml"]
    with pytest.raises(Problems, match='did you mean "offer_sources"'):
        presets("offer_source")


def test_a_problem_can_be_copied_and_sent_to_another_process() -> None:
    problem = TemplateProblem("it is so", 3, "cid", suggestion="do that", template="offer_url.j2")
    for again in (copy.copy(problem), pickle.loads(pickle.dumps(problem))):  # noqa: S301 -- our own
        assert (str(again), vars(again)) == (str(problem), vars(problem))
        assert again.args == problem.args == ("it is so", 3, "cid", "do that", "offer_url.j2")
