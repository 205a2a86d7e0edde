"""The open operator steps: declared objects compared with the ledger, in the words of the web forms.

Pure: no network, no key. URLs are known offline, so a step can be confirmed on the branch that declares it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from trackform.account_file.models import SecretRef
from trackform.account_file.sections import SECTIONS, Composition, Wanted
from trackform.operator.forms import CHANNEL, FORMS, WebForm, changed_reason, shown
from trackform_core.lifecycle.fate import kept
from trackform_core.model.postback_token import join_token
from trackform_core.model.validate import validated
from trackform_core.model.wire import Values, same
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import Ledger, LedgerEntry
from trackform_core.no_api.status import Confirmation, entry_for, is_to_go, key_of
from trackform_digistore24.marker import marker, parameter

Action = Literal["create", "replace", "change", "remove", "check"]
Secrets = Callable[[str], str | None]
"""Name of a config secret -> its text; ``None`` where it cannot be read here."""

SLOT = re.compile(r"conversion_types/type(\d+)$")
ORDER: tuple[Action, ...] = ("create", "replace", "change", "check", "remove")


@dataclass(frozen=True)
class Field:
    """One field of a web form.

    Attributes:
        label: what the form calls it.
        value: what has to stand there, ready to copy; a secret in it as its fingerprint.
        before: what stood there when it was last confirmed; empty where nothing was.
        why: what it is good for, in one sentence.
        secret: whether ``value`` leaves a secret out. ``plain`` then has the whole, for a terminal alone.
    """

    label: str
    value: str
    before: str = ""
    why: str = ""
    secret: bool = False
    plain: str | None = field(default=None, repr=False, compare=False)

    @property
    def changed(self) -> bool:
        return self.value != self.before


@dataclass(frozen=True)
class OperatorStep:
    """One object to enter, change, remove or check by hand in a web application.

    Attributes:
        id: ``<section>/<name>``, as in the account file.
        action: what to do with the object: enter it, put it in the place of a row that somebody made by hand, change
            it, remove it, or only look that it is so.
        service: whose web application.
        form: how to get to the form there.
        account: the account it is in, as far as the file says; may be empty.
        fields: in the order of the form; for a removal, what to recognise it by.
        reason: why this is open, in one sentence.
        record: what the ledger will say once this is confirmed; ``None`` takes ``forgets`` out of it.
        forgets: the key of the entry that a confirmation replaces or removes; empty where there is none.
    """

    id: str
    action: Action
    service: str
    form: str
    account: str
    fields: tuple[Field, ...]
    reason: str
    record: LedgerEntry | None = field(default=None, repr=False)
    forgets: str = ""
    unread: tuple[str, ...] = ()
    """Config secrets that this step needs and that cannot be read here: it can be shown, not confirmed."""
    evidence: str = ""
    """What RedTrack's conversion log says of the object, where it was asked."""
    row: str = ""
    """Of what is in the web application already: which row of its list is meant."""

    @property
    def sent_as(self) -> tuple[str, str]:
        """(section, name by which the conversion log knows the object); no name where only its place is known."""
        section, _, name = self.id.partition("/")
        if self.record is not None:
            name = str(self.record.fields.get("name") or name)
        return section, "" if self.id == self.forgets else name

    @property
    def by_hand(self) -> bool:
        """Whether a person's word closes it; else the service itself will show that it is done."""
        return self.record is not None or bool(self.forgets)


def open_steps(
    composition: Composition, ledger: Ledger, *, secrets: Secrets = lambda _: None, bridge: bool = False
) -> list[OperatorStep]:
    """The steps that are still to be done by hand, in the order of the web forms.

    Args:
        composition: what should exist.
        ledger: what was confirmed.
        secrets: reads config secrets. One that cannot be read counts as unchanged.
        bridge: whether a bridge writes the objects without a public API: they are no steps then.
    """
    steps = [] if bridge else _objects(composition, ledger, secrets)
    steps += [*_channels(composition, ledger), *_channels_given_up(composition, ledger)]
    return in_order(steps)


def steps_of_a_destroy(composition: Composition, ledger: Ledger, *, bridge: bool = False) -> list[OperatorStep]:
    """What a person has to remove before `pulumi destroy` gives it up, whether or not the file still declares it.

    And what goes along with it, so that the ledger does not claim it of a later set-up.

    A destroy knows what the last `pulumi up` declared, and obeys each object's ``on_delete``.
    """
    removals = [] if bridge else [step for step, goes in _removals(composition, ledger, destroy=True) if goes]
    return in_order([*removals, *_channels_given_up(composition, ledger, destroy=True)])


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
LEFT = "is no longer declared"
DESTROYED = "`pulumi destroy` cannot remove it"
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
        row=_row(form, composition, entry) if entry else "",
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
        row=_row(form, composition, entry),
    )


def _row(form: WebForm, composition: Composition, entry: LedgerEntry) -> str:
    """How the row of a confirmed object is told from the others, as it is there now."""
    section, _, name = entry.key.partition("/")
    if section == "traffic_channels":
        known = name in composition.account.file.traffic_channels
        return f"the channel {composition.title_of(section, name) if known else name}"
    if "url" in form.known_by and marker(entry.fields.get("url")):
        return f"the connection with {parameter(marker(entry.fields['url']))} in its URL"
    known_by = [line for line in form.lines if line.field in form.known_by and line.field in entry.fields]
    return ", ".join(f"{line.label} {shown(line, entry.fields)}" for line in known_by)


def _channels(composition: Composition, ledger: Ledger) -> list[OperatorStep]:
    """Steps for the conversion types that a channel is told of: RedTrack's API does not map types to its events."""
    file = composition.account.file
    steps: list[OperatorStep] = []
    for name in file.traffic_channels:
        events = {
            f"type{conversion_type.slot}": f"{conversion_type.title or key} => {conversion_type.forward[name]}"
            for key, conversion_type in sorted(file.conversion_types.items(), key=lambda item: item[1].slot)
            if isinstance(conversion_type.forward, dict) and name in conversion_type.forward
        }
        key = f"traffic_channels/{name}"
        entry = ledger.entries.get(key)
        former = f"traffic_channels/{file.traffic_channels[name].was}"
        before = entry.fields if entry else {}
        if (not events and not before) or same(events, before):
            continue
        slots = sorted(events.keys() | before.keys(), key=lambda slot: int(slot.removeprefix("type")))
        fields = [
            Field(f"Conversion type in slot {slot[4:]}", events.get(slot, ""), before.get(slot, "")) for slot in slots
        ]
        steps.append(
            OperatorStep(
                id=key,
                action="change" if before else "create",
                service=CHANNEL.service,
                form=CHANNEL.change if before else CHANNEL.create,
                account=account_of(composition, CHANNEL.service),
                fields=(Field("Account", "linked", "linked" if before else "", CHANNEL.lines[0].why), *fields),
                reason="The file forwards conversion types to this channel, which is set in the web application alone.",
                record=LedgerEntry(key, events, "", "") if events else None,
                forgets=(former if former in ledger.entries else "") if events else key,
                row=_row(CHANNEL, composition, entry) if entry else "",
            )
        )
    return steps


def _channels_given_up(composition: Composition, ledger: Ledger, *, destroy: bool = False) -> Iterator[OperatorStep]:
    """What was mapped in a channel goes with it; kept in the ledger, it would count for the next one of its name."""
    channels = [each for each in composition.objects if each.section == "traffic_channels"]
    declared = {name: each for each in channels for name in (each.was, each.name) if name}
    for key, entry in sorted(ledger.entries.items()):
        section, _, name = key.partition("/")
        wanted = declared.get(name)
        stays = wanted and (not destroy or kept(wanted.kind, {**wanted.fields, "adopted": wanted.fields.get("adopt")}))
        if section != "traffic_channels" or stays:
            continue
        fields = [Field(f"Conversion type in slot {slot[4:]}", "", str(was)) for slot, was in entry.fields.items()]
        yield OperatorStep(
            id=key,
            action="remove",
            service=CHANNEL.service,
            form=CHANNEL.change,
            account=account_of(composition, CHANNEL.service),
            fields=tuple(fields),
            reason=f"The channel {'goes with the stack' if destroy else LEFT}, and what was mapped in it goes with it. "
            "Once it is gone, or is to stay as it is, confirm: the ledger then forgets it.",
            forgets=key,
        )


def account_of(composition: Composition, service: str) -> str:
    """The account of a service that the file is pinned to, or the affiliate's name."""
    file = composition.account.file
    if service == "RedTrack":
        return file.account.redtrack_user or ""
    if service != "Digistore24":
        return ""
    return (file.digistore24.account or file.digistore24.affiliate) if file.digistore24 else ""
