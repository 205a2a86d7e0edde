"""``trackform init``: makes a project around an account. Replaces no file; run again, it adds what is missing."""

import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from trackform.account_file.stack_names import known_stacks
from trackform.commands.export import export
from trackform.documents.problems import did_you_mean
from trackform.documents.whole import print_whole
from trackform.export.seal import is_untouched
from trackform.init.account import FIRST, NewAccount, checked, doubt, named_after, product_of
from trackform.init.github import CODEOWNERS, checked_owners, owners_lines, repository_above
from trackform.init.project_files import ProjectFiles, adopted, environment, first, settings, setup
from trackform.init.requirements import doubts, of_trackform, requirements
from trackform.init.written import make, read_record, refuse_a_folder_of_everything, refuse_another_project, text_of
from trackform.project.stacks import FOLDER
from trackform.urls.presets import presets
from trackform_core.errors import TrackformError

Doubt = Callable[[str], str]
"""What speaks against an answer; empty where nothing does."""
Given = TypeVar("Given")
IGNORED = (".venv/", ".state/", "__pycache__/")


@click.command()
@click.argument("stack", required=False)
@click.option("--affiliate", help="The name at Digistore24 that earns the commissions.")
@click.option("--currency", help="Of the RedTrack account, such as USD.")
@click.option("--domain", help="The tracking domain, such as track.example.com.")
@click.option("--channel", help="The first traffic channel: a preset, such as facebook.")
@click.option("--product", metavar="[NAME=]ID", help="The first product, by its id at Digistore24.")
@click.option("--notify", metavar="ADDRESS", help="Who hears of postbacks that fail, by e-mail.")
@click.option("--from-account", "lives", is_flag=True, help="Write the living account down: needs its API keys.")
@click.option("--github", is_flag=True, help="Workflows for pull requests, merges and drift, and CODEOWNERS.")
@click.option("--owner", "owners", multiple=True, metavar="@NAME", help="With --github: who approves what holds keys.")
def init(
    stack: str | None, affiliate: str | None, currency: str | None, domain: str | None, channel: str | None,
    product: str | None, notify: str | None, lives: bool, github: bool, owners: tuple[str, ...],
) -> None:  # fmt: skip
    """Make a project around the account of STACK, in this folder: empty, or a repository that is there.

    No file that is there is replaced; run again, it adds what is missing, and with another STACK another account. On
    a terminal it asks for what no option says. What nobody knows yet stays empty in stacks/STACK.yaml, and `trackform
    validate` names it.

    Exit status 0: done; 1: an error.
    """
    folder = Path.cwd()
    refuse_another_project(folder)
    refuse_a_folder_of_everything(folder)
    record, known = read_record(folder), known_stacks(FOLDER)
    adds = stack is not None or not known
    name = known[0] if not adds else checked(stack) if stack is not None else _asked_for_name(folder)
    owned = record.layout.owners if record else ()
    owners = _owners(owners, owned, github)
    if lives:
        if any((affiliate, currency, domain, channel, product, notify)):
            raise click.UsageError("with --from-account the account itself says what the other options say")
        _refuse_to_replace(FOLDER / f"{name}.yaml", name)
    own: dict[str, str] = {}
    if adds:
        own[f"stacks/Pulumi.{name}.yaml"] = settings(name)
        if not lives:
            asks = not (FOLDER / f"{name}.yaml").exists()
            account = _account(name, affiliate, currency, domain, channel, product, notify, asks=asks)
            own[f"stacks/{name}.yaml"] = account.text()
    layout = ProjectFiles(record.layout.stack if record else name, owners)
    _, written, left = make(folder, layout, own)
    _tell_files(written, left, owners, other_owners=bool(owned) and owners != owned)
    if doubt := doubts(text_of(folder / "requirements.txt") or ""):
        click.echo(f"note: {doubt}", err=True)
    if lives:
        context = click.get_current_context()
        account_file = FOLDER / f"{name}.yaml"
        context.invoke(
            export, names=(name,), every=False, pattern=None, out=account_file, shared=None, only_unmanaged=False,
            force=False, as_json=False,
        )  # fmt: skip
    _tell_next(name, lives=lives)


def _tell_files(written: list[str], left: list[str], owners: tuple[str, ...], *, other_owners: bool) -> None:
    for path in written:
        click.echo(f"wrote {path}")
    for path in left:
        click.echo(f"left {path} as it was{_wanting(path, owners)}")
    if other_owners and CODEOWNERS[0] not in (*written, *left):
        click.echo(f"left {CODEOWNERS[0]} as it was: `trackform upgrade` writes the other owners into it")
    if not written:
        click.echo("nothing was missing")


def _owners(said: tuple[str, ...], owned: tuple[str, ...], github: bool) -> tuple[str, ...]:
    if said and not (github or owned):
        raise click.UsageError("--owner says who owns what --github writes: add --github")
    known = said or owned
    if github and not known:
        asked = _asked("Who approves changes of workflows, policy and settings, such as @acme/ops", "", _doubt_owners)
        known = tuple(asked.split())
        if not known:
            raise click.UsageError("--github needs --owner @NAME: who approves changes of what decides where keys go")
    if github and (root := repository_above(Path.cwd())):
        raise click.UsageError(
            f"GitHub reads workflows and CODEOWNERS at the root of a repository alone, which is {root}: they would do "
            "nothing here. Nothing was written. Run it without --github; or make a repository of this folder: git init"
        )
    return checked_owners(known)


def _account(
    stack: str, affiliate: str | None, currency: str | None, domain: str | None, channel: str | None,
    product: str | None, notify: str | None, *, asks: bool,
) -> NewAccount:  # fmt: skip
    def known(option: str, given: str | None, question: str, doubted: Doubt, default: str = "") -> str:
        if given and (said := doubted(given)):
            raise click.UsageError(f"--{option}: {said}")
        return _asked(question, default, doubted) if asks and given is None else given or default

    def at(*place: str) -> Doubt:
        return lambda given: doubt(place, given)

    def of_channel(given: str) -> str:
        if given in channels:
            return ""
        said = f"there is no preset of a channel {given!r}"
        return f"{said}; {did_you_mean(given.lower(), channels) or 'known: ' + ', '.join(channels)}"

    channels = presets("traffic_channels")
    affiliate = known(
        "affiliate", affiliate, "Affiliate: the name at Digistore24 that earns the commissions",
        at("digistore24", "affiliate"),
    )  # fmt: skip
    currency = known("currency", currency, "Currency of the RedTrack account, such as USD", at("account", "currency"))
    domain = known("domain", domain, "Tracking domain, such as track.example.com", at("domains", "main"))
    channel = known("channel", channel, f"First traffic channel: {', '.join(channels)}", of_channel, "facebook")
    product = known(
        "product", product, "First product: its id at Digistore24, or name=id",
        lambda given: doubt(("products", FIRST, "id"), product_of(given)[1]),
    )  # fmt: skip
    product_name, product_id = product_of(product)
    notify = known("notify", notify, "E-mail address that hears of postbacks that fail", at("digistore24", "notify"))
    return NewAccount(stack, affiliate, currency, domain, channel, product_name or FIRST, product_id, notify)


def _refuse_to_replace(account_file: Path, stack: str) -> None:
    """What is no untouched export, a person has written: also what `init` made to be filled in."""
    there = text_of(account_file) if account_file.exists() else ""
    if there == "" or (there and is_untouched(there, stack)):
        return
    name = account_file.as_posix()
    raise click.ClickException(
        f"{name} is there, and may be somebody's work. Nothing was written. Move it away, then run this again: "
        f"mv {name} {name}.before"
    )


def _asked_for_name(folder: Path) -> str:
    return checked(_asked("Name of the stack", named_after(folder), lambda given: _refusal(checked, given)))


def _doubt_owners(given: str) -> str:
    return _refusal(checked_owners, given.split())


def _refusal(check: Callable[[Given], object], given: Given) -> str:
    try:
        check(given)
    except TrackformError as error:
        return str(error)
    return ""


def _asked(question: str, default: str, doubted: Doubt) -> str:
    """The answer of a person, where there is one, against which nothing speaks; what stays open is filled in later."""
    if not sys.stdin.isatty():
        return default
    while True:
        answer: str = click.prompt(question, default=default, show_default=bool(default), err=True).strip()
        said = doubted(answer) if answer else ""
        if not said:
            return answer
        click.echo(f"  {said}", err=True)


def _wanting(path: str, owners: tuple[str, ...]) -> str:
    """What a file of theirs should have, for what is ours to work."""
    if path == ".gitignore":
        return f"; it should have {', '.join(IGNORED)}"
    if path in CODEOWNERS:
        lines = owners_lines(owners, text_of(Path(path)) or "")
        return "".join(["; add to it:", *(f"\n  {line}" for line in lines)]) if lines else ""
    if path == "requirements.txt" and not of_trackform(text_of(Path(path)) or ""):
        return f"; it should have the line {of_trackform(requirements())}"
    return ""


def _tell_next(stack: str, *, lives: bool) -> None:
    """What to type; a living account was read, so its keys are there."""
    click.echo("\nNext, in this folder:\n")
    _tell_lines(environment(_trackform()) if lives else setup(stack, _trackform()))
    if lives:
        click.echo(
            f"\nThen take the account over as stacks/{stack}.yaml has it, with what is wrong with it. Put right what "
            "the last of these names afterwards, in changes that somebody reviews:\n"
        )
        _tell_lines(adopted(stack))
    else:
        click.echo(f"\nThen fill in stacks/{stack}.yaml, until the first of these names nothing that is missing:\n")
        _tell_lines(first(stack))


def _tell_lines(lines: list[str]) -> None:
    for line in lines:
        print_whole(f"  {line}")


def _trackform() -> str:
    """How to call what was started here: its path, where the shell would not find it."""
    called = Path(sys.argv[0]).absolute()
    return "trackform" if called.name != "trackform" or shutil.which("trackform") else shlex.quote(str(called))
