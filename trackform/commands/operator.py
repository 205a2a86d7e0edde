"""``trackform operator``: leads through the steps that only a person can do in the web applications. Works offline."""

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

from trackform.account_file.sections import Composition
from trackform.commands.folder import FilePath
from trackform.commands.operator_evidence import show_evidence, with_log
from trackform.commands.operator_live import steps_of
from trackform.commands.operator_page import report, write_page
from trackform.commands.progress import under_way
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.commands.validate import policy_here
from trackform.documents.folding import columns_of, for_terminal
from trackform.documents.git import GitError, git
from trackform.documents.problems import did_you_mean
from trackform.documents.whole import print_json, print_line
from trackform.operator.desk import NotConfirmed, OperatorDesk, is_named, named
from trackform.operator.forms import FORMS
from trackform.operator.in_state import known_in, known_of
from trackform.operator.listing import show_steps
from trackform.operator.step import OperatorStep
from trackform.operator.steps import config_secrets
from trackform.operator.terminal import as_row, counted, step_lines
from trackform.operator.undo import fitting
from trackform.project.live import configuration, settings_in_files
from trackform.project.state import State
from trackform_core.errors import TrackformError
from trackform_core.http.service_error import ServiceError
from trackform_core.model.pulumi_names import NAMESPACE
from trackform_core.no_api.ledger import BrokenLedger

OPEN = 4
"""Exit status where steps are still open."""
WIDTH = 80
"""Columns of a list that goes to no terminal."""


@dataclass(frozen=True)
class StackStep:
    """One open step of one stack."""

    desk: OperatorDesk
    step: OperatorStep


@click.command()
@stack_options
@click.option("--list", "only_list", is_flag=True, help="Print the open steps and stop.")
@click.option("--confirm", "confirm", multiple=True, metavar="NAME", help="Confirm this step: `postbacks/sales`, `*`.")
@click.option("--undo", "undo", multiple=True, metavar="NAME", help="Take a confirmation back: the step is open again.")
@click.option(
    "--html", "page", type=FilePath(dir_okay=False, path_type=Path), help="Write the open steps there, as one page."
)
@click.option("--evidence", is_flag=True, help="Show what RedTrack's conversion log proves; needs its key.")
@click.option(
    "--live",
    is_flag=True,
    help="Also ask the services: DNS, partnerships, offer sources, RedTrack's log. Needs their keys.",
)
@click.option(
    "--destroy", is_flag=True, help="The removals that `pulumi destroy` waits for, of what is declared as well."
)
@click.option("--who", help="Who confirms; by default what git knows (user.name, user.email).")
def operator(
    names: tuple[str, ...],
    every: bool,
    pattern: str | None,
    as_json: bool,
    only_list: bool,
    confirm: tuple[str, ...],
    undo: tuple[str, ...],
    page: Path | None,
    evidence: bool,
    live: bool,
    destroy: bool,
    who: str | None,
) -> None:
    """Walk through what only a person can do, and write down what was done.

    Neither RedTrack's conversion types nor Digistore24's S2S postback connections have a public API. Each step stands
    in the order of the web form, with values to copy. What is confirmed goes into stacks/<stack>.ledger.yaml: commit
    it. No network and no key is needed, but for --evidence and --live.

    Exit status 0: nothing is open; 1: an error; 2: findings of --evidence; 4: steps are open.
    """
    _check_options(confirm, undo, page, evidence=evidence, alone=not any((only_list, confirm, undo, page, destroy)))
    chosen = chosen_stacks(names, every, pattern)
    compositions = composed(chosen, as_json, destroyed=destroy)
    desks = [desk_of(name, composition, live, destroy) for name, composition in compositions]
    if evidence:
        show_evidence(desks, as_json)
        return
    signed = _signature(who)
    done: list[StackStep] = []
    with _nothing_untold(done, signed):
        _undo(desks, undo)
        if confirm:
            done += _confirm(desks, confirm, signed)
        elif not any((undo, only_list, as_json, page)):
            _walk(_items(desks), signed, done)
        items = _items(desks)
        if page:
            write_page(page, desks)
    if only_list and not as_json:
        _print(items, several=len(chosen) > 1)
    if as_json:
        _tell_machines(items, done)
    else:
        _tell_people(done, signed)
        click.echo(counted(len(items), chosen))
    if items:
        raise click.exceptions.Exit(OPEN)


def _check_options(
    confirm: tuple[str, ...], undo: tuple[str, ...], page: Path | None, *, evidence: bool, alone: bool
) -> None:
    if confirm and undo:
        raise click.UsageError("--confirm and --undo are two calls: which one counts first?")
    if evidence and not alone:
        raise click.UsageError("--evidence looks at RedTrack's log alone: call the verb again for the rest")
    if page:
        report(page).refuse_others()


@contextmanager
def _nothing_untold(done: list[StackStep], signed: Callable[[], str]) -> Iterator[None]:
    """However the run ends: name the steps that were confirmed before."""
    try:
        yield
    except (BrokenLedger, NotConfirmed):
        _tell_people(done, signed)
        raise
    except click.Abort:
        click.echo()
        _tell_people(done, signed)
        if sys.stdin.isatty():
            raise
        message = "nobody answers here. `--list` shows the steps, `--confirm NAME` confirms without asking"
        raise click.ClickException(message) from None


def _tell_people(done: list[StackStep], signed: Callable[[], str]) -> None:
    for item in done:
        click.echo(f"{item.desk.stack}: {item.step.id} is confirmed, by {signed()}")
    if done:
        files = " ".join(dict.fromkeys(item.desk.ledger().file.as_posix() for item in done))
        click.echo(f"Commit this with the change: git add {files}")


def _tell_machines(items: list[StackStep], done: list[StackStep]) -> None:
    rows = {
        "open": len(items),
        "steps": [as_row(item.desk.stack, item.step) for item in items],
        "confirmed": [{"stack": item.desk.stack, "id": item.step.id} for item in done],
    }
    print_json(rows)


def desk_of(
    stack: str, composition: Composition, live: bool = False, destroy: bool = False, state: State | None = None
) -> OperatorDesk:
    """The stack's desk; its config secrets are only decrypted where a step shows one.

    Args:
        stack: its name.
        composition: what should exist.
        live: ask the services.
        destroy: all is given up.
        state: the stack's, where it was read already.
    """

    @cache
    def settings() -> dict[str, str]:
        try:
            return configuration(stack)
        except TrackformError:
            return {}

    needed = config_secrets(composition)
    live_steps = _live_steps(stack, composition) if live and not destroy else ()
    secrets = lambda name: settings().get(name) if name in needed else None  # noqa: E731 -- too small for a name
    holds = policy_here().new_campaigns == "paused"
    bridge = _has_bridge(stack)
    desk = OperatorDesk(
        stack, composition, secrets, bridge, destroy=destroy, live_steps=live_steps, holds=holds,
        known=cache(lambda: known_in(state) if state else known_of(stack)),
    )  # fmt: skip
    return with_log(desk) if live else desk


def _live_steps(stack: str, composition: Composition) -> tuple[OperatorStep, ...]:
    try:
        with under_way(f"{stack}: asking the services"):
            return tuple(steps_of(stack, composition))
    except ServiceError as error:
        raise click.ClickException(f"{stack}: {error}") from None


def _has_bridge(stack: str) -> bool:
    """Whether the stack has a bridge, by the settings in its files: an address needs no decryption."""
    return bool(settings_in_files(stack).get(f"{NAMESPACE}:bridgeUrl"))


def _items(desks: list[OperatorDesk]) -> list[StackStep]:
    """The open steps; those of many stacks are grouped by form and account."""
    items = [StackStep(desk, step) for desk in desks for step in desk.open()]
    sections = list(FORMS)
    if len(desks) > 1:
        items.sort(key=lambda item: (sections.index(item.step.id.partition("/")[0]), item.step.account))
    return items


def _signature(who: str | None) -> Callable[[], str]:
    @cache
    def signed() -> str:
        if who:
            return who
        name, email = (_git(key) for key in ("user.name", "user.email"))
        if not name and not email:
            raise NotConfirmed("who confirms this? Say it with --who, or tell git: `git config user.name NAME`")
        return f"{name} <{email}>".strip() if email else name

    return signed


def _git(key: str) -> str:
    try:
        return git("config", key).decode(errors="replace").strip()
    except GitError:
        return ""


def _undo(desks: list[OperatorDesk], patterns: tuple[str, ...]) -> None:
    """Take confirmations back; all or nothing.

    Raises:
        NotConfirmed: a name fits nothing that was confirmed.
    """
    known = [(desk, each) for desk in desks for each in desk.confirmed() if each.is_confirmed(destroy=desk.destroy)]
    chosen: dict[int, None] = {}
    for pattern in patterns:
        named_so = {id(each) for each in fitting([each for _, each in known], pattern)}
        if not named_so:
            raise NotConfirmed(f"nothing that was confirmed is called '{pattern}'{_known_instead(desks, pattern)}")
        chosen |= {at: None for at, (_, each) in enumerate(known) if id(each) in named_so}
    for at in chosen:
        desk, each = known[at]
        desk.undo(each)
        now = "it is as it was at the last commit" if each.before else "nobody confirmed it any more"
        click.echo(f"{desk.stack}: {each.id} is taken back: {now}", err=True)


def _known_instead(desks: list[OperatorDesk], pattern: str) -> str:
    """What else there is to take back; a removal for a destroy is one of those that --destroy knows."""
    confirmed = [(desk, each) for desk in desks for each in desk.confirmed()]
    ids = list(dict.fromkeys(each.id for desk, each in confirmed if each.is_confirmed(destroy=desk.destroy)))
    hint = did_you_mean(pattern, ids)
    said = f"; {hint} Confirmed: " if hint else ". Confirmed: "
    said += ", ".join(ids) or "nothing is"
    for desk, each in confirmed:
        if each.before and pattern in (each.id, each.key):
            undone = f"trackform operator {desk.stack} --destroy --undo {shlex.quote(pattern)}"
            said += f". Where its removal was confirmed for a destroy: {undone}"
    return said


def _not_twice(desks: list[OperatorDesk], items: list[StackStep], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The patterns without those that name what is confirmed already, which is said and is no error."""
    steps = [item.step for item in items]
    left = []
    for pattern in patterns:
        done = [
            (desk, each)
            for desk in desks
            for each in fitting(desk.confirmed(), pattern)
            if each.is_done(destroy=desk.destroy)
        ]
        if done and not is_named(steps, pattern):
            for desk, each in done:
                click.echo(f"{desk.stack}: {each.id} is confirmed already, {each.said}", err=True)
        else:
            left.append(pattern)
    return tuple(left)


def _confirm(desks: list[OperatorDesk], patterns: tuple[str, ...], signed: Callable[[], str]) -> list[StackStep]:
    items = _items(desks)
    items += [StackStep(desk, step) for desk in desks for step in desk.not_open() if step.forgets in patterns]
    patterns = _not_twice(desks, items, patterns)
    steps = named([item.step for item in items if item.step.by_hand], patterns)
    chosen = [item for item in items if item.step in steps]
    # All or nothing: what is written before an error would not be told.
    for item in chosen:
        item.desk.refuse(item.step)
    for item in chosen:
        item.desk.confirm(item.step, signed())
    return chosen


def _print(items: list[StackStep], *, several: bool) -> None:
    if not items:
        return
    from rich.console import Console  # noqa: PLC0415 -- a list alone needs it

    console = Console(highlight=False, markup=False, width=None if on_a_terminal() else WIDTH)
    show_steps(console, [(item.desk.stack, item.step) for item in items], several=several)
    click.echo()


def on_a_terminal() -> bool:
    """Whether a person reads along: what is piped may end in a log, and has fingerprints in place of secrets."""
    return sys.stdout.isatty()


def _answer(step: OperatorStep, *, is_done: bool, is_first: bool) -> str:
    """One of the words that are offered, of which the first letter is enough."""
    if is_done:
        answers, question = ["undo", "next"], "This is confirmed."
    elif step.by_hand:
        answers, question = ["confirm", "skip"], "Is it so in the web application?"
    else:
        answers, question = ["skip"], "This closes by itself."
    answers += ["quit"] if is_first else ["back", "quit"]

    def meant(given: str) -> str:
        said = given.strip().lower()
        if said and (fitting := [each for each in answers if each.startswith(said)]):
            return fitting[0]
        raise click.UsageError(f"{given!r} is none of {', '.join(answers)}")

    letters = ", ".join(each[0] for each in answers)
    # Where a person types at a terminal, it is Python's own input that writes a question, and nothing folds that.
    asked = for_terminal(f"\n{question} {' / '.join(answers)} ({letters})", sys.stdout)
    answer: str = click.prompt(asked, value_proc=meant, prompt_suffix=" ")
    return answer


def _walk(items: list[StackStep], signed: Callable[[], str], done: list[StackStep]) -> None:
    """Step by step; ``done`` takes what was confirmed, also where it ends with an error.

    Each confirmation is written at once, so that whoever quits goes on there the next time. Who goes back comes to what
    was confirmed as well, and can take it back.
    """
    earlier = {item.desk.stack: item.desk.ledger() for item in items}
    at, backwards = 0, False
    while at < len(items):
        item = items[at]
        if item in done and not backwards:
            at += 1
            continue
        click.echo(f"\n[{at + 1} of {len(items)}] stack {item.desk.stack}")
        width = columns_of(sys.stdout)
        for line in step_lines(item.step, secrets=on_a_terminal(), width=width):
            print_line(line)
        answer = _answer(item.step, is_done=item in done, is_first=not at)
        backwards = answer == "back"
        if answer == "quit":
            break
        if backwards:
            at -= 1
            continue
        if answer == "undo":
            item.desk.restore(item.step, earlier[item.desk.stack])
            done.remove(item)
            click.echo(f"{item.step.id} is open again.")
            continue
        if answer == "confirm":
            # Who is not known confirms no other step either.
            who = signed()
            try:
                item.desk.confirm(item.step, who)
                done.append(item)
            except NotConfirmed as error:
                click.echo(str(error), err=True)
        at += 1
