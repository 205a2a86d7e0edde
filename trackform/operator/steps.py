"""The open operator steps: declared objects compared with the ledger, in the words of the web forms.

Pure: no network, no key. URLs are known offline, so a step can be confirmed on the branch that declares it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from trackform.account_file.models import SecretRef
from trackform.account_file.sections import SECTIONS, Composition, Wanted
from trackform.operator.channels import StackKnowledge, channels_given_up, mapping_steps
from trackform.operator.forms import FORMS, WebForm, changed_reason, shown
from trackform.operator.step import DESTROYED, LEFT, Action, Field, OperatorStep, Secrets, account_of, row_of
from trackform_core.model.postback_token import join_token
from trackform_core.model.validate import validated
from trackform_core.model.wire import Values
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import Ledger, LedgerEntry
from trackform_core.no_api.status import Confirmation, entry_for, is_to_go, key_of

SLOT = re.compile(r"conversion_types/type(\d+)$")
ORDER: tuple[Action, ...] = ("create", "replace", "change", "check", "remove")


def open_steps(
    composition: Composition,
    ledger: Ledger,
    *,
    secrets: Secrets = lambda _: None,
    bridge: bool = False,
    known: Callable[[], StackKnowledge] = StackKnowledge,
) -> list[OperatorStep]:
    """The steps that are still to be done by hand, in the order of the web forms.

    Args:
        composition: what should exist.
        ledger: what was confirmed.
        secrets: reads config secrets. One that cannot be read counts as unchanged.
        bridge: whether a bridge writes the objects without a public API: they are no steps then.
        known: tells which channels are there now; asked only where something is mapped or was.
    """
    steps = [] if bridge else _objects(composition, ledger, secrets)
    steps += [*mapping_steps(composition, ledger, known), *channels_given_up(composition, ledger, known)]
    return in_order(steps)


def steps_of_a_destroy(composition: Composition, ledger: Ledger, *, bridge: bool = False) -> list[OperatorStep]:
    """What a person has to remove before `pulumi destroy` gives it up, whether or not the file still declares it.

    And what goes along with it, so that the ledger does not claim it of a later set-up.

    A destroy knows what the last `pulumi up` declared, and obeys each object's ``on_delete``.
    """
    removals = [] if bridge else [step for step, goes in _removals(composition, ledger, destroy=True) if goes]
    return in_order([*removals, *channels_given_up(composition, ledger, destroy=True)])


def no_steps(composition: Composition, ledger: Ledger, *, destroy: bool = False) -> list[OperatorStep]:
    """Removals of what is to stay, as far as file and ledger tell; a person may name one, by its key in the ledger.

    Such as a conversion type that got its ``on_delete: delete`` after it was confirmed.
    """
    return [step for step, goes in _removals(composition, ledger, destroy=destroy) if not goes]


def in_order(steps: Iterable[OperatorStep]) -> list[OperatorStep]:
    """Steps in the order in which a set-up is built: first by form, then by action, then by slot."""
    sections = list(FORMS)
    return sorted(
        steps, key=lambda step: (sections.index(step.id.partition("/")[0]), ORDER.index(step.action), _slot(step))
    )


def _slot(step: OperatorStep) -> int:
    """The slot of a conversion type; 0 for anything else, which keeps the order of the file."""
    match = SLOT.match(step.record.key if step.record else step.forgets)
    return int(match[1]) if match else 0


@dataclass(frozen=True)
class _Declared:
    """A declared object without an API. ``entry`` is what was confirmed of it, under its former name as well."""

    wanted: Wanted
    kind: BridgeKind
    inputs: Values
    unread: dict[str, str]
    entry: LedgerEntry | None

    @property
    def keys(self) -> set[str]:
        return {key_of(self.kind, self.inputs), *([self.entry.key] if self.entry else [])}


def _declared(composition: Composition, ledger: Ledger, secrets: Secrets) -> Iterator[_Declared]:
    for wanted in composition.objects:
        kind = wanted.kind
        if not isinstance(kind, BridgeKind) or wanted.fields.get("existing"):
            continue
        inputs, unread = inputs_of(wanted, ledger, secrets)
        entry = ledger.entries.get(key_of(kind, inputs))
        if entry is None and wanted.was:
            entry = ledger.entries.get(f"{kind.heading}/{_former(kind, wanted.was)}")
        yield _Declared(wanted, kind, inputs, unread, entry)


def unconfirmed_connections(composition: Composition, ledger: Ledger, secrets: Secrets) -> set[str]:
    """The postback connections that nobody confirmed as they are declared, but for who is told of their errors."""
    declared = (each for each in _declared(composition, ledger, secrets) if each.wanted.section == "postbacks")
    return {
        each.wanted.name
        for each in declared
        if Confirmation(each.kind, each.inputs, each.entry).open_fields.keys() - {"error_emails"}
    }


def _objects(composition: Composition, ledger: Ledger, secrets: Secrets) -> list[OperatorStep]:
    steps = [
        _enter(composition, each, differing)
        for each in _declared(composition, ledger, secrets)
        if (differing := Confirmation(each.kind, each.inputs, each.entry).open_fields)
    ]
    return steps + [step for step, goes in _removals(composition, ledger) if goes]


def _removals(
    composition: Composition, ledger: Ledger, *, destroy: bool = False
) -> Iterator[tuple[OperatorStep, bool]]:
    """(removal of one entry, whether it is to go); of what is declared only where a ``destroy`` gives up all."""
    declared = {key: each for each in _declared(composition, ledger, lambda _: None) for key in each.keys}
    holders = {(each.wanted.section, each.wanted.name): each for each in declared.values()}
    for key, entry in sorted(ledger.entries.items()):
        section, _, identity = key.partition("/")
        kind = SECTIONS.get(section)
        if not isinstance(kind, BridgeKind) or (key in declared and not destroy):
            continue
        policy = declared[key].inputs.get("on_delete") if key in declared else entry.fields.get("on_delete")
        name = str(entry.fields.get("name") or identity)
        if holders.get((section, name), declared.get(key)) is not declared.get(key):
            # The name moved on to another slot: what it left is known by its place.
            name = identity
        yield _remove(composition, section, name, entry, destroy=destroy), is_to_go(kind, policy)


def _former(kind: BridgeKind, name: str) -> str:
    """The identity that an object had under its former name; a conversion type is its slot, whatever its name."""
    return kind.identity({kind.key: name})


def inputs_of(wanted: Wanted, ledger: Ledger, secrets: Secrets) -> tuple[Values, dict[str, str]]:
    """The declared fields as the provider would check them, and field -> config secret of those that cannot be read.

    A secret that cannot be read counts as unchanged: the inputs then hold what the ledger says.
    """
    kind = wanted.kind
    refs = {name: value.secret for name, value in wanted.fields.items() if isinstance(value, SecretRef)}
    inputs, _ = validated(kind, {name: value for name, value in wanted.fields.items() if name not in refs}, "")
    texts = {name: secrets(secret) for name, secret in refs.items()}
    unread = {name: refs[name] for name, text in texts.items() if text is None}
    entry = ledger.entries.get(key_of(kind, inputs)) if isinstance(kind, BridgeKind) else None
    known = {name: entry.fields.get(name) if entry else None for name in unread}
    return {**inputs, **{name: text or known.get(name) or UNREAD for name, text in texts.items()}}, unread


def config_secrets(composition: Composition) -> list[str]:
    """Names of the config secrets that objects without an API need."""
    return sorted(
        {
            value.secret
            for wanted in composition.objects
            if isinstance(wanted.kind, BridgeKind)
            for value in wanted.fields.values()
            if isinstance(value, SecretRef)
        }
    )


UNREAD = "not readable here"
UNCONFIRMED = (
    "It is declared, and nobody has confirmed that it is there. Look first: if it is there already, as after a bridge, "
    "compare it and confirm. A second one would count everything twice."
)


LOOKS_LIVE = {"postbacks": " `--live` looks in the conversion log for one that somebody made by hand."}


def _enter(composition: Composition, each: _Declared, differences: dict[str, tuple[Any, Any]]) -> OperatorStep:
    wanted, inputs, unread, entry = each.wanted, each.inputs, each.unread, each.entry
    form = FORMS[wanted.section]
    before = entry.fields if entry else {}
    record = entry_for(each.kind, inputs)
    kept = {name: value for name, value in before.items() if name not in (inputs.get("unset") or ())}
    now = {**kept, **record.fields}
    same_place = entry is not None and entry.key == record.key
    for name, secret in unread.items():
        now[name] = before[name] if same_place and name in before else f"config secret {secret}"
    missing = tuple(secret for name, secret in unread.items() if not (same_place and name in before))
    return OperatorStep(
        id=f"{wanted.section}/{wanted.name}",
        action="change" if entry else "create",
        service=form.service,
        form=form.change if entry else form.create,
        account=account_of(composition, form.service),
        fields=tuple(_fields(form, composition, now, before, {} if unread else inputs)),
        reason=changed_reason(form, differences) if entry else UNCONFIRMED + LOOKS_LIVE.get(wanted.section, ""),
        record=LedgerEntry(record.key, now, "", ""),
        forgets=entry.key if entry and not same_place else "",
        unread=missing,
        row=row_of(form, entry) if entry else "",
    )


def _fields(form: WebForm, composition: Composition, now: Values, before: Values, inputs: Values) -> Iterable[Field]:
    for line in form.lines:
        if line.field not in now and line.field not in before:
            continue
        value, was = (shown(line, values) for values in (now, before))
        secret = line.field == "url" and "token" in now
        whole = None
        if secret and inputs.get("token"):
            whole = join_token(now["url"], inputs["token"])
        yield Field(line.label, value, was, line.explained(composition, now), secret=secret, plain=whole)


def _remove(composition: Composition, section: str, name: str, entry: LedgerEntry, *, destroy: bool) -> OperatorStep:
    form = FORMS[section]
    there = [line for line in form.lines if line.field in entry.fields]
    return OperatorStep(
        id=f"{section}/{name}",
        action="remove",
        service=form.service,
        form=form.change,
        account=account_of(composition, form.service),
        fields=tuple(Field(line.label, "", shown(line, entry.fields), line.why) for line in there),
        reason=f"It was confirmed to be there and {DESTROYED if destroy else LEFT}. Until it is removed it keeps "
        "working. If it is to stay, confirm all the same: the ledger then forgets it.",
        forgets=entry.key,
        row=row_of(form, entry),
    )
