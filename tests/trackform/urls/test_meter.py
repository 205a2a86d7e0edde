"""What a template may call, and what each thing that it does costs: the sum decides when it is at its end."""

from typing import Any

import jinja2
import pytest

from trackform.urls.bounds import METER, METHODS, BoundedEnvironment, BoundsError, Meter

VARIABLES: dict[str, Any] = {
    "a": "xx", "b": "yyy", "n": 2, "l": ["a", "b", "c"], "m": [{"k": 1}, {"k": 2}], "s": {"u": "v", "w": "x"},
    "text": " aB.c ", "big": 10**18,
}  # fmt: skip


def filled(template: str, **more: Any) -> tuple[str, int]:
    """What becomes of a template, and what it cost."""
    work = Meter()
    before = work.left
    environment = BoundedEnvironment(undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render({**VARIABLES, **more, METER: work}), before - work.left


@pytest.mark.parametrize(
    ("template", "text", "cost"),
    [
        ("{{ a }}", "xx", 0), ("{{ a + b }}", "xxyyy", 5), ("{{ n * n }}", "4", 2), ("{{ n - 4 }}", "-2", 2),
        ("{{ a.upper() }}", "XX", 3), ("{{ a.count('x') }}", "2", 4), ("{{ a ~ b ~ n }}", "xxyyy2", 7),
        ("{{ a | upper }}", "XX", 3), ("{{ a | default('zz') }}", "xx", 5), ("{{ l | length }}", "3", 4),
        ("{{ l | join('--') }}", "a--b--c", 8), ("{{ l | join }}", "abc", 4), ("{{ [] | join('--') }}", "", 1),
        ("{{ m | join('-', 'k') }}", "1-2", 4), ("{{ a | replace('x','yyy') }}", "yyyyyy", 7),
        ("{{ a | replace('x','yyy', 1) }}", "yyyx", 5), ("{{ a | replace('x','yyy', 9) }}", "yyyyyy", 7),
        ("{{ a | replace('xx','y') }}", "y", 3), ("{{ a | replace('z','yyyy') }}", "xx", 3),
        ("{{ n | round }}", "2.0", 1), ("{{ 0.126 | round(2) }}", "0.13", 1), ("{{ n | string }}", "2", 2),
        ("{{ l[:0] | sum }}", "0", 1), ("{{ m | sum('k') }}", "3", 3),
        ("{{ s | dictsort | list }}", "[('u', 'v'), ('w', 'x')]", 6),
        # A pass costs as much as there is in the loop.
        ("{% for i in l %}{% endfor %}", "", 9), ("{% for i in l %}{{ i }}{% endfor %}", "abc", 15),
        ("{% for i in l %}{% for j in l %}{{ j }}{% endfor %}{% endfor %}", "abcabcabc", 69),
        ("{% for k, v in s.items() %}{{ k }}{% endfor %}", "uw", 21),
    ],
)  # fmt: skip
def test_what_it_costs(template: str, text: str, cost: int) -> None:
    assert filled(template) == (text, cost)


CALLS = {
    "capitalize()": " ab.c ", "casefold()": " ab.c ", "count('.')": "1", "endswith(' ')": "True", "find('.')": "3",
    "index('.')": "3", "isalnum()": "False", "isalpha()": "False", "isdigit()": "False", "lower()": " ab.c ",
    "lstrip()": "aB.c ", "partition('.')[0]": " aB", "removeprefix(' ')": "aB.c ", "removesuffix(' ')": " aB.c",
    "rpartition('.')[2]": "c ", "rstrip()": " aB.c", "split('.')[1]": "c ", "startswith(' ')": "True",
    "strip()": "aB.c",
    "title()": " Ab.C ", "upper()": " AB.C ",
}  # fmt: skip
OF_MAPS = {"get('u')": "v", "items() | list": "[('u', 'v'), ('w', 'x')]", "keys() | list": "['u', 'w']",
           "values() | list": "['v', 'x']"}  # fmt: skip


def test_every_method_that_may_be_called() -> None:
    for on, calls in (("text", CALLS), ("s", OF_MAPS)):
        for call, said in calls.items():
            assert filled(f"{{{{ {on}.{call} }}}}")[0] == said, call
    assert {call.partition("(")[0] for call in (*CALLS, *OF_MAPS)} == METHODS


def test_all_that_may_be_spent() -> None:
    work = Meter()
    work.spend(1_000_000)
    with pytest.raises(BoundsError, match="the template does not come to an end"):
        work.spend(1)


def test_a_hundred_includes_are_the_most() -> None:
    environment = BoundedEnvironment(loader=jinja2.DictLoader({"leaf.j2": "x"}))
    include = "{% include 'leaf.j2' %}"
    assert environment.from_string(include * 100).render({METER: Meter()}) == "x" * 100
    with pytest.raises(BoundsError, match="does not come to an end"):
        environment.from_string(include * 101).render({METER: Meter()})


@pytest.mark.parametrize(
    ("fits", "beyond", "said"),
    [
        ("{{ big * 1 }}", "{{ (big + 1) * 1 }}", "a number too large to calculate with"),
        ("{{ (0 - big) * 1 }}", "{{ (0 - big - 1) * 1 }}", "a number too large to calculate with"),
        ("{{ members + [] }}", "{{ members + [1] }}", "a list of more than 1,000 members"),
        ("{{ whole + '' }}", "{{ whole + 'x' }}", "a text of more than 65,536 characters"),
        ("{{ whole ~ '' }}", "{{ whole ~ 'x' }}", "a text of more than 65,536 characters"),
        ("{{ [whole] | join }}", "{{ [whole, 'x'] | join }}", "a text of more than 65,536 characters"),
        ("{{ whole | replace('y', '') }}", "{{ whole | replace('x', 'xy', 1) }}",
         "a text of more than 65,536 characters"),
    ],
)  # fmt: skip
def test_the_largest_that_fits(fits: str, beyond: str, said: str) -> None:
    values = {"members": [1] * 1_000, "whole": "x" * 65_536}
    filled(fits, **values)
    with pytest.raises(BoundsError, match=said):
        filled(beyond, **values)


def test_a_template_is_as_long_as_any_text() -> None:
    assert filled("x" * 65_536)[0] == "x" * 65_536
    with pytest.raises(jinja2.TemplateSyntaxError, match="longer than 65,536 characters"):
        filled("x" * 65_537)


def test_nothing_is_filled_without_a_meter() -> None:
    with pytest.raises(BoundsError, match="no template is filled here"):
        BoundedEnvironment().from_string("{{ a ~ a }}").render(a="x")
