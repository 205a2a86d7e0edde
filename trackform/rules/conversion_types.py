"""Rules on conversion types: every value sent has one of exactly that name, and it counts each event once."""

from collections.abc import Iterator

from trackform.documents.problems import nearest
from trackform.flow.setup import Connection
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.vocabulary import FURTHER_VALUES, MACRO, NOTICES, TYPE_VALUES
from trackform.urls import parse

RULES = RuleBook()
GOOD_MODE = "by_event_id"
LOSING = ("ignore", "edit")
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
    fix="add the conversion type under conversion_types, spelled exactly as it is sent", explains="money",
)  # fmt: skip
def type_missing(case: Case) -> Iterator[Breach]:
    known = case.flow.types
    for connection in case.flow.connections:
        missing = [value for value in values_sent(connection) if value not in known]
        for value in missing:
            near = nearest(value, known)
            hint = ""
            if near:
                name = next((n for n in case.flow.file.conversion_types if n == near), near)
                hint = f"'{name}' is not the same: names are compared by case; rename it to '{value}'"
            message = f"{connection.params.get('type')} can send '{value}', and no conversion type is called so"
            yield Breach(
                place(case, connection, "type"), message, hint, connection.url, written(connection.url, "type")
            )


@RULES.rule(
    "type-open", "warning", "A macro may send more than its documented values",
    why="Digistore24's help lists values, and other interfaces of Digistore24 have more for the same thing "
    "(`unpaid` and `reminding` as billing status). What `{transaction_type}` says of an event that moves no money is "
    "not published. Such a value would fall to the default conversion.",
    fix="add conversion types for the values named, or send another macro",
)  # fmt: skip
def type_open(case: Case) -> Iterator[Breach]:
    for connection in case.flow.connections:
        macro = type_macro(connection)
        if macro == "billing_status":
            missing = [value for value in FURTHER_VALUES[macro] if value not in case.flow.types]
            if missing:
                message = f"{{{macro}}} may also send {' and '.join(missing)}: its values are not provably complete"
                yield Breach(
                    place(case, connection, "type"), message, "", connection.url, written(connection.url, "type")
                )
        elif macro == "transaction_type" and (notices := sorted(connection.events & set(NOTICES))):
            message = f"what {{transaction_type}} sends for {', '.join(notices)} is not known"
            yield Breach(place(case, connection, "type"), message, "", connection.url, written(connection.url, "type"))


@RULES.rule(
    "type-name", "error", "Two conversion types that differ by case only",
    why="Both look the same in a report, and a connection reaches only the one that is spelled as it sends.",
    fix="keep the one that is spelled as the macro sends it",
)  # fmt: skip
def type_name(case: Case) -> Iterator[Breach]:
    seen: dict[str, str] = {}
    for name in case.flow.file.conversion_types:
        sent = str(case.flow.fields("conversion_types", name)["name"])
        first = seen.setdefault(sent.lower(), sent)
        if first != sent:
            yield Breach(("conversion_types", name), f"'{sent}' and '{first}' differ by case only")


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
            yield Breach(path, f"'{sent}' moves to slot {entry.slot}; {source} has it in slot {old[sent]}",
                        f"slot: {old[sent]}")  # fmt: skip
        elif sent not in old and (was := former.get(entry.slot)) and was not in names and was != entry.was:
            if nearest(sent, [was]):
                # A name spelled right in its own slot.
                continue
            other = f"slot: {free}" if free else "no slot is free"
            yield Breach(path, f"'{sent}' takes slot {entry.slot}, which {source} gives to '{was}'",
                        f"{other}; if it is '{was}' under another name, was: {was}")  # fmt: skip


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
            yield Breach(
                ("conversion_types", name, "duplicates"), f"{said}: a repeated delivery or a second payment miscounts"
            )


@RULES.rule(
    "recurring-mode", "error", "A conversion type that drops the payments of a recurring product",
    why="Rebills and instalments arrive with the same click and the same type as the first payment. `ignore` drops "
    "them, `edit` overwrites the first one.",
    fix="duplicates: by_event_id", explains="money",
)  # fmt: skip
def recurring_mode(case: Case) -> Iterator[Breach]:
    for name, mode in _reached(case):
        if mode in LOSING and _recurring(case):
            yield Breach(("conversion_types", name, "duplicates"), f"'{mode}' loses rebills and instalments")


@RULES.rule(
    "forward-said", "error", "A return or a further dimension that channels are told by default",
    why="RedTrack sends every conversion type to the traffic channel under its own name unless it is told otherwise. A "
    "refund, or a second event of one sale, spoils what the channel learns.",
    fix="forward: none, or name the event for each channel", explains="told",
)  # fmt: skip
def forward_said(case: Case) -> Iterator[Breach]:
    first: set[str] = set()
    other: set[str] = set()
    for connection in case.flow.connections:
        pays = "payment" in connection.events and connection.params.get("sum", "") not in ("0", "0.0", "")
        (first if pays else other).update(values_sent(connection))
    for name, entry in case.flow.file.conversion_types.items():
        sent = str(case.flow.fields("conversion_types", name)["name"])
        if entry.forward is None and sent in other - first:
            yield Breach(("conversion_types", name), f"says no `forward`: channels are told '{sent}'")


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
                where = ("conversion_types", name, "forward", channel)
                yield Breach(where, f"there is no traffic channel '{channel}'", f'did you mean "{near}"?')


def _reached(case: Case) -> Iterator[tuple[str, str]]:
    """Conversion types that some connection can reach, by the file's name, with their mode."""
    sent = {value for connection in case.flow.connections for value in values_sent(connection)}
    for name, entry in case.flow.file.conversion_types.items():
        if str(case.flow.fields("conversion_types", name)["name"]) in sent:
            yield name, entry.duplicates or ""


def _recurring(case: Case) -> bool:
    return any(product.billing != "single" for product in case.flow.file.products.values())
