"""Where no edit can be known to be right, none is offered; and what an edit is told as."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.trackform.rules.rows import ANSWERED, LINK, RETURNS, RETURNS_URL, SALES, SALES_URL, TEXT, findings
from trackform.account_file.compose import read_composition
from trackform.documents.problems import Problem, nearest
from trackform.flow.setup import Connection
from trackform.policy import Policy
from trackform.rules import answers, behind, coverage, fixes, macros
from trackform.rules.edits import OUT, FileEdit
from trackform.rules.hidden import _once_mended
from trackform.rules.registry import Case, Finding

URL = f'    url: "{SALES_URL}"\n'


class Account:
    """A folder in which an account file is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def case(self, *edits: tuple[str, str], text: str = TEXT, **files: str) -> Case:
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        for name, content in {"acme": text, **files}.items():
            (self.folder / f"{name}.yaml").write_text(content, encoding="utf-8")
        return Case("acme", read_composition(self.folder / "acme.yaml"), ANSWERED)

    def told(self, rule: str, *edits: tuple[str, str]) -> list[Finding]:
        text = TEXT
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new, 1)
        return [each for each in findings(self.folder, text, ANSWERED) if each.rule == rule]


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.chdir(tmp_path)
    return Account(tmp_path)


def sender(case: Case, name: str = "sales") -> Connection:
    return next(each for each in case.flow.connections if each.name == name)


def test_the_sign_of_another_sum_than_the_commission_is_nobodys_to_change(account: Account) -> None:
    returns = "type: transaction_type\n    sum: "
    case = account.case((f"{returns}commission", f"{returns}minus_commission"))
    assert answers._with_its_sign(case, sender(case, "returns")) == ()
    case = account.case()
    (edit,) = answers._with_its_sign(case, sender(case, "returns"))
    assert edit == FileEdit(("postbacks", "returns", "sum"), "minus_commission")


def test_a_currency_that_is_not_the_one_that_amounts_are_read_in_stays(account: Account) -> None:
    said = (SALES, f"{URL.replace('&sub20', '&currency={currency}&sub20')}")
    case = account.case(said)
    (edit,) = answers._without_currency(case)
    assert edit == FileEdit(("postbacks", "sales", "url"), SALES_URL)
    for other in ("    currency: EUR\n", ""):
        source = ("    click_expiration: off\n", f"    click_expiration: off\n{other}")
        case = account.case(said, source)
        assert bool(answers._without_currency(case)) is not bool(other)


def test_connections_that_are_off_or_without_an_event_id_need_none_of_their_own(account: Account) -> None:
    """Of the others each gets one that no other has."""
    url = SALES_URL.replace("&rdtk_event_id={transaction_id}", "")
    case = account.case((SALES, f'    url: "{url}"\n'))
    assert [edit.path[1] for edit in answers._apart(case)] == []
    case = account.case()
    assert [edit.path[1] for edit in answers._apart(case)] == ["returns"]
    case = account.case(("  returns:\n", "  returns:\n    active: false\n"))
    assert [edit.path[1] for edit in answers._apart(case)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("domains", "main", "url"), "x"), (("domains", "main", "url", "deep"), "x"),
        (("offers", "guide", "countries", "DE"), "x"), (("offers", "guide", "countries", "0", "x"), "y"),
    ],
)  # fmt: skip
def test_an_edit_below_what_is_no_map_makes_no_account(account: Account, path: tuple[str, ...], value: str) -> None:
    assert behind.mended(account.case(), [FileEdit(path, value)]) is None


def test_an_edit_that_makes_a_mistake_makes_no_account(account: Account) -> None:
    case = account.case()
    assert behind.mended(case, [FileEdit(("offers", "guide", "no_such_key"), 1)]) is None
    assert behind.mended(case, [FileEdit(("campaigns", "fb", "funnel"), "nobody")]) is None


def test_of_two_edits_of_one_line_the_first_counts_and_a_section_is_begun(account: Account) -> None:
    case = account.case()
    first, second = (FileEdit(("landings", "page", "url"), f"https://{each}.test") for each in "ab")
    found = behind.mended(case, [first, second, FileEdit(("offers", "guide", "countries"), OUT)])
    assert found is not None
    assert found.flow.file.landings["page"].url == "https://a.test"
    assert found.flow.file.offers["guide"].countries is None
    assert (found.stack, found.policy) == ("acme", ANSWERED)
    assert "landings" not in case.composition.account.document.data


def test_what_stands_on_lines_that_are_not_there_yet_is_told_without_edits(account: Account) -> None:
    case = account.case()
    problem = Problem("acme.yaml", 3, "postbacks.new", "is wrong", "write `sum: 0`")
    there = FileEdit(("postbacks", "sales", "sum"), 0)
    finding = Finding(problem, "booked", "error", "acme", edits=(there,))
    told = _once_mended(case, finding, ["one"])
    assert told == replace(finding, problem=replace(problem, message="once [one] is mended: is wrong"))
    for path in (("postbacks", "new", "sum"), ("landings", "page", "url")):
        elsewhere = replace(finding, edits=(there, FileEdit(path, 0)))
        told = _once_mended(case, elsewhere, ["one", "two"])
        assert (told.edits, told.by_hand) == ((), "the lines to change are not there yet")
        assert told.problem.message == "once [one], [two] are mended: is wrong"
        assert told.problem.suggestion == "mend that first, then validate again"


def test_a_click_id_that_the_offer_source_says_is_mended_there(account: Account) -> None:
    said = ("    preset: digistore24\n", "    preset: digistore24\n    clickid: '{sub9}'\n")
    (told,) = {finding.edits for finding in account.told("click-id", said)}
    assert told == (FileEdit(("offer_sources", "digistore24", "clickid"), "{cid}"),)


def test_connections_that_differ_by_more_than_their_products_are_not_made_one(account: Account) -> None:
    more = "  again: {events: [payment], type: order_type, sum: commission, products: [guide]}\n"
    for changed, merged in (
        ("", True),
        ("type: billing_type", False),
        ("currency: EUR", False),
        ("events: [refund]", False),
    ):
        key = changed.partition(":")[0]
        entry = {"events": "[payment]", "type": "order_type", "sum": "commission", "products": "[guide]"}
        entry |= {key: changed.partition(": ")[2]} if changed else {}
        text = "  again: {" + ", ".join(f"{name}: {value}" for name, value in entry.items()) + "}\n"
        case = account.case(
            ("postbacks:\n", f"postbacks:\n{text}"),
            ("    sum: commission\n", "    sum: commission\n    products: [guide]\n"),
        )
        both = [sender(case), sender(case, "again")]
        expected = (
            FileEdit(("postbacks", "sales", "products"), ["guide"]),
            FileEdit(("postbacks", "again", "active"), False),
        )
        assert coverage._merged(case, both) == (expected if merged else ()), changed
    case = account.case(("postbacks:\n", f"postbacks:\n{more}"), (SALES, URL))
    assert coverage._merged(case, [sender(case), sender(case, "again")]) == ()


def test_a_connection_that_would_book_what_another_one_books_covers_no_more(account: Account) -> None:
    case = account.case()
    assert coverage.covered(case, sender(case), "refund", ["411000"]) == ()
    case = account.case(("events: [refund, chargeback]", "events: [refund]"))
    assert coverage.covered(case, sender(case), "chargeback", ["411000"]) == (
        FileEdit(("postbacks", "sales", "events"), ["payment", "chargeback"]),
    )


def test_without_a_marketplace_or_with_several_domains_no_connection_can_be_made_up(account: Account) -> None:
    none = TEXT[: TEXT.index("postbacks:")] + TEXT[TEXT.index("products:") :]
    assert [edit.path for edit in coverage.further(account.case(text=none), "sales")][:1] == [("postbacks", "sales")]
    without = none.replace("digistore24:\n  affiliate: acme\n  currency: USD\n  notify: ops@acme.test\n", "", 1)
    offers = without.replace(
        "  guide: {countries: [DE]}", "  guide: {url: 'https://x.test', offer_source: digistore24}"
    )
    assert coverage.further(account.case(text=offers), "sales") == ()
    assert [edit.path for edit in coverage.both(account.case(text=none))][:2] == [
        ("postbacks", "sales"),
        ("postbacks", "returns"),
    ]
    protected = none.replace("    click_expiration: off\n", "    click_expiration: off\n    postback_protected: true\n")
    assert coverage.both(account.case(text=protected)) == ()
    several = none.replace("  main: track.acme.test\n", "  main: track.acme.test\n  other: go.acme.test\n").replace(
        "funnel: all}", "funnel: all, domain: main}"
    )
    (first, *_) = coverage.further(account.case(text=several), "sales")
    assert first.value["domain"] == "main"


def test_an_edit_is_told_by_what_to_write_and_where(account: Account) -> None:
    shared = "offers:\n  guide:\n    countries: [DE]\n"
    case = account.case(
        ("offers:\n  guide: {countries: [DE]}\n", ""), ("account:", "extends: [shared.yaml]\naccount:"), shared=shared
    )
    document = case.composition.account.document
    at = ("offers", "guide", "countries")
    assert FileEdit(at, OUT).said(document, at) == "take out `countries` (shared.yaml:3)"
    assert FileEdit(at, ["AT"]).said(document, at) == "write `countries: [AT]`"
    assert (
        FileEdit(at, OUT).said(document, ("offers", "guide"))
        == "take out `countries` (shared.yaml:3) under offers.guide"
    )
    own = ("postbacks", "sales", "sum")
    assert FileEdit(own, OUT).said(document, own) == "take out `sum`"
    assert FileEdit(own, 0).said(document, ("postbacks",)) == "write `sum: 0` under postbacks.sales"
    assert FileEdit(("empty",), True).said(document, own) == "write `empty: true`"


def test_an_edit_for_machines(account: Account) -> None:
    assert FileEdit(("a", "b"), OUT).row() == {"path": ["a", "b"], "remove": True}
    assert FileEdit(("a", "b"), None).row() == {"path": ["a", "b"], "value": None}


def test_a_parameter_that_the_file_does_not_decide_is_nobodys_to_change(account: Account) -> None:
    case = account.case()
    assert fixes.parameter(case, ("offers", "guide"), "https://x.test?a=b", "a", None) == ()
    assert fixes.parameter(case, ("postbacks", "sales"), sender(case).url, "clickid", "{cid}") == ()
    assert fixes.parameter(case, ("postbacks", "sales"), sender(case).url, "rdtk_event_id", "x") == ()
    (edit,) = fixes.parameter(case, ("postbacks", "sales"), sender(case).url, "sub7", None)
    assert edit.path == ("offer_sources", "digistore24", "extra", "sub7")


@pytest.mark.parametrize(
    ("rule", "link"),
    [
        ("macro-foreign", LINK.replace("/acme", "/acme/{order_id}")),
        ("macro-misspelt", LINK.replace("/acme", "/acme/{ClickID}")),
    ],
)
def test_a_macro_in_the_path_of_a_link_is_nobodys_to_change(account: Account, rule: str, link: str) -> None:
    told = account.told(rule, ("  guide: {countries: [DE]}", f"  guide: {{countries: [DE], url: '{link}'}}"))
    assert [each.edits for each in told] == [()], told
    assert all(each.by_hand for each in told)


def test_a_macro_that_is_nearly_a_known_one() -> None:
    """{random} is no {brand}."""
    assert nearest("transaction_di", ["transaction_id"], macros.NEARLY) == "transaction_id"
    assert nearest("random", ["brand"], macros.NEARLY) in ("", None)


def test_a_single_return_is_not_lost_whosever_id_it_has(account: Account) -> None:
    """An event id can keep it apart from its payment; a second one of the same payment it cannot."""
    live: dict[str, Any] = {**ANSWERED.live, "return_ids": "payments", "event_ids": "across_types"}
    told = findings(account.folder, TEXT, Policy(live=live))
    lost = [each.problem.message for each in told if each.rule == "returns-lost"]
    booked = [each.problem.message for each in told if each.rule == "booked"]
    assert booked
    assert lost
    assert all("[sale, refund]" in message or "[sale, chargeback]" in message for message in booked)
    assert all("two partial refunds" in message for message in lost)


def test_without_a_domain_no_connection_can_be_made_up(account: Account) -> None:
    text = TEXT.replace("domains:\n  main: track.acme.test\n", "").replace(SALES, URL)
    text = text.replace(RETURNS, f'    url: "{RETURNS_URL}"\n')
    case = account.case(text=text.replace("campaigns:\n  fb: {channel: facebook, funnel: all}\n", ""))
    assert coverage._said_alike(case, None) is None
    assert coverage.further(case, "sales") == ()


@pytest.mark.parametrize(
    ("said", "value", "written"),
    [
        ("", "{zip}", "{zip}"), ("", None, ""),
        ("    extra: {sub7: '{country}'}\n", "{zip}", "{zip}"), ("    extra: {sub7: '{country}'}\n", None, OUT),
    ],
)  # fmt: skip
def test_a_detail_of_every_connection_is_said_once_by_its_offer_source(
    account: Account, said: str, value: str | None, written: object
) -> None:
    """One that the source does not say comes of its preset: an empty one leaves it out of the URLs."""
    expiry = "    click_expiration: off\n"
    case = account.case((expiry, f"{expiry}{said}"))
    (edit,) = fixes.parameter(case, ("postbacks", "returns"), sender(case, "returns").url, "sub7", value)
    assert edit == FileEdit(("offer_sources", case.flow.sources[0], "extra", "sub7"), written)
