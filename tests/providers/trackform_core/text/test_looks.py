"""Which titles a person takes for one another, and which only Unicode does."""

import pytest

from trackform_core.text.looks import look


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Büro", "Bu\u0308ro"), ("Büro", "Büro\u200b"), ("Büro", " Büro\u00a0"), ("a b", "a\u2003 b"),
        ("office", "o\ufb03ce"), ("Ads", "\uff21ds"), ("가", "\u1100\u1161"), ("Å", "\u212b"),
    ],
)  # fmt: skip
def test_what_looks_the_same(one: str, other: str) -> None:
    assert look(one) == look(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Keto2", "Keto²"), ("H2O", "H\u2082O"), ("BrandTM", "Brand™"), ("Step 1", "Step ①"), ("1\u20442", "½")],
)
def test_what_anybody_tells_apart(one: str, other: str) -> None:
    assert look(one) != look(other)
