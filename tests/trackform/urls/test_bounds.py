"""A template ends, whatever it says, and takes no more than one URL needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from trackform.documents.problems import Problems
from trackform.urls import TEMPLATES, TemplateProblem, render, variables_of
from trackform.urls.presets import presets

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES: dict[str, Any] = {
    "domain": "track.acme.test",
    "subs": {f"sub{n}": f"{{macro_{n}}}" for n in range(1, 20)},
    "members": [1, 2],
    "n": 1_000_000_000,
}
NESTED = "".join(f"{{% for a{n}, b{n} in subs.items() %}}" for n in range(8)) + "BODY" + "{% endfor %}" * 8
DOUBLED = "{% set a = 'xxxxxxxxxx' %}" + "{% set a = OF %}" * 60 + "{{ a }}"

ENDLESS = {
    "{% for i in range(n) %}x{% endfor %}": "range is not defined",
    "{{ range(n) | list }}": "range is not defined",
    "{{ 'A' * 1000000000 }}": "* takes two numbers in a template",
    "{{ 'A' * n }}": "* takes two numbers in a template",
    "{{ members * n }}": "* takes two numbers in a template",
    "{{ n * n * n * n * n }}": "a number too large to calculate with: *",
    "{{ 10 ** 10 ** 10 }}": "** is not for templates of URLs",
    "{{ n ** n }}": "** is not for templates of URLs",
    "{{ '%1000000000d' | format(1) }}": "No filter named 'format'",
    "{{ '%1000000000d' % 1 }}": "% takes two numbers in a template",
    "{{ '{:1000000000}'.format(1) }}": "access to attribute 'format'",
    "{{ '{a}'.format_map({'a': 1}) }}": "access to attribute 'format_map'",
    "{{ 'a'.center(n) }}": "access to attribute 'center'",
    "{{ 'a'['center'](n) }}": "access to attribute 'center'",
    "{{ 'a'.ljust(n) }}": "access to attribute 'ljust'",
    "{{ 'a'.zfill(n) }}": "access to attribute 'zfill'",
    "{{ 'a'.join(subs) }}": "access to attribute 'join'",
    "{{ 'a'.replace('a', domain) }}": "access to attribute 'replace'",
    "{{ 'a' | center(n) }}": "No filter named 'center'",
    "{{ 'a' | indent(n) }}": "No filter named 'indent'",
    "{{ members | batch(n, 'x') | list }}": "No filter named 'batch'",
    "{{ members | slice(n) | list }}": "No filter named 'slice'",
    "{{ members | map('center', n) | join }}": "No filter named 'center'",
    "{{ subs | tojson(indent=n) }}": "No filter named 'tojson'",
    "{{ members | sum(start=[]) }}": "unexpected keyword",
    "{{ 'a'" + " | replace('a', 'aaaaaaaaaa')" * 12 + " }}": "a text of more than 65,536 characters",
    "{{ domain" + " | list | join('xxxxxxxxxxxxxxxx')" * 12 + " }}": "a list of more than 1,000 members",
    "{{ domain" + " | replace('', domain)" * 12 + " }}": "a text of more than 65,536 characters",
    DOUBLED.replace("OF", "a ~ a"): "a text of more than 65,536 characters",
    DOUBLED.replace("OF", "a + a"): "a text of more than 65,536 characters",
    DOUBLED.replace("OF", "[a, a]"): "a list or map cannot hold what {% set %} made",
    DOUBLED.replace("OF", "{'a': a}"): "a list or map cannot hold what {% set %} made",
    DOUBLED.replace("OF", "(a, a)"): "a list or map cannot hold what {% set %} made",
    DOUBLED.replace("'xxxxxxxxxx'", "[1]").replace("OF", "a + a"): "a list of more than 1,000 members",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}": "macro is not for templates of URLs",
    "{% for a in subs recursive %}{{ loop(subs) }}{% endfor %}": "a recursive loop is not for templates of URLs",
    "{% block b %}{{ self.b() }}{% endblock %}": "block is not for templates of URLs",
    "{% set a %}{% for b in subs %}{{ b }}{% endfor %}{% endset %}": "set block is not for templates of URLs",
    "{% call m() %}{% endcall %}": "call is not for templates of URLs",
    "{% for a in 'abc' %}x{% endfor %}": "a loop goes over a map or a list of the account",
    "{% for a in [1, 2, 3] %}x{% endfor %}": "a loop goes over a map or a list of the account",
    "{% for a in (1, 2, n) %}x{% endfor %}": "a loop goes over a map or a list of the account",
    "{% for a in domain %}x{% endfor %}": "not over a str",
    "{% for a in n %}x{% endfor %}": "not over a int",
    NESTED.replace("BODY", "x"): "the template makes more than 64 KB",
    NESTED.replace("BODY", ""): "the template does not come to an end",
    NESTED.replace("BODY", "{% if a0 ~ a1 == a2 %}x{% endif %}"): "the template does not come to an end",
    "{% for a in subs %}" + "x" * 5_000 + "{% endfor %}": "the template makes more than 64 KB",
    "x" * 65_537: "longer than 65,536 characters",
    "{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}": "nested too deeply",
    "{{ " + "-" * 5_000 + "1 }}": "nested too deeply",
    "{{ 1" + "+1" * 5_000 + " }}": "nested too deeply",
    "{% if n %}" * 500 + "{% endif %}" * 500: "nested too deeply",
    "{{ " + "[" * 500 + "]" * 500 + " }}": "nested too deeply",
    "{% include 'a.j2' without context %}": "an include takes the variables along",
    "{% include subs %}": "an include names a file, or a list of some",
    "{% include 5 %}": "an include names a file, or a list of some",
    "{% include [] %}": "an include names a file, or a list of some",
    "{{ domain.replace('.', '-') }}": "write it as a filter: {{ … | replace(…) }}",
    "{{ '-'.join(subs) }}": "write it as a filter: {{ … | join(…) }}",
    "{{ domain }}\x1b[31m": "makes a URL with the character \\u001b, which no URL can hold",
    "{{ domain }}\u202e": "makes a URL with the character \\u202e, which no URL can hold",
}


@pytest.mark.parametrize("template", ENDLESS, ids=lambda template: template[:60])
def test_a_template_without_end_ends(template: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        render(template, VARIABLES)
    assert ENDLESS[template] in str(caught.value)
    if "over a map or a list" in ENDLESS[template]:
        assert "{% for name, value in subs.items() %}" in str(caught.value)


FILES = {
    "itself.j2": "\n{% include 'itself.j2' %}",
    "twice.j2": "{% include 'again.j2' %}{% include 'again.j2' %}",
    "again.j2": "{% include 'twice.j2' %}{% include 'twice.j2' %}",
    "named.j2": "{% set name = 'named.j2' %}{% include name %}",
    "listed.j2": "{% include ['none.j2', 'listed.j2'] ignore missing %}",
    "extends.j2": "{% extends 'extends.j2' %}",
    "import.j2": "{% import 'import.j2' as again %}",
    "from.j2": "{% from 'from.j2' import again %}",
    "loop.j2": "{% for a in subs %}{% for b in subs %}{% include 'leaf.j2' %}{% endfor %}{% endfor %}",
    "leaf.j2": "x",
}
NO_END = "the template does not come to an end; does it include itself"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("itself.j2", f"itself.j2:2: {NO_END}"),
        ("twice.j2", NO_END),
        ("named.j2", f"named.j2:1: {NO_END}"),
        ("listed.j2", f"listed.j2:1: {NO_END}"),
        ("loop.j2", f"loop.j2:1: {NO_END}"),
        ("extends.j2", "extends.j2:1: extends is not for templates of URLs"),
        ("import.j2", "import.j2:1: import is not for templates of URLs"),
        ("from.j2", "from.j2:1: import is not for templates of URLs"),
    ],
)
def test_files_that_lead_to_each_other(name: str, said: str, tmp_path: Path) -> None:
    for file, text in FILES.items():
        (tmp_path / file).write_text(text)
    with pytest.raises(TemplateProblem) as caught:
        render(name, VARIABLES, tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize(("includes", "ends"), [(99, True), (100, True), (101, False)])
def test_a_hundred_files_may_be_included(includes: int, ends: bool, tmp_path: Path) -> None:
    (tmp_path / "empty.j2").write_text("")
    template = "{% include 'empty.j2' %}" * includes
    if ends:
        assert render(template, {}, tmp_path) == ""
    else:
        with pytest.raises(TemplateProblem, match="the template does not come to an end"):
            render(template, {}, tmp_path)


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.env").write_text("KEY=canary")
    (folder / "own.j2").write_text("own")
    links = {"file.j2": "../secret.env", "zero.j2": "/dev/zero", "circle.j2": "circle.j2", "inside.j2": "own.j2"}
    for name, target in links.items():
        (folder / name).symlink_to(target)
    (folder / "folder").symlink_to("..")
    (folder / "sub.j2").mkdir()
    for name, said in {
        "file.j2": "file.j2: a link out of templates/: put a copy of the file there",
        "zero.j2": "zero.j2: a link out of templates/: put a copy of the file there",
        "folder/templates/../secret.env.j2": "no template",
        "circle.j2": "circle.j2: cannot be read",
        "sub.j2": "sub.j2: cannot be read: Is a directory",
    }.items():
        with pytest.raises(TemplateProblem) as caught:
            render(name, {}, folder)
        assert said in str(caught.value)
        assert "canary" not in str(caught.value)
    assert render("inside.j2", {}, folder) == "own"
    # What comes with trackform is nobody's secret.
    (folder / "shipped.j2").symlink_to(TEMPLATES / "promolink.j2")
    assert render("shipped.j2", {"product": 1, "affiliate": "a"}, folder) == "https://www.digistore24.com/redir/1/a"
    for text in ("{% include 'file.j2' %}", "{% include 'folder/secret.env' %}"):
        with pytest.raises(TemplateProblem, match="a link out of templates/"):
            render(text, {}, folder)


def test_no_preset_is_a_link_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    (folder / "presets" / "offer_sources").mkdir(parents=True)
    (tmp_path / "secret.env").write_text("canary: [")
    (folder / "presets" / "offer_sources" / "own.yaml").symlink_to(tmp_path / "secret.env")
    with pytest.raises(Problems, match=r"own\.yaml: a link out of templates/; put a copy of the file there") as caught:
        presets("offer_sources", folder)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("{% for name, value in (subs | default({})).items() %}&{{ name }}{% endfor %}", "&sub1&sub2"),
        ("{% for name, value in subs | dictsort %}&{{ name ~ '=' ~ value }}{% endfor %}", "&sub1%3D{m}&sub2%3D{n}"),
        ("{% for value in subs.values() | select('string') %}{{ loop.index }}{% endfor %}", "12"),
        ("{% for name in subs %}{{ '&' if not loop.first }}{{ name }}{% endfor %}", "sub1%26sub2"),
        ("{% set host = domain | lower | replace('.', '-') %}{{ host }}", "d-test"),
        ("{{ {'a': 'b', 'c': 'd'}['c'] }}{{ [1, 2][0] }}", "d1"),
        (
            "{{ cpc * 100 }}/{{ cpc + 1 }}/{{ 7 // 2 }}/{{ 7 % 2 }}/{{ -1 }}/{{ cpc | round(1) }}",
            "25.0/1.25/3/1/-1/0.2",
        ),
        ("{{ 'a' + 'b' }}{{ domain[:1] }}{{ domain.upper().split('.')[0] }}", "abdD"),
        ("{{ members | sum }}{{ members | join('-') }}{{ members | map('string') | join }}", "31-212"),
        ("{{ domain if domain is defined else 'x' }}{{ none_such | default('y') }}", "d.testy"),
    ],
)
def test_what_a_url_needs_is_there(template: str, url: str) -> None:
    values = {"subs": {"sub1": "{m}", "sub2": "{n}"}, "domain": "d.test", "cpc": 0.25, "members": [1, 2]}
    assert render(template, values) == url


def test_a_url_may_be_as_long_as_any(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("{% for a in subs %}{% include 'b.j2' %}{% endfor %}")
    (tmp_path / "b.j2").write_text("{{ a }},")
    assert render("a.j2", VARIABLES, tmp_path).count("sub") == 19
    assert render("{{ a }}", {"a": "x" * 65_536}) == "x" * 65_536


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{% for a in nobody %}x{% endfor %}", "nobody is not defined; known: "),
        ("{% for a in [1, nobody] %}x{% endfor %}", "a loop goes over a map or a list of the account"),
        ("{{ domain ~ nobody }}", "nobody is not defined; known: "),
        ("{{ domain ~ members }}", "a list is no text"),
        ("{{ subs | string }}", "a dict is no text"),
        ("{{ nobody | string }}", "nobody is not defined; known: "),
        ("{{ [1, 'a'] | sum }}", "sum takes numbers in a template"),
        ("{{ ['a', 'b'] | sum }}", "sum takes numbers in a template"),
    ],
)
def test_what_is_no_text_no_list_or_no_number_is_said(template: str, said: str) -> None:
    with pytest.raises(TemplateProblem) as caught:
        render(template, VARIABLES)
    assert said in str(caught.value)


def test_numbers_are_summed_and_texts_joined() -> None:
    assert render(
        "https://x.test/{{ [1, 2.5] | sum }}/{{ members | sum }}/{{ 'a' ~ 1 ~ 2.5 }}/{{ n | string }}", VARIABLES
    ) == ("https://x.test/3.5/3/a12.5/1000000000")


def test_a_template_that_is_nested_too_deeply_has_no_variables() -> None:
    with pytest.raises(TemplateProblem, match="nested too deeply"):
        variables_of("{% if n %}" * 500 + "{% endif %}" * 500)
