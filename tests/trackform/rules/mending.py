"""Makes the edits of a finding in the text of the file, word for word, and looks what is found then."""

import re
from pathlib import Path

from tests.trackform.rules.rows import findings
from trackform.documents import yaml_text
from trackform.documents.scalars import flow
from trackform.policy import Policy
from trackform.rules import Finding
from trackform.rules.edits import OUT
from trackform.rules.history import Slots


def mended(text: str, finding: Finding) -> str:
    """The file with the finding's edits made."""
    for edit in finding.edits:
        text = yaml_text.edited(text, edit.path, yaml_text.REMOVE if edit.value is OUT else edit.value)
    return text


def keys(told: list[Finding]) -> set[tuple[str, str]]:
    return {(each.rule, each.problem.where) for each in told}


def said_once_mended(finding: Finding) -> tuple[list[str], str]:
    """The rules whose findings have to be mended first, and what is then found."""
    match = re.fullmatch(r"once (\[[^:]*\])(?: and \d+ more)? (?:is|are) mended: (.*)", finding.problem.message)
    return (re.findall(r"\[([\w-]+)\]", match[1]), match[2]) if match else ([], finding.problem.message)


def tried(
    folder: Path,
    text: str,
    policy: Policy,
    before: Slots | None = None,
    *,
    anywhere: bool = False,
    generated: bool = False,
) -> list[Finding]:
    """Mend each finding of a file alone; those that only a person can mend are given back.

    Args:
        anywhere: a rule that spoke before may speak of other places, as where a file is wrong in many ways.
        generated: each error is in a section that the file has, and marks a part of each URL that it shows.
    """
    told = findings(folder, text, policy, before)
    for each in told:
        if each.severity == "error":
            assert each.problem.suggestion
            section = each.problem.where.partition(".")[0]
            assert not generated or (f"\n{section}:" in f"\n{text}" and bool(each.part) is bool(each.url)), each
        if not each.edits:
            assert each.by_hand, f"{each} has neither edits nor a reason"
            continue
        assert not each.by_hand
        for edit in each.edits:
            assert (f"take out `{edit.path[-1]}`" if edit.value is OUT else flow(edit.value)) in each.problem.suggestion
        first, message = said_once_mended(each)
        changed = text
        for other in told:
            if other.rule in first and other.edits:
                changed = mended(changed, other)
        changed = mended(changed, each)
        after = findings(folder, changed, policy, before)
        same = [other for other in after if (other.rule, other.problem.where, said_once_mended(other)[1])
                == (each.rule, each.problem.where, message)]  # fmt: skip
        assert not same, f"{each}\nis still there after\n{changed}"
        # What is mended elsewhere now is the same finding still; so is what was told of as hidden.
        messages = {(other.rule, said_once_mended(other)[1]) for other in told}
        new = [
            str(other)
            for other in after
            if (other.rule, other.problem.where) not in keys(told)
            and not (anywhere and other.rule in {each.rule for each in told})
            and (other.rule, said_once_mended(other)[1]) not in messages
        ]
        assert not new, f"{each}\nmended, there is\n{new}\n{changed}"
    return [each for each in told if not each.edits]
