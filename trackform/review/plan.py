"""Making the plan that a review tells: Pulumi's preview, the account files, the base branch, and who had clicks."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click

from trackform.account_file.compose import Composition, read_composition
from trackform.account_file.stack_names import known_stacks
from trackform.documents.problems import Problems
from trackform.documents.project_folder import must_be_project
from trackform.documents.whole import print_json
from trackform.operator.channels import SECTION, StackKnowledge
from trackform.operator.step import OperatorStep
from trackform.operator.steps import open_steps
from trackform.policy import VARIABLE, Policy, read_policy
from trackform.preview.plan import Diagnostic, Plan, Step, declined, parse, read_plan
from trackform.preview.steps import NotAPreview, NotUnderstood
from trackform.project.live import live_session, settings_in_files, stored
from trackform.project.pulumi_cli import binary, with_way_out
from trackform.project.stacks import FOLDER
from trackform.review.apply import Reviewed, difference, same_digest
from trackform.review.base import checked_out
from trackform.review.danger import Traffic
from trackform.review.judge import judge, nobody_knows
from trackform.review.meaning import Files
from trackform.review.model import Review
from trackform.review.plain_text import terminal_text
from trackform.review.sealed import sealed
from trackform.rules import rule_ids
from trackform.rules.gate import errors_of, refusal
from trackform.urls import PROJECT
from trackform_core.errors import TrackformError
from trackform_core.no_api.ledger import ledger_of
from trackform_core.session.permissions import SHOWN_THOUGH_REFUSED, asked_for, extended
from trackform_redtrack.base import ByStatus

DIFFERS, DRIFT = 2, 3
PROVIDER = "pulumi:providers:pulumi-python"
"""Of all dynamic resources; its inputs are the stack's configuration (seen in states)."""
MOST_PERMISSIONS = 10
"""How often a refused preview is made again with what it asks for, to see the plan behind the refusal."""
SHOWN = ("--show-sames", "--show-replacement-steps")
"""Without the second, Pulumi does not tell that it still deletes what an earlier run replaced."""


class NoPlan(TrackformError):  # noqa: N818 -- nothing failed here
    """Pulumi came to no plan at all; with what it said."""


class Look:
    """Everything besides the preview that a review is judged by, read once for all stacks."""

    def __init__(self, base: Path | None = None) -> None:
        self.base = base
        self.composition = cache(self._composition)
        self._unknown: list[str] = []

    def files(self, stack: str) -> Files:
        others = {name: self.composition(name, None) for name in known_stacks(FOLDER) if name != stack}
        return Files(
            policy=self.policy(),
            composition=self.composition(stack, None),
            base_policy=self._base_policy(),
            base=self.composition(stack, self.base) if self.base else None,
            base_config=self._base_config(stack),
            others={name: composition for name, composition in others.items() if composition},
        )

    def unknown(self, preview: Plan) -> list[str]:
        if self.base:
            return []
        policy = "" if self._base_policy() else "the policy is looser, or "
        address = "a service has another address, or " if preview.before is None else ""
        return [f"Whether {policy}{address}the money was right before: name the branch to merge into with --base"]

    def operator(self, stack: str, preview: Plan) -> list[OperatorStep]:
        """Steps that are open besides those that the plan shows.

        Raises:
            BrokenLedger: it cannot be relied on.
        """
        composition = self.composition(stack, None)
        if composition is None:
            return []
        bridge = bool(preview.config.get("trackform:bridgeUrl"))
        # A channel whose id the plan knows is there; one that the plan makes is not yet.
        channels = {ref.name: object_id for object_id, ref in preview.ids.items() if ref.section == SECTION}
        return open_steps(composition, ledger_of(stack, FOLDER), bridge=bridge, known=lambda: StackKnowledge(channels))

    def breaches(self, stack: str) -> list[Diagnostic]:
        """What the rules call an error of the account file, under the policy that counts for `pulumi up`.

        Raises:
            Problems: the policy or the stack's ledger has mistakes.
        """
        composition = self.composition(stack, None)
        if composition is None:
            return []
        errors = errors_of(stack, composition, self._policy(FOLDER, named=True), FOLDER)
        return [declined(refusal(each)) for each in errors]

    def sealed(self, preview: Plan) -> Plan:
        """The preview, with what tells one secret from another.

        Raises:
            TrackformError: the stack's configuration cannot be read.
        """
        composition = self.composition(preview.stack, None)
        preview.sealed = sealed(composition, stored(preview.stack)) if composition else {}
        return preview

    def policy(self) -> Policy:
        """The project's own.

        Raises:
            Problems: it has mistakes.
        """
        return self._policy(FOLDER, named=False)

    def _composition(self, stack: str, base: Path | None) -> Composition | None:
        """None where the file is not there or has mistakes: a preview tells those."""
        root = base or Path()
        path = root / FOLDER / f"{stack}.yaml"
        try:
            return read_composition(path, root / PROJECT)
        except Problems:
            return None

    def _base_config(self, stack: str) -> dict[str, Any] | None:
        """A stack whose settings are not in git is compared with its state alone."""
        if self.base is None or not (self.base / FOLDER / f"Pulumi.{stack}.yaml").exists():
            return None
        return settings_in_files(stack, self.base)

    def _base_policy(self) -> Policy | None:
        if self.base:
            return self._policy(self.base / FOLDER, named=False)
        # Where CI names a policy it is the base branch's.
        return self._policy(FOLDER, named=True) if os.environ.get(VARIABLE, "").strip() else None

    def _policy(self, folder: Path, *, named: bool) -> Policy:
        return read_policy(folder, rule_ids(), named=named)


@contextmanager
def at_base(ref: str | None) -> Iterator[Path | None]:
    """The project's files at a branch or commit.

    Raises:
        NoBase: git does not tell.
    """
    if ref is None:
        yield None
        return
    with checked_out(ref, Path.cwd()) as place:
        yield place


def read_from(text: str, stack: str, look: Look) -> Review:
    """The review of a saved preview. Nobody is asked: there may be no key here.

    Raises:
        NotAPreview: it is none, or of another stack.
    """
    preview = look.sealed(read_plan(parse(text), stack))
    return judge(
        preview,
        look.files(stack),
        nobody_knows,
        look.operator(stack, preview),
        look.breaches(stack),
        look.unknown(preview),
    )


def planned(stack: str, look: Look) -> Review:
    """The review of a new preview.

    Where it is refused, it is made again with what the refusal asks for: a preview writes nothing, and people have to
    see what was refused.

    Raises:
        TrackformError: there is no CLI or no project.
    """
    try:
        preview = made(stack)
    except NoPlan as error:
        # The comment that people read has to say so, and other stacks are reviewed all the same.
        return Review(stack=stack, verdict="failed", refusals=(str(error),))
    refusals: dict[str, Diagnostic] = {}
    permissions: dict[str, None] = {}
    while preview.errors and all(each.is_refusal for each in preview.errors) and len(permissions) < MOST_PERMISSIONS:
        refusals |= {error.message: error for error in preview.errors}
        asked = [each for error in preview.errors for each in asked_for(error.message)]
        if not set(asked) - permissions.keys():
            break
        permissions |= dict.fromkeys(asked)
        preview = made(stack, allow=tuple(permissions))
    preview.before = last_used(preview)
    try:
        return judge(
            look.sealed(preview),
            look.files(stack),
            _traffic_of(stack),
            look.operator(stack, preview),
            [*look.breaches(stack), *refusals.values()],
            look.unknown(preview),
        )
    except TrackformError as error:
        # A broken ledger, or settings that cannot be read: one stack's fault hides no other's review.
        return Review(stack=stack, verdict="failed", refusals=(str(error),))


def last_used(preview: Plan) -> Mapping[str, Any] | None:
    """The settings that the last `pulumi up` used: those of the provider in the state. None where it cannot be read.

    A stack that has none yet begins with those of the preview.
    """
    asked = command(preview.stack, "stack", "export")
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 -- the project's own CLI
    try:
        resources = json.loads(done.stdout)["deployment"].get("resources") or []
        return next((each.get("inputs") or {} for each in resources if each["type"] == PROVIDER), preview.config)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def made(stack: str, plan: Path | None = None, allow: tuple[str, ...] = ()) -> Plan:
    """A new preview, read; ``plan`` is where Pulumi saves it for `up`.

    Raises:
        NoPlan: it did not come to anything that can be read.
        TrackformError: there is no CLI or no project.
    """
    arguments = ["preview", "--json", *SHOWN, "--refresh", *(["--save-plan", str(plan)] if plan else [])]
    environment = {**os.environ, **extended(allow), **SHOWN_THOUGH_REFUSED}
    done = subprocess.run(  # noqa: S603 -- the project's own CLI
        command(stack, *arguments), env=environment, capture_output=True, text=True, check=False
    )
    try:
        return read_plan(json.loads(done.stdout), stack)
    except NotUnderstood as error:
        said = str(error)
    except NotAPreview as error:
        said = done.stderr.strip() or str(error)
    except ValueError:
        said = done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}, and not a word"
    raise NoPlan(f"the preview of stack '{stack}' failed: {with_way_out(said, stack)}")


def command(stack: str, *arguments: str) -> list[str]:
    must_be_project(Path())
    return [str(binary()), *arguments, "--stack", stack, "--non-interactive", "--color", "never"]


def _traffic_of(stack: str) -> Traffic:
    """Asks RedTrack, one request an object; whatever goes wrong there, nobody knows."""
    kept: list[Any] = []

    def clicked(step: Step) -> bool | None:
        if not isinstance(step.kind, ByStatus) or not step.object_id:
            return None
        try:
            kept[:] = kept or [live_session(stack).client(step.kind.service)]
            return step.kind.clicked(kept[0], step.object_id)
        except TrackformError:
            return None

    return clicked


def applied_exactly(stack: str, digest: str, reviewed: Reviewed | None, *, as_json: bool) -> int:
    """Preview again, compare, and only then run `pulumi up` on the saved plan. Returns the exit status.

    What is left open is the moment between this preview and `up`: a plan does not notice a change of the very fields
    that it writes.
    """
    with tempfile.TemporaryDirectory(prefix="trackform-plan-") as folder:
        plan = Path(folder) / "plan.json"
        look = Look()
        preview = look.sealed(made(stack, plan))
        preview.before = last_used(preview)
        now = judge(preview, refusals=look.breaches(stack))
        if now.verdict in ("refused", "failed"):
            _tell(now, "", as_json=as_json)
            return now.exit_status
        if not same_digest(now, digest):
            _tell(now, _other_plan(now, digest, reviewed), as_json=as_json)
            return DRIFT if now.verdict == "drift" else DIFFERS
        if not now.rows:
            _tell(now, "", as_json=as_json)
            return 0
        return _up(stack, plan, now, as_json=as_json)


def _up(stack: str, plan: Path, review: Review, *, as_json: bool) -> int:
    arguments = command(stack, "up", "--yes", "--skip-preview", "--refresh", "--suppress-outputs", "--plan", str(plan))
    environment = {**os.environ, "PULUMI_EXPERIMENTAL": "true"}
    done = subprocess.run(arguments, env=environment, stdout=2 if as_json else None, check=False)  # noqa: S603 -- the project's own CLI
    if as_json:
        document = {"stack": stack, "digest": review.digest, "applied": done.returncode == 0}
        print_json(document)
    if done.returncode:
        click.echo(f"Error: `pulumi up` of stack '{stack}' failed; what it says is above. Review again", err=True)
        return 1
    if not as_json:
        click.echo(f"{stack}: applied what was reviewed, {review.digest}.")
    return 0


def _other_plan(now: Review, digest: str, reviewed: Reviewed | None) -> str:
    said = [f"Nothing was applied: the plan is {now.digest}, and {digest} was reviewed."]
    if reviewed is None or reviewed.digest != digest.strip().lower():
        if reviewed is not None:
            said.append(f"The review that was given is {reviewed.digest}, which is neither.")
        return "\n".join([*said, "What would be applied now:", "", terminal_text(now, in_terminal=False).rstrip()])
    gone, new = difference(reviewed, now)
    said += ["Reviewed, and not planned any more:", *(f"  {row}" for row in gone or ["nothing"])]
    said += ["Planned, and not reviewed:", *(f"  {row}" for row in new or ["nothing"])]
    return "\n".join([*said, f"Review it again: trackform review {now.stack}"])


def _tell(now: Review, said: str, *, as_json: bool) -> None:
    if as_json:
        document = {"stack": now.stack, "digest": now.digest, "applied": False, "review": now.model_dump(mode="json")}
        print_json(document)
    else:
        click.echo(said or terminal_text(now, in_terminal=False).rstrip())
