"""Runs all rules on composed account files."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from trackform.account_file.compose import Composition
from trackform.policy import Policy, Severity
from trackform.rules import campaigns, connections, conversion_types, macros, money, offers, proofs, stacks, twins
from trackform.rules.behind import mended
from trackform.rules.edits import OUT, FileEdit, sentence
from trackform.rules.history import Slots
from trackform.rules.registry import Breach, Case, Finding, Rule

MOST_ROUNDS = 5
"""How often edits are made of what earlier ones have brought to light."""
OF_AN_ENTRY = 3
"""Steps of the path of a field: section, name, field."""
MODULES = (conversion_types, connections, macros, money, offers, campaigns, twins, proofs, stacks)
RULES: dict[str, Rule] = {name: rule for module in MODULES for name, rule in module.RULES.all.items()}
"""Every rule by id. The proofs come last but for what needs several stacks: they tell what the others do not "
"explain."""
PROOFS = ("booked", "told")
NAMED = tuple(name for name, rule in RULES.items() if rule.explains)
"""Rules whose errors keep the proofs silent."""


def rule_ids() -> list[str]:
    return list(RULES)


def check(
    compositions: Sequence[tuple[str, Composition]],
    policy: Policy | None = None,
    before: Mapping[str, Slots | None] | None = None,
) -> list[Finding]:
    """Every finding of every stack that the policy does not switch off, sorted by file and line, each once.

    ``before``: the slots of each stack's conversion types as they were; see `trackform.rules.history`.
    """
    policy = policy or Policy()
    known = before or {}
    cases = [Case(stack, composition, policy, known.get(stack)) for stack, composition in compositions]
    findings = [finding for case in cases for finding in _all_of(case, policy)]
    severity = policy.rules.get("shared-account", RULES["shared-account"].severity)
    if severity != "off":
        rule = RULES["shared-account"]
        findings += [_finding(case, rule, breach, severity) for case, breach in stacks.shared(cases)]
    # Stacks that extend one file have its findings in common.
    unique = {(each.rule, each.problem, each.url, each.part): each for each in reversed(findings)}
    return sorted(
        unique.values(), key=lambda each: (each.problem.file, each.problem.line, each.problem.where, each.rule)
    )


def _all_of(case: Case, policy: Policy) -> Iterator[Finding]:
    findings = list(_of(case, policy))
    yield from findings
    if case.explained:
        yield from _behind(case, policy, findings)


def _of(case: Case, policy: Policy, rules: Collection[str] = tuple(RULES)) -> Iterator[Finding]:
    for rule in map(RULES.__getitem__, rules):
        severity = policy.rules.get(rule.id, rule.severity)
        if severity == "off":
            continue
        breaches = (_not_breaking(case, _no_longer_emptied(case, each)) for each in rule.check(case))
        for breach in _each_edit_once(breaches):
            # A rule that was switched off explains nothing: the proof still speaks.
            if rule.explains and severity == "error" and not breach.beside:
                case.explained.add(rule.explains)
                case.faulty.add(breach.path[:2])
                case.explaining.append((rule.id, breach))
            yield _finding(case, rule, breach, severity)


def _behind(case: Case, policy: Policy, findings: Sequence[Finding]) -> Iterator[Finding]:
    """What the proofs would say once the errors are mended that keep them silent, or that nobody can say."""
    rules = dict.fromkeys(rule for rule, _ in case.explaining)
    edits = [edit for _, breach in case.explaining for edit in breach.edits]
    judged: Case | None = case
    for _ in range(MOST_ROUNDS):
        judged = mended(case, edits) if edits else None
        if judged is None:
            break
        list(_of(judged, policy, NAMED))
        more = [edit for _, breach in judged.explaining for edit in breach.edits]
        if not more:
            break
        edits += more
    if judged is None or judged.explained:
        yield from _not_judged(case, policy, judged or case)
        return
    known = {(each.rule, each.problem) for each in findings}
    for each in _of(judged, policy, PROOFS):
        if each.severity == "error" and (each.rule, each.problem) not in known:
            yield _once_mended(case, each, list(rules))


def _once_mended(case: Case, finding: Finding, rules: list[str]) -> Finding:
    """A finding of an account with edits made, as it is told before they are."""
    known = case.composition.account.document.data
    here = all(edit.path[0] in known and edit.path[1] in known[edit.path[0]] for edit in finding.edits)
    said = f"once [{'], ['.join(rules)}] {'is' if len(rules) == 1 else 'are'} mended: {finding.problem.message}"
    if here:
        return replace(finding, problem=replace(finding.problem, message=said))
    problem = replace(finding.problem, message=said, suggestion="mend that first, then validate again")
    return replace(finding, problem=problem, edits=(), by_hand="the lines to change are not there yet")


def _not_judged(case: Case, policy: Policy, judged: Case) -> Iterator[Finding]:
    severity = policy.rules.get(proofs.NOT_JUDGED, RULES[proofs.NOT_JUDGED].severity)
    if severity != "off":
        for breach in proofs.kept_from_judging(case, judged):
            yield _finding(case, RULES[proofs.NOT_JUDGED], breach, severity)


def _no_longer_emptied(case: Case, breach: Breach) -> Breach:
    """A field that gets a value is taken out of `unset`: the file says one or the other."""
    file, more = case.composition.account.file, dict[tuple[str | int, ...], FileEdit]()
    for edit in breach.edits:
        section, name, field = edit.path if len(edit.path) == OF_AN_ENTRY else ("", "", "")
        entry = getattr(file, str(section), {}).get(name) if section and edit.value is not OUT else None
        emptied = sorted(getattr(entry, "unset", None) or ())
        if field in emptied:
            emptied.remove(str(field))
            path = (*edit.path[:-1], "unset")
            more[path] = FileEdit(path, emptied or OUT)
    return replace(breach, edits=(*breach.edits, *more.values())) if more else breach


def _not_breaking(case: Case, breach: Breach) -> Breach:
    """Without edits that take out a variable which a template needs."""
    takes_out = any(edit.value is OUT and "variables" in edit.path for edit in breach.edits)
    if not takes_out or mended(case, breach.edits):
        return breach
    return replace(breach, edits=(), by_hand="its template needs the variable, and is no part of the account file")


def _each_edit_once(breaches: Iterator[Breach]) -> Iterator[Breach]:
    """Without those of one rule that the same lines mend: several connections are made of one offer source."""
    mended = set()
    for breach in breaches:
        edits = tuple((edit.path, repr(edit.value)) for edit in breach.edits)
        if not edits or edits not in mended:
            yield breach
        mended.add(edits)


def _finding(case: Case, rule: Rule, breach: Breach, severity: Severity) -> Finding:
    document = case.composition.account.document
    path = breach.path
    first = breach.edits[0].path if breach.edits else path
    # What a file of one's own says wins over the files that it extends; only what these say can it not take out.
    here = document.origin(path)[0] == document.file != document.origin(first)[0]
    own = here and all(edit.value is not OUT or document.origin(edit.path)[0] == document.file for edit in breach.edits)
    if document.origin(path) != document.origin(first) and not own:
        # At the line that people must change.
        path = first
    fix = breach.fix or rule.fix
    if breach.edits:
        # What of a whole URL is another, the rule says; of a word the line itself shows it.
        why = f"{fix}: " if any(edit.path[-1] == "url" for edit in breach.edits) else ""
        # Another way out beside the one in the file.
        other = f"; {fix}" if fix.startswith("or ") else ""
        said = sentence(breach.edits, document, path if own else first)
        fix = f"{said}{other}" if other else f"{why}{said}"
    problem = document.problem(path, breach.message, fix)
    by_hand = "" if breach.edits else breach.by_hand or rule.by_hand
    return Finding(problem, rule.id, severity, case.stack, breach.url, breach.part, breach.edits, by_hand)
