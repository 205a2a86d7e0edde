"""Rules on conversion types: every value sent has one of exactly that name, and it counts each event once."""

import re
from collections.abc import Iterator

from trackform.documents.problems import nearest
from trackform.flow.build import forward_of
from trackform.flow.orders import RETURNS
from trackform.flow.setup import Connection
from trackform.flow.told import PURCHASE
from trackform.rules.edits import OUT, FileEdit
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.sums import books, may_book
from trackform.rules.vocabulary import FURTHER_VALUES, MACRO, NOTICES, TYPE_VALUES
from trackform.urls import parse

RULES = RuleBook()
GOOD_MODE = "by_event_id"
LOSING = ("ignore", "edit")
FIRST_PAYMENT = ("initial_sale", "payment")
"""Types that channels learn from."""
MOST_TYPES = 20
"""Conversion types that an account can have (RedTrack's help center)."""


def type_macro(connection: Connection) -> str | None:
    """The macro that fills the type; None unless it is exactly one."""
    match = MACRO.fullmatch(connection.params.get("type", ""))
    return match[1] if match else None


def values_sent(connection: Connection) -> tuple[str, ...]:
    """Every value that the type can have, as far as Digistore24's help tells."""
    raw = connection.params.get("type", "")
    macro = type_macro(connection)
    if macro is None:
        return (raw,) if raw and "{" not in raw else ()
    if macro == "transaction_type":
        return tuple(value for value in TYPE_VALUES[macro] if value in connection.events)
    return TYPE_VALUES.get(macro, ())


def values_of_products(case: Case, connection: Connection) -> tuple[str, ...]:
    """Those of `values_sent` that a product which it covers can bring.

    No product is an upsell, or pays by instalments, unless the file says so.
    """
    macro = type_macro(connection)
    if macro not in ("order_type", "billing_type", "billing_status") or "all" in connection.products:
        return values_sent(connection)
    declared = case.flow.by_id
    covered = connection.products & declared.keys()
    billings = {declared[each].billing for each in covered}
    upsells = connection.products & case.flow.upsells
    # An upsell that is no product of the file's own is taken to be paid at once.
    at_once = "single" in billings or not upsells <= covered
    later = billings - {"single"}
    possible = {
        "initial_sale": True,
        "upsell": bool(upsells),
        "single_payment": at_once or not covered,
        "subscription": "subscription" in later,
        "installment": "installment" in later,
        "paying": bool(later),
        "completed": True,
        "aborted": bool(later) or connection.events != {"payment"},
    }
    return tuple(value for value in values_sent(connection) if possible[value])


def place(case: Case, connection: Connection, field: str) -> tuple[str | int, ...]:
    """The field of a connection where it stands in the file, else the connection."""
    entry = case.flow.file.postbacks[connection.name]
    if entry.url is not None:
        return ("postbacks", connection.name, "url")
    return ("postbacks", connection.name, field)


def written(url: str, name: str) -> str:
    """A parameter as it stands in the URL, with its name; the whole query where it is missing, else the URL."""
    value = next((value for key, value in parse(url).params if key == name), None)
    return f"{name}={value}" if value is not None else url[max(url.find("?"), 0) :]


@RULES.rule(
    "type-missing", "error", "A value that a connection can send has no conversion type",
    why="RedTrack matches a postback's `type` by case with the names of its conversion types. A value without one "
    "falls "
    "to the default conversion: it is counted in the wrong column, with the wrong duplicate mode, and told to the "
    "channels as a default conversion.",
    fix="a conversion type of exactly that name", explains="money",
)  # fmt: skip
def type_missing(case: Case) -> Iterator[Breach]:
    known = case.flow.types
    senders: dict[str, list[Connection]] = {}
    for connection in case.flow.connections:
        # A constant that is no type's name has a rule of its own.
        for value in values_of_products(case, connection) if type_macro(connection) else ():
            if value not in known:
                senders.setdefault(value, []).append(connection)
    slots = free_slots(case)
    for value, connections in senders.items():
        is_told = any(map(may_book, connections))
        edits = _called(case, value) or new_type(case, value, next(slots, None), is_told=is_told)
        first = connections[0]
        message = f"{first.params.get('type')} can send '{value}', and no conversion type is called so"
        other = _has_its_slot(case, value)
        by_hand = f"nobody but you knows whether '{other}', in the slot that '{value}' had, is '{value}' renamed"
        yield Breach(("conversion_types",), message, "", first.url, written(first.url, "type"), edits,
                     by_hand if other else f"all {MOST_TYPES} slots are taken")  # fmt: skip


def _called(case: Case, value: str) -> tuple[FileEdit, ...]:
    """The title of the type that differs from the value by case, spaces or dashes only, and that nothing else sends."""
    sent = {each for connection in case.flow.connections for each in values_sent(connection)}
    alike = [
        name
        for name in case.flow.file.conversion_types
        if (title := str(case.flow.fields("conversion_types", name)["name"])) not in sent
        and _bare(title) == _bare(value)
    ]
    return (FileEdit(("conversion_types", alike[0], "title"), value),) if len(alike) == 1 else ()


def _bare(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def free_slots(case: Case) -> Iterator[int]:
    """Slots that no conversion type has or had, the lowest first."""
    taken = {entry.slot for entry in case.flow.file.conversion_types.values()}
    taken |= set(case.before.of.values()) if case.before else set()
    return (slot for slot in range(1, MOST_TYPES + 1) if slot not in taken)


def slot_of(case: Case, value: str, free: int | None) -> int | None:
    """The slot that a type of this name had, as it must keep it; one that is ``free``, where it had none."""
    return case.before.of.get(value, free) if case.before else free


def _has_its_slot(case: Case, value: str) -> str:
    """The type that has the slot that one of this name had; empty where none has it."""
    had = slot_of(case, value, None)
    return next((name for name, entry in case.flow.file.conversion_types.items() if entry.slot == had), "")


def new_type(case: Case, value: str, slot: int | None, *, is_told: bool = True) -> tuple[FileEdit, ...]:
    """A conversion type of this name; that of a first payment is told to every channel that buys clicks.

    ``is_told``: whether what sends it has a sum that a channel could be told.
    """
    slot = slot_of(case, value, slot)
    if slot is None or value in case.flow.file.conversion_types or _has_its_slot(case, value):
        return ()
    events = dict.fromkeys(case.flow.channels_once_started, "Purchase") if is_told and value in FIRST_PAYMENT else {}
    entry = {"slot": slot, "duplicates": GOOD_MODE, "forward": events or "none"}
    return (FileEdit(("conversion_types", value), entry),)


@RULES.rule(
    "type-open", "warning", "A macro may send more than its documented values",
    why="Digistore24's help lists values, and other interfaces of Digistore24 have more for the same thing "
    "(`unpaid` and `reminding` as billing status). What `{transaction_type}` says of an event that moves no money is "
    "not published. Such a value would fall to the default conversion.",
    fix="add conversion types for the values named, or send another macro",
)  # fmt: skip
def type_open(case: Case) -> Iterator[Breach]:
    yield from _billing_statuses(case)
    for connection in case.flow.connections:
        notices = sorted(connection.events & set(NOTICES))
        if notices and type_macro(connection) == "transaction_type":
            message = f"what {{transaction_type}} sends for {', '.join(notices)} is not known"
            fix = "look into the conversion log which values come, and add conversion types of these names"
            yield Breach(
                place(case, connection, "type"),
                message,
                fix,
                connection.url,
                written(connection.url, "type"),
                by_hand="only the conversion log shows which values come",
            )


def _billing_statuses(case: Case) -> Iterator[Breach]:
    """One finding for all connections: what one of them may send, the others may."""
    macro = "billing_status"
    senders = [each for each in case.flow.connections if type_macro(each) == macro]
    surely = {value for each in senders for value in values_of_products(case, each)}
    further = [value for value in (*TYPE_VALUES[macro], *FURTHER_VALUES[macro]) if value not in surely]
    missing = [value for value in further if value not in case.flow.types]
    if senders and missing:
        first = senders[0]
        message = f"{{{macro}}} may also send {_and(missing)}: its values are not provably complete"
        slots = list(free_slots(case))[: len(missing)]
        is_told = any(map(may_book, senders))
        edits = tuple(
            edit
            for value, slot in zip(missing, slots, strict=False)
            for edit in new_type(case, value, slot, is_told=is_told)
        )
        all_of_them = edits if len(edits) == len(missing) else ()
        yield Breach(place(case, first, "type"), message, "", first.url, written(first.url, "type"), all_of_them,
                     f"fewer than {len(missing)} slots are free")  # fmt: skip


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


@RULES.rule(
    "type-name", "error", "Two conversion types that differ by case only",
    why="Both look the same in a report, and a connection reaches only the one that is spelled as it sends.",
    fix="keep the one that is spelled as the macro sends it",
)  # fmt: skip
def type_name(case: Case) -> Iterator[Breach]:
    seen: dict[str, tuple[str, str]] = {}
    reached = {value for connection in case.flow.connections for value in values_sent(connection)}
    for name in case.flow.file.conversion_types:
        sent = str(case.flow.fields("conversion_types", name)["name"])
        first, entry = seen.setdefault(sent.lower(), (sent, name))
        if first != sent:
            unused = name if sent not in reached else entry
            edits = () if {first, sent} <= reached else (FileEdit(("conversion_types", unused), OUT),)
            yield Breach(("conversion_types", name), f"'{sent}' and '{first}' differ by case only", edits=edits,
                         by_hand="connections send both")  # fmt: skip


@RULES.rule(
    "slot-stable", "error", "A conversion type that leaves its slot, or takes another one's",
    why="Channel mappings, payouts by type, funnel optimisation and history refer to the slot, not to the name. A name "
    "in another slot re-maps all of them without a word. Compared with what the stack's ledger confirms, else with the "
    "last commit, and where nothing has changed since that with the one before; where neither exists, with nothing.",
    fix="keep the slot; a new conversion type takes a free one",
)  # fmt: skip
def slot_stable(case: Case) -> Iterator[Breach]:
    if case.before is None:
        return
    source, old = case.before.source, case.before.of
    names = {str(case.flow.fields("conversion_types", name)["name"]): name for name in case.flow.file.conversion_types}
    former = {slot: sent for sent, slot in old.items()}
    taken = {entry.slot for entry in case.flow.file.conversion_types.values()} | set(former)
    free = next((slot for slot in range(1, MOST_TYPES + 1) if slot not in taken), None)
    for sent, name in names.items():
        entry = case.flow.file.conversion_types[name]
        path = ("conversion_types", name, "slot")
        if old.get(sent, entry.slot) != entry.slot:
            holder = next((each for each, other in case.flow.file.conversion_types.items() if other.slot == old[sent]),
                          None)  # fmt: skip
            edits: tuple[FileEdit, ...] = (FileEdit(path, old[sent]),)
            if holder:
                # The one that sits there makes room, in the slot that it had itself where that is known.
                title = str(case.flow.fields("conversion_types", holder)["name"])
                room = old.get(title, entry.slot)
                edits = (
                    (*edits, FileEdit(("conversion_types", holder, "slot"), entry.slot)) if room == entry.slot else ()
                )
            yield Breach(path, f"'{sent}' moves to slot {entry.slot}; {source} has it in slot {old[sent]}",
                         f"slot: {old[sent]}", edits=edits,
                         by_hand=f"'{holder}' sits in that slot, and has to go back to its own first")  # fmt: skip
        elif sent not in old and (was := former.get(entry.slot)) and was not in names and was != entry.was:
            if nearest(sent, [was]):
                # A name spelled right in its own slot.
                continue
            other = f"slot: {free}" if free else "no slot is free"
            yield Breach(path, f"'{sent}' takes slot {entry.slot}, which {source} gives to '{was}'",
                         f"{other}; if it is '{was}' under another name, was: {was}",
                         by_hand=f"nobody but you knows whether it is '{was}' under another name")  # fmt: skip


@RULES.rule(
    "event-mode", "error", "A conversion type that does not count by event id",
    why="Digistore24 sends an order event again until it is answered, and one click can bring several payments. "
    "Only the mode by event id drops the repetition and keeps the next payment.",
    fix="duplicates: by_event_id", explains="money",
)  # fmt: skip
def event_mode(case: Case) -> Iterator[Breach]:
    for name, mode in _reached(case):
        if mode != GOOD_MODE and not (mode in LOSING and _recurring(case)):
            said = f"counts by '{mode}'" if mode else "says no duplicate mode"
            path = ("conversion_types", name, "duplicates")
            yield Breach(path, f"{said}: a repeated delivery or a second payment miscounts",
                         edits=(FileEdit(path, GOOD_MODE),))  # fmt: skip


@RULES.rule(
    "recurring-mode", "error", "A conversion type that drops the payments of a recurring product",
    why="Rebills and instalments arrive with the same click and the same type as the first payment. `ignore` drops "
    "them, `edit` overwrites the first one.",
    fix="duplicates: by_event_id", explains="money",
)  # fmt: skip
def recurring_mode(case: Case) -> Iterator[Breach]:
    for name, mode in _reached(case):
        if mode in LOSING and _recurring(case):
            path = ("conversion_types", name, "duplicates")
            yield Breach(path, f"'{mode}' loses rebills and instalments", edits=(FileEdit(path, GOOD_MODE),))


@RULES.rule(
    "forward-said", "error", "A return or a further dimension that channels are told by default",
    why="RedTrack sends every conversion type to the traffic channel under its own name unless it is told otherwise. A "
    "refund, or a second event of one sale, spoils what the channel learns.",
    fix="forward: none, or name the event for each channel", explains="told",
)  # fmt: skip
def forward_said(case: Case) -> Iterator[Breach]:
    for name, sent in types_of_no_sale(case).items():
        if case.flow.file.conversion_types[name].forward is None:
            yield Breach(("conversion_types", name), f"says no `forward`: channels are told '{sent}'",
                         edits=(FileEdit(("conversion_types", name, "forward"), "none"),))  # fmt: skip


@RULES.rule(
    "forward-as-sale", "error", "A return or a further dimension that a channel is told of as a sale",
    why="The channel counts it as one more sale. An event that sales are told as is theirs alone, whatever the case of "
    "its letters.",
    fix="forward: none, or an event of its own", explains="told",
)  # fmt: skip
def forward_as_sale(case: Case) -> Iterator[Breach]:
    entries = case.flow.file.conversion_types
    others = types_of_no_sale(case)
    told_as: dict[str, set[str]] = {}
    for name in entries.keys() - others.keys():
        for channel, event in (forward_of(entries[name]) or {}).items():
            told_as.setdefault(channel, set()).add(event.casefold())
    for name, sent in others.items():
        events = forward_of(entries[name]) or {}
        by_name = (PURCHASE,) if sent in (*RETURNS, *NOTICES) else ()
        wrong = [
            channel
            for channel, event in events.items()
            if channel in case.flow.channels and event.casefold() in (*told_as.get(channel, ()), *by_name)
        ]
        for channel in wrong:
            where = ("conversion_types", name, "forward")
            edit = FileEdit((*where, channel), OUT) if len(events) > len(wrong) else FileEdit(where, "none")
            yield Breach((*where, channel), f"tells {channel} of '{sent}' as {events[channel]}, as sales are told",
                         edits=(edit,))  # fmt: skip


@RULES.rule(
    "forward-event", "error", "`forward` names no event",
    why="A channel takes an event by its name. One without is told to nobody, or as something that nobody meant.",
    fix="the event as the channel spells it, or take the channel out",
    by_hand="nobody but you knows which event is meant",
)  # fmt: skip
def forward_event(case: Case) -> Iterator[Breach]:
    for name, entry in case.flow.file.conversion_types.items():
        for channel, event in (forward_of(entry) or {}).items():
            if not event.strip():
                yield Breach(("conversion_types", name, "forward", channel), f"tells {channel} an event without a name")


@RULES.rule(
    "forward-channel", "warning", "`forward` names a channel that is nearly one of the file's",
    why="The channel that was meant is told nothing.", fix="spell it as under traffic_channels", explains="told",
)  # fmt: skip
def forward_channel(case: Case) -> Iterator[Breach]:
    known = case.flow.file.traffic_channels
    for name, entry in case.flow.file.conversion_types.items():
        forward = entry.forward if isinstance(entry.forward, dict) else {}
        for channel in forward:
            near = nearest(channel, known)
            if channel not in known and near and near not in forward:
                where = ("conversion_types", name, "forward")
                edits = (FileEdit((*where, channel), OUT), FileEdit((*where, near), forward[channel]))
                yield Breach(where, f"there is no traffic channel '{channel}'", edits=edits)


def types_of_no_sale(case: Case) -> dict[str, str]:
    """Conversion types that only returns, notices and further dimensions send: the file's name, and what is sent."""
    first: set[str] = set()
    other: set[str] = set()
    # Without a sum it books, as far as anybody knows, unless another does.
    is_booked = any("payment" in each.events and books(each) for each in case.flow.connections)
    for connection in case.flow.connections:
        pays = "payment" in connection.events and (books if is_booked else may_book)(connection)
        (first if pays else other).update(values_sent(connection))
        if pays and type_macro(connection) == "transaction_type":
            first -= set(RETURNS)
            other.update(each for each in RETURNS if each in connection.events)
    names = case.flow.file.conversion_types
    all_sent = {name: str(case.flow.fields("conversion_types", name)["name"]) for name in names}
    return {name: sent for name, sent in all_sent.items() if sent in other - first}


def _reached(case: Case) -> Iterator[tuple[str, str]]:
    """Conversion types that some connection can reach, by the file's name, with their mode."""
    sent = {value for connection in case.flow.connections for value in values_sent(connection)}
    for name, entry in case.flow.file.conversion_types.items():
        if str(case.flow.fields("conversion_types", name)["name"]) in sent:
            yield name, entry.duplicates or ""


def _recurring(case: Case) -> bool:
    return any(product.billing != "single" for product in case.flow.file.products.values())
