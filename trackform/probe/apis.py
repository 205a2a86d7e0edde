"""Signs in what both APIs answer to questions that change nothing."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from trackform.probe.answer import Sign
from trackform.probe.attempts import DELETED
from trackform.probe.evidence import LISTINGS, NEVER_WAS, AccountEvidence, Row
from trackform.urls import macros
from trackform.urls.parts import param, parse
from trackform_redtrack.offer_source import with_braces

MOST_ASKED = 1000
"""Rows asked for, to see how many come."""
BEHIND_ALL = 100_000
"""A page behind the last one of every listing."""
MOST_LOOKED_AT = 3
"""Deleted objects looked at: one would do, were it not an exception."""
IPN_NEVER_WAS = "trackform-probe-never-was"
POSTBACK_PATH = "/postback"
COMPUTED_OF = ("clickid", "sum", *(f"sub{number}" for number in range(1, 21)))
"""Fields of an offer source of which its postback URL is made."""
PER_MINUTE = ("x-ratelimit-limit-minute", "ratelimit-limit")
"""Headers in which a limit was seen (client code)."""


def empty_list(evidence: AccountEvidence) -> Iterator[Sign]:
    for path in ("campaigns", "offers", "networks", "sources"):
        text = evidence.get(path, page=BEHIND_ALL, per=1).text.strip()
        if text in ("null", "[]"):
            yield Sign("null" if text == "null" else "array")


def page_cap(evidence: AccountEvidence) -> Iterator[Sign]:
    """A first page that is full although more was asked for, and another one behind it."""
    for path in LISTINGS:
        first, second = (_rows(evidence.get(path, page=page, per=MOST_ASKED).body) for page in (1, 2))
        if first and second and len(first) < MOST_ASKED:
            yield Sign(str(len(first)))


def requests_per_minute(evidence: AccountEvidence) -> Iterator[Sign]:
    headers = evidence.get("me/settings").headers
    for name in PER_MINUTE:
        if headers.get(name, "").isdecimal():
            yield Sign(headers[name])
            return


def deleted(evidence: AccountEvidence) -> Iterator[Sign]:
    for number, (path, object_id) in enumerate(evidence.deleted()):
        if number == MOST_LOOKED_AT:
            return
        answer = evidence.get(f"{path}/{object_id}")
        if answer.status == HTTPStatus.NOT_FOUND:
            yield Sign("404")
        elif isinstance(answer.body, dict) and answer.body.get("status") == DELETED:
            yield Sign("status3")


def missing_object(evidence: AccountEvidence) -> Iterator[Sign]:
    yield Sign(str(evidence.get(f"offers/{NEVER_WAS}").status))


def missing_script(evidence: AccountEvidence) -> Iterator[Sign]:
    status = evidence.get(f"scripts/{NEVER_WAS}").status
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
        yield Sign(str(int(status)))


def bad_key(evidence: AccountEvidence) -> Iterator[Sign]:
    answer = evidence.with_nobodys_key()
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.INTERNAL_SERVER_ERROR):
        yield Sign(str(int(answer.status)))
    elif answer.status == HTTPStatus.OK and isinstance(answer.body, dict) and answer.body.get("error"):
        yield Sign("200_error")


def clickid(evidence: AccountEvidence) -> Iterator[Sign]:
    """The stored forms of the macros of an offer source."""
    for row in evidence.listing("networks"):
        for name in ("clickid", "sum"):
            text = str(row.get(name) or "")
            if macros(text) == [text]:
                yield Sign("with_braces")
            elif text.isidentifier():
                yield Sign("without_braces")


def postback_url(evidence: AccountEvidence) -> Iterator[Sign]:
    """Postback URLs beside what RedTrack would compute of the fields beside them (help center). A guess, either way.

    One that says otherwise was written by somebody; where none does, nobody may have tried. Its host proves nothing, as
    RedTrack has domains that no listing tells.
    """
    rows = evidence.listing("networks")
    fits = [fit for row in rows if (fit := _is_as_computed(row)) is not None]
    said = "writable" if False in fits else "computed"
    yield from (Sign(said, certain=False) for fit in fits if fit == (said == "computed"))


def _is_as_computed(row: Row) -> bool | None:
    """Whether an offer source's postback URL says what its own fields say; ``None`` where they say nothing."""
    text = str(row.get("postback_url") or "")
    own = {name: str(row.get(name) or "") for name in COMPUTED_OF}
    if not text or not any(own.values()):
        return None
    url = parse(text)
    return url.path == POSTBACK_PATH and all(
        with_braces(param(text, name) or "") == with_braces(value) for name, value in own.items() if value
    )


def campaign_list(evidence: AccountEvidence) -> Iterator[Sign]:
    """Only of campaigns whose own answer carries the stream: one without funnel carries none anywhere."""
    for row in evidence.listing("campaigns"):
        references = [each for each in _list(row.get("streams")) if isinstance(each, dict)]
        if any(each.get("stream") for each in references):
            yield Sign("with_streams")
        elif references and _carries_streams(evidence.get(f"campaigns/{row.get('id')}").body):
            yield Sign("without_streams")
            return


def titles(evidence: AccountEvidence) -> Iterator[Sign]:
    """Two objects of one title prove that there can be; none prove nothing.

    Not funnels: those of campaigns are listed among the saved ones, and a copied campaign's is called alike.
    """
    for path in ("campaigns", "offers", "networks", "sources", "landings"):
        titled = sorted(str(row["title"]) for row in evidence.listing(path) if row.get("title"))
        yield from (Sign("not_unique") for title, following in pairwise(titled) if title == following)


def filters(evidence: AccountEvidence) -> Iterator[Sign]:
    for row in evidence.listing("streams"):
        members = [each for name in ("offers", "landings", "prelandings") for each in _list(row.get(name))]
        held = [each.get("filters") for each in (row, *members) if isinstance(each, dict)]
        shown = [item for each in held if isinstance(each, dict) for item in each.values() if isinstance(item, dict)]
        if any(item.get("active") is False for item in shown):
            yield Sign("all")
        elif shown:
            # A funnel that shows none may have none.
            yield Sign("in_force")


def ipn_info_missing(evidence: AccountEvidence) -> Iterator[Sign]:
    said = evidence.ipn_info(IPN_NEVER_WAS)
    if said in ("N", "error"):
        yield Sign(said)


def utc_offset(evidence: AccountEvidence) -> Iterator[Sign]:
    offset = evidence.envelope.get("utc_offset")
    if isinstance(offset, str | int | float) and not isinstance(offset, bool):
        yield Sign("text" if isinstance(offset, str) else "number")


def products(evidence: AccountEvidence) -> Iterator[Sign]:
    """Whether there are any, or not: one that is only an affiliate gets an empty listing."""
    answer = evidence.digistore24("listProducts")
    if isinstance(answer, list):
        yield Sign("published")
    elif isinstance(answer, dict) and "products" in answer:
        yield Sign("named")


def log_time_zone(evidence: AccountEvidence) -> Iterator[Sign]:
    for row in evidence.conversions:
        at = datetime.fromisoformat(str(row.get("created_at") or row.get("conv_time")))
        if at.tzinfo:
            yield Sign(f"UTC{at:%z}", at.date())


def _rows(body: Any) -> list[Any]:
    rows = body.get("items") if isinstance(body, dict) else body
    return rows if isinstance(rows, list) else []


def _carries_streams(body: Any) -> bool:
    streams = body.get("streams") if isinstance(body, dict) else None
    return any(isinstance(each, dict) and each.get("stream") for each in _list(streams))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
