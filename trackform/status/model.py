"""The one model that the table, the CSV and the JSON of a status are made from. Nothing in it is secret."""

from typing import Any

from pydantic import Field

from trackform.project.state import LastUpdate
from trackform.review.model import Change, Item, Model


class StatusRow(Model):
    """One object that people and links meet: a campaign, an offer, a landing or a script.

    Attributes:
        state: in words, such as ``live`` or ``paused in RedTrack``; who did it stands with it.
        channel: of a campaign, the one that its traffic comes from.
        link: what people copy: a campaign's tracking link, an offer's URL; empty where there is none yet.
        no_redirect: of a campaign, the addresses of its landings for ads that lead there at once.
        code: of a script, what stands on the page.
        waits_for: what a campaign that is held waits for a person to confirm.
    """

    section: str
    name: str
    title: str = ""
    state: str = ""
    channel: str = ""
    link: str = ""
    no_redirect: tuple[str, ...] = ()
    code: str = ""
    waits_for: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        return f"{self.section}/{self.name}"


class Unread(Model):
    """An object that could not be read, and why."""

    about: str
    reason: str


class OpenStep(Model):
    """A step that a person has to do."""

    id: str
    action: str


class FoundByRule(Model):
    """What a rule says of the file."""

    rule: str
    severity: str
    where: str
    message: str


class StackStatus(Model):
    """What is true of one stack.

    Attributes:
        applied: whether it was ever applied.
        drift: what was changed outside, as a review of a preview tells it.
        differs: objects that differ from the file otherwise, by what a preview would do with them.
    """

    stack: str
    applied: bool
    last: LastUpdate | None = None
    rows: tuple[StatusRow, ...] = ()
    drift: tuple[Item, ...] = ()
    differs: dict[Change, tuple[str, ...]] = Field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    findings: tuple[FoundByRule, ...] = ()
    open_steps: tuple[OpenStep, ...] = ()

    @property
    def exit_status(self) -> int:
        """1: something was not read; 3: drift; 2: the file differs, or a rule found an error; 4: steps are open."""
        if self.unread:
            return 1
        if self.drift:
            return 3
        if self.differs or any(each.severity == "error" for each in self.findings):
            return 2
        return 4 if self.open_steps else 0

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json") | {"exit_status": self.exit_status}
