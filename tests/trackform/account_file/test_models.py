"""The account file's mistakes: every one told, with its line and a way out, and never as a traceback."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from trackform.account_file.compose import SECTIONS, read_composition
from trackform.account_file.models import AccountFile, ReadAccount, read_account
from trackform.documents.problems import Problems

OF_PYTHON = ("BaseModel", "instance of", "dictionary", "pydantic", "NoneType", "Entry", "validation")


def read(folder: Path, text: str) -> ReadAccount:
    file = folder / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    return read_account(file)


def told(folder: Path, text: str) -> list[str]:
    """What is said of a file, each problem as `line: where: words`."""
    with pytest.raises(Problems) as refused:
        read(folder, text)
    for problem in refused.value.problems:
        assert problem.file.endswith("acme.yaml")
        assert not [word for word in OF_PYTHON if word in problem.message], problem.message
    return [str(problem).partition("acme.yaml:")[2] for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("offres: {}", '1: offres: unknown key; did you mean "offers"?'),
        ("offers: 3", "1: offers: must be a map (got 3)"),
        ("offers: [1]", "1: offers: must be a map"),
        ("offers: {a: 3}", "1: offers.a: must be a map (got 3)"),
        ("domains: {main: 3}", "1: domains.main: must be a map (got 3)"),
        ("account: {redtrack_user: [1]}", "1: account.redtrack_user: must be text"),
        ("offers: {a: {url: 7}}", '1: offers.a.url: must be text (got 7); write "7"'),
        ("offers: {a: {countries: DE}}", "1: offers.a.countries: must be a list (got 'DE'); write [DE]"),
        ("offers: {a: {payout: lots}}", "1: offers.a.payout: must be a number (got 'lots')"),
        ("offers: {a: {adopt: maybe}}", "1: offers.a.adopt: must be true or false (got 'maybe')"),
        ("offers: {a: {cap: 1.5}}", "1: offers.a.cap: must be a whole number (got 1.5)"),
        ("offers: {a: {status: activ}}", "'activ' is not one of active, paused; did you mean \"active\"?"),
        ("digistore24: {currency: USD}", "1: digistore24.affiliate: is missing"),
        ("conversion_types: {a: {slot: 21}}", "1: conversion_types.a.slot: "),
        ("conversion_types: {a: {}}", "1: conversion_types.a.slot: is missing"),
        ("postbacks: {s: {events: [paymnt]}}", "1: postbacks.s.events[0]: 'paymnt' is not one of payment, "),
        ("traffic_channels: {f: {subs: [{vaule: x}]}}", 'f.subs[0].vaule: unknown key; did you mean "value"?'),
        ("offers: {a: {on_delete: destroy}}", "1: offers.a.on_delete: 'destroy' is not one of delete, pause, keep"),
        ("account: {currency:USD}", "1: account.currency: no blank after the colon; write `currency: USD`"),
        ("account:\n  currency:USD", "1: account: must be a map; a blank after the colon: write `currency: USD`"),
        ("postbacks: {s: token:canary}", "1: postbacks.s: must be a map; a blank after the colon: write `token: …`"),
        ("offers: {a: {url: x}, a: {url: y}}", "1: offers.a: written twice in line 1; keep one of them"),
        ("offers: {a: {url: x}}\noffers: {b: {url: x}}", "2: offers: written twice, in lines 1 and 2"),
    ],
)
def test_one_mistake(tmp_path: Path, text: str, words: str) -> None:
    (problem,) = told(tmp_path, text)
    assert words in problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "domains:\nmain: track.acme.test",
            "2: main: unknown key; was it to be indented under domains, which has no value in line 1?",
        ),
        (
            "account:\ncurrency: USD\nnetwork: x",
            "2: currency: unknown key; was it to be indented under account, which has",
        ),
        (
            "domains:\nmain: a.test\nother: b.test",
            "3: other: unknown key; was it to be indented under domains, which has no",
        ),
        (
            "offers:\n  keto:\n  url: x",
            "3: offers.url: must be a map (got 'x'); was it to be indented under keto, which",
        ),
        ("domains:\nacount: {}", '2: acount: unknown key; did you mean "account"?'),
        ("account:\nmain: a.test", '2: main: unknown key; did you mean "domains"?'),
        ("domains:\naccount: {currency: USD}\nmain: a.test", '3: main: unknown key; did you mean "domains"?'),
        ("offers:\n  keto:\nmain: a.test", '3: main: unknown key; did you mean "domains"?'),
    ],
)
def test_a_key_that_was_to_stand_in_the_empty_section_above(tmp_path: Path, text: str, words: str) -> None:
    assert words in "\n".join(told(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "offer_sources: {s: {click_expiration: never}}",
            "1: offer_sources.s.click_expiration: must be a whole number or one of off (got 'never')",
        ),
        (
            "postbacks: {s: {events: [payment], sum: some}}",
            "s.sum: must be one of commission, minus_commission or a number (got 'some')",
        ),
        ("conversion_types: {a: {slot: 1, forward: all}}", "a.forward: must be a map or one of none (got 'all')"),
        ("conversion_types: {a: {slot: 1, forward: {facebook: 3}}}", "a.forward.facebook: must be text (got 3)"),
    ],
)
def test_what_may_be_one_of_several_is_told_once(tmp_path: Path, text: str, words: str) -> None:
    (problem,) = told(tmp_path, text)
    assert words in problem


@pytest.mark.parametrize(
    "text",
    [
        "offer_sources: {s: {postback_token: canary-in-the-clear}}",
        "postbacks: {s: {events: [payment], token: canary-in-the-clear}}",
        "postbacks: {s: {events: [payment], token: {secret: [canary-in-the-clear]}}}",
        "domains: {d: {url: x.test, ssl: canary-in-the-clear}}",
        "domains: {d: {url: x.test, ssl: {crt: x, key: [canary-in-the-clear]}}}",
    ],
)
def test_a_secret_in_the_clear_is_not_repeated(tmp_path: Path, text: str) -> None:
    (problem,) = told(tmp_path, text)
    assert "canary" not in problem


def test_a_secret_in_the_clear_is_told_where_it_belongs(tmp_path: Path) -> None:
    (problem,) = told(tmp_path, "offer_sources: {s: {postback_token: abc}}")
    assert "is a secret and must not stand here" in problem
    assert "{secret: <name>}" in problem
    assert "pulumi config set --secret trackform:<name>" in problem


def test_all_mistakes_at_once_each_with_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("offers:\n  a:\n    cuntries: [DE]\n")
    text = "extends: [shared.yaml]\ndigistore24:\n  affiliat: acme\noffers:\n  b: {status: on}\n"
    (tmp_path / "acme.yaml").write_text(text)
    with pytest.raises(Problems) as refused:
        read_account(tmp_path / "acme.yaml")
    places = [(Path(problem.file).name, problem.line, problem.where) for problem in refused.value.problems]
    assert sorted(places) == [
        ("acme.yaml", 2, "digistore24.affiliate"),
        ("acme.yaml", 3, "digistore24.affiliat"),
        ("acme.yaml", 5, "offers.b.status"),
        ("shared.yaml", 3, "offers.a.cuntries"),
    ]


def test_no_such_account_file(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text("{}")
    (tmp_path / "Pulumi.acme.yaml").write_text("{}")
    with pytest.raises(Problems, match='there is no such account file; did you mean "acme"'):
        read_account(tmp_path / "acne.yaml")
    with pytest.raises(Problems, match=r"stacks with a file: acme$"):
        read_account(tmp_path / "somebody.yaml")


def test_short_and_forgiving_forms(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "domains: {main: track.acme.test}\n"
        "products: {p: {id: 411530, upsells: [411531]}}\n"
        "digistore24: {account: 123456, affiliate: acme, notify: ops@acme.test}\n",
    ).file
    assert file.domains["main"].url == "track.acme.test"
    assert (file.products["p"].id, file.products["p"].upsells) == ("411530", ["411531"])
    assert file.digistore24 is not None
    assert (file.digistore24.account, file.digistore24.notify) == ("123456", ["ops@acme.test"])
    assert read(tmp_path, "{}").file.offers == {}


def words_of(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


SECTION_NAMES = sorted(words_of(AccountFile))
WORDS = sorted(
    {word for kind in SECTIONS.values() for word in words_of(kind.model)}
    | {"preset", "product", "funnel", "funnels", "offers", "channel", "domain", "secret", "type", "sum", "template"}
    | set(SECTION_NAMES)
)
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 50) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "b", "active", "off", "embedded", "{cid}", "{", "{{ x }}", "offer_url.j2", "../x", "é"])
)  # fmt: skip
NONSENSE = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(WORDS) | st.sampled_from(["a", "b"]), inner, max_size=4)
    ),
    max_leaves=12,
)
ENTRIES = st.dictionaries(
    st.sampled_from(["a", "b"]), st.dictionaries(st.sampled_from(WORDS), NONSENSE, max_size=5) | NONSENSE, max_size=2
)


@example({"offers": {"a": {"variables": {"a": []}, "template": "../x", "funnel": {}}}, "extends": 7})
@example({"campaigns": {"a": {"funnels": {"a": -1}}, "b": None}, "digistore24": [], "products": {"a": {"upsells": {}}}})
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(SECTION_NAMES), ENTRIES | NONSENSE, max_size=6))
def test_nonsense_is_refused_in_words(tmp_path: Path, data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, width=100_000)
    (tmp_path / "acme.yaml").write_text(text, encoding="utf-8")
    try:
        read_composition(tmp_path / "acme.yaml")
    except Problems as refused:
        for problem in refused.problems:
            assert problem.message
            assert "Traceback" not in str(problem)


def test_a_mistake_that_cannot_be_left_out_ends_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else it would be met for ever."""
    monkeypatch.setattr(sys.modules[read_account.__module__], "without", lambda document, _: document)
    assert told(tmp_path, "offers: {keto: {payout: much}}\n") == [
        "1: offers.keto.payout: must be a number (got 'much')"
    ]
