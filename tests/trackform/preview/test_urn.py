"""A URN read in its parts, whatever stands in the name."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform.preview.urn import Urn, UrnError, read_urn

OFFER = "pulumi-python:dynamic/redtrack:Offer"
AWKWARD = (
    "FB :: Keto :: DE", "::", ":x", "x:", "a::b::c::d", "a$b", "urn:pulumi:demo::trackform::t::n", "a/b", "a.b", "a'b",
    "a, b", "a\nb", " a ", "🇩🇪 Größe",
)  # fmt: skip


@pytest.mark.parametrize("name", AWKWARD)
def test_the_name_is_all_that_follows_the_type(name: str) -> None:
    assert read_urn(f"urn:pulumi:demo::trackform::{OFFER}::{name}") == Urn("demo", "trackform", OFFER, name)


@given(st.text(min_size=1))
@example("a::b")
@example("::")
@example("urn:pulumi:demo::trackform::x$y::keto")
def test_any_name_comes_back(name: str) -> None:
    urn = Urn("demo", "trackform", OFFER, name, ("mine:index:Shop", "mine:index:Shelf"))
    assert read_urn(str(urn)) == urn


def test_inside_components_its_own_type_is_the_last() -> None:
    found = read_urn(f"urn:pulumi:demo::trackform::mine:index:Shop${OFFER}::keto")
    assert (found.type, found.parents) == (OFFER, ("mine:index:Shop",))


@pytest.mark.parametrize(
    "text",
    [
        None, 7, "", "keto", "urn:pulumi:", f"demo::trackform::{OFFER}::keto", f"urn:pulumi:demo::{OFFER}::keto",
        f"urn:pulumi:demo::trackform::{OFFER}", f"urn:pulumi:demo::trackform::{OFFER}::", "urn:pulumi:::::::keto",
        f"urn:other:demo::trackform::{OFFER}::keto",
    ],
)  # fmt: skip
def test_what_is_no_urn_is_said(text: Any) -> None:
    with pytest.raises(UrnError, match="is no URN"):
        read_urn(text)
