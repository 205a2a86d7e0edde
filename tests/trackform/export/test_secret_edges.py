"""How long a text must be to look like a key, and where one is looked for."""

from typing import Any

import pytest

from trackform.export.secrets import unspeakable

SECRET, LONG, TEXT = "it holds a secret", "it has a key that is too long", "it is not valid Unicode"


@pytest.mark.parametrize(
    ("value", "name", "reason"),
    [
        ({"k" * 1_000: 1}, "x", ""),
        ({"k" * 1_001: 1}, "x", LONG),
        ([{"a": {"k" * 1_001: 1}}], "x", LONG),
        ("Bearer 1234567", "x", ""),
        ("Bearer 12345678", "x", SECRET),
        (f"EAA{'a' * 29}", "x", ""),
        (f"EAA{'a' * 30}", "x", SECRET),
        ("eyJabcdefghi.eyJ", "x", ""),
        ("eyJabcdefghij.eyJ", "x", SECRET),
        ("https://x.test/?key=a", "x", SECRET),
        ("https://x.test/?key=a", "url", ""),
        ("https://x.test/?ptoken=a", "url", SECRET),
        ("https://x.test/?ptoken={x}", "url", ""),
        ("https://x.test/?ptoken=[x]", "x", ""),
        ("https://x.test/?ptoken=", "x", ""),
        ("https://u:p@x.test/", "url", SECRET),
        ("https://u@x.test/", "url", ""),
        ([{"url": "https://x.test/?secret=a"}], "postbacks", SECRET),
        ({"url": "https://x.test/?secret=a"}, "x", SECRET),
        ("value", "api_key", "it looks like a secret"),
        ("{macro}", "api_key", ""),
        ("[macro]", "api_key", ""),
        ("", "api_key", ""),
        (7, "api_key", ""),
        (["a"], "api_key", "it looks like a secret"),
        ("G-ABC", "google_analytics_key", ""),
        ("GTM-1", "google_analytics_key", ""),
        ("ABC", "google_analytics_key", "it is no measurement id, so it may be a secret"),
        (float("nan"), "x", "it is no number"),
        (float("inf"), "x", "it is no number"),
        (1.5, "x", ""),
        ("\ud800", "x", TEXT),
        ("\ud800", "url", TEXT),
        ({"\ud800": 1}, "x", TEXT),
        (None, "x", ""),
        (True, "x", ""),
    ],
)
def test_what_must_not_stand_in_a_file(value: Any, name: str, reason: str) -> None:
    assert unspeakable(value, name) == reason
