"""``trackform probe``: answers what is open of the live services from what is there in the accounts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import httpx
from rich.console import Console

from trackform.account_file.compose import Composition
from trackform.commands.folder import FilePath
from trackform.commands.progress import under_way
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.commands.validate import policy_here
from trackform.documents.whole import print_json
from trackform.flow.live_settings import SETTINGS
from trackform.operator.in_state import known_of
from trackform.policy import FILE, Policy
from trackform.probe.accounts import Contradiction, Probed, contradictions, facts
from trackform.probe.attempts import Attempts
from trackform.probe.evidence import AccountEvidence
from trackform.probe.probes import probed
from trackform.probe.save import save
from trackform.probe.table import document, report
from trackform.project.live import live_session, refuse_wrong_accounts
from trackform.project.stacks import FOLDER
from trackform.recording.recorder import Recorder, recording_file
from trackform_core.errors import TrackformError
from trackform_core.http.hosts import is_loopback
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.service import REDTRACK

CONTRADICTS = 2
WIDTH = 160


@click.command()
@stack_options
@click.option(
    "--days", type=click.IntRange(1, 366), default=90, show_default=True, help="Of bookings and the conversion log."
)
@click.option(
    "--record", "recording", type=FilePath(dir_okay=False, path_type=Path), metavar="FILE",
    help="Keep the exchanges there, without what anybody could not share; of one stack.",
)  # fmt: skip
@click.option(
    "--write", "writes", is_flag=True,
    help="Also try, with paused objects of its own, what nothing shows but a write; all are taken away again.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="With --write: do not ask.")
@click.option("--save", "saves", is_flag=True, help="Write what is certain into stacks/policy.yaml, with the evidence.")
def probe(
    names: tuple[str, ...],
    every: bool,
    pattern: str | None,
    as_json: bool,
    days: int,
    recording: Path | None,
    writes: bool,
    yes: bool,
    saves: bool,
) -> None:
    """Answer what is open of the live services, from what is there in the accounts of these stacks.

    Only reads, unless --write asks for more.

    Each setting is answered with its evidence, in counts and dates, or stays open, with what an answer would take.
    `trackform docs probe` has more.

    Exit status: 0; 2 when accounts, or an account and stacks/policy.yaml, contradict each other, or when an object that
    a probe made is still there; 1 when an account could not be looked at, or something could not be kept.
    """
    stacks = composed(chosen_stacks(names, every, pattern), as_json, may_be_empty=True)
    policy = policy_here(as_json)
    if recording and len(stacks) != 1:
        raise click.UsageError("--record keeps what one account answers: name one stack")
    file = recording_file(recording) if recording else None
    if file:
        file.refuse_others()
    recorder = Recorder() if file else None
    if writes:
        _agreed([name for name, _ in stacks], yes=yes)
    done, not_looked_at = _each(stacks, days, recorder, writes=writes)
    contradictory = contradictions(done, policy)
    saved: list[str] | None = None
    # What was looked at for minutes is shown in any case.
    faults = list(not_looked_at.values())
    with _noted(faults):
        if file and recorder and done:
            answers = {each.setting: each.value for each in done[0].answers if each.value}
            file.write(recorder.recording(answers).text())
    with _noted(faults):
        saved = _saved(done, policy) if saves else None
    if as_json:
        print_json(document(done, contradictory, saved or (), not_looked_at))
    elif done:
        _printed(done, contradictory, saved)
    for fault in faults:
        click.echo(f"Error: {fault}", err=True)
    if faults:
        raise click.exceptions.Exit(1)
    if contradictory or any(each.left for each in done):
        raise click.exceptions.Exit(CONTRADICTS)


def _each(
    stacks: list[tuple[str, Composition]], days: int, recorder: Recorder | None, *, writes: bool
) -> tuple[list[Probed], dict[str, str]]:
    """What each stack's account shows, and why one could not be looked at: the others are."""
    done: list[Probed] = []
    not_looked_at: dict[str, str] = {}
    for name, composition in stacks:
        try:
            done.append(_looked_at(name, composition, days, recorder, writes=writes))
        except TrackformError as error:
            not_looked_at[name] = f"{name}: {error}" if len(stacks) > 1 else str(error)
    return done, not_looked_at


@contextmanager
def _noted(faults: list[str]) -> Iterator[None]:
    """Keep an error for later."""
    try:
        yield
    except TrackformError as error:
        faults.append(str(error))


def _saved(done: list[Probed], policy: Policy) -> list[str]:
    for each in done:
        if not each.is_live:
            click.echo(f"{each.stack} is a sandbox on this machine: what it answers is not saved", err=True)
    return save(FOLDER / FILE, facts(done, policy, datetime.now(UTC).date()))


def _printed(done: list[Probed], contradictory: list[Contradiction], saved: list[str] | None) -> None:
    # Where nobody looks at a terminal, its width must not fold the evidence.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDTH)
    for part in report(done, contradictory):
        console.print(part, soft_wrap=isinstance(part, str), crop=False)
    for place in saved or ():
        click.echo(f"saved: {place} in {FOLDER / FILE}")
    if saved == []:
        click.echo("nothing to save: nothing is certain that the policy does not say already")


def _agreed(names: list[str], *, yes: bool) -> None:
    """Ask whether objects may be made."""
    click.echo(
        f"--write makes paused objects called trackform-probe-…-may-be-deleted in RedTrack ({', '.join(names)}): an "
        "offer source, a traffic channel, two landings, an offer, a campaign. No domain, no click, no conversion. All "
        "are taken away again",
        err=True,
    )
    if yes:
        return
    if not _somebody_is_there():
        raise click.UsageError("--write asks before it makes anything, and nobody is there to answer: add --yes")
    click.confirm("Make them?", abort=True, err=True)


def _somebody_is_there() -> bool:
    return sys.stdin.isatty()


def _looked_at(
    name: str, composition: Composition, days: int, recorder: Recorder | None, *, writes: bool
) -> Probed:  # fmt: skip
    session = live_session(name)
    for service in (REDTRACK, DIGISTORE24) if recorder else ():
        if recorder and session.settings.key(service).text:
            session.client(service).observe(recorder.hear)
    asked = [service for service in (REDTRACK, DIGISTORE24) if session.settings.key(service).text]
    is_live = not any(is_loopback(httpx.URL(session.client(service).url)) for service in asked)
    hear = recorder.hear_of_nobody if recorder else None
    with _progress(name) as (tell, step):
        refuse_wrong_accounts(session, composition.account.file, known_of(name).accounts)
        account = f"{session.client(REDTRACK).endpoint.name}/{session.owner(REDTRACK)}"
        evidence = AccountEvidence(composition, session, days, tell, hear)
        if not writes:
            answers = probed(evidence, step)
            return Probed(name, account, answers, left=evidence.left_by_probes(), is_live=is_live)
        attempts = Attempts(evidence.redtrack, tell)
        try:
            attempts.run()
        except BaseException:
            # Whatever ended it, Ctrl-C too: nobody must look for what is still there.
            for left in attempts.left:
                click.echo(f"LEFT BEHIND: {left}", err=True)
            raise
        evidence.attempted = attempts.signs
        answers = probed(evidence, step)
        return Probed(name, account, answers, attempts.earlier, attempts.left, attempts.faults, is_live)


@contextmanager
def _progress(stack: str) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Progress on the terminal; without one there is none. Yields who hears of requests, and who of settings."""
    answered = 0
    with under_way(stack) as tell:

        def step(name: str) -> None:
            nonlocal answered
            answered += 1
            tell(f"{answered} of {len(SETTINGS)} settings: {name}")

        yield tell, step
