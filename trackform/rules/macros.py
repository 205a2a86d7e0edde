"""Rules on macros in postback and offer URLs: known, spelled right, in the right braces, of the right system."""

from collections.abc import Iterator

from trackform.documents.problems import nearest
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.vocabulary import CHANNELS, DIGISTORE24, MACRO, REDTRACK, VENDOR, WRONG_BRACES, is_known

RULES = RuleBook()


def urls(case: Case) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
    """Sort, place and text of every URL that a system fills."""
    for connection in case.flow.connections:
        entry = case.flow.file.postbacks[connection.name]
        yield "postback", ("postbacks", connection.name, *(("url",) if entry.url else ())), connection.url
    for name, url in case.flow.offers.items():
        entry = case.flow.file.offers[name]  # type: ignore[assignment]
        yield "offer", ("offers", name, *(("url",) if entry.url else ())), url


def strange(case: Case) -> Iterator[tuple[str, tuple[str | int, ...], str, str]]:
    """URLs as of `urls`, with each macro that the system which fills the URL does not have."""
    for sort, path, url in urls(case):
        for macro in MACRO.findall(url):
            if not (is_known(macro) if sort == "postback" else macro in REDTRACK):
                yield sort, path, url, macro


def is_foreign(sort: str, macro: str) -> bool:
    others = REDTRACK | VENDOR | CHANNELS if sort == "postback" else DIGISTORE24 | VENDOR | CHANNELS
    return macro in others


def meant(sort: str, macro: str) -> str | None:
    return nearest(macro, DIGISTORE24 if sort == "postback" else REDTRACK)


@RULES.rule(
    "macro-foreign", "error", "The other system's macro",
    why="Digistore24 fills the postback URL, RedTrack the offer URL. A macro of the other system, of an ad channel "
    "or of a "
    "vendor's connection stays as it is, and its braces arrive as text.",
    fix="in a postback {cid}, in an offer URL {clickid}", explains="money",
)  # fmt: skip
def macro_foreign(case: Case) -> Iterator[Breach]:
    for sort, path, url, macro in strange(case):
        if is_foreign(sort, macro):
            who = "Digistore24" if sort == "postback" else "RedTrack"
            yield Breach(path, f"{who} does not fill {{{macro}}}", "", url, f"{{{macro}}}")


@RULES.rule(
    "macro-misspelt", "error", "A macro that is nearly a known one",
    why="A macro that is not known stays as it is: letter by letter, case included.",
    fix="spell it as in the vendor's list", explains="money",
)  # fmt: skip
def macro_misspelt(case: Case) -> Iterator[Breach]:
    for sort, path, url, macro in strange(case):
        if not is_foreign(sort, macro) and (near := meant(sort, macro)):
            yield Breach(path, f"there is no {{{macro}}}", f"did you mean {{{near}}}?", url, f"{{{macro}}}")


@RULES.rule(
    "macro-unknown", "warning", "A macro that no list has",
    why="The published lists are not provably complete, so this may work; mostly it does not.",
    fix="look for it in the conversion log, or leave it out",
)  # fmt: skip
def macro_unknown(case: Case) -> Iterator[Breach]:
    for sort, path, url, macro in strange(case):
        if not is_foreign(sort, macro) and not meant(sort, macro):
            yield Breach(path, f"{{{macro}}} is in no published list", "", url, f"{{{macro}}}")


@RULES.rule(
    "macro-braces", "error", "A macro with the wrong braces",
    why="Both systems fill `{name}` and nothing else: not {{name}}, [name], %7Bname%7D, nor one brace alone.",
    fix="one pair of curly braces, not encoded", explains="money",
)  # fmt: skip
def macro_braces(case: Case) -> Iterator[Breach]:
    for _, path, url in urls(case):
        # Not the end of a macro with a dash in its name, which has rules of its own.
        rest = MACRO.sub(lambda macro: " " * len(macro[0]), url)
        for match in WRONG_BRACES.finditer(rest):
            yield Breach(path, f"{match[0]} is not filled", "", url, match[0])
