"""What findings hide: what would come out once they are mended is told with them, or mended with them.

An error about money or channels keeps the proofs silent; a postback that is swallowed tells nobody anything; on what
has ended nobody clicks. Whoever mends such a line must not meet a new finding of which nothing was said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from trackform.policy import Severity
from trackform.rules import proofs
from trackform.rules.behind import mended
from trackform.rules.edits import FileEdit
from trackform.rules.fewer import fewer
from trackform.rules.judging import NAMED, RULES, JudgedBreach, finding_of, judged
from trackform.rules.registry import Case, Finding
from trackform_core.text.counted import first_few

MOST_ROUNDS = 5
"""How often edits are made of what earlier ones have brought to light."""
MOST_ALONE = 12
"""Findings whose edits are tried each alone; of more, the first of each rule are tried together."""
FIRST = 5
"""How many these are: those of one rule bring out the same."""
MOST_TRIED = 16
"""Accounts that are looked at once more, with some edits made."""
Edits = tuple[FileEdit, ...]


class Hidden:
    """The findings of one case, and those that stand behind them.

    Attributes:
        findings: what is found now, with edits that make up for what they bring to light.
        later: what is found once something else is mended.
    """

    def __init__(self, case: Case, findings: Iterable[JudgedBreach]) -> None:
        self._case = case
        self._policy = case.policy
        self._known: set[tuple[str, str]] = set()
        self._tried = 0
        self.later: list[Finding] = []
        seen = list(findings)
        self._know(seen)
        behind = list(self._behind_errors())
        self._alone, self._together = _tried(seen)
        tried = [each for several in (self._alone, *self._together) for each in several]
        self._small = fewer(case, _of_each(each.breach.edits for each in tried))
        self._small_is_known = self._small is case
        for brought, rules, edits in behind:
            self._tell(brought, rules, edits)
        self.findings = [each.finding for each in self._looked_behind(seen)]
        self._look_behind_all(tried)

    def _know(self, findings: Iterable[JudgedBreach]) -> None:
        for each in findings:
            self._known |= {(each.rule.id, each.finding.problem.where), (each.rule.id, each.finding.problem.message)}

    def _new(self, findings: Iterable[JudgedBreach]) -> list[JudgedBreach]:
        return [
            each
            for each in findings
            if (each.rule.id, each.finding.problem.where) not in self._known
            and (each.rule.id, each.finding.problem.message) not in self._known
        ]

    def _behind_errors(self) -> Iterator[tuple[list[JudgedBreach], tuple[str, ...], Edits]]:
        """What is found once all errors are mended that keep the proofs silent, or that nobody can say it."""
        case = self._case
        if not case.explained:
            return
        edits = _of_each(breach.edits for _, breach in case.explaining)
        rules = _rules(case)
        after: Case | None = case
        for _ in range(MOST_ROUNDS):
            after = mended(case, edits) if edits else None
            if after is None:
                break
            yield list(judged(after, self._policy, NAMED)), rules, edits
            more = _of_each(breach.edits for _, breach in after.explaining)
            if not more:
                break
            edits, rules = (*edits, *more), tuple(dict.fromkeys((*rules, *_rules(after))))
        if after is not None and not after.explained:
            yield list(judged(after, self._policy, [rule for rule in RULES if rule not in NAMED])), rules, edits
            return
        severity = self._policy.rules.get(proofs.NOT_JUDGED, RULES[proofs.NOT_JUDGED].severity)
        if severity != "off":
            for breach in proofs.kept_from_judging(case, after or case):
                self.later.append(finding_of(case, RULES[proofs.NOT_JUDGED], breach, severity))

    def _looked_behind(self, findings: Iterable[JudgedBreach]) -> Iterator[JudgedBreach]:
        """Each finding, with what has to be mended besides. What else comes out is told later."""
        for each in findings:
            yield self._whole(each, (), ()) if each in self._alone else each
        for several in self._together:
            edits = _of_each(each.breach.edits for each in several)
            self._tell(self._brought(edits), (several[0].rule.id,), edits, several[0].severity)

    def _look_behind_all(self, findings: list[JudgedBreach]) -> None:
        """What several findings hide together."""
        rules = tuple(dict.fromkeys(each.rule.id for each in findings))
        if len(rules) > 1 and any(each.rule.explains for each in findings):
            edits = _of_each(each.breach.edits for each in findings)
            least: Severity = "error" if all(each.severity == "error" for each in findings) else "warning"
            self._tell(self._brought(edits), rules, edits, least)

    def _brought(self, edits: Edits) -> list[JudgedBreach]:
        """What is new once these edits are made."""
        self._tried += 1
        # An edit of an entry that was left out would begin one that says nothing else.
        here = [edit for edit in edits if _holds(self._small, edit) or not _holds(self._case, edit)]
        after = mended(self._small, here) if self._tried <= MOST_TRIED else None
        news = self._new(judged(after, self._policy)) if after else []
        if news and not self._small_is_known:
            self._know(judged(self._small, self._policy))
            self._small_is_known = True
        return self._new(news)

    def _whole(self, each: JudgedBreach, before: tuple[str, ...], base: Edits) -> JudgedBreach:
        """The finding with more edits, where its own bring out errors that these mend; what else they do is told."""
        edits = each.breach.edits
        first = news = self._brought(_last_of_each((*base, *edits)))
        while errors := [new for new in news if new.severity == "error"]:
            more = _of_each(new.breach.edits for new in errors)
            if each.rule.explains or not all(new.breach.edits for new in errors) or all(edit in edits for edit in more):
                news, edits = first, each.breach.edits
                break
            edits = _last_of_each((*edits, *more))
            news = self._brought(_last_of_each((*base, *edits)))
        self._tell(news, (*before, each.rule.id), (*base, *edits), each.severity)
        if edits == each.breach.edits:
            return each
        breach = replace(each.breach, edits=edits)
        return replace(each, breach=breach, finding=finding_of(self._case, each.rule, breach, each.severity))

    def _tell(
        self, findings: Iterable[JudgedBreach], rules: tuple[str, ...], edits: Edits, severity: Severity = "error"
    ) -> None:
        """What is new among these, as it is told before the edits are made: no worse than what it stands behind."""
        news = self._new(findings)
        self._know(news)
        for new in news:
            worst = severity if severity != "error" else new.severity
            milder = replace(new, severity=worst, finding=replace(new.finding, severity=worst))
            at = len(self.later)
            whole = self._whole(milder, rules, edits) if new.breach.edits else milder
            self.later.insert(at, _once_mended(self._case, whole.finding, list(dict.fromkeys(rules))))


def _tried(findings: Iterable[JudgedBreach]) -> tuple[list[JudgedBreach], list[list[JudgedBreach]]]:
    """The findings whose edits are tried alone, and those that are tried together."""
    mendable = [each for each in findings if each.breach.edits]
    if len(mendable) <= MOST_ALONE:
        return mendable, []
    of_rule: dict[str, list[JudgedBreach]] = {}
    for each in mendable:
        of_rule.setdefault(each.rule.id, []).append(each)
    return [], [several[:FIRST] for several in of_rule.values()]


def _rules(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule for rule, _ in case.explaining))


def _of_each(several: Iterable[Edits]) -> Edits:
    return tuple(edit for edits in several for edit in edits)


def _holds(case: Case, edit: FileEdit) -> bool:
    """Whether the entry that an edit changes is in the file."""
    section, *entry = edit.path[:2]
    return not entry or entry[0] in (case.composition.account.document.data.get(str(section)) or {})


def _last_of_each(edits: Edits) -> Edits:
    """The last on each line."""
    return tuple({edit.path: edit for edit in edits}.values())


def _once_mended(case: Case, finding: Finding, rules: list[str]) -> Finding:
    """A finding of an account with edits made, as it is told before they are."""
    known = case.composition.account.document.data
    here = all(edit.path[0] in known and edit.path[1] in known[edit.path[0]] for edit in finding.edits)
    first = f"{first_few([f'[{rule}]' for rule in rules])} {'is' if len(rules) == 1 else 'are'}"
    said = f"once {first} mended: {finding.problem.message}"
    if here:
        return replace(finding, problem=replace(finding.problem, message=said))
    problem = replace(finding.problem, message=said, suggestion="mend that first, then validate again")
    return replace(finding, problem=problem, edits=(), by_hand="the lines to change are not there yet")
