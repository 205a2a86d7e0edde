"""Steps for the conversion types that a channel is told of: RedTrack's API does not map types to a channel's events."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from trackform.account_file.sections import Composition
from trackform.operator.forms import CHANNEL
from trackform.operator.step import LEFT, Field, OperatorStep, account_of
from trackform_core.lifecycle.fate import kept
from trackform_core.lifecycle.pending import is_waiting
from trackform_core.lifecycle.unconfirmed import is_unconfirmed
from trackform_core.model.wire import Values, same
from trackform_core.no_api.ledger import Ledger, LedgerEntry

SECTION = "traffic_channels"
CHANNEL_ID = "channel"
"""Beside the slots of an entry: the id of the channel that was mapped, empty where there was none yet."""
FORWARDED = "The file forwards conversion types to this channel, which is set in the web application alone."
EARLY = "It was confirmed before the channel was there, so nothing is mapped in it yet."


@dataclass(frozen=True)
class StackKnowledge:
    """What is known of a stack beside its file and its ledger.

    Attributes:
        channels: name -> id of those that the stack has; ``None`` where nobody can tell. One that is not in RedTrack
            yet, or only may be, has an id of our own.
        accounts: pin -> the account that the first `pulumi up` found behind each key.
        unread: why the state could not be read, where somebody tried.
    """

    channels: Mapping[str, str] | None = None
    accounts: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""


def mapping_steps(
    composition: Composition, ledger: Ledger, known: Callable[[], StackKnowledge]
) -> Iterator[OperatorStep]:
    """What a channel is to be told, and nobody has confirmed of the very channel that is there now.

    A mapping goes with its channel: who destroys one and makes it again maps its events anew.
    """
    names = composition.account.file.traffic_channels
    wanted = {name: events for name in names if (events := _events(composition, name))}
    if not any(key.startswith(f"{SECTION}/") for key in ledger.entries) and not wanted:
        return
    stack = known()
    channels = stack.channels
    living = {each for each in (channels or {}).values() if each}
    for name in names:
        now = None if channels is None else _id(composition, name, channels)
        entry, events = _entry(composition, ledger, name, now, living), wanted.get(name, {})
        mapped = _mapped(entry) if entry else {}
        confirmed_of: str | None = entry.fields.get(CHANNEL_ID) if entry else None
        now = confirmed_of if channels is None else now
        # An entry of an earlier form does not say which channel it is of: nobody knows that it is another one.
        gone = bool(mapped and now) and confirmed_of not in (None, now)
        # Under another name than its channel's it is found by that channel's id, or has to be confirmed under this one.
        is_kept = not entry or confirmed_of or entry.key == f"{SECTION}/{name}"
        if is_kept and same(events, {} if gone else mapped):
            continue
        reason = _anew(confirmed_of or "", now or "") if gone else FORWARDED
        if stack.unread and events and not now:
            reason = f"{reason} {_of_no_channel(name, stack.unread)}"
        yield _step(composition, entry, name, events, {} if gone else mapped, now, reason)


def _entry(
    composition: Composition, ledger: Ledger, name: str, object_id: str | None, living: Collection[str | None]
) -> LedgerEntry | None:
    """What was confirmed of a channel: under whichever name it was; else under its own or its former one.

    Of an entry that says whose it is, the name says nothing: names may have been changed round.
    """
    named = (name, composition.account.file.traffic_channels[name].was)
    own = [ledger.entries[key] for each in named if (key := f"{SECTION}/{each}") in ledger.entries]
    others = {each for each in living if each != object_id}
    unclaimed = [each for each in own if each.fields.get(CHANNEL_ID) not in others]
    return next(iter([*entries_of(ledger, {object_id} - {None, ""}), *unclaimed]), None)


def entries_of(ledger: Ledger, ids: Collection[str | None]) -> list[LedgerEntry]:
    """What was confirmed of channels of these ids, under whichever name."""
    entries = (each for key, each in ledger.entries.items() if key.startswith(f"{SECTION}/"))
    return [each for each in entries if each.fields.get(CHANNEL_ID) in ids]


def _events(composition: Composition, name: str) -> dict[str, str]:
    """Slot -> the conversion type and the channel's event that it is mapped to."""
    types = composition.account.file.conversion_types.items()
    return {
        f"type{each.slot}": f"{each.title or key} => {each.forward[name]}"
        for key, each in sorted(types, key=lambda item: item[1].slot)
        if isinstance(each.forward, dict) and name in each.forward
    }


def _id(composition: Composition, name: str, known: Mapping[str, str]) -> str | None:
    """The id of a channel, empty where it is still to be made; ``None`` where it may be there, and nobody knows it."""
    former = composition.account.file.traffic_channels[name].was
    object_id = known.get(name) or known.get(former or "")
    if object_id:
        return None if is_waiting(object_id) or is_unconfirmed(object_id) else object_id
    fields = next(each.fields for each in composition.objects if (each.section, each.name) == (SECTION, name))
    return None if fields.get("adopt") or fields.get("existing") else ""


def _mapped(entry: LedgerEntry) -> Values:
    return {slot: event for slot, event in entry.fields.items() if slot != CHANNEL_ID}


def _anew(before: str, now: str) -> str:
    if not before:
        return EARLY
    return f"It was confirmed of channel {before}; {now} was made since then, and nothing is mapped in it."


def _of_no_channel(name: str, unread: str) -> str:
    return (
        f"Which channel this is, the ledger will not say, since the state cannot be read here ({unread}): once {name} "
        "is deleted and made again, nobody is asked to map it anew. Confirm it where the state can be read."
    )


def _step(
    composition: Composition, entry: LedgerEntry | None, name: str, events: Values, before: Values, now: str | None,
    reason: str,
) -> OperatorStep:  # fmt: skip
    key = f"{SECTION}/{name}"
    slots = sorted(events.keys() | before.keys(), key=lambda slot: int(slot.removeprefix("type")))
    fields = [_field(slot, events.get(slot, ""), before.get(slot, "")) for slot in slots]
    former = entry.key if entry and entry.key != key else ""
    of_channel = {} if now is None else {CHANNEL_ID: now}
    return OperatorStep(
        id=key,
        action="change" if before else "create",
        service=CHANNEL.service,
        form=CHANNEL.change if before else CHANNEL.create,
        account=account_of(composition, CHANNEL.service),
        fields=(Field("Account", "linked", "linked" if before else "", CHANNEL.lines[0].why), *fields),
        reason=reason,
        record=LedgerEntry(key, {**events, **of_channel}, "", "") if events else None,
        forgets=former if events else former or key,
        row=f"the channel {composition.title_of(SECTION, name)}" if entry else "",
    )


def _is_declared(composition: Composition, entry: LedgerEntry, known: Mapping[str, str] | None) -> bool:
    """Whether the channel that it was confirmed of goes by another name now, which it had before this file."""
    names = composition.account.file.traffic_channels.items()
    ids = {(known or {}).get(each) for name, channel in names for each in (name, channel.was) if each}
    return entry.fields[CHANNEL_ID] in ids


def _field(slot: str, event: str, before: str) -> Field:
    return Field(f"Conversion type in slot {slot.removeprefix('type')}", event, before)


def channels_given_up(
    composition: Composition,
    ledger: Ledger,
    known: Callable[[], StackKnowledge] = StackKnowledge,
    *,
    destroy: bool = False,
) -> Iterator[OperatorStep]:
    """What was mapped in a channel goes with it; kept in the ledger, it would count for the next one of its name."""
    channels = [each for each in composition.objects if each.section == SECTION]
    declared = {name: each for each in channels for name in (each.was, each.name) if name}
    for key, entry in sorted(ledger.entries.items()):
        section, _, name = key.partition("/")
        wanted = declared.get(name)
        stays = wanted and (not destroy or kept(wanted.kind, {**wanted.fields, "adopted": wanted.fields.get("adopt")}))
        if section != SECTION or stays:
            continue
        if not destroy and entry.fields.get(CHANNEL_ID) and _is_declared(composition, entry, known().channels):
            continue
        unread = "" if destroy else known().unread
        doubt = (
            f" The state cannot be read here ({unread}): leave it where the channel has a new name." if unread else ""
        )
        fields = [_field(slot, "", str(was)) for slot, was in _mapped(entry).items()]
        yield OperatorStep(
            id=key,
            action="remove",
            service=CHANNEL.service,
            form=CHANNEL.change,
            account=account_of(composition, CHANNEL.service),
            fields=tuple(fields),
            reason=f"The channel {'goes with the stack' if destroy else LEFT}, and what was mapped in it goes with it. "
            f"Once it is gone, or is to stay as it is, confirm: the ledger then forgets it.{doubt}",
            forgets=key,
        )
