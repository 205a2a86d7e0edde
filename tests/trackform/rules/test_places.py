"""Where a finding stands: at the line that people must change, and in their own file where there is a choice."""

from pathlib import Path

import pytest

from tests.trackform.rules.mending import mended
from tests.trackform.rules.rows import ANSWERED
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.rules import Finding, check

ROOT = Path(__file__).resolve().parents[3]
OWN = (ROOT / "stacks/demo.yaml").read_text()
SELLS_ANOTHER = OWN.replace(
    "offers:\n  keto-guide:",
    "offers:\n  other: {url: 'https://www.digistore24.com/redir/99/acme?cid={clickid}'}\n  keto-guide:",
).replace("{keto-guide: 100}", "{keto-guide: 50, other: 50}")
"""With a product that nothing else of the project has."""


def findings(folder: Path, own: str, *changes: tuple[str, str]) -> list[Finding]:
    """Of the demo's two files: its own, and the catalog that it shares with others."""
    (folder / "shared").mkdir(exist_ok=True)
    shared = (ROOT / "stacks/shared/digistore24.yaml").read_text()
    for old, new in changes:
        assert old in shared
        shared = shared.replace(old, new)
    (folder / "shared/digistore24.yaml").write_text(shared)
    (folder / "demo.yaml").write_text(own)
    return found_in(folder)


def found_in(folder: Path) -> list[Finding]:
    return check([("demo", compose(read_account(folder / "demo.yaml"), ROOT / "templates"))], ANSWERED)


def mended_where_it_stands(folder: Path, finding: Finding) -> list[Finding]:
    """What is found once its edits are made, in the file that it names."""
    file = next(path for path in folder.rglob("*.yaml") if path.name == Path(finding.problem.file).name)
    file.write_text(mended(file.read_text(), finding))
    return found_in(folder)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("account: {currency: USD}", "account: {currency: EUR}", "digistore24.currency"),
        ("affiliate: acme, currency: USD", "affiliate: acme, currency: EUR", "digistore24.currency"),
        (", currency: USD, notify", ", notify", "digistore24.currency"),
        ("account: {currency: USD}", "", "account"),
        (", notify: ops@acme.test", "", "digistore24"),
        ("keto-guide: {countries: [DE, AT]}", 'keto-guide: {variables: {sid1: "a/b"}}', "offers.keto-guide"),
    ],
)
def test_what_an_account_says_is_mended_in_its_own_file(tmp_path: Path, old: str, new: str, where: str) -> None:
    """Once, though three connections of the catalog are about it; nobody else's file is touched."""
    assert old in OWN
    (found,) = findings(tmp_path, OWN.replace(old, new))
    assert (Path(found.problem.file).name, found.problem.where) == ("demo.yaml", where)
    if found.edits:
        assert mended_where_it_stands(tmp_path, found) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("type: order_type, sum: commission", "type: order_type, sum: 23.5", "sales:"),
        ("  upsell: {slot", "  Upsell: {slot", "Upsell:"),
        ("  refund: {slot: 3, duplicates: by_event_id, forward: none}\n", "", "conversion_types:"),
        ("click_expiration: off", "click_expiration: 30", "digistore24:"),
    ],
)
def test_what_the_catalog_says_is_mended_there(tmp_path: Path, old: str, new: str, line: str) -> None:
    """All that extend it have the mistake."""
    (found,) = findings(tmp_path, OWN, (old, new))
    assert Path(found.problem.file).name == "digistore24.yaml"
    text = (tmp_path / "shared/digistore24.yaml").read_text()
    assert text.splitlines()[found.problem.line - 1].strip().startswith(line)
    assert mended_where_it_stands(tmp_path, found) == []


def test_a_product_that_an_account_sells_is_said_in_its_own_file(tmp_path: Path) -> None:
    finding = next(each for each in findings(tmp_path, SELLS_ANOTHER) if each.rule == "offer-product")
    assert (Path(finding.problem.file).name, finding.problem.where) == ("demo.yaml", "offers.other.url")
    assert 'write `product-99: {id: "99"}` under products' in finding.problem.suggestion
    assert "offer-product" not in {each.rule for each in mended_where_it_stands(tmp_path, finding)}


BY_NAME = (
    ("sales: {events: [payment],", "sales: {products: [keto-guide], events: [payment],"),
    ("  returns:\n", "  returns:\n    products: [keto-guide]\n"),
)


@pytest.mark.parametrize(
    ("declared", "where"),
    [("", "offers.other"), ("\nproducts:\n  other: {id: 99}\n", "products.other")],
)
def test_a_product_that_the_catalogs_connections_leave_out_is_said_where_it_is_sold(
    tmp_path: Path, declared: str, where: str
) -> None:
    """Who else extends the catalog does not sell it: its connections name it in the account's own file."""
    own = SELLS_ANOTHER + declared
    missed = [each for each in findings(tmp_path, own, *BY_NAME) if each.rule in ("product-covered", "returns-booked")]
    assert {Path(each.problem.file).name for each in missed} == {"demo.yaml"}
    assert {each.problem.where for each in missed} == {where}
    for each, connection in zip(missed, ("sales", "returns"), strict=True):
        assert f"under postbacks.{connection}" in each.problem.suggestion
        left = mended_where_it_stands(tmp_path, each)
    assert not {each.rule for each in left} & {"product-covered", "returns-booked", "offer-product"}


def test_a_product_that_is_not_declared_is_one_finding(tmp_path: Path) -> None:
    (finding,) = findings(tmp_path, SELLS_ANOTHER)
    assert (finding.rule, Path(finding.problem.file).name) == ("offer-product", "demo.yaml")
