"""Rules on macros in URLs: known, spelled right, in the right braces, of the right system, and filled in."""

import re
from collections.abc import Iterator

from trackform.documents.problems import nearest
from trackform.documents.yaml_document import Steps
from trackform.rules.edits import FileEdit
from trackform.rules.filled_url import FilledUrl
from trackform.rules.fixes import holding
from trackform.rules.links import links
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.vocabulary import (
    FOREIGN,
    KNOWN,
    MACRO,
    PLACEHOLDER,
    PLACEHOLDER_MACRO,
    WRONG_BRACES,
    is_known,
)
from trackform.urls import param, parse, with_param
from trackform.urls.macros import Raw

RULES = RuleBook()
LOOK = "only the conversion log shows whether it is filled in"
MEANT = "nobody but you knows which macro is meant"
NEARLY = 0.88
"""How alike a macro and a known one are that is misspelt, and no other word: {random} is no {brand}."""
CLICK_IDS = {"postbacks": ("clickid", "{cid}"), "offers": ("cid", "{clickid}")}
"""Section -> the parameter that hands the click id on, and what fills it."""


def strange(case: Case) -> Iterator[tuple[FilledUrl, str]]:
    """URLs with each macro that whoever fills the URL is not known to have, placeholders left out."""
    for link in links(case):
        if "{" in link.sent:
            for macro in MACRO.findall(link.sent):
                if not is_known(link.by, macro) and not PLACEHOLDER_MACRO.fullmatch(f"{{{macro}}}"):
                    yield link, macro


def unknown(case: Case) -> Iterator[tuple[FilledUrl, str]]:
    """Those that are nobody's, in parameters that have no rule of their own."""
    for link, macro in strange(case):
        if macro not in FOREIGN[link.by] and f"{{{macro}}}" in link.undecided():
            yield link, macro


@RULES.rule(
    "macro-foreign", "error", "The other system's macro",
    why="Digistore24 fills the postback URL; RedTrack the offer's, the landing's, and what it calls at a channel; the "
    "channel its own link. A macro that is known to be another's stays as it is, and its braces arrive as text.",
    fix="leave the parameter out; the click id is {cid} in a postback and {clickid} in an offer URL", explains="money",
)  # fmt: skip
def macro_foreign(case: Case) -> Iterator[Breach]:
    for link in links(case):
        for macro in MACRO.findall(link.sent) if "{" in link.sent else ():
            text = f"{{{macro}}}"
            if macro in FOREIGN[link.by] and not (link.section == "postbacks" and text not in link.undecided()):
                said = f"{link.by} does not fill {text}"
                yield Breach(link.path, said, "", link.url, text, _without(case, link, text), MEANT,
                             beside=link.section not in CLICK_IDS)  # fmt: skip


def _without(case: Case, link: FilledUrl, text: str) -> tuple[FileEdit, ...]:
    """The parameter taken out, or the click id handed on as it must be."""
    if link.section not in CLICK_IDS:
        return ()
    key = next((key for key, value in parse(link.url).params if text in (value or "")), None)
    if key is None:
        return ()
    click_id, macro = CLICK_IDS[link.section]
    # Whatever the parameter is called elsewhere: who wrote Digistore24's word for the click id meant the click id.
    is_meant = link.section == "offers" and text == "{cid}" and macro not in link.url
    value = macro if key == click_id or is_meant else None
    if key == "rdtk_event_id":
        value = "{transaction_id}"
    return holding(case, (link.section, link.name), link.url, text, value)


@RULES.rule(
    "macro-misspelt", "warning", "A macro that is nearly a known one",
    why="A macro that is not known stays as it is: letter by letter, case included. The published lists are not "
    "provably complete: it may be right all the same.",
    fix="spell it as in the vendor's list, if that is what is meant",
)  # fmt: skip
def macro_misspelt(case: Case) -> Iterator[Breach]:
    yield from _once(_in_no_list(case, misspelt=True))


def _in_no_list(case: Case, *, misspelt: bool) -> Iterator[Breach]:
    for link, macro in unknown(case):
        near = nearest(macro, KNOWN[link.by], NEARLY)
        if bool(near) != misspelt:
            continue
        edits = _respelt(case, link, macro, near) if near and near.lower() == macro.lower() else ()
        fix = f"if {{{near}}} is meant, write that; else look into the conversion log whether it is filled in"
        text = f"{{{macro}}}"
        place = link.path if edits else _place(case, link, text)
        yield Breach(place, f"{text} is in no published list", fix if near else "", link.url, text, edits, LOOK)


def _respelt(case: Case, link: FilledUrl, macro: str, near: str) -> tuple[FileEdit, ...]:
    for _, value in parse(link.url).params:
        if link.section in CLICK_IDS and f"{{{macro}}}" in (value or ""):
            changed = str(value).replace(f"{{{macro}}}", f"{{{near}}}")
            return holding(case, (link.section, link.name), link.url, f"{{{macro}}}", changed)
    return ()


@RULES.rule(
    "macro-unknown", "warning", "A macro that no list has",
    why="The published lists are not provably complete, so this may work.",
    fix="look for it in the conversion log, or leave it out", by_hand=LOOK,
)  # fmt: skip
def macro_unknown(case: Case) -> Iterator[Breach]:
    yield from _once(_in_no_list(case, misspelt=False))


@RULES.rule(
    "macro-braces", "error", "A macro with the wrong braces",
    why="Both systems fill `{name}` and nothing else: not {{name}}, [name], %7Bname%7D, nor one brace alone.",
    fix="one pair of curly braces, not encoded", explains="money",
)  # fmt: skip
def macro_braces(case: Case) -> Iterator[Breach]:
    for link in links(case):
        if link.by in ("The channel", "Nobody") or link.is_text:
            continue
        # Not the end of a macro with a dash in its name, which has rules of its own.
        rest = MACRO.sub(lambda macro: " " * len(macro[0]), link.sent)
        for match in WRONG_BRACES.finditer(rest):
            if PLACEHOLDER_MACRO.fullmatch(match[0]) or PLACEHOLDER.fullmatch(match[0]):
                # What is to be filled in has rules of its own.
                continue
            if match[0][0] in "(<" and not _named(link, match[0]):
                # What stands in these need be no macro: `utm_medium=(none)`.
                continue
            yield Breach(link.path, f"{match[0]} is not filled", "", link.url, match[0],
                         _braced(case, link, match[0]), MEANT, beside=link.section not in CLICK_IDS)  # fmt: skip


def _named(link: FilledUrl, text: str) -> str:
    """The macro that is meant by a name in wrong braces; empty where there is none of that name."""
    name = text.lower().removeprefix("%7b").removesuffix("%7d").strip("{}[]()<>$")
    return name if is_known(link.by, name) else next((each for each in KNOWN[link.by] if each.lower() == name), "")


def _braced(case: Case, link: FilledUrl, text: str) -> tuple[FileEdit, ...]:
    name = _named(link, text)
    for _, value in parse(link.url).params:
        if link.section in CLICK_IDS and text in (value or ""):
            # What whoever fills it does not know cannot be put right: it never holds anything.
            changed = str(value).replace(text, f"{{{name}}}") if name else None
            return holding(case, (link.section, link.name), link.url, text, changed)
    return ()


def _placeholders(case: Case, *, for_channel: bool) -> Iterator[Breach]:
    for link in links(case):
        if link.for_channel == for_channel:
            for part in _parts(link):
                yield Breach(_place(case, link, part), f"{part} is still to be filled in", "", link.url, part)


def _once(breaches: Iterator[Breach]) -> Iterator[Breach]:
    """Without those of a part that several URLs are made with."""
    unique: dict[tuple[Steps, str], Breach] = {}
    for each in breaches:
        unique.setdefault((each.path, each.part), each)
    yield from unique.values()


def _place(case: Case, link: FilledUrl, text: str) -> Steps:
    """Where the file says a part of a URL: a made one may have it from elsewhere, together with others."""
    edits = holding(case, (link.section, link.name), link.url, text, None) if link.section in CLICK_IDS else ()
    return edits[0].path if edits else link.path


def _parts(link: FilledUrl) -> Iterator[str]:
    """The parts of a URL that somebody was to fill in."""
    if link.by == "The channel":
        # No URL but a macro or a text; `__CID__` and the like are macros.
        if PLACEHOLDER_MACRO.fullmatch(link.url) or PLACEHOLDER.fullmatch(link.url):
            yield link.url
        return
    if link.is_text:
        yield from (match[0] for match in PLACEHOLDER_MACRO.finditer(link.url))
        # A word of code may well be EVENT.
        yield from (word for word in re.findall(r"[\w-]*[_-][\w-]*", link.url) if PLACEHOLDER.fullmatch(word))
        return
    parts = parse(link.url)
    # A folder or a host may well be called xxx.
    places = (each for each in (*parts.host.split("."), *parts.path.split("/")) if not each or each.strip("x"))
    for value in (
        parts.host,
        *places,
        *(value for _, value in link.parameters()),
        *(piece.partition("=")[2] or piece for piece in (parts.fragment or "").split("&")),
    ):
        if PLACEHOLDER.fullmatch(value):
            yield value
        else:
            yield from (match[0] for match in PLACEHOLDER_MACRO.finditer(value))


FILL_IN = "nobody but you knows what belongs there"


@RULES.rule(
    "placeholder", "error", "A URL with a part that is still to be filled in",
    why="Templates and help pages have words that stand for something: {replace_me}, AFFILIATE, EVENT_NAME. Left in, "
    "nobody is paid, or visitors go nowhere.",
    fix="write what belongs there, or take the parameter out", by_hand=FILL_IN,
)  # fmt: skip
def placeholder(case: Case) -> Iterator[Breach]:
    yield from _once(_placeholders(case, for_channel=False))


@RULES.rule(
    "placeholder-told", "warning", "A channel's field that is still to be filled in",
    why="RedTrack's templates of channels leave words in: EVENT_NAME of Taboola's postback, with which Taboola takes "
    "no event; {replace} where a channel has no macro. The channel learns nothing, or reports show the word.",
    fix="write what belongs there: an event as the channel spells it, a name; or nothing at all", by_hand=FILL_IN,
)  # fmt: skip
def placeholder_told(case: Case) -> Iterator[Breach]:
    yield from _once(_placeholders(case, for_channel=True))


CALLED = ("postbacks", "traffic_channels", "campaigns", "ipn_connections")
"""Sections whose URLs a server calls. Others are opened in a browser, where a script of the page may read the rest."""
NAMED = re.compile(r"(?:.*[?])?[A-Za-z][\w.-]*=")
OF_PROMOLINKS = ("cid", "sid1", "sid2", "sid3", "sid4", "sid5", "ds24tr")
"""What links of Digistore24 take in their query."""


@RULES.rule(
    "behind-hash", "warning", "A macro or a parameter behind # in a URL",
    why="What follows `#` stays in the browser: no server gets it, and who calls a URL does not send it. Digistore24 "
    "reads `#aff=` and `&cam=` on a page of the vendor's. A page of your own may read it with a script.",
    fix="in the query, before the #",
)  # fmt: skip
def behind_hash(case: Case) -> Iterator[Breach]:
    for link in links(case):
        promolink = link.section == "offers" and link.name in case.flow.offers
        if promolink and "cid=" in (tail := link.url.partition("#")[2]) and "aff=" not in tail:
            # The click id has a rule of its own.
            continue
        lost = [piece for piece in link.behind_hash if _is_lost(link, piece, promolink=promolink)]
        if lost:
            sent = link.section in CALLED
            stands = "stands" if len(lost) == 1 else "stand"
            nobody = "nobody sends it" if sent else "no server gets it"
            said = f"{', '.join(lost)} {stands} behind #: {nobody}"
            by_hand = IN_A_LIST if sent or promolink else "nobody but you knows whether a script of the page reads it"
            edits = _before_hash(link, lost, promolink=promolink) if sent or promolink else ()
            yield Breach(link.path, said, "", link.url, lost[0], edits, by_hand)


IN_A_LIST = "it stands in a template, or in a list"


def _is_lost(link: FilledUrl, piece: str, *, promolink: bool) -> bool:
    """Whether somebody is to get this. What is still to be filled in has a rule of its own."""
    name, _, value = piece.partition("=")
    if PLACEHOLDER.fullmatch(value or piece) or PLACEHOLDER_MACRO.search(piece):
        return False
    named = NAMED.match(piece) if link.section in CALLED else promolink and name in OF_PROMOLINKS
    return bool(named or MACRO.search(piece) or WRONG_BRACES.search(f"={piece}"))


def _before_hash(link: FilledUrl, lost: list[str], *, promolink: bool) -> tuple[FileEdit, ...]:
    """The URL with these in its query, as far as they belong there and it has them not."""
    if len(link.path) != OF_A_FIELD or link.path[-1] not in ("url", "postback_url"):
        return ()
    plain, _, fragment = link.url.partition("#")
    for piece in lost:
        name, equals, value = piece.partition("=")
        known = all(is_known(link.by, macro) for macro in MACRO.findall(value)) and not WRONG_BRACES.search(f"={value}")
        if equals and known and (name in OF_PROMOLINKS or not promolink) and param(plain, name) is None:
            plain = with_param(plain, name, Raw(value))
    kept = "&".join(piece for piece in fragment.split("&") if piece not in lost)
    return (FileEdit(link.path, f"{plain}#{kept}" if kept else plain),)


OF_A_FIELD = 3
"""Steps of the path of a field: section, name, field."""
