"""Options of the whole account file or of a section, for every object that does not say otherwise itself."""

from collections.abc import Collection
from typing import Any

from trackform.account_file.models import AccountFile
from trackform.documents.problems import Problem, did_you_mean
from trackform.documents.yaml_document import Document
from trackform_core.model.kind import Kind, OnDelete, Options


def asked_for(wanted: bool | list[str], section: str) -> bool:
    """Whether a file-wide `true`, or a list of sections, means this section."""
    return wanted if isinstance(wanted, bool) else section in wanted


def options_for(file: AccountFile, section: str, entry: Options, kind: Kind[Any]) -> dict[str, Any]:
    """Options that the file sets and the object itself leaves open."""
    options: dict[str, Any] = {}
    for option in ("adopt", "mark"):
        has_room = option != "mark" or file.mark is not True or bool(kind.mark_in)
        if getattr(entry, option, None) is None and asked_for(getattr(file, option), section) and has_room:
            options[option] = True
    if entry.on_delete is None and file.on_delete is not None:
        policy = file.on_delete.get(section) if isinstance(file.on_delete, dict) else _for_all(file.on_delete, kind)
        options |= {"on_delete": policy} if policy else {}
    return options


def _for_all(policy: OnDelete, kind: Kind[Any]) -> OnDelete:
    """A wish for the whole file, as near as a kind can come to it: what cannot be paused is kept."""
    return policy if policy in kind.policies else "keep"


def unknown_sections(file: AccountFile, document: Document, sections: Collection[str]) -> list[Problem]:
    """Names in `adopt`, `protect`, `mark` and `on_delete` that no section has."""
    problems: list[Problem] = []
    for option in ("adopt", "protect", "mark", "on_delete"):
        value = getattr(file, option)
        steps: list[Any] = list(value) if isinstance(value, dict) else []
        names = list(enumerate(value)) if isinstance(value, list) else [(step, step) for step in steps]
        for step, name in names:
            if name not in sections:
                hint = did_you_mean(name, sections) or f"sections: {', '.join(sections)}"
                problems.append(document.problem((option, step), f"there is no section '{name}'", hint))
    return problems
