"""What is kept of the vendors' published requests, and the watch over each request that a test sends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


LINE = re.compile(
    r"(?P<vendor>\w+) (?P<method>[A-Z]+) (?P<path>/\S*(?:<[^>]*>\S*)*)"
    r"(?: query=(?P<query>\{.*?\}))?(?: body=(?P<body>[\[{\"].*))? -> \d{3}"
)
"""A request as `tests/engine/golden.py` keeps it."""
GOLDEN = sorted(KEPT.parent.glob("golden/*/*.requests.txt"))


def recorded(text: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Vendor, method, path and options of each line."""
    for line in text.splitlines():
        parts = LINE.fullmatch(line)
        assert parts, line
        sent = {"params": json.loads(parts["query"] or "{}"), "json": json.loads(parts["body"] or "null")}
        # The key, which a client adds to a query below, is in no log.
        yield parts["vendor"], parts["method"], parts["path"], {name: each for name, each in sent.items() if each}


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_what_the_real_cli_sent_is_published(file: Path) -> None:
    requests = list(recorded(file.read_text(encoding="utf-8")))
    told = [fault(*each) for each in requests if each[0] in TABLE]
    assert [each for each in told if each] == []
    assert {vendor for vendor, *_ in requests} <= {*TABLE, "bridge"}


def test_what_the_real_cli_sent_are_reads_and_writes_of_both_vendors() -> None:
    """Nothing is proved by files that hold nothing."""
    seen = {each[:2] for file in GOLDEN for each in recorded(file.read_text(encoding="utf-8"))}
    wanted = {("redtrack", method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")}
    assert wanted | {("digistore24", "GET")} <= seen


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('redtrack PATCH /offers/status query={"ids": "<offer keto guide>", "status": "3"} -> 200', ""),
        ("redtrack DELETE /offers/<offer keto guide> -> 200", "DELETE /offers/<offer keto guide> is not published"),
        ('redtrack GET /offers query={"nick": "1"} -> 200', "GET /offers does not publish nick"),
        ('redtrack POST /offers body={"title": "a -> 200", "nick": 1} -> 201', "POST /offers does not publish nick"),
        ('digistore24 POST /getUserInfo query={"language": "en"} -> 200', "POST /getUserInfo is not published"),
    ],
)
def test_a_line_that_is_not_published_is_noticed(line: str, told: str) -> None:
    ((vendor, method, path, options),) = recorded(line)
    assert fault(vendor, method, path, options) == (told and f"{vendor}: {told}")
