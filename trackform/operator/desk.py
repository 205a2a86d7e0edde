"""Confirming operator steps: each confirmation is written to the ledger at once, so that none is lost."""

import dataclasses
import fnmatch
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from trackform.account_file.models import pinned
from trackform.account_file.sections import Composition
from trackform.documents.git import GitError, git
from trackform.documents.problems import did_you_mean
from trackform.operator.by_hand import Unmarked, replacing
from trackform.operator.channels import StackKnowledge
from trackform.operator.evidence import Evidence
from trackform.operator.start import awaited
from trackform.operator.step import OperatorStep, Secrets
from trackform.operator.steps import in_order, no_steps, open_steps, steps_of_a_destroy
from trackform.operator.undo import Confirmed, confirmed_steps
from trackform_core.errors import TrackformError
from trackform_core.model.vendors import differing
from trackform_core.no_api.ledger import FOLDER, BrokenLedger, Ledger, alone, ledger_of, parse
from trackform_digistore24.marker import PREFIX


class NotConfirmed(TrackformError):  # noqa: N818 -- nothing failed
    """A step cannot be confirmed; the message says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class OperatorDesk:
    """The open steps of one stack, and their confirmation in its ledger."""

    stack: str
    composition: Composition
    secrets: Secrets
    bridge: bool = False
    """Whether a bridge writes the objects without a public API."""
    folder: Path = FOLDER
    destroy: bool = False
    """Whether all is given up: then only removals are open, those that `pulumi destroy` waits for."""
    live_steps: tuple[OperatorStep, ...] = ()
    """What the services said is open, where they were asked."""
    log: Evidence | None = None
    """What RedTrack's conversion log shows, where it was asked."""
    holds: bool = True
    """Whether new campaigns are paused until their connections are confirmed."""
    known: Callable[[], StackKnowledge] = StackKnowledge
    """What is known of the stack beside file and ledger; asked only where it counts."""

    def ledger(self) -> Ledger:
        """The ledger as its file has it now."""
        return ledger_of(self.stack, self.folder)

    def open(self) -> list[OperatorStep]:
        ledger = self.ledger()
        if self.destroy:
            steps = steps_of_a_destroy(self.composition, ledger, bridge=self.bridge)
        else:
            steps = open_steps(self.composition, ledger, secrets=self.secrets, bridge=self.bridge, known=self.known)
        if self.log:
            steps = [dataclasses.replace(step, evidence=self.log.beside(*step.sent_as)) for step in steps]
            steps = [self._in_place_of(step, self.log.unmarked) for step in steps]
        if self.holds and not (self.bridge or self.destroy):
            steps = self._with_what_waits(steps, ledger)
        return in_order([*steps, *self.live_steps])

    def _with_what_waits(self, steps: list[OperatorStep], ledger: Ledger) -> list[OperatorStep]:
        """The steps, those of connections with the campaigns that are not started before."""
        waiting: dict[str, list[str]] = {}
        for campaign, markers in awaited(self.composition, ledger, self.secrets).items():
            for marker in markers:
                waiting.setdefault(f"postbacks/{marker.removeprefix(PREFIX)}", []).append(campaign)
        return [
            dataclasses.replace(step, reason=f"{step.reason} {_starts(waiting[step.id])}")
            if step.id in waiting and step.action != "remove"
            else step
            for step in steps
        ]

    def _in_place_of(self, step: OperatorStep, unmarked: Unmarked) -> OperatorStep:
        """The step, or that of the row which somebody made by hand for the same sales: a second one doubles them."""
        section, _, name = step.id.partition("/")
        if section != "postbacks" or step.action != "create" or not (own := unmarked.of(self.composition, name)):
            return step
        return replacing(step, str(own))

    def not_open(self) -> list[OperatorStep]:
        """Removals that nothing waits for, as far as file and ledger tell: confirmed by their key in the ledger."""
        return no_steps(self.composition, self.ledger(), destroy=self.destroy)

    def refuse(self, step: OperatorStep) -> None:
        """Refuse a step that cannot be confirmed.

        Raises:
            NotConfirmed: a secret that belongs to it cannot be read here, or a person's word is not what closes it.
        """
        if not step.by_hand:
            raise NotConfirmed(f"{step.id} is not confirmed by hand: it closes by itself, once it is done")
        if step.unread:
            raise NotConfirmed(
                f"{self.stack}: {step.id}: the config secret {', '.join(step.unread)} cannot be read here, so nothing "
                "can be written down. Set PULUMI_CONFIG_PASSPHRASE (or what else opens the stack's secrets) and run "
                "again"
            )

    def committed(self) -> Ledger:
        """The ledger as the last commit has it; an empty one where there is none, or git does not tell."""
        ledger = self.ledger()
        try:
            text = git("show", f"HEAD:./{ledger.file.name}", folder=ledger.file.parent)
            return parse(ledger.file, text.decode())
        except (GitError, OSError, UnicodeDecodeError, BrokenLedger):
            return Ledger(ledger.file)

    def confirmed(self) -> list[Confirmed]:
        """What was confirmed, and can be taken back."""
        return confirmed_steps(self.composition, self.ledger(), self.committed(), self.secrets)

    def undo(self, confirmed: Confirmed) -> None:
        """Take a confirmation back: the step is open again, as it was before."""
        with alone(self.folder):
            confirmed.undone(self.ledger()).write()

    def restore(self, step: OperatorStep, earlier: Ledger) -> None:
        """Let the ledger say of a step what it said earlier."""
        keys = {step.forgets, step.record.key if step.record else ""} - {""}
        with alone(self.folder):
            ledger = self.ledger()
            for key in keys:
                entry = earlier.entries.get(key)
                ledger = ledger.with_entry(entry) if entry else ledger.without(key)
            ledger.write()

    def confirm(self, step: OperatorStep, who: str) -> None:
        """Record in the ledger that the step was done as shown.

        Raises:
            NotConfirmed: see ``refuse``.
        """
        self.refuse(step)
        with alone(self.folder):
            # Read again: another terminal may have confirmed something meanwhile.
            ledger = self._of_account(self.ledger())
            if step.forgets:
                ledger = ledger.without(step.forgets)
            if step.record:
                when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                ledger = ledger.with_entry(dataclasses.replace(step.record, confirmed=when, by=who))
            ledger.write()

    def _of_account(self, ledger: Ledger) -> Ledger:
        """The ledger with the accounts that it is of, as the file pins them or the state knows them.

        Raises:
            NotConfirmed: it is of another one.
        """
        pinned_to = {pin: account for pin, account in pinned(self.composition.account.file).items() if account}
        known = {**self.known().accounts, **pinned_to}
        for pin, service in differing(ledger.accounts, known):
            raise NotConfirmed(
                f"{ledger.file.as_posix()} is of the account {ledger.accounts[pin]}, and this stack is of "
                f"{known[pin]} ({service.pin_in_file}). What was confirmed there is not there by that: take the "
                f"ledger away (`git rm {ledger.file.as_posix()}`) and confirm anew"
            )
        return dataclasses.replace(ledger, accounts={**ledger.accounts, **known})


def _starts(campaigns: Sequence[str]) -> str:
    names = ", ".join(campaigns)
    new = "New campaigns are made paused until it is confirmed, and started by the next `pulumi up`"
    return f"{new}; it books the sales of {names}."


def is_named(steps: Sequence[OperatorStep], pattern: str) -> list[OperatorStep]:
    """The steps that one name fits; it may look like a pattern: then it means itself."""
    exactly = [step for step in steps if pattern in (step.id, step.forgets)]
    return exactly or [step for step in steps if fnmatch.fnmatchcase(step.id, pattern)]


def named(steps: Sequence[OperatorStep], patterns: Sequence[str]) -> list[OperatorStep]:
    """The open steps that a command line names: ids, keys of the ledger, or patterns such as ``postbacks/*``.

    Raises:
        NotConfirmed: a name fits no open step.
    """
    chosen: list[OperatorStep] = []
    for pattern in patterns:
        fitting = is_named(steps, pattern)
        if not fitting:
            hint = did_you_mean(pattern, [step.id for step in steps])
            known = ", ".join(step.id for step in steps) or "none is open"
            raise NotConfirmed(f"no open step is called '{pattern}'{f'; {hint}' if hint else '.'} Open: {known}")
        chosen += [step for step in fitting if step not in chosen]
    return chosen
