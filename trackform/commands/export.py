"""``trackform export``: writes a live account down as an account file. Reads only."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from trackform.account_file.compose import Composition
from trackform.account_file.models import read_account
from trackform.account_file.stack_names import is_no_account_file
from trackform.commands.folder import FilePath
from trackform.commands.progress import note, under_way
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.documents.problems import Problems
from trackform.documents.whole import print_json, print_whole
from trackform.export import Export, Snapshot, take
from trackform.export import export as exported
from trackform.export.beside import with_connections
from trackform.export.paper import split as parted
from trackform.export.paper import whole
from trackform.export.seal import is_export, is_untouched
from trackform.export.sharing import Sharing
from trackform.export.unmanaged import Unmanaged, clicks_of, unmanaged
from trackform.project.live import live_session, refuse_another_account
from trackform.project.stacks import FOLDER
from trackform_core.no_api import atomic
from trackform_core.session.session import Session
from trackform_core.text.shown import encodable

UNMANAGED = 2
"""Exit status where something in the account is not in its file."""


@click.command()
@stack_options
@click.option("--out", type=FilePath(dir_okay=False, path_type=Path), help="Write the file here, not to the screen.")
@click.option(
    "--split", "shared", type=FilePath(dir_okay=False, path_type=Path), help="Put what accounts share into this file."
)
@click.option(
    "--unmanaged", "only_unmanaged", is_flag=True, help="List only what the account has and its file does not."
)
@click.option("--force", is_flag=True, help="Replace a file that somebody wrote or edited by hand.")
def export(
    names: tuple[str, ...], every: bool, pattern: str | None, out: Path | None, shared: Path | None,
    only_unmanaged: bool, force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write the living account of STACK down as an account file.

    Reads only. Applied to the account it comes from, the file changes nothing. Secrets are never written, and what
    could not be expressed stands in comments. With --split, `not_shared` in the shared file names all that another
    account does not get from it. Several stacks go with --unmanaged only.

    Exit status 0: done; 1: an error; 2: with --unmanaged, something is listed.
    """
    if only_unmanaged and (out or shared):
        raise click.UsageError("--unmanaged writes no file")
    if out and shared and out.resolve() == shared.resolve():
        raise click.UsageError("--out and --split name the same file")
    stacks = chosen_stacks(names, every, pattern)
    if len(stacks) > 1 and not only_unmanaged:
        raise click.UsageError("one stack at a time is exported; several go with --unmanaged")
    (stack, *_) = stacks
    for path in filter(None, (out, shared)):
        _refuse_to_replace(path, stack, force)
    if only_unmanaged:
        _list_unmanaged(stacks, as_json)
        return
    result = exported(_read(stack)[1])
    # Asked again: somebody may have edited a file while the account was read.
    for path in filter(None, (out, shared)):
        _refuse_to_replace(path, stack, force)
    own = _written(result, stack, out, shared)
    _tell_written(result, [path for path in (out, shared) if path])
    if shared and (count := Sharing(result).count()):
        left = "1 field or object is" if count == 1 else f"{count} fields and objects are"
        click.echo(f"{left} left to each account; `not_shared` in {shared} names each, and why", err=True)
    if as_json:
        print_json(as_data(result))
    elif not out:
        _refuse_to_spoil(own)
        print_whole(own, nl=False)
    _warn(result)


def _live(stack: str) -> Session:
    """A session with the stack's account; a key of another account than its file names is refused."""
    session = live_session(stack)
    path = FOLDER / f"{stack}.yaml"
    if path.exists():
        try:
            refuse_another_account(session, read_account(path).file)
        except Problems as problems:
            raise click.ClickException(f"{path} has mistakes, so its account is not known\n{problems}") from None
    return session


def _refuse_to_spoil(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    if encodable(text, encoding) != text:
        raise click.ClickException(
            f"standard output is {encoding} here, which cannot hold all letters of this account: write it with --out "
            "FILE, or set PYTHONUTF8=1"
        )


def _written(result: Export, stack: str, out: Path | None, shared: Path | None) -> str:
    """Write the files that were asked for, and return the text of the account's own one."""
    # The own file is read from where it is put, the stacks' folder unless told otherwise.
    base = (out or FOLDER / f"{stack}.yaml").parent
    if shared:
        name = Path(os.path.relpath(shared, base)).as_posix()
        own, common = parted(result, stack, name, with_connections(base))
        _write(shared, common)
    else:
        own = whole(result, stack, with_connections(base))
    if out:
        _write(out, own)
    return own


def _tell_written(result: Export, files: list[Path]) -> None:
    """Beside the account file, which is piped on where only --split names a file."""
    if files:
        count = sum(not draft.refused for draft in result.drafts.entries)
        objects = "1 object" if count == 1 else f"{count} objects"
        click.echo(f"wrote {' and '.join(map(str, files))}: {objects}", err=True)


def as_data(result: Export) -> dict[str, Any]:
    """The export as JSON: the file, and what stands in its comments."""
    rows = [
        {"section": draft.section, "name": draft.name, "id": draft.place[1], "reason": draft.refused}
        for draft in result.drafts.entries
        if draft.refused
    ]
    notes = {f"{draft.section}/{draft.name}": draft.notes for draft in result.drafts.entries if draft.notes}
    return {
        "file": result.data, "not_declared": rows, "not_read": dict(result.drafts.unread), "notes": notes,
        "not_shared": Sharing(result).not_shared,
    }  # fmt: skip


def _list_unmanaged(stacks: list[str], as_json: bool) -> None:
    rows: list[tuple[str, Unmanaged]] = []
    for stack, composition in composed(stacks, as_json, may_be_empty=True):
        rows += [(stack, each) for each in _unmanaged(stack, composition)]
    if as_json:
        print_json({"unmanaged": [{"stack": stack, **each.row()} for stack, each in rows]})
    else:
        for stack, each in rows:
            click.echo((f"{stack}: " if len(stacks) > 1 else "") + _line(each))
    if rows:
        raise click.exceptions.Exit(UNMANAGED)


def _unmanaged(stack: str, composition: Composition) -> list[Unmanaged]:
    session, snapshot = _read(stack)
    objects = unmanaged(composition, snapshot, {})
    if not objects:
        return []
    with under_way(f"{stack}: reading clicks"):
        clicks = clicks_of(session, sorted({each.section for each in objects}))
    return unmanaged(composition, snapshot, clicks)


def _line(each: Unmanaged) -> str:
    clicks = {None: "", 0: "no click in 30 days", 1: "1 click in 30 days"}
    facts = [each.status, clicks.get(each.clicks, f"{each.clicks} clicks in 30 days")]
    facts += [f"used by {', '.join(each.used_by)}"] if each.used_by else []
    facts += [each.note]
    details = "; ".join(fact for fact in facts if fact)
    return f"{each.section}/{each.key} ({each.id})" + (f": {details}" if details else "")


def _read(stack: str) -> tuple[Session, Snapshot]:
    with under_way(f"{stack}: reading the account") as tell:
        session = _live(stack)
        snapshot = take(session, tell)
    for section, reason in snapshot.unread.items():
        note(f"{section}: not read: {reason}")
    return session, snapshot


def _refuse_to_replace(path: Path, stack: str, force: bool) -> None:
    """Refuse to replace what a person wrote or edited; an untouched export may be replaced."""
    if is_no_account_file(path) or is_no_account_file(path.resolve()):
        raise click.ClickException(
            f"{path} is the name of a ledger, a policy or Pulumi's settings, which no export writes. Name another file"
        )
    if not path.is_file() or force:
        return
    there = path.read_bytes().decode("utf-8", "replace")
    if not there.strip() or is_untouched(there, stack):
        return
    said = (
        "was edited since its export, or is another stack's"
        if is_export(there)
        else ("exists, and holds more than `trackform export` wrote")
    )
    raise click.ClickException(f"{path} {said}. Name another file, or replace it with --force")


def _write(path: Path, content: str) -> None:
    try:
        path.resolve().parent.mkdir(parents=True, exist_ok=True)
        atomic.write(path, content.encode())
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None


def _warn(result: Export) -> None:
    refused = sum(bool(draft.refused) for draft in result.drafts.entries)
    if refused:
        noun = "object" if refused == 1 else "objects"
        click.echo(f"{refused} {noun} could not be declared; the file's comments name them and say why", err=True)
    for line in result.unproven:
        click.echo(f"not proven to change nothing: {line}", err=True)
    if result.unproven:
        raise click.exceptions.Exit(1)
