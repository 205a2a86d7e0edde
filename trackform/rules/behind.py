"""What stands behind an error: the account as it would be with the edits made that mend it, to be judged again."""

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from trackform.account_file.compose import compose
from trackform.account_file.models import AccountFile, ReadAccount
from trackform.documents.problems import Problems
from trackform.rules.edits import FileEdit, Out
from trackform.rules.registry import Case


def mended(case: Case, edits: Iterable[FileEdit]) -> Case | None:
    """The case with these edits made, of which the first on a line counts; None where that is no account any more."""
    data = copy.deepcopy(case.composition.account.document.data)
    made = set()
    for edit in edits:
        if edit.path not in made and not _made(data, edit):
            return None
        made.add(edit.path)
    return of_data(case, data)


def of_data(case: Case, data: dict[str, Any]) -> Case | None:
    """The case as its file would be with this in it; None where that is no account."""
    document = replace(case.composition.account.document, data=data)
    try:
        account = ReadAccount(AccountFile.model_validate(data), document)
        composition = compose(account, case.composition.templates, case.composition)
    except (ValidationError, Problems):
        return None
    return Case(case.stack, composition, case.policy, case.before)


def _made(data: Any, edit: FileEdit) -> bool:
    """Whether the edit could be made; a section that is not there is begun."""
    *parents, key = edit.path
    for step in parents:
        if isinstance(data, dict) and data.get(step) is None:
            data[step] = {}
        try:
            data = data[step]
        except (TypeError, LookupError):
            return False
    if not isinstance(data, dict):
        return False
    if isinstance(edit.value, Out):
        data.pop(key, None)
    else:
        data[key] = copy.deepcopy(edit.value)
    return True
