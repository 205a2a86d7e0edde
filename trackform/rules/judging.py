"""Runs the rules on one account file, and says what each breach of them comes to."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from trackform.policy import Policy, Severity
from trackform.rules import campaigns, connections, conversion_types, macros, money, offers, proofs, stacks, twins
from trackform.rules.behind import mended
from trackform.rules.edits import OUT, FileEdit, sentence
from trackform.rules.registry import Breach, Case, Finding, Rule

OF_AN_ENTRY = 3
"""Steps of the path of a field: section, name, field."""
MODULES = (conversion_types, connections, macros, money, offers, campaigns, twins, proofs, stacks)
RULES: dict[str, Rule] = {name: rule for module in MODULES for name, rule in module.RULES.all.items()}
"""Every rule by id. The proofs come last but for what needs several stacks: they tell what the others do not "
"explain."""
NAMED = tuple(name for name, rule in RULES.items() if rule.explains)
"""Rules whose errors keep the proofs silent."""


@dataclass(frozen=True)
class JudgedBreach:
    """A breach of a rule, and what it comes to in its account file."""

    rule: Rule
    severity: Severity
    breach: Breach
    finding: Finding


def judged(case: Case, policy: Policy, rules: Collection[str] = tuple(RULES)) -> Iterator[JudgedBreach]:
    """Every breach of the rules that the policy does not switch off, each edit once."""
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
            yield JudgedBreach(rule, severity, breach, finding_of(case, rule, breach, severity))


def finding_of(case: Case, rule: Rule, breach: Breach, severity: Severity) -> Finding:
    """The breach at the line that people must change, with what to do."""
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
