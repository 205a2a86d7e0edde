"""What people write in another form than the services have is refused where it stands, once, with the one to write."""

import shutil
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from trackform.account_file.compose import read_composition
from trackform.account_file.spelling import SPELT, Currency
from trackform.documents.problems import Problems
from trackform.urls import TEMPLATES

ROOT = Path(__file__).parents[3]
MAIN = "main: track.acme.test"
CHANNEL = "facebook: {preset: facebook}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "stacks"


def problems(folder: Path, old: str, new: str) -> list[str]:
    file = folder / "demo.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    try:
        read_composition(file, TEMPLATES)
    except Problems as wrong:
        return str(wrong).splitlines()
    return []


HOST = "must be a host name alone, without scheme, path or blanks"
CURRENCY = "must be the three letters of a currency"
COUNTRIES = "stacks/demo.yaml:16: offers.keto-guide.countries: has countries by another name than their code"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://track.acme.test", "track.acme.test"),
        ("http://track.acme.test/", "track.acme.test"),
        ("//track.acme.test", "track.acme.test"),
        ("track.acme.test/", "track.acme.test"),
        ("track.acme.test.", "track.acme.test"),
        ("track.acme.test/postback?a=1#b", "track.acme.test"),
        (" track.acme.test ", "track.acme.test"),
        ("https://track.acme.test:8443/", "track.acme.test:8443"),
        ("\thttps://track.acme.test\n", "track.acme.test"),
    ],
)
@pytest.mark.parametrize("entry", ["main: {}", "main: {{url: {}}}"])
def test_a_domain(written: str, meant: str, entry: str, folder: Path) -> None:
    quoted = '"' + written.replace("\t", "\\t").replace("\n", "\\n") + '"'
    (said,) = problems(folder, MAIN, entry.format(quoted))
    assert said.startswith("stacks/demo.yaml:7: domains.main")
    assert f"{HOST}; write {meant}" in said


@pytest.mark.parametrize(
    "host",
    ["track.acme.test", "track.acme.test:8443", "Track.Acme.Test", "bücher.test", "4.acme.test", "a_b.acme-1.test",
     "हिन्दी.भारत", "क्षि.acme.test", "bu\u0308cher.test", "xn--bcher-kva.test"],
)  # fmt: skip
def test_a_host_as_it_is(host: str, folder: Path) -> None:
    assert problems(folder, MAIN, f'main: "{host}"') == []


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8650", "track.localhost", "track", "track.local", "1.2.3.4", "127.0.0.1:8650", "[::1]",
     "acme test", "track..test", "-track.acme.test", "http://localhost:8650/", f"{'a' * 64}.test"],
)  # fmt: skip
def test_what_no_host_of_a_tracking_domain_can_be(host: str, folder: Path) -> None:
    (said,) = problems(folder, MAIN, f'main: {{url: "{host}"}}')
    assert said.startswith("stacks/demo.yaml:7: domains.main.url: must be a host name ")
    assert said.endswith(
        f"that public DNS knows, such as track.example.com: RedTrack asks for its CNAME (got '{host}')"
    ), said


@pytest.mark.parametrize(
    ("written", "meant"), [("US$", "; write USD"), ("usd", "; write USD"), ("€", "; write EUR"),
                           ("Euro", "; write EUR"), ("Taler", ", as in ISO 4217: USD")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("section", "line"), [("account: {currency: USD}", 4), ("acme, currency: USD", 12)], ids=["account", "digistore24"]
)
def test_a_currency(written: str, meant: str, section: str, line: int, folder: Path) -> None:
    (said,) = problems(folder, section, section.replace("USD", written))
    assert said.startswith(f"stacks/demo.yaml:{line}: ")
    assert f"currency: {CURRENCY}{meant}" in said


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XAG", "XDR", "CHE", "BOV", "xau", "ABC", "EUD"])
@pytest.mark.parametrize("section", ["account: {currency: USD}", "acme, currency: USD"], ids=["account", "digistore24"])
def test_a_code_of_no_currency(code: str, section: str, folder: Path) -> None:
    (said,) = problems(folder, section, section.replace("USD", code))
    none = f"{code.upper()} is the code of none (got '{code}')"
    assert said.endswith(f"currency: must be a currency that people are paid in, such as USD: {none}"), said


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (MAIN, MAIN + "}\noffer_sources: {digistore24: {currency: USD}", "8: offer_sources.digistore24"),
        (MAIN, MAIN + "}\npostbacks: {sales: {currency: USD}", "8: postbacks.sales"),
        (CHANNEL, CHANNEL.replace("}", ", currency: USD}"), "9: traffic_channels.facebook"),
    ],
)
@pytest.mark.parametrize(("written", "meant"), [("usd", "USD"), ("'USD '", "USD"), ("Euro", "EUR")])
def test_a_currency_of_an_object(written: str, meant: str, old: str, new: str, where: str, folder: Path) -> None:
    (said,) = problems(folder, old, new.replace("USD", written))
    assert said.startswith(f"stacks/demo.yaml:{where}.currency: {CURRENCY}; write {meant} (got ")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("USD", "$ US$ USD$ dollar usd"), ("EUR", "€ Euro EUROS eur"), ("GBP", "£ pound GBP£"),
        ("CHF", "Fr SFr Franken"), ("PLN", "zł Zloty"), ("JPY", "¥ yen"), ("AUD", "A$ AU$"), ("CAD", "C$ CA$"),
        ("BRL", "R$"), ("SEK", "sek"),
    ],
)  # fmt: skip
def test_what_people_call_a_currency(code: str, words: str) -> None:
    said = TypeAdapter(Currency)
    for word in (*words.split(), "US Dollar") if code == "USD" else words.split():
        with pytest.raises(ValidationError, match=f"{CURRENCY}; write {code}"):
            said.validate_python(f" {word} ")
    assert said.validate_python(code) == code
    with pytest.raises(ValidationError, match=f"{CURRENCY}, as in ISO 4217"):
        said.validate_python("kr")  # of several countries


@pytest.mark.parametrize(
    ("written", "wrong", "meant"),
    [
        ("[DE, AUT]", "AUT", "DE, AT"),
        ("[UK]", "UK", "GB"),
        ("[Germany, at]", "Germany, at", "DE, AT"),
        ("[Österreich, Deutschland, Schweiz]", "Österreich, Deutschland, Schweiz", "AT, DE, CH"),
        ("[USA, US]", "USA", "US"),
        ('[" de"]', " de", "DE"),
    ],
)
def test_countries(written: str, wrong: str, meant: str, folder: Path) -> None:
    assert problems(folder, "[DE, AT]", written) == [f"{COUNTRIES} ({wrong}); write [{meant}]"]


def test_countries_as_they_are(folder: Path) -> None:
    """Whether RedTrack has one that stands in no list of ours, it says itself."""
    assert problems(folder, "[DE, AT]", "[DE, GB, XK, T1]") == []
    assert all(len(code) == 2 and SPELT[code.casefold()] == code for code in SPELT.values())


@pytest.mark.parametrize("written", ['"a@x.test, b@x.test"', '"a@x.test; b@x.test"', '"a@x.test b@x.test"',
                                     '["a@x.test, b@x.test"]'])  # fmt: skip
def test_addresses(written: str, folder: Path) -> None:
    (said,) = problems(folder, "ops@acme.test", written)
    assert "stacks/demo.yaml:12: digistore24.notify" in said
    assert "must be one address in each text; write [a@x.test, b@x.test]" in said


@pytest.mark.parametrize("written", ["ops@acme.test", "[a@x.test, b@x.test]", "info@हिन्दी.भारत", "a.b+c@x.test"])
def test_addresses_as_they_are(written: str, folder: Path) -> None:
    assert problems(folder, "notify: ops@acme.test", f"notify: {written}") == []


@pytest.mark.parametrize(
    "written",
    ["ops", "ops@", "'@acme.test'", "ops@acme", "ops@@acme.test", "ops@acme..test", "x@1.2.3.4", "a@acme.local",
     "mailto:a@acme.test", "'\"john doe\"@acme.test'"],
)  # fmt: skip
def test_what_no_address_can_be(written: str, folder: Path) -> None:
    (said,) = problems(folder, "notify: ops@acme.test", f"notify: {written}")
    assert "stacks/demo.yaml:12: digistore24.notify: must be an e-mail address, such as ops@example.com" in said


def test_a_decimal_comma(folder: Path) -> None:
    where = "stacks/demo.yaml:22: campaigns.fb-keto-de.cpc: "
    assert problems(folder, "cpc: 0.25", "cpc: 0,25") == [f"{where}a decimal comma: 0,25; write 0.25"]
    (said, *_) = problems(folder, "cpc: 0,25", "cpc: 0, 25: x")
    assert said.startswith("stacks/demo.yaml:22: campaigns.fb-keto-de: the key 25")


@pytest.mark.parametrize(("written", "number"), [("007", "7"), ("00", "0"), ("-01", "1")])
def test_a_zero_at_the_beginning(written: str, number: str, folder: Path) -> None:
    (said,) = problems(folder, "keto-guide: 100", f"keto-guide: {written}")
    where = "stacks/demo.yaml:20: funnels.keto.offers.keto-guide"
    mended = f'write {number} if it is a number, "{written}" in quotes if it is a name or an id'
    assert said == f"{where}: begins with a zero: {written}; {mended}"


def test_which_of_two_domains_is_said_in_the_stacks_own_file(folder: Path) -> None:
    said = problems(folder, MAIN, f"{MAIN}, other: t2.acme.test")
    assert (
        "stacks/shared/digistore24.yaml:22: postbacks.sales: does not say which of the domains it uses; write into "
        "stacks/demo.yaml `postbacks: {sales: {domain: main | other}}`"
    ) in said
    assert (
        "stacks/demo.yaml:22: campaigns.fb-keto-de: does not say which of the domains it uses; domain: main | other"
        in said
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ('"u\\u0308ber"', "its name has letters and their accents apart; write über, typed anew"),
        ('"face\\u200bbook"', "its name holds a character that nobody sees (U+200B)"),
        ('"other": {title: "face\\u200bbook"}, "x"', "looks like facebook at stacks/demo.yaml:9"),
        ('"other": {title: "facebook "}, "x"', "looks like facebook at stacks/demo.yaml:9"),
        ('"other": {title: "f\\uff41cebook"}, "x"', "looks like facebook at stacks/demo.yaml:9"),
    ],
)
def test_names_that_look_the_same(name: str, said: str, folder: Path) -> None:
    problems(folder, f"\n  {CHANNEL}", f" {{\n  {CHANNEL},\n  {name}: {{}}}}")
    shown = problems(folder, MAIN, MAIN)
    assert any(said in problem for problem in shown), shown


def test_an_indentation_that_fits_no_map(folder: Path) -> None:
    (said,) = problems(folder, "  keto-guide: {", "  other: {}\n   keto-guide: {")
    around = "the map around it, which begins in line 16, is indented by 2"
    assert said.startswith(
        f"stacks/demo.yaml:17: indented by 3 blanks, where {around}; its entries begin with 2 blanks"
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [('"0,25"', "0.25"), ("0.25 €", "0.25"), ("$ 3", "3"), ('"1,5 USD"', "1.5"), ('"-2,0%"', "-2.0")],
)
def test_a_number_with_something_around_it(written: str, meant: str, folder: Path) -> None:
    (said,) = problems(folder, "cpc: 0.25", f"cpc: {written}")
    assert said.endswith(f"; write {meant}")


def test_a_number_that_is_none_has_no_fix(folder: Path) -> None:
    (said,) = problems(folder, "cpc: 0.25", "cpc: cheap")
    assert said.endswith("cpc: must be a number (got 'cheap')")


@pytest.mark.parametrize("written", ["DE AT", '"DE, AT"', '"DE;AT"'])
def test_a_list_that_is_written_as_a_text(written: str, folder: Path) -> None:
    (said,) = problems(folder, "countries: [DE, AT]", f"countries: {written}")
    assert said.endswith("; write [DE, AT]")


def test_who_is_told_has_an_address(folder: Path) -> None:
    (said,) = problems(folder, "ops@acme.test", "Ops Team")
    assert "digistore24.notify: must be an e-mail address, such as ops@example.com" in said


def test_a_twin_to_the_eye_is_told_as_one(folder: Path) -> None:
    """An accent that stands apart from its letter, as macOS writes it, and a sign that nobody sees."""
    said = problems(folder, "keto-guide: 100", "keto\u200b-guide: 100")
    assert len(said) == 1
    assert "is written with other characters than that of offers, though it looks the same" in said[0]


PRODUCT = "must be the id of a product at Digistore24"
KETO = "id: 411530, upsells: [411531, 411532]"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('" 411530 "', "; write 411530"),
        ('"https://www.digistore24.com/product/411530"', "; write 411530"),
        ('"https://www.digistore24.com/redir/411530/acme?cid=1"', "; write 411530"),
        ("keto", ", a number such as 411530"),
        ("0", ", a number such as 411530"),
        ("-5", ", a number such as 411530"),
        ('"٣"', ", a number such as 411530"),
        ('"411530,411531"', ", a number such as 411530"),
        ("true", ", a number such as 411530"),
        ("[411530]", ", a number such as 411530"),
        ("{id: 411530}", ", a number such as 411530"),
    ],
)
@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ("id: {}, upsells: [411531]", "products.keto-guide.id"),
        ("id: 411530, upsells: [{}]", "products.keto-guide.upsells"),
    ],
)
def test_a_product_is_a_number(written: str, meant: str, entry: str, where: str, folder: Path) -> None:
    """A link to a product that is none sells nothing, and each click on it is paid."""
    file = folder / "shared" / "digistore24.yaml"
    text = file.read_text(encoding="utf-8")
    assert KETO in text
    file.write_text(text.replace(KETO, entry.format(written)), encoding="utf-8")
    (said,) = problems(folder, MAIN, MAIN)
    assert said.startswith(f"stacks/shared/digistore24.yaml:31: {where}")
    assert f"{PRODUCT}{meant}" in said


def test_zeros_before_an_id_that_a_link_has_stay(folder: Path) -> None:
    file = folder / "shared" / "digistore24.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("id: 411530", 'id: "0815"'), encoding="utf-8")
    assert problems(folder, MAIN, MAIN) == []


AFFILIATE = "digistore24.affiliate: must be the name at Digistore24 alone, without blanks, sign or link around it"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("acme ", "; write acme"),
        ("\\tacme", "; write acme"),
        ("@acme", "; write acme"),
        ("https://www.digistore24.com/redir/411530/acme?cid={clickid}", "; write acme"),
        ("acme\\u200b", ""),
        ("ac me", ""),
        ("acme/fb", ""),
        ("a\\nb", ""),
        ("{affiliate}", ""),
    ],
)
def test_who_earns_is_named_as_the_link_names_them(written: str, meant: str, folder: Path) -> None:
    """With a blank at its end the link credits somebody else, or nobody."""
    (said,) = problems(folder, "affiliate: acme", f'affiliate: "{written}"')
    assert f"{AFFILIATE}{meant} (got" in said


@pytest.mark.parametrize("name", ["acme", "Acme-2", "acme_de", "acme.eu", "müller", '"123"'])
def test_names_of_affiliates_as_they_are(name: str, folder: Path) -> None:
    assert not [said for said in problems(folder, "affiliate: acme", f"affiliate: {name}") if "affiliate" in said]


def test_an_address_stands_without_a_name(folder: Path) -> None:
    (said,) = problems(folder, "ops@acme.test", '"Ann <ann@acme.test>"')
    assert "digistore24.notify: must be an e-mail address alone; write ann@acme.test" in said
