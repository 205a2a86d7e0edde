"""``trackform review``: turns a preview into a review for people, and applies exactly what was reviewed."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from trackform.commands.folder import FilePath
from trackform.commands.progress import under_way
from trackform.commands.stacks import chosen_stacks, stack_options
from trackform.documents.report_file import ReportFile, has_keys, holds
from trackform.documents.whole import print_whole
from trackform.picture import draw, marks_of
from trackform.review.apply import is_digest, read_reviewed
from trackform.review.html import page
from trackform.review.markdown import LIMIT, SHORTEST, markdown
from trackform.review.model import Review
from trackform.review.plain_text import terminal_text
from trackform.review.plan import Look, applied_exactly, at_base, planned, read_from
from trackform.rules import check
from trackform.rules.matrix import matrix_of
from trackform_core.text import files

FORMS = {".md": "markdown", ".html": "html", ".json": "json", ".txt": "text"}
SIGNED = {".md": "\n<!-- Written by trackform review -->\n", ".txt": "\nWritten by `trackform review`.\n"}
"""How files end whose form has no other place to say it, by their own ending."""
IS_OURS = {
    ".md": holds(SIGNED[".md"]),
    ".html": holds('<meta name="generator" content="trackform review">'),
    ".json": has_keys(frozenset({"stack", "verdict", "digest"}), frozenset({"reviews"})),
    ".txt": holds(SIGNED[".txt"]),
}
"""By the ending of a file: what an earlier review left there, and this one may replace."""
WORST = (1, 3, 2, 4, 0)
"""Of several stacks, the exit status that is told."""


@click.command()
@stack_options
@click.option("--markdown", "form", flag_value="markdown", help="For a comment: at most 65,536 characters.")
@click.option("--html", "form", flag_value="html", help="One page that needs nothing else.")
@click.option(
    "--write", "files", multiple=True, type=FilePath(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write it to a file too, in the form of its ending: .md, .html, .json or .txt. May be repeated.",
)  # fmt: skip
@click.option(
    "--preview", "saved", type=FilePath(allow_dash=True), metavar="FILE",
    help="A saved `pulumi preview --json --show-sames --refresh`, or - for standard input, in place of a new one.",
)  # fmt: skip
@click.option(
    "--longest", type=click.IntRange(min=SHORTEST), default=LIMIT, metavar="BYTES",
    help=f"Of Markdown, where several stacks share a comment: at least {SHORTEST:,}.",
)  # fmt: skip
@click.option("--base", metavar="REF", help="Branch or commit to merge into: its policy and files are compared with.")
@click.option("--apply", "digest", metavar="DIGEST", help="Preview again; apply it if it is what was reviewed.")
@click.option(
    "--reviewed", type=FilePath(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="With --apply: the review as it was written with --json, to tell line by line what differs.",
)  # fmt: skip
def review(
    names: tuple[str, ...], every: bool, pattern: str | None, as_json: bool, form: str | None, files: tuple[Path, ...],
    saved: str | None, longest: int, base: str | None, digest: str | None, reviewed: Path | None,
) -> None:  # fmt: skip
    """Tell what a preview would change, the dangerous first. `trackform docs review` explains it.

    Exit status 0: nothing to do, or it was applied; 1: an error, or a plan that is refused; 2: it differs; 3: something
    was changed outside; 4: only operator steps are open.
    """
    stacks = chosen_stacks(names, every=every, pattern=pattern)
    several = every or pattern is not None or len(names) > 1
    _check_options(several, files, saved, digest, reviewed)
    if several and (form == "html" or any(FORMS[file.suffix] == "html" for file in files)):
        raise click.UsageError("an HTML page shows one stack: make one for each")
    if digest is not None:
        known = read_reviewed(reviewed, stacks[0]) if reviewed else None
        raise click.exceptions.Exit(applied_exactly(stacks[0], digest, known, as_json=as_json))
    with at_base(base) as there:
        look = Look(there)
        reviews = [_review(stack, saved, look) for stack in stacks]
        put_out = partial(_text, reviews, look, several=several, longest=longest)
        _put_out(put_out, "json" if as_json else form or "text", files)
    raise click.exceptions.Exit(min((each.exit_status for each in reviews), key=WORST.index))


def _check_options(
    several: bool, files: tuple[Path, ...], saved: str | None, digest: str | None, reviewed: Path | None
) -> None:
    if several and (saved or digest):
        raise click.UsageError("--preview and --apply are for one stack")
    if saved and digest:
        raise click.UsageError("--apply makes its own preview: leave --preview out")
    if reviewed and not digest:
        raise click.UsageError("--reviewed goes with --apply")
    if digest is not None and not is_digest(digest):
        raise click.UsageError(f"{digest!r} is no digest: a review prints it in its last line")
    for file in files:
        if file.suffix not in FORMS:
            raise click.UsageError(f"{file}: its ending says no form; known: {', '.join(FORMS)}")
        _report(file).refuse_others()


def _report(file: Path) -> ReportFile:
    return ReportFile(file, "trackform review", IS_OURS[file.suffix])


def _review(stack: str, saved: str | None, look: Look) -> Review:
    if saved is None:
        with under_way(f"{stack}: making a preview"):
            return planned(stack, look)
    try:
        if saved == "-":
            text = files.decoded(sys.stdin.buffer.read(files.LARGEST_MADE + 1), files.LARGEST_MADE)
        else:
            text = files.read_text(Path(saved), files.LARGEST_MADE)
    except OSError:
        raise click.ClickException(f"{saved} cannot be read") from None
    except files.UnreadableError as error:
        raise click.ClickException(error.located(saved)) from None
    return read_from(text, stack, look)


def _put_out(text: Callable[..., str], form: str, files: tuple[Path, ...]) -> None:
    said = text(form, in_terminal=sys.stdout.isatty())
    if form == "text":
        click.echo(said, nl=False)
    else:
        print_whole(said, nl=False)
    for file in files:
        signed = SIGNED.get(file.suffix, "")
        _report(file).write(text(FORMS[file.suffix], in_terminal=False, apart=len(signed)) + signed)


def _text(
    reviews: list[Review], look: Look, form: str, *, several: bool, longest: int, in_terminal: bool, apart: int = 0
) -> str:  # fmt: skip
    """``apart``: bytes that something else takes of ``longest``."""
    if form == "json":
        rows = [_as_json(each) for each in reviews]
        return json.dumps({"reviews": rows} if several else rows[0], indent=2) + "\n"
    if form == "markdown":
        room = longest - apart
        share = room if not several else max(SHORTEST, room // len(reviews) - 1)
        return "\n".join(markdown(each, share) for each in reviews)
    if form == "html":
        return "\n".join(page(each, _picture(each, look)) for each in reviews)
    return "\n".join(terminal_text(each, in_terminal=in_terminal) for each in reviews)


def _picture(review: Review, look: Look) -> str:
    """HTML that draws the account of a review, for its page; empty where its file has mistakes."""
    composition = look.composition(review.stack, None)
    if composition is None:
        return ""
    findings = check([(review.stack, composition)], look.policy())
    return draw(composition, marks_of(review, findings), matrix_of(review.stack, composition, look.policy()))


def _as_json(review: Review) -> dict[str, Any]:
    return review.model_dump(mode="json") | {"exit_status": review.exit_status}
