"""An export as one file, or as two: what every account shares, and what is this one's own."""

from collections.abc import Sequence
from typing import Any

from trackform.account_file.compose import SECTIONS
from trackform.account_file.not_shared import KEY as NOT_SHARED
from trackform.export.beside import POSTBACKS, SharedFile, lines_to_type
from trackform.export.fields import shown
from trackform.export.proof import Export
from trackform.export.seal import sealed
from trackform.export.secrets import unspeakable
from trackform.export.sharing import Sharing
from trackform.export.text import identity, text
from trackform_core.model.postback_token import without_token
from trackform_core.model.wire import Row, id_of

Comments = dict[tuple[str, ...], list[str]]

HEAD = [
    "Written by `trackform export`. Applied to the account it comes from, it changes nothing.",
    "Nothing that an account holds is lost by it: what a file does not mention stays as it is.",
]
SHARED_HEAD = ["Written by `trackform export --split`: what accounts share. What is one account's own, its file says."]
NOT_TOLD = {
    "account": "Add `currency:`: no API tells the currency of a RedTrack account.",
    "conversion_types": "Add `forward:`: no API tells which event each channel is told. `trackform validate` names the "
    "lines.",
    "products": "Add `billing:` and `guarantee:` where they matter, and which upsells belong to which product.",
}
"""Remarks on what a set-up needs and no service tells, by section."""
LONGEST_NOTE = 1000
SAID_BY_EACH = [
    "Left to each account: its own file says these, or declines one, as in",
    "`not_shared: {offers: {keto: {url: null}}}`. `trackform validate` names what a stack leaves open.",
]
HAS_IT_ALL = ["What the shared file leaves to each account stands here, or stays as it is in this account."]


def whole(export: Export, stack: str, beside: Sequence[SharedFile] = ()) -> str:
    """The account in one file; ``beside`` it lie shared ones with postback connections."""
    comments = _comments(export)
    _offer(comments, export, stack, beside)
    return sealed(text(_readable(export.data), comments, HEAD), stack)


def split(export: Export, stack: str, shared_name: str, beside: Sequence[SharedFile] = ()) -> tuple[str, str]:
    """(the account's own file, the shared one), the first extending the second by this name."""
    parts = Sharing(export)
    own = {"extends": [shared_name], **parts.own}
    shared = dict(parts.shared)
    if parts.not_shared:
        own[NOT_SHARED] = None
        shared[NOT_SHARED] = parts.not_shared
    # What is said of single objects names them as this account knows them.
    comments = _comments(export)
    _offer(comments, export, stack, beside, [shared_name])
    general: Comments = {(section,): [line] for section, line in NOT_TOLD.items() if section in shared}
    rest = {path: lines for path, lines in comments.items() if path not in general}
    common = text(_readable(shared), general | {(NOT_SHARED,): SAID_BY_EACH}, SHARED_HEAD)
    alone = text(_readable(own), rest | {(NOT_SHARED,): HAS_IT_ALL}, HEAD)
    return sealed(alone, stack), sealed(common, stack)


def _offer(
    comments: Comments, export: Export, stack: str, beside: Sequence[SharedFile], extended: Sequence[str] = ()
) -> None:
    """Where no connection could be read: name what to type to have those of a shared file."""
    if POSTBACKS in export.drafts.unread:
        comments[POSTBACKS, ""] += lines_to_type(export.data, extended, beside, stack)


def _readable(data: dict[str, Any]) -> dict[str, Any]:
    """Ids as numbers, and a domain that is nothing but its host in the short form."""
    readable = dict(data)
    if "products" in readable:
        readable["products"] = {
            name: {
                key: [*map(identity, item)] if isinstance(item, list) else identity(item)
                for key, item in product.items()
            }
            for name, product in readable["products"].items()
        }
    if "account" in readable.get("digistore24", {}):
        readable["digistore24"] = {**readable["digistore24"], "account": identity(readable["digistore24"]["account"])}
    return readable


def _title(row: Row) -> str:
    """What a person knows it by. Of a connection that is its URL, which may carry the protection token."""
    title = str(row.get("title") or row.get("name") or without_token(row.get("url")) or "without a title")
    return title if not unspeakable(title, "url") else "whose title holds a secret"


def _comments(export: Export) -> Comments:
    drafts = export.drafts
    comments: Comments = {(section,): [line] for section, line in NOT_TOLD.items() if section in export.data}
    for draft in drafts.entries:
        kind = SECTIONS[draft.section]
        if not draft.refused:
            if draft.notes:
                comments[draft.section, draft.name] = [shown(note, LONGEST_NOTE) for note in draft.notes]
            continue
        title = shown(_title(draft.row))
        line = f"not declared: {kind.title} '{title}' ({id_of(draft.row)}): {draft.refused}"
        comments.setdefault((draft.section, ""), []).append(line)
    for section, reason in drafts.unread.items():
        comments.setdefault((section, ""), []).append(f"not read: {reason}")
    for title in export.strays:
        line = f"not declared: funnel '{shown(title)}': it is no saved template, and no campaign uses it"
        comments.setdefault(("funnels", ""), []).append(line)
    return comments
