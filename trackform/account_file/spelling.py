"""Values that people write in another form than the services have: refused where they stand, with the one to write.

What a live account has all the same, its export leaves as it is, and says so.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Annotated, Any

from pydantic import BeforeValidator

from trackform.documents.problems import did_you_mean
from trackform.documents.yaml_document import Document
from trackform_core.text.looks import look

SCHEME = re.compile(r"^\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//", re.ASCII)
PRODUCT = re.compile(r"0*[1-9][0-9]*")
PRODUCT_LINK = re.compile(r"/(?:redir|product)/(0*[1-9][0-9]*)(?![^/?#\s])", re.ASCII)
AFFILIATE = re.compile(r"[^\W_][\w.+-]*")
AFFILIATE_LINK = re.compile(r"/redir/[^/\s]+/([^/?#\s]+)")
CODE = re.compile(r"[A-Z]{3}")
LABEL = r"\w(?:[\w-]{0,61}\w)?"
OURS_ALONE = r"(?:\d+|localhost|local|internal)(?::|$)"
MARKS = ("Mn", "Mc")
PUBLIC = rf"(?:{LABEL}\.)+(?!{OURS_ALONE}){LABEL}"
"""A host that public name servers may know: neither of one word, nor a number, nor of this network alone."""
IN_PUBLIC = re.compile(rf"{PUBLIC}(?::\d+)?", re.IGNORECASE)
ADDRESS = re.compile(rf'[^\s,;:<>@"]+@{PUBLIC}', re.IGNORECASE)
ISO_4217 = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP
CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF
IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR
SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
"""
"""The currencies of ISO 4217 that people are paid in, and those that left it of late; its other codes, such as XXX, XTS
and XAU, are metals, funds and no money at all."""
MONEY = frozenset(ISO_4217.split())
CURRENCIES = {
    "$": "USD", "US$": "USD", "USD$": "USD", "DOLLAR": "USD", "US DOLLAR": "USD", "€": "EUR", "EURO": "EUR",
    "EUROS": "EUR", "£": "GBP", "POUND": "GBP", "GBP£": "GBP", "FR": "CHF", "SFR": "CHF",
    "FRANKEN": "CHF", "ZŁ": "PLN", "ZLOTY": "PLN",
    "¥": "JPY", "YEN": "JPY", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "R$": "BRL",
}  # fmt: skip
"""What people write -> its code in ISO 4217, as both services have it."""
COUNTRIES = """
AE ARE United Arab Emirates|AR ARG Argentina|AT AUT Austria,Österreich|AU AUS Australia,Australien
BE BEL Belgium,Belgien
BG BGR Bulgaria,Bulgarien|BR BRA Brazil,Brasilien|CA CAN Canada,Kanada|CH CHE Switzerland,Schweiz,SUI
CL CHL Chile|CN CHN China|CO COL Colombia|CY CYP Cyprus,Zypern|CZ CZE Czechia,Czech Republic,Tschechien
DE DEU Germany,Deutschland,GER|DK DNK Denmark,Dänemark,DEN|EE EST Estonia,Estland|ES ESP Spain,Spanien
FI FIN Finland,Finnland|FR FRA France,Frankreich|GB GBR UK,United Kingdom,Great Britain,England,Großbritannien
GR GRC Greece,Griechenland,GRE,EL|HR HRV Croatia,Kroatien,CRO|HU HUN Hungary,Ungarn|IE IRL Ireland,Irland|IL ISR Israel
IN IND India,Indien|IT ITA Italy,Italien|JP JPN Japan|KR KOR South Korea|LI LIE Liechtenstein|LT LTU Lithuania,Litauen
LU LUX Luxembourg,Luxemburg|LV LVA Latvia,Lettland|MT MLT Malta|MX MEX Mexico,Mexiko|MY MYS Malaysia
NL NLD Netherlands,Holland,Niederlande,NED|NO NOR Norway,Norwegen|NZ NZL New Zealand,Neuseeland|PH PHL Philippines
PL POL Poland,Polen|PT PRT Portugal,POR|RO ROU Romania,Rumänien|RS SRB Serbia,Serbien|SE SWE Sweden,Schweden
SG SGP Singapore|SI SVN Slovenia,Slowenien|SK SVK Slovakia,Slowakei|TH THA Thailand|TR TUR Turkey,Türkiye,Türkei
UA UKR Ukraine|US USA United States,America,U.S.|VN VNM Vietnam|ZA ZAF South Africa,Südafrika
"""
"""Its code in ISO 3166, which RedTrack has; the one of three letters; and what people write."""


def _spelt() -> dict[str, str]:
    codes: dict[str, str] = {}
    for row in COUNTRIES.strip().replace("\n", "|").split("|"):
        code, longer, names = row.split(" ", 2)
        codes |= {name.casefold(): code for name in (code, longer, *names.split(","))}
    return codes


SPELT = _spelt()


def _letters(text: str) -> str:
    """Without the marks that letters of many scripts carry, which a pattern takes for no part of a word."""
    return "".join(each for each in unicodedata.normalize("NFC", text) if unicodedata.category(each) not in MARKS)


def _host(value: Any) -> Any:
    if not isinstance(value, str) or value == "" or IN_PUBLIC.fullmatch(_letters(value)):
        return value
    plain = re.split(r"[/?#]", SCHEME.sub("", value).strip(), maxsplit=1)[0].rpartition("@")[2].rstrip(".")
    if plain != value and IN_PUBLIC.fullmatch(_letters(plain)):
        raise ValueError(f"must be a host name alone, without scheme, path or blanks; write {plain}")
    raise ValueError(
        "must be a host name that public DNS knows, such as track.example.com: RedTrack asks for its CNAME"
    )


def is_product_id(text: str) -> bool:
    """Whether Digistore24 may have a product of this id."""
    return PRODUCT.fullmatch(text) is not None


def is_affiliate(text: str) -> bool:
    """Whether this may be a name at Digistore24: a part of a link's path, as it is."""
    return AFFILIATE.fullmatch(text) is not None


def _product_id(value: Any) -> Any:
    if value is None:
        return value
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if is_product_id(text):
        return text
    linked = PRODUCT_LINK.search(text)
    plain = linked[1] if linked else text.strip()
    meant = f"; write {plain}" if is_product_id(plain) else ", a number such as 411530"
    raise ValueError(f"must be the id of a product at Digistore24{meant}")


def _affiliate(value: Any) -> Any:
    if not isinstance(value, str) or value == "" or is_affiliate(value):
        return value
    linked = AFFILIATE_LINK.search(value)
    plain = (linked[1] if linked else value).strip().removeprefix("@").strip()
    meant = f"; write {plain}" if is_affiliate(plain) else ""
    raise ValueError(f"must be the name at Digistore24 alone, without blanks, sign or link around it{meant}")


def currency_code(value: Any) -> Any:
    """The code of a currency, as it is; empty is none. Both services, and the proof, compare it letter by letter.

    Raises:
        ValueError: it is no code, or that of no currency.
    """
    if value is None or value == "" or (isinstance(value, str) and value in MONEY):
        return value
    bare = value.strip().upper() if isinstance(value, str) else ""
    code = CURRENCIES.get(bare) or (bare if bare in MONEY else "")
    if code or not CODE.fullmatch(bare):
        meant = f"; write {code}" if code else ", as in ISO 4217: USD"
        raise ValueError(f"must be the three letters of a currency{meant}")
    raise ValueError(f"must be a currency that people are paid in, such as USD: {bare} is the code of none")


def _addresses(value: Any) -> Any:
    addresses = [value] if isinstance(value, str) else value
    for address in addresses if isinstance(addresses, list) else ():
        several = re.findall(r"[^\s,;<>\"]+@[^\s,;<>]+", address) if isinstance(address, str) else []
        if len(several) > 1:
            raise ValueError(f"must be one address in each text; write [{', '.join(several)}]")
        if several and several != [address]:
            raise ValueError(f"must be an e-mail address alone; write {several[0]}")
        if isinstance(address, str) and not ADDRESS.fullmatch(_letters(address)):
            raise ValueError("must be an e-mail address, such as ops@example.com")
    return addresses


def codes_of_countries(value: Any) -> Any:
    """The countries of a list, as they are.

    Raises:
        ValueError: one is written otherwise than RedTrack has it, and which one is meant is known.
    """
    if isinstance(value, list):
        meant = [SPELT.get(each.strip().casefold(), each) if isinstance(each, str) else each for each in value]
        wrong = [str(each) for each, code in zip(value, meant, strict=True) if each != code]
        if wrong:
            codes = ", ".join(map(str, dict.fromkeys(meant)))
            raise ValueError(f"has countries by another name than their code ({', '.join(wrong)}); write [{codes}]")
    return value


def not_there(section: str, name: str, known: Collection[str]) -> tuple[str, str]:
    """What is wrong with a name that a section does not have, and the way out; a twin to the eye is told as one."""
    if any(look(each) == look(name) for each in known):
        return (
            f"'{name}' is written with other characters than that of {section}, though it looks the same",
            "type both anew, or copy one from the other",
        )
    hint = did_you_mean(name, known) or (f"known: {', '.join(known)}" if known else f"add a section {section}")
    return f"{section} has no '{name}'", hint


def which_of(document: Document, where: tuple[str, str], word: str, known: list[str]) -> str:
    """The line that says which is meant: in the stack's own file, as a shared one would say it for all."""
    own, (section, name) = document.file, where
    if document.origin(where)[0] == own:
        return f"{word}: {' | '.join(known)}"
    return f"write into {own} `{section}: {{{name}: {{{word}: {' | '.join(known)}}}}}`"


Host = Annotated[str | None, BeforeValidator(_host, json_schema_input_type=str | None)]
ProductId = Annotated[str, BeforeValidator(_product_id, json_schema_input_type=str | int)]
Affiliate = Annotated[str, BeforeValidator(_affiliate, json_schema_input_type=str)]
Currency = Annotated[str | None, BeforeValidator(currency_code, json_schema_input_type=str | None)]
Addresses = Annotated[list[str] | None, BeforeValidator(_addresses, json_schema_input_type=str | list[str] | None)]
