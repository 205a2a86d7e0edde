"""What a change of the files means: is all money still booked, is a rule or limit looser, whose objects are taken?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.account_file.compose import SECTIONS, Composition, Ref
from trackform.flow.proof import Cell
from trackform.policy import FILE, SEVERITIES, Policy
from trackform.preview.plan import Plan, Step
from trackform.review.model import Danger, Item
from trackform.rules.judging import RULES
from trackform.rules.registry import Case
from trackform_core.model.markers import Books
from trackform_core.model.vendors import pins
from trackform_core.session.permissions import VARIABLE, permitted

WORSE = ("proved", "cannot be proved", "wrong")
SAID = {
    "wrong": "booked payouts are not the earned commissions",
    "cannot be proved": "it is no longer proved that booked payouts are the earned commissions",
}
SEE = "See `trackform validate --matrix`"


@dataclass(frozen=True)
class Files:
    """The account files that a plan is judged by.

    Attributes:
        composition: what the stack's file asks for; None where it has mistakes.
        base: the same on the base branch; None where there is none, or nobody said which it is.
        others: what the project's other stacks ask for, by stack.
        base_config: the stack's settings on the base branch; None where it has none there, or nobody said which it is.
    """

    policy: Policy = field(default_factory=Policy)
    composition: Composition | None = None
    base_policy: Policy | None = None
    base: Composition | None = None
    others: Mapping[str, Composition] = field(default_factory=dict)
    base_config: Mapping[str, Any] | None = None


def money(stack: str, files: Files, items: Iterable[Item]) -> Iterator[Danger]:
    """Where booked payouts would not be the earned commissions, proved by simulation.

    What is so on the base branch already is no danger of this change: `trackform validate` tells it. Where nobody said
    which the base branch is, it counts if the change touches what decides it.
    """
    if files.composition is None or not (files.base or any(map(_decides_money, items))):
        return
    before = _faults(stack, files.base, files.base_policy or Policy()) if files.base else {}
    worse: dict[str, dict[str, None]] = {}
    for place, (verdict, fault) in _faults(stack, files.composition, files.policy).items():
        was = before.get(place, ("proved", ""))[0]
        if WORSE.index(verdict) > WORSE.index(was) and (verdict == "wrong" or files.base):
            worse.setdefault(verdict, {})[fault] = None
    for verdict, sequences in worse.items():
        more = f", and {len(sequences) - 1} more sequences" if len(sequences) > 1 else ""
        reason = f"{SAID[verdict]}: {next(iter(sequences))}{more}. {SEE}"
        yield Danger(kind="money", about="postbacks", reason=reason)


def _decides_money(item: Item) -> bool:
    kind = SECTIONS[item.section]
    fields = kind.marked(Books)
    comes_or_goes = item.change in ("create", "take-over", "delete")
    return kind.books or (comes_or_goes and bool(fields)) or any(each.name in fields for each in item.fields)


def _faults(stack: str, composition: Composition, policy: Policy) -> dict[tuple[str, str], tuple[str, str]]:
    """Offer and sequence -> verdict, and what goes wrong of which product, where the money is concerned."""
    faults: dict[tuple[str, str], tuple[str, str]] = {}
    case = Case(stack, composition, policy)
    for proof in case.proved:
        unknown = case.unknown_of(proof)
        for cell in proof.cells:
            if fault := _booked(cell) or (unknown if cell.verdict == "proved" else ""):
                verdict = cell.verdict if cell.violations else WORSE[1]
                said = (verdict, f"{proof.name} [{cell.sequence.name}]: {fault}")
                faults |= {(sold.offer, cell.sequence.name): said for sold in proof.offers}
    return faults


def _booked(cell: Cell) -> str:
    """The likeliest fault of the money; empty where there is none."""
    likeliest = cell.violations.get(cell.assumptions) if cell.verdict == "wrong" else None
    faults = likeliest or [fault for each in cell.violations.values() for fault in each]
    return next((fault.said for fault in faults if fault.kind == "booked"), "")


def loosened(files: Files) -> Iterator[Danger]:
    """Rules, limits, assumptions and hosts of the policy that are looser than on the base branch."""
    old, new = files.base_policy, files.policy
    if old is None:
        return
    for name, rule in RULES.items():
        was, now = old.rules.get(name, rule.severity), new.rules.get(name, rule.severity)
        if SEVERITIES.index(now) < SEVERITIES.index(was):
            yield _policy(f"rule {name} counts as {now}, no longer as {was}")
    for name, value in sorted(new.live.items()):
        if old.live.get(name) != value:
            yield _policy(f"live.{name} is taken as {value}: proofs no longer try the other answers")
    if (old.new_campaigns, new.new_campaigns) == ("paused", "running"):
        yield _policy("new campaigns run before their connections are confirmed: their clicks may book nothing")
    for service, places in new.hosts.items():
        for place in sorted(set(places) - set(old.hosts.get(service, ()))):
            yield _policy(f"hosts.{service} allows {place}: the key may be sent there")
    yield from _raised(old, new)


def _raised(old: Policy, new: Policy) -> Iterator[Danger]:
    """Limits that let one run touch more; what is raised alike everywhere is told once."""
    before, after = old.limits_by_kind(), new.limits_by_kind()
    by_name: dict[str, list[str]] = {}
    for section, kind in SECTIONS.items():
        for action, limit in after[kind.name].items():
            for name, value in limit.items():
                was = before[kind.name][action][name]
                if value > was:
                    by_name.setdefault(f"{action}.{name} goes from {was:g} up to {value:g}", []).append(section)
    for said, sections in by_name.items():
        where = "all kinds" if len(sections) == len(SECTIONS) else ", ".join(sections)
        yield _policy(f"the limit {said} for {where}")


def _policy(reason: str) -> Danger:
    return Danger(kind="policy", about=f"stacks/{FILE}", reason=reason)


def pins_loosened(preview: Plan) -> Iterator[Danger]:
    """Accounts that the file named before, and names otherwise or not at all any more."""
    before, after = preview.account
    for pin, service in pins().items():
        was, now = before.get(pin), after.get(pin)
        if was and after and now != was:
            goes = f"goes from {was} to {now}" if now else f"no longer says {was}"
            said = f"{service.pin_in_file} {goes}: what keeps the key of another account from being used is another one"
            yield Danger(kind="protection", about="account", reason=said)


def others_objects(preview: Plan, files: Files) -> Iterator[Danger]:
    """Objects that are taken over although they are another stack's: by their mark, or because it declares them."""
    for refusal in preview.refusals:
        if refusal.id == "marked-elsewhere":
            yield Danger(kind="other-stack", about=preview.stack, reason=refusal.message)
    for ref, step in preview.steps.items():
        declared = step.declared or {}
        if step.live is not None or not declared.get("adopts"):
            continue
        key = declared.get(step.kind.key)
        about = f"{ref.section}/{ref.name}"
        if permitted("take-over", step.kind.name, str(key)):
            said = f"is taken over with {VARIABLE}, whosever mark it carries"
            yield Danger(kind="other-stack", about=about, reason=said)
        for stack in _declaring(ref, step, files):
            said = f"is taken over, and stack {stack} declares it as well: both would write it"
            yield Danger(kind="other-stack", about=about, reason=said)


def _declaring(ref: Ref, step: Step, files: Files) -> Iterator[str]:
    """Other stacks of the project, on the same account as far as is known, that declare an object of this key."""
    key = (step.declared or {}).get(step.kind.key)
    mine = _account(files.composition) if files.composition else ""
    for stack, other in files.others.items():
        if mine and _account(other) and mine != _account(other):
            continue
        if any(wanted.section == ref.section and wanted.fields.get(step.kind.key) == key for wanted in other.objects):
            yield stack


def _account(composition: Composition) -> str:
    return str(composition.account.file.account.redtrack_user or "")
