"""``trackform accept``: writes live values into the account file, for changes that are to stay."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from trackform.accept.chosen import Chosen, choose
from trackform.accept.drift import Drift, LiveChange, drift_of
from trackform.accept.plan import Accepted, AcceptPlan, NotAccepted, make_plan
from trackform.accept.workspace import Workspace, workspace
from trackform.account_file.compose import read_composition
from trackform.account_file.stack_names import known_stacks
from trackform.commands.completed import object_names, stack_names
from trackform.commands.folder import FilePath
from trackform.commands.progress import under_way
from trackform.commands.stacks import chosen_stack
from trackform.documents.problems import Problems
from trackform.documents.whole import print_json, print_whole
from trackform.policy import read_policy
from trackform.preview.plan import read_plan
from trackform.project.pulumi_cli import preview_json
from trackform.project.stacks import FOLDER
from trackform.rules import Finding, rule_ids
from trackform.rules.gate import errors_of, refusal
from trackform.urls import PROJECT
from trackform_core.model.messages import read_message
from trackform_core.text import files

PARTLY = 2


@click.command()
@click.argument("objects", nargs=-1, metavar="[OBJECT]...", shell_complete=object_names)
@click.option(
    "--stack", "stack", metavar="NAME", shell_complete=stack_names,
    help="The stack; by default that of PULUMI_STACK, else the one selected in Pulumi, else the only one.",
)  # fmt: skip
@click.option(
    "--preview", "file", type=FilePath(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="A saved `pulumi preview --json --show-sames`, in place of a new one.",
)  # fmt: skip
@click.option("--own", is_flag=True, help="Write into the stack's own file what would go into a shared one.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="For machines; needs --yes or --dry-run.")
def accept(
    objects: tuple[str, ...], stack: str | None, file: Path | None, own: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Write live values into the account file, where the declared ones stand.

    OBJECT is section/name (offers/keto-guide), section/name.field, a section or a pattern ('offers/*'); all drift by
    default. Initial fields such as status and cpc have to be named: campaigns/fb.cpc.

    Exit status 0: accepted, or nothing to do; 1: an error; 2: something could not be expressed in the file.
    """
    if as_json and not (yes or dry_run):
        raise click.UsageError("--json needs --yes or --dry-run: a machine cannot be asked")
    name = chosen_stack(stack, "say which stack with --stack")
    try:
        data = files.read_json(file) if file else _previewed(name)
    except files.UnreadableError as error:
        raise click.ClickException(error.located(str(file))) from None
    try:
        drift = drift_of(read_plan(data, name))
        chosen = choose(drift, objects)
        with workspace(FOLDER, name, PROJECT.absolute()) as place:
            _accept(drift, chosen, place, AcceptOptions(own, dry_run, yes, as_json, named=bool(objects)))
    except Problems as problems:
        raise click.ClickException(f"the account file has mistakes\n{problems}") from None


def _previewed(stack: str) -> Any:
    with under_way(f"{stack}: making a preview"):
        return preview_json(stack)


class AcceptOptions:
    """Options of the command line."""

    def __init__(self, own: bool, dry_run: bool, yes: bool, as_json: bool, *, named: bool) -> None:
        self.own = own
        self.dry_run = dry_run
        self.yes = yes
        self.as_json = as_json
        self.named = named


def _accept(drift: Drift, chosen: Chosen, place: Workspace, options: AcceptOptions) -> None:
    others = [stack for stack in known_stacks(FOLDER) if stack != place.stack]
    try:
        plan = make_plan(drift, place, chosen.changes, chosen.gone, own=options.own, others=others)
    except Problems as problems:
        raise click.ClickException(f"the account file has mistakes\n{place.with_real_paths(problems)}") from None
    if plan.broken:
        names, mistakes = ", ".join(plan.broken), "\n".join(plan.broken.values())
        raise click.ClickException(f"{names} would not be right any more; --own writes here only\n{mistakes}")
    if not options.as_json:
        _show(plan, chosen, place, options)
    _must_be_right(place, [place.stack, *plan.others])
    written = bool(place.changed()) and not options.dry_run and _agreed(plan, options)
    if written:
        place.write()
    if options.as_json:
        print_json(_as_json(plan, chosen, place, written=written))
    elif written:
        click.echo(f"Written: {', '.join((FOLDER / name).as_posix() for name in place.changed())}.")
    if plan.refused:
        raise click.exceptions.Exit(PARTLY)


def _must_be_right(place: Workspace, stacks: Iterable[str]) -> None:
    """What would be written is checked like any change of the files: an error that it brings in is not written."""
    policy = read_policy(FOLDER, rule_ids())
    said: list[str] = []
    for stack in stacks if place.changed() else ():
        before = errors_of(stack, read_composition(FOLDER / f"{stack}.yaml", place.templates), policy, FOLDER)
        known = set(map(_breach, before))
        said += [
            read_message(place.with_real_paths(refusal(each))).text
            for each in errors_of(stack, place.compose(stack), policy, FOLDER)
            if _breach(each) not in known
        ]
    if said:
        mistakes = "\n".join(dict.fromkeys(said))
        raise click.ClickException(
            f"nothing was written: with these values the rules would call the file wrong\n{mistakes}\n"
            "Accept the others by their names, and let `pulumi up` set these back"
        )


def _breach(finding: Finding) -> tuple[str, str, str]:
    """A finding without its line, which an edit above it moves."""
    return finding.rule, finding.problem.where, finding.problem.message


def _agreed(plan: AcceptPlan, options: AcceptOptions) -> bool:
    """Ask for consent where all drift is meant, or where other values change than the named ones."""
    if options.yes or (options.named and not plan.effects and not any(plan.others.values())):
        return True
    if not click.confirm("Write this?"):
        raise click.ClickException("nothing was written")
    return True


def _show(plan: AcceptPlan, chosen: Chosen, place: Workspace, options: AcceptOptions) -> None:
    if not chosen:
        click.echo(f"{place.stack}: nothing to accept.")
    for accepted in plan.accepted:
        click.echo(
            f"{accepted.file}:{accepted.line}: {accepted.name}: {_short(accepted.was)} -> {_short(accepted.now)}"
        )
    for name in place.changed():
        print_whole("\n" + place.diff(name), nl=False)
    if place.changed():
        click.echo()
    for refused in plan.refused:
        click.echo(f"Not accepted: {refused.name}: {refused.reason}. By hand: {refused.by_hand}", err=True)
    _show_consequences(plan, options)
    for note in filter(None, (_note(change, options) for change in chosen.left)):
        click.echo(note)


def _show_consequences(plan: AcceptPlan, options: AcceptOptions) -> None:
    for effect in plan.effects:
        click.echo(f"This also changes what the stack asks for; the next `pulumi up` writes it: {effect}")
    for stack, changes in plan.others.items():
        click.echo(f"Stack {stack} extends a changed file: " + ("; ".join(changes) or "it stays as it is"))
    if any(plan.others.values()) and not options.own:
        click.echo("With --own it goes into the stack's own file and changes this stack alone.")


def _note(change: LiveChange, options: AcceptOptions) -> str:
    if change.why == "steered":
        return f"Changed outside, not managed: {change.name} is {_short(change.live)}. Name it to accept it"
    if change.why == "file":
        return "" if options.named else f"Not drift: the file changed {change.name}; `pulumi up` writes it"
    if change.also_declared:
        return (
            f"Left: {change.name} was changed both outside ({_short(change.live)}) and in the file "
            f"({_short(change.declared)}). Name it to take the outside one"
        )
    return ""


def _short(value: Any) -> str:
    return (
        "nothing" if value is None else json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    )


def _as_json(plan: AcceptPlan, chosen: Chosen, place: Workspace, *, written: bool) -> dict[str, Any]:
    return {
        "stack": place.stack,
        "written": written,
        "accepted": [_as_row(each) for each in plan.accepted],
        "not_expressed": [_as_row(each) for each in plan.refused],
        "left": [
            {"what": each.name, "why": each.why, "live": each.live, "declared": each.declared} for each in chosen.left
        ],
        "effects": plan.effects,
        "other_stacks": plan.others,
        "diff": {(FOLDER / name).as_posix(): place.diff(name) for name in place.changed()},
    }


def _as_row(change: Accepted | NotAccepted) -> dict[str, Any]:
    return {"what" if key == "name" else key: value for key, value in asdict(change).items()}
