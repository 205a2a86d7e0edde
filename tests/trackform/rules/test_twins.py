"""What a shared file leaves to each account: each finding, to the letter, and what keeps it from being made."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import TEXT, Row, Told, edited, expected, findings, seen

WHY = "ids are the account's"
HEAD = "".join(TEXT.splitlines(keepends=True)[:2])


def left(*lines: str) -> tuple[tuple[str, str]]:
    """The account, with what a shared file leaves to it."""
    return ((HEAD, HEAD + "".join(f"{line}\n" for line in ("not_shared:", *lines))),)


def told(where: str, on: str, said: str, declined: str) -> Told:
    way = f"say it in the stack's own file, `{said}`, or decline it there" if said else BY_HAND
    message = f"is left to each account, and acme has none: {WHY}"
    return Told(f"not_shared.{where}", on, message, f"{way}, `not_shared: {{{declined}}}`")


BY_HAND = "no file can say it: see to it in the web application, then settle it in its own file"
ROWS = [
    Row("not-shared", "a field", left(f"  offers: {{guide: {{notes: {WHY}}}}}"), (
        told("offers.guide.notes", "offers:", "offers: {guide: {notes: …}}", "offers: {guide: {notes: null}}"),),
        "warning"),
    Row("not-shared", "a further field", left(f"  offers: {{guide: {{extra: {{cap_alert: {WHY}}}}}}}"), (
        told("offers.guide.extra.cap_alert", "offers:", "offers: {guide: {extra: {cap_alert: …}}}",
             "offers: {guide: {extra: {cap_alert: null}}}"),), "warning"),
    Row("not-shared", "what no file can say", left(f"  offers: {{guide: {{brand.new: {WHY}}}}}"), (
        told("offers.guide.brand.new", "offers:", "", "offers: {guide: {brand.new: null}}"),), "warning"),
    Row("not-shared", "no further field of this name", left(f"  offers: {{guide: {{extra: {{brand: {WHY}}}}}}}"), (
        told("offers.guide.extra.brand", "offers:", "", "offers: {guide: {extra: {brand: null}}}"),), "warning"),
    Row("not-shared", "an object", left(f'  offers: {{"2nd: one": {WHY}}}'), (
        told("offers.2nd: one", "offers:", 'offers: {"2nd: one": …}', 'offers: {"2nd: one": null}'),), "warning"),
    Row("not-shared", "a whole section", left(f"  ipn_connections: {WHY}"), (
        told("ipn_connections", "ipn", "ipn_connections: …", "ipn_connections: null"),), "warning"),
    Row("not-shared", "a domain", left(f"  domains: {{second: {{url: {WHY}, fallback_url: {WHY}}}}}"), (
        told("domains.second.url", "domains:", "domains: {second: {url: …}}", "domains: {second: {url: null}}"),),
        "warning"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_finding(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


@pytest.mark.parametrize(
    "line",
    [
        "offers: {guide: {countries: said}}",
        "offers: {gone: {url: the object was taken out}}",
        "offers: {guide: {}}",
        "domains: {main: {url: the short form says it}}",
        "digistore24: {affiliate: said}",
    ],
)
def test_what_is_said_or_not_wanted(tmp_path: Path, line: str) -> None:
    found = findings(tmp_path, edited(*left(f"  {line}")))
    assert [one for one in found if one.rule == "not-shared"] == []


def test_an_object_that_the_stack_only_refers_to_lacks_nothing(tmp_path: Path) -> None:
    text = (
        edited(*left("  landings: {page: {tags: why}}")) + "landings: {page: {existing: Page, url: https://l.test/}}\n"
    )
    assert [one for one in findings(tmp_path, text) if one.rule == "not-shared"] == []
