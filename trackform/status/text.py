"""A status as a person reads it, and as a spreadsheet does. Links stand on lines of their own, and are never cut."""

from collections.abc import Iterator, Sequence

from trackform.operator.terminal import DOING
from trackform.project.state import LastUpdate
from trackform.reconcile.spreadsheet import DIALECTS
from trackform.review.model import COUNTED, FieldChange
from trackform.review.values import text
from trackform.status.model import StackStatus, StatusRow

COLUMNS = ("stack", "section", "name", "title", "channel", "state", "link", "no_redirect", "code")
HEADER = DIALECTS["en"].heading(COLUMNS)


def spreadsheet(stacks: Sequence[StackStatus]) -> str:
    """A row for each object and each address that ads may lead to."""
    return DIALECTS["en"].table(
        COLUMNS,
        (
            dict(zip(COLUMNS, (each.stack, row.section, row.name, row.title, row.channel, row.state, row.link, landing,
                               row.code), strict=True))
            for each in stacks
            for row in each.rows
            for landing in row.no_redirect or ("",)
        ),
    )  # fmt: skip


HEADS = ("object", "channel", "state")


def rows_of(status: StackStatus) -> list[tuple[str, str, str]]:
    """Campaigns, offers, landings and scripts, without their links."""
    return [(row.ref, row.channel, row.state) for row in status.rows]


def lines_of(status: StackStatus) -> Iterator[str]:
    """What stands below the links: drift, findings, open steps."""
    yield from _drift(status)
    yield from _findings(status)
    yield from _open(status)


def title_of(status: StackStatus) -> str:
    """The first line: the stack, and who applied what when."""
    if not status.applied:
        return f"{status.stack}: was never applied"
    return f"{status.stack}: {_last(status.last)}" if status.last else status.stack


def _last(last: LastUpdate) -> str:
    of = f", commit {last.commit} of {last.by}" if last.commit else ""
    also = " and what was not committed" if last.commit and last.dirty else ""
    command = "`pulumi up`" if last.kind == "update" else f"run, a {last.kind}:"
    return f"last {command} {last.at:%Y-%m-%d %H:%M} UTC, {last.result}{of}{also}"


def links_of(status: StackStatus) -> Iterator[tuple[str, str]]:
    """What people copy, each with what it is."""
    for row in status.rows:
        yield from _links(row)


def _links(row: StatusRow) -> Iterator[tuple[str, str]]:
    if row.link:
        yield row.ref, row.link
    for landing in row.no_redirect:
        yield f"{row.ref}, without a redirect", landing
    if row.code:
        yield f"{row.ref}, on each page", row.code


def _drift(status: StackStatus) -> Iterator[str]:
    for unread in status.unread:
        yield f"could not be read: {unread.about}: {unread.reason}"
    for item in status.drift:
        yield f"changed outside: {item.ref}" + (f" ({item.note})" if item.note else "")
        for change in item.fields:
            yield f"  {change.name}: {_change(change)}"
    for planned, refs in status.differs.items():
        yield f"{COUNTED[planned][1]}: {', '.join(refs)}"
    if status.drift or status.differs:
        yield f"what `pulumi up` would do with it: trackform review {status.stack}"
    elif not status.unread:
        yield f"what the services show is as the file says{_incomplete(status)}"


def _incomplete(status: StackStatus) -> str:
    """What no service shows, and a person has yet to do: the rest of the sentence that all is as the file says."""
    held = [row.ref for row in status.rows if row.waits_for]
    missing = [_count_of_steps(status)] if status.open_steps else []
    missing += [f"{', '.join(held)} {'wait' if len(held) > 1 else 'waits'} for what is to be confirmed"] if held else []
    return f", but {' and '.join(missing)}" if missing else ""


def _count_of_steps(status: StackStatus) -> str:
    count = len(status.open_steps)
    return f"{count} operator step{'s are' if count > 1 else ' is'} open"


def _change(change: FieldChange) -> str:
    return f"{text(change.old)}; the file says {text(change.new)}"


def _findings(status: StackStatus) -> Iterator[str]:
    """Errors in full; warnings stand there every day, and are counted."""
    errors = [each for each in status.findings if each.severity == "error"]
    for each in errors:
        yield f"error: {each.where}: {each.message} [{each.rule}]"
    if more := len(status.findings) - len(errors):
        yield f"{more} warning{'s' if more > 1 else ''}: trackform validate {status.stack}"
    if not status.findings:
        yield "no rule has anything to say"


def _open(status: StackStatus) -> Iterator[str]:
    if not status.open_steps:
        yield "no operator step is open"
        return
    yield f"{_count_of_steps(status)}: trackform operator {status.stack}"
    for each in status.open_steps:
        yield f"  {each.id}: {DOING[each.action]}"
