"""Names for live objects: clean, short, unlike any other, and the same the next time."""

import pytest

from tests.trackform.export.rows import POSTBACK, account
from trackform.account_file.compose import SECTIONS
from trackform.export import export
from trackform.export.naming import by_place, free, is_clean, names, slug

OFFER = SECTIONS["offers"]


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("Keto", True), ("a", True), ("Keto Guide-2_b.c", True), ("k" * 60, True), ("k" * 61, False),
        ("", False), ("2024", False), ("a  b", False), ("a-", False), ("Größe", False), ("Embedded", False),
        ("none", False), ("null", False), ("True", False), ("false", False),
    ],
)  # fmt: skip
def test_a_clean_title_is_the_name(title: str, clean: bool) -> None:
    assert is_clean(title) is clean
    if clean:
        assert names(OFFER, {"1": title}) == {"1": title}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Größe: 42!", "groe-42"),
        ("-- FB / DE --", "fb-de"),
        ("🎯", ""),
        ("x" * 59 + " y", "x" * 59),
        ("x" * 58 + " yz", "x" * 58 + "-y"),
    ],
)
def test_any_other_becomes_one(title: str, name: str) -> None:
    assert slug(title) == name


def test_of_one_title_the_first_keeps_the_plain_name() -> None:
    titles = {"1": "FB: DE", "2": "FB; DE", "3": "fb-de", "4": "🎯", "5": "Keto", "6": "Keto", "7": "FB, DE"}
    assert names(OFFER, titles) == {
        "3": "fb-de", "1": "fb-de-2", "2": "fb-de-3", "4": "offer", "5": "keto", "6": "keto-2", "7": "fb-de-4",
    }  # fmt: skip


def test_a_name_that_means_something_else_is_not_free() -> None:
    assert free("none", set()) == "none-2"
    assert free("none", {"none-2", "none-3"}) == "none-4"
    assert free("a", {"a"}) == "a-2"
    assert free("a", {"a-2"}) == "a"


def test_the_domain_most_in_use_is_the_main_one() -> None:
    rows = [{"id": at, "url": f"{at}.test"} for at in "cab"]
    assert by_place(rows, {"b": 2, "a": 1}) == {"b": "main", "a": "domain-2", "c": "domain-3"}
    assert by_place(rows, {}) == {"a": "main", "b": "domain-2", "c": "domain-3"}


def test_connections_without_a_marker_use_no_domain() -> None:
    """They are not exported: whatever stands before or behind them, the marked ones decide."""
    go = POSTBACK.replace("track.acme", "go.acme")
    unmarked = [{"id": f"p{at}", "url": "https://track.acme.test/postback?a=1"} for at in range(3)]
    marked = [{"id": f"q{at}", "url": go.replace("tf.sales", f"tf.s{at}")} for at in range(2)]
    for connections in ([*unmarked, *marked], [*marked, *unmarked]):
        domains = [{}, {"id": "d2", "url": "go.acme.test"}]
        found = export(account({"domains": domains, "postbacks": connections}))
        assert found.data["domains"] == {"main": {"url": "go.acme.test"}, "domain-2": {"url": "track.acme.test"}}
