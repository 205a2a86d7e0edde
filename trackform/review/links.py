"""What a change of a link does: each part that decides where people go, who is paid, or what is learnt of a sale."""

from collections.abc import Iterator, Mapping

from trackform.urls import differences, macros, param
from trackform.urls.compare import Difference
from trackform.urls.promolink import promolink_path

Needed = Mapping[str, str]
"""Parameter -> what happens without it."""

NEEDED: Mapping[str, Needed] = {
    "offers": {"cid": "Digistore24 does not learn the click: its sales are booked nowhere"},
    "postbacks": {
        "clickid": "RedTrack cannot tell to which click a sale belongs, and refuses it",
        "sum": "another amount is booked than was earned",
        "rdtk_event_id": "repetitions can no longer be told from new sales",
    },
}
"""Section -> the parameters that its URLs cannot do without. The event id is `rdtk_event_id`."""

IN_PATH = {
    "product": "it sells another product",
    "affiliate": "somebody else is paid for its sales",
    "campaignkey": "its sales are credited to another campaign key",
}
"""Part of a promolink's path -> what another one does."""


def link_dangers(section: str, field: str, live: str, declared: str, applied: str) -> Iterator[str]:
    """Why a change of one link is dangerous, part by part.

    A part that is only set back to what was applied last is no change of the file, and is told as drift. Without a
    parameter that a link cannot do without, it is dangerous whoever changed it.
    """
    needed = NEEDED.get(section, {}) if field == "url" else {}
    subject = "its URL" if field == "url" else f"its {field}"
    yield from _needed(needed, live, declared, applied)
    moved = {each.part for each in differences(applied, declared)} if applied else None
    for each in differences(live, declared):
        name = each.part.removeprefix("?")
        if (moved is not None and each.part not in moved) or name in needed:
            continue
        if each.part == "path":
            yield from _path(subject, live, declared)
        elif each.part.startswith("?"):
            yield from _parameter(section, name, each, live, declared)
        else:
            yield f"{each.part} of {subject} goes from {each.left or 'nothing'} to {each.right or 'nothing'}"


def _needed(needed: Needed, live: str, declared: str, applied: str) -> Iterator[str]:
    for name, consequence in needed.items():
        was, now = param(live, name), param(declared, name)
        if not was or was == now:
            continue
        if not now:
            yield f"{name} leaves its URL: {consequence}"
        elif macros(was) and not macros(now):
            yield f"{name} is {now} for every order in place of {was}: {consequence}"
        elif now != param(applied, name):
            yield f"{name} changes from {was} to {now}: check that it means the same"


def _path(subject: str, live: str, declared: str) -> Iterator[str]:
    old, new = promolink_path(live), promolink_path(declared)
    if old is None or new is None or old.is_content != new.is_content:
        yield f"the path of {subject} changes: it leads to another page"
        return
    for name, consequence in IN_PATH.items():
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            yield f"the {name} in {subject} goes from {was or 'none'} to {now or 'none'}: {consequence}"


def _parameter(section: str, name: str, part: Difference, live: str, declared: str) -> Iterator[str]:
    """A macro is what is learnt; a constant of a postback is what each order is booked with."""
    has_macro = any(macros(side or "") for side in (part.left, part.right))
    # Whose parameters decide who is paid is known of promolinks alone.
    may_pay = not name.startswith("utm_") and not (promolink_path(live) and promolink_path(declared))
    if not (has_macro or section == "postbacks" or may_pay):
        return
    was, now = ("nothing" if side is None else side or "an empty value" for side in (part.left, part.right))
    yield f"{name} goes from {was} to {now}"
