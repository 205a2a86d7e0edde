"""Rules for twins: a value that a shared file leaves to each account, and a stack neither gives nor declines."""

from collections.abc import Iterator, Mapping
from typing import Any

from trackform.account_file.models import ReadAccount
from trackform.account_file.not_shared import KEY, written
from trackform.account_file.references import entry_model
from trackform.account_file.sections import SECTIONS
from trackform.documents.yaml_document import Steps
from trackform.rules.registry import Breach, Case, RuleBook

RULES = RuleBook()


@RULES.rule(
    "not-shared", "warning", "A stack that lacks what its shared file leaves to each account",
    why="`trackform export --split` shares nothing that is one account's own: who is paid, ids, secrets, hosts, and "
    "what trackform cannot set. `not_shared` in the shared file lists it, each with the reason. What is made from the "
    "shared file works without, yet is less than what it was made from.",
    fix="say it in the stack's own file, or decline it there with `null` in its place under `not_shared`",
    by_hand="nobody but you knows what it is in this account",
)  # fmt: skip
def not_shared(case: Case) -> Iterator[Breach]:
    for path, why in unsaid(case.composition.account):
        message = f"is left to each account, and {case.stack} has none: {why}"
        settled = f"`{written((KEY, *path), 'null')}`"
        if can_say(path):
            fix = f"say it in the stack's own file, `{written(path, '…')}`, or decline it there, {settled}"
        else:
            fix = f"no file can say it: see to it in the web application, then settle it in its own file, {settled}"
        yield Breach((KEY, *path), message, fix)


def unsaid(account: ReadAccount) -> Iterator[tuple[Steps, str]]:
    """Path and reason of all that the shared file leaves to the account, and that nobody said or declined.

    An object that the stack takes out, or only refers to, lacks nothing.
    """
    data = account.document.data
    for path, why in _leaves(data.get(KEY), ()):
        if not _stands(data, path) and not _is_moot(data, path):
            yield path, why


def can_say(path: Steps) -> bool:
    """Whether the account file has a word for it."""
    section, *rest = map(str, path)
    if section not in SECTIONS or not rest[1:]:
        return True
    field, *part = rest[1:]
    if field == "extra" and part:
        return part[0] in SECTIONS[section].more
    return field in entry_model(section).model_fields


def _leaves(value: Any, path: Steps) -> Iterator[tuple[Steps, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, str):
        yield path, value


def _stands(data: Any, path: Steps) -> bool:
    for at, step in enumerate(path):
        if isinstance(data, str):
            # `main: track.example.com` is short for its url.
            return path[at:] == ("url",)
        if not isinstance(data, Mapping) or step not in data:
            return False
        data = data[step]
    return True


def _is_moot(data: Mapping[str, Any], path: Steps) -> bool:
    """A field of an object that is not asked for; where it is what the object is recognised by, the object is meant."""
    section, name, field = (*path, "", "")[:3]
    if section not in SECTIONS or not field:
        return False
    entries = data.get(str(section))
    entry = entries.get(name) if isinstance(entries, Mapping) else None
    if entry is None:
        return field != SECTIONS[str(section)].key
    return isinstance(entry, Mapping) and entry.get("existing") is not None
