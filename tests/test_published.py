"""What is kept of the vendors' published requests, and the watch over each request that a test sends."""

import json

import pytest

from tests.published import FILES, KEPT, TABLE, fault, published
from trackform_digistore24.client import IN_BODY, METHODS


@pytest.mark.parametrize("vendor", FILES)
def test_what_is_kept_is_what_the_spec_says(vendor: str) -> None:
    if not FILES[vendor].is_file():
        pytest.skip("TRACKFORM_SPECS names the folder of the published specs")
    assert published(vendor) == json.loads(KEPT.read_text(encoding="utf-8"))[vendor]


@pytest.mark.parametrize("function", [*METHODS, *IN_BODY])
def test_methods_are_the_published_ones(function: str) -> None:
    known = TABLE["digistore24"][f"{METHODS[function]} /{function}"]
    assert bool(known["body"]) == (function in IN_BODY)


@pytest.mark.parametrize(
    ("vendor", "method", "path", "options", "told"),
    [
        ("redtrack", "GET", "offers", {"params": {"page": 1}}, ""),
        ("redtrack", "PUT", "/offers/64f0aa", {"json": {"title": "t"}}, ""),
        ("redtrack", "PUT", "sources/64f0aa", {"json": {"title": "t"}}, ""),
        ("redtrack", "PUT", "sources", {"json": {}}, "PUT /sources is not published"),
        ("redtrack", "DELETE", "offers/64f0aa", {}, "DELETE /offers/64f0aa is not published"),
        ("redtrack", "GET", "offers", {"params": {"nick": 1}}, "GET /offers does not publish nick"),
        ("redtrack", "POST", "offers", {"json": {"nick": 1}}, "POST /offers does not publish nick"),
        ("digistore24", "GET", "listPurchases", {"params": {"language": "en", "search[role]": "x"}}, ""),
        ("digistore24", "POST", "getUserInfo", {}, "POST /getUserInfo is not published"),
        ("digistore24", "POST", "ipnSetup", {"data": {"name": "x"}}, "POST /ipnSetup is sent as data"),
    ],
)  # fmt: skip
def test_a_request_that_is_not_published_is_noticed(
    vendor: str, method: str, path: str, options: dict[str, object], told: str
) -> None:
    assert fault(vendor, method, path, options) == (told and f"{vendor}: {told}")
