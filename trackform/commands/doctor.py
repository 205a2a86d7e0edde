"""``trackform doctor``: checks what a set-up needs, and says how to fix it. Writes to no service."""

import json
from pathlib import Path

import click

from trackform.commands.folder import FilePath
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.commands.validate import policy_here
from trackform.doctor import CheckOptions, CheckResult, PartnershipCache, examine, shared_lines, state
from trackform.project.live import live_session
from trackform.project.pulumi_cli import binary
from trackform.project.stacks import FOLDER
from trackform_core.errors import TrackformError

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
    options = CheckOptions(dns=dns, again=again, specs=specs, fetch_specs=fetch_specs, tell=_tell, seen=seen)
    answers = PartnershipCache(KEPT)
    lines = [_printed(line, as_json) for line in shared_lines(_cli(), options)]
    for name, composition in stacks:
        config = FOLDER / f"Pulumi.{name}.yaml"
        kept = [_printed(line, as_json) for line in state(name, Path())]
        lines += kept
        try:
            session = live_session(name)
        except TrackformError:
            # Secrets are decrypted with what the state holds: where that is said to be unusable, nothing more can be.
            if not any(line.state == "fix" for line in kept):
                raise
            continue
        examined = examine(composition, session, config, answers, options)
        lines += [_printed(line, as_json) for line in examined]
    to_fix = sum(line.state == "fix" for line in lines)
    if as_json:
        click.echo(json.dumps({"lines": [line.row() for line in lines], "to_fix": to_fix}, indent=2))
    else:
        click.echo(f"{to_fix} to fix" if to_fix else "nothing to fix")
    if to_fix:
        raise click.exceptions.Exit(TO_FIX)


def _printed(line: CheckResult, as_json: bool) -> CheckResult:
    if not as_json:
        colour = {"ok": "green", "fix": "red", "unknown": "yellow"}[line.state]
        sign, _, rest = str(line).partition(" ")
        click.echo(f"{click.style(sign, fg=colour)} {rest}")
    return line


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _cli() -> Path | None:
    try:
        return binary()
    except TrackformError:
        return None
