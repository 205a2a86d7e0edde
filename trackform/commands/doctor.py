"""``trackform doctor``: checks what a set-up needs, and says how to fix it. Writes to no service."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from trackform.account_file.compose import Composition
from trackform.commands.folder import FilePath
from trackform.commands.progress import Tell, one_by_one
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.commands.validate import policy_here
from trackform.doctor import CheckOptions, CheckResult, PartnershipCache, examine, shared_lines, state
from trackform.doctor.check_result import wrong
from trackform.documents.colours import BAD, DOUBTFUL, GOOD
from trackform.documents.whole import print_json
from trackform.project.live import UnreadableSettings, live_session
from trackform.project.pulumi_cli import binary
from trackform.project.stacks import FOLDER
from trackform_core.errors import TrackformError
from trackform_core.session.session import Session

TO_FIX = 2
"""Exit status: at least one line needs a fix."""
KEPT = Path(".state") / "doctor" / "partnerships.json"


@click.command()
@stack_options
@click.option("--dns", is_flag=True, help="Also look the tracking domains up, with this machine's resolver.")
@click.option("--again", is_flag=True, help="Ask Digistore24 for partnerships anew; it limits that per IP address.")
@click.option(
    "--specs", type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="Folder of the vendors' API descriptions: redtrack-swagger.json, digistore24-openapi.yaml.",
)  # fmt: skip
@click.option("--fetch-specs", is_flag=True, help="Fetch the vendors' API descriptions, and compare.")
def doctor(
    names: tuple[str, ...],
    every: bool,
    pattern: str | None,
    as_json: bool,
    dns: bool,
    again: bool,
    specs: Path | None,
    fetch_specs: bool,
) -> None:
    """Look at what a set-up needs to work, each line green or with a fix.

    Pulumi's state, keys, account pin, plan, domains, currencies, connections made by hand, affiliate partnerships,
    versions. Reads only. Answers about partnerships are kept for a week under .state.

    Exit status 0: nothing to fix; what cannot be known from here is marked `unknown`; 1: an error, such as a mistake in
    a file; 2: something is to be fixed.
    """
    stacks = composed(chosen_stacks(names, every, pattern), as_json, may_be_empty=True)
    seen = policy_here(as_json).accounts
    options = CheckOptions(dns=dns, again=again, specs=specs, fetch_specs=fetch_specs, seen=seen)
    answers = PartnershipCache(KEPT)
    said: dict[tuple[str, str, str], str] = {}
    lines = [
        _printed(line, as_json, said)
        for line in one_by_one(lambda _: shared_lines(_cli(), options), "looking at this machine")
    ]
    for name, composition in stacks:
        config = FOLDER / f"Pulumi.{name}.yaml"
        kept = [_printed(line, as_json, said) for line in state(name, Path())]
        lines += kept
        try:
            session = live_session(name)
        except UnreadableSettings as error:
            lines.append(_printed(wrong("configuration", error.said, error.way_out, name), as_json, said))
            continue
        except TrackformError as error:
            # Secrets are decrypted with what the state holds: where that is said to be unusable, nothing more is.
            if not any(line.state == "fix" for line in kept):
                lines.append(_printed(wrong("configuration", str(error), "", name), as_json, said))
            continue
        examined = partial(_examined, composition, session, config, answers, options)
        lines += [_printed(line, as_json, said) for line in one_by_one(examined, f"{name}: asking the services")]
    to_fix = sum(line.state == "fix" for line in lines)
    if as_json:
        print_json({"lines": [line.row() for line in lines], "to_fix": to_fix})
    else:
        click.echo(f"{to_fix} to fix" if to_fix else "nothing to fix")
    if to_fix:
        raise click.exceptions.Exit(TO_FIX)


def _examined(
    composition: Composition, session: Session, config: Path, answers: PartnershipCache, options: CheckOptions,
    tell: Tell,
) -> Iterator[CheckResult]:  # fmt: skip
    return examine(composition, session, config, answers, replace(options, tell=tell))


def _printed(line: CheckResult, as_json: bool, said: dict[tuple[str, str, str], str]) -> CheckResult:
    """Print a line; ``said`` keeps what was to be fixed, so that one cause is not told at length for each question."""
    if not as_json:
        colour = {"ok": GOOD, "fix": BAD, "unknown": DOUBTFUL}[line.state]
        first = said.setdefault((line.stack, line.said, line.fix), line.topic) if line.state == "fix" else line.topic
        short = line if first == line.topic else replace(line, said=f"as {first}, above", fix="")
        sign, _, rest = str(short).partition(" ")
        click.echo(f"{click.style(sign, fg=colour)} {rest}")
    return line


def _cli() -> Path | None:
    try:
        return binary()
    except TrackformError:
        return None
