"""What to change in an account file so that a URL has another parameter: in the URL, or in what it is made of."""

import re
from dataclasses import replace
from typing import Any

from trackform.documents.yaml_document import Steps
from trackform.rules.edits import OUT, FileEdit
from trackform.rules.registry import Case
from trackform.urls import parse, with_param, without_param
from trackform.urls.macros import Raw

SUB = re.compile(r"sub\d+")
FURTHER = re.compile(r"\?(?=\w+=)")
"""A question mark before a further parameter."""
MADE_OF = {"rdtk_event_id": "event_id", "type": "type", "sum": "sum"}
"""Parameters of a made postback URL, by the key of the entry that says them."""


def has_url(case: Case, section: str, name: str) -> bool:
    """Whether the file gives the whole URL."""
    return bool(getattr(case.flow.file, section)[name].url)


def sender_place(case: Case, connection: str) -> Steps:
    """The line of a connection, or of its URL; all of them where none is to blame."""
    if connection:
        return ("postbacks", connection, *(("url",) if has_url(case, "postbacks", connection) else ()))
    return ("postbacks",) if case.flow.file.postbacks else ()


def joined(url: str) -> str:
    """The URL with its query joined rightly: without that nothing of it is a parameter to be mended."""
    plain, hash_sign, fragment = url.partition("#")
    first, question, rest = (plain if "?" in plain else plain.replace("&", "?", 1)).partition("?")
    return f"{first}{question}{FURTHER.sub('&', rest)}{hash_sign}{fragment}"


def url_of(case: Case, section: str, name: str, url: str) -> tuple[FileEdit, ...]:
    """The whole URL, where the file gives it; nothing where the URL is made."""
    return (FileEdit((section, name, "url"), url),) if has_url(case, section, name) else ()


def holding(case: Case, place: tuple[str, str], url: str, text: str, value: str | None) -> tuple[FileEdit, ...]:
    """As `parameter`, of the first one in whose value this text stands, and of no other of that name."""
    section, name = place
    parts = parse(url)
    at, key = next(((at, key) for at, (key, raw) in enumerate(parts.params) if text in (raw or "")), (-1, ""))
    if at < 0 or not has_url(case, section, name):
        return parameter(case, place, url, key, value) if key else ()
    changed = ((key, value),) if value is not None else ()
    params = (*parts.params[:at], *changed, *parts.params[at + 1 :])
    return (FileEdit((section, name, "url"), str(replace(parts, params=params))),)


def parameter(case: Case, place: tuple[str, str], url: str, key: str, value: str | None) -> tuple[FileEdit, ...]:
    """One parameter as it should be, as written; None takes it out. Nothing where the file does not decide it."""
    section, name = place
    if has_url(case, section, name):
        changed = without_param(joined(url), key) if value is None else with_param(joined(url), key, Raw(value))
        return (FileEdit((section, name, "url"), changed),)
    written: Any = OUT if value is None else value
    entry = getattr(case.flow.file, section)[name]
    for word in (key, MADE_OF.get(key, key)):
        if at := variable(case, place, word):
            # What the entry or the template says of it is each connection's own.
            everybodys = at[0] == "variables" and word != key
            return (FileEdit(at, OUT if everybodys else written),)
    if section == "postbacks" and key in MADE_OF and getattr(entry, MADE_OF[key]) is not None:
        return (FileEdit((section, name, MADE_OF[key]), written),)
    source = source_of(case, name) if section == "postbacks" and SUB.fullmatch(key) else None
    if source:
        # The offer source decides the details of all its connections; an empty one is left out of their URLs.
        said = case.flow.file.offer_sources[source].extra or {}
        gone: Any = OUT if key in said else ""
        return (FileEdit(("offer_sources", source, "extra", key), gone if value is None else value),)
    return ()


def without_parameter(case: Case, connection: str, key: str) -> tuple[FileEdit, ...]:
    """A connection's URL without a parameter."""
    url = next(each.url for each in case.flow.connections if each.name == connection)
    return parameter(case, ("postbacks", connection), url, key, None)


def variable(case: Case, place: tuple[str, str], name: str) -> Steps | None:
    """Where a variable of the template is said: by the entry, else for the whole file. It wins over a field."""
    section, entry = place
    if name in getattr(case.flow.file, section)[entry].variables:
        return (section, entry, "variables", name)
    return ("variables", name) if name in case.flow.file.variables else None


def without_variable(case: Case, place: tuple[str, str], name: str) -> tuple[FileEdit, ...]:
    """A variable taken out; nothing where there is none."""
    at = variable(case, place, name)
    return (FileEdit(at, OUT),) if at else ()


def source_of(case: Case, connection: str) -> str | None:
    """The offer source that a connection's clicks come from."""
    named = case.flow.file.postbacks[connection].offer_source
    sources = [named] if named else list(case.flow.sources)[:1]
    return next((source for source in sources if source in case.flow.file.offer_sources), None)
