"""URLs with macros: taken apart, joined, compared."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform.urls import (
    Raw,
    Url,
    braced,
    differences,
    encode,
    join_query,
    macros,
    param,
    parse,
    same,
    with_param,
    without_param,
)

MACROS = st.sampled_from(["{clickid}", "{sub1}", "{cid}", "{amount_affiliate}", "{{campaign.id}}", "{{ad.id}}"])
PLAIN = st.text(alphabet=st.characters(exclude_characters="{}", exclude_categories=["Cs"]), max_size=12)
NAMES = st.text(alphabet="abcxyz019_-", min_size=1, max_size=6)
VALUES = st.lists(PLAIN | MACROS, max_size=4).map("".join)
PARAMS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
# Whatever a person may paste, well formed or not.
WRITTEN = st.lists(
    st.sampled_from(["https://", "HTTPS://", "h.test", "H.test", "/", "p", "?", "&", "=", "#", "%", "%20", "%2f", "+"])
    | st.sampled_from(["a", "b", "{cid}", "%7Bcid%7D", "{", "}", "é", " ", "%C3%A9", "%c3%a9", "%ff", ":80"]),
    max_size=10,
).map("".join)
URLS = st.builds(
    lambda path, params, end, fragment: join_query(f"https://h.test{path}", params) + end + fragment,
    st.sampled_from(["", "/", "/redir/1/acme", "/{domain}/x"]),
    PARAMS,
    st.sampled_from(["", "?x=1&y", "&"]),
    st.sampled_from(["", "#", "#top"]),
)


@given(WRITTEN | URLS | st.text())
@example("https://h?#?&&=")
@example("://")
@example("#")
@example("?")
@example("h:/?a#b#c")
@example("")
def test_parsing_and_writing_back_keeps_every_byte(url: str) -> None:
    assert str(parse(url)) == url


def test_the_parts() -> None:
    assert parse("https://Track.acme.test:8080/p/q?a=1&b&c=x=y&&#f") == Url(
        "https",
        "Track.acme.test:8080",
        "/p/q",
        (("a", "1"), ("b", None), ("c", "x=y"), ("", None), ("", None)),
        "f",
    )
    assert parse("/p?") == Url("", "", "/p", (("", None),))
    assert parse("{domain}/p") == Url("", "", "{domain}/p")


@given(PLAIN)
def test_a_value_is_encoded_and_decodes_to_itself(value: str) -> None:
    encoded = encode(value)
    assert unquote(encoded) == value
    assert not set(encoded) & set("&?#=/+ \n")


@given(st.lists(PLAIN | MACROS))
def test_a_macro_is_never_encoded(pieces: list[str]) -> None:
    value = "".join(pieces)
    assert macros(encode(value)) == macros(value) == [piece for piece in pieces if piece.startswith("{")]
    joined = join_query("https://h.test/", {"v": value})
    assert macros(joined) == macros(value)
    assert param(joined, "v") == value


def test_what_is_no_macro_is_encoded() -> None:
    assert encode("{a b}") == "%7Ba%20b%7D"
    assert encode("{}") == "%7B%7D"
    assert encode("{{{campaign.id}}}") == "%7B{{campaign.id}}%7D"
    assert encode(Raw("a=b&c")) == "a=b&c"
    assert encode(0.25) == "0.25"


@pytest.mark.parametrize(
    ("url", "joined"),
    [
        ("https://h.test/p", "https://h.test/p?cid={clickid}&s=a%20b"),
        ("https://h.test/p?", "https://h.test/p?cid={clickid}&s=a%20b"),
        ("https://h.test/p?x=1", "https://h.test/p?x=1&cid={clickid}&s=a%20b"),
        ("https://h.test/p?x=1&", "https://h.test/p?x=1&cid={clickid}&s=a%20b"),
        ("https://h.test/p?x={sub1}#top", "https://h.test/p?x={sub1}&cid={clickid}&s=a%20b#top"),
        ("https://h.test/p#a?b", "https://h.test/p?cid={clickid}&s=a%20b#a?b"),
    ],
)
def test_a_query_is_joined_as_it_must(url: str, joined: str) -> None:
    assert join_query(url, {"cid": "{clickid}", "none": None, "s": "a b"}) == joined


def test_nothing_to_join_changes_nothing() -> None:
    for url in ("https://h.test/p?", "https://h.test/p?a&", "x"):
        assert join_query(url, {"a": None}) == url
        assert join_query(url, []) == url


@given(URLS, PARAMS, PARAMS)
@example("https://h.test/?#f", [], [("a", "")])
def test_joining_twice_is_joining_both(url: str, first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    assert join_query(join_query(url, first), second) == join_query(url, [*first, *second])


@given(URLS, st.lists(st.tuples(NAMES, PLAIN), min_size=1, max_size=4))
def test_a_server_reads_what_was_joined(url: str, params: list[tuple[str, str]]) -> None:
    read = parse_qsl(urlsplit(join_query(url, params)).query, keep_blank_values=True)
    assert read[-len(params) :] == params


@given(URLS, NAMES, VALUES)
@example("https://h.test/?a=1&a&a=2#a=3", "a", "x")
def test_a_parameter_is_set_once_and_taken_away_again(url: str, name: str, value: str) -> None:
    changed = with_param(url, name, value)
    assert param(changed, name) == value
    assert with_param(changed, name, value) == changed
    assert [key for key, _ in parse(changed).params].count(name) == 1
    assert param(without_param(changed, name), name) is None
    assert same(without_param(changed, name), without_param(url, name))


@pytest.mark.parametrize(
    ("url", "name", "value"),
    [
        ("https://h.test/?a=1&a=2", "a", "1"),
        ("https://h.test/?%61=1", "a", "1"),
        ("https://h.test/?a", "a", ""),
        ("https://h.test/?a=", "a", ""),
        ("https://h.test/?b=1", "a", None),
        ("https://h.test/", "a", None),
        ("https://h.test/#?a=1", "a", None),
        # What has no name is nobody's parameter.
        ("https://h.test/?=1&", "", None),
        ("https://h.test/?a=x%20y%FF{b}", "a", "x y\ufffd{b}"),
    ],
)
def test_the_value_of_a_parameter(url: str, name: str, value: str | None) -> None:
    assert param(url, name) == value


@pytest.mark.parametrize(
    ("url", "changed"),
    [
        ("https://h.test/?b=0&a=1&c=2&a=3&%61=4#f", "https://h.test/?b=0&a=x%2F%26&c=2#f"),
        ("https://h.test/?%61=1", "https://h.test/?%61=x%2F%26"),
        ("https://h.test/?a", "https://h.test/?a=x%2F%26"),
        ("https://h.test/?b=1&", "https://h.test/?b=1&a=x%2F%26"),
        ("https://h.test/#f", "https://h.test/?a=x%2F%26#f"),
    ],
)
def test_a_parameter_is_set_where_its_first_one_stands(url: str, changed: str) -> None:
    assert with_param(url, "a", "x/&") == changed


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://h.test/?a=1&b=2&a=3#f", "https://h.test/?b=2#f"),
        ("https://h.test/?%61=1&b", "https://h.test/?b"),
        ("https://h.test/?a=1&", "https://h.test/"),
        ("https://h.test/?a=1&&", "https://h.test/"),
        ("https://h.test/?a=1&=2", "https://h.test/?=2"),
        ("https://h.test/?b=1&", "https://h.test/?b=1&"),
        ("https://h.test/?", "https://h.test/?"),
    ],
)
def test_a_parameter_is_taken_away(url: str, left: str) -> None:
    assert without_param(url, "a") == left


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{cid}{{ad.id}}{a-b}", ["{cid}", "{{ad.id}}", "{a-b}"]),
        ("{_x}{1x}{x y}{}{{}}", ["{_x}"]),
        ("{{a}", ["{a}"]),
        ("{{{a}}}", ["{{a}}"]),
        ("{a}}", ["{a}"]),
    ],
)
def test_what_a_macro_looks_like(text: str, found: list[str]) -> None:
    assert macros(text) == found


def test_the_protection_token_is_split_off_and_joined() -> None:
    url = "https://h.test/postback?clickid={cid}&sum=0"
    protected = with_param(url, "ptoken", "s3cret/x")
    assert protected == url + "&ptoken=s3cret%2Fx"
    assert (param(protected, "ptoken"), without_param(protected, "ptoken")) == ("s3cret/x", url)
    assert without_param("https://h.test/?ptoken=1", "ptoken") == "https://h.test/"
    assert without_param("https://h.test/?&", "ptoken") == "https://h.test/?&"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("https://h.test/p?a=1&b=2", "HTTPS://H.Test/p?b=2&a=1"),
        ("https://h.test", "https://h.test/"),
        ("https://h.test/p?", "https://h.test/p"),
        ("https://h.test/p?a=%c3%a9", "https://h.test/p?a=é"),
        ("https://h.test/%70", "https://h.test/p"),
        ("https://h.test/p?a=b%2Fc", "https://h.test/p?a=b/c"),
        ("https://h.test/p?a=b+c", "https://h.test/p?a=b%20c"),
        ("https://h.test/p?a&&b=", "https://h.test/p?b&a="),
        ("https://h.test/p?a=x{cid}", "https://h.test/p?a=%78{cid}"),
    ],
)
def test_these_mean_the_same(a: str, b: str) -> None:
    assert same(a, b)
    assert differences(a, b) == []


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ("http://h.test/", "https://h.test/", ["scheme: http -> https"]),
        ("https://h.test:80/p", "https://i.test/q", ["host: h.test:80 -> i.test", "path: /p -> /q"]),
        ("https://h.test/P", "https://h.test/p", ["path: /P -> /p"]),
        ("https://h.test/a%2Fb", "https://h.test/a/b", ["path: /a%2Fb -> /a/b"]),
        ("https://h.test/p?a=1&b=2", "https://h.test/p?a=2", ["a: 1 -> 2", "b: 2 -> nothing"]),
        ("https://h.test/p?a=", "https://h.test/p", ["a: an empty value -> nothing"]),
        ("https://h.test/p?c=%7Bcid%7D", "https://h.test/p?c={cid}", ["c: %7Bcid%7D -> {cid}"]),
        ("https://h.test/p?c={Cid}", "https://h.test/p?c={cid}", ["c: {Cid} -> {cid}"]),
        ("https://h.test/p?a=1&a=2", "https://h.test/p?a=2", ["a: 1, 2 -> 2"]),
        ("https://h.test/p#x", "https://h.test/p", ["fragment: x -> an empty value"]),
        ("https://h.test/p?ptoken=abc", "https://h.test/p?ptoken=xyz", ["ptoken: (hidden) -> (hidden)"]),
        ("https://h.test/p?api_key=abc", "https://h.test/p", ["api_key: (hidden) -> nothing"]),
        # Without a host an empty path is no slash.
        ("?a=1", "/?a=1", ["path: an empty value -> /"]),
        ("https://h.test/p?a=1&a=1", "https://h.test/p?a=1", ["a: 1, 1 -> 1"]),
        ("https://h.test/p?=1", "https://h.test/p", [": 1 -> nothing"]),
        ("https://h.test/a+b", "https://h.test/a%20b", ["path: /a+b -> /a%20b"]),
        ("https://h.test/p?c={cid}", "https://h.test/p?c={cid}x", ["c: {cid} -> {cid}x"]),
        (
            "h.test/p",
            "https://h.test/p",
            ["scheme: an empty value -> https", "host: an empty value -> h.test", "path: h.test/p -> /p"],
        ),
    ],
)
def test_these_differ_part_by_part(a: str, b: str, told: list[str]) -> None:
    assert not same(a, b)
    assert [str(difference) for difference in differences(a, b)] == told


@given(st.data(), st.lists(WRITTEN | URLS, min_size=3, max_size=3))
@example(None, ["https://h.test", "https://h.test/", "HTTPS://h.test?"])
def test_sameness_is_an_equivalence(data: st.DataObject | None, urls: list[str]) -> None:
    a, b, c = urls
    assert same(a, a)
    assert same(a, b) == same(b, a)
    if same(a, b) and same(b, c):
        assert same(a, c)
    if data:
        parts = parse(a)
        order = data.draw(st.permutations(parts.params))
        shuffled = str(Url(parts.scheme.upper(), parts.host, parts.path, tuple(order), parts.fragment))
        assert same(a, shuffled)


def test_the_name_of_a_macro_gets_its_braces_once() -> None:
    assert braced("cid") == braced("{cid}") == "{cid}"
    assert braced("{{ad.id}}") == "{{ad.id}}"
    for wrong in ("", "a b", "{cid", "x{cid}", "{a}{b}"):
        with pytest.raises(ValueError, match="not the name of a macro"):
            braced(wrong)
