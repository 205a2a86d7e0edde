"""The open operator steps as an HTML page: one file that needs no network and sends nothing anywhere.

Secrets are not on it: a field that holds one shows its fingerprint, and names the command that shows the whole.
"""

import difflib
import glob
import hashlib
import re
import shlex
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from trackform.operator.step import Field, OperatorStep
from trackform_core.no_api.ledger import Ledger

FILES = Path(__file__).parent / "page_files"
TOKENS = re.compile(r"[?&,;\s]|[^?&,;\s]+")
"""The words that a diff compares: a parameter of a URL, an item of a list."""
DO = {
    "create": "Enter",
    "replace": "Replace the row that is there",
    "change": "Change",
    "remove": "Remove",
    "check": "Check",
}


@dataclass(frozen=True)
class StackSteps:
    """The open steps of one stack. ``ledger`` has what was confirmed before, and by whom."""

    stack: str
    steps: tuple[OperatorStep, ...]
    ledger: Ledger | None = None
    destroy: bool = False
    """Whether these are the removals of a destroy."""

    @property
    def command(self) -> str:
        return f"trackform operator {self.stack}{' --destroy' if self.destroy else ''}"

    def last(self, step: OperatorStep) -> str:
        """When and by whom its object was confirmed before; empty where it never was."""
        entries = self.ledger.entries if self.ledger else {}
        entry = entries.get(step.forgets) or entries.get(step.record.key if step.record else "")
        return f"{entry.confirmed} by {entry.by}" if entry else ""


@dataclass(frozen=True)
class Piece:
    """A stretch of a diff: unchanged, only in the old text, or only in the new one."""

    text: str
    only: str = ""
    """``before``, ``now``, or empty for both."""


@dataclass(frozen=True)
class Shown:
    """One step on the page. ``name`` is its id, with the stack's name before it where the page shows several.

    ``last``: when and by whom it was confirmed before.
    """

    stack: str
    step: OperatorStep
    name: str
    last: str

    @property
    def mark(self) -> str:
        """The key under which the browser keeps a tick; it changes as soon as anything about the step does."""
        said = [self.stack, self.step.id, self.step.action, self.step.form, self.step.row]
        said += [f"{field.label}\n{field.value}\n{field.before}" for field in self.step.fields]
        return hashlib.sha256("\n\n".join(said).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class FormSteps:
    """Steps of one service and account, in the order in which a person does them."""

    service: str
    account: str
    steps: tuple[Shown, ...]


def render(parts: Iterable[StackSteps], at: datetime) -> str:
    """The HTML page. ``at`` is when it was made: it is a snapshot and says so."""
    parts = list(parts)
    environment = Environment(
        loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"pieces": pieces, "do": DO}
    environment.filters["confirm"] = confirming
    style, script = ((FILES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return environment.get_template("page.html.j2").render(
        parts=parts,
        forms=forms(parts),
        count=sum(len(part.steps) for part in parts),
        confirmable=any(step.by_hand for part in parts for step in part.steps),
        at=at,
        # Ours, and not escaped: inside these two elements a browser reads no entities.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style_hash=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def confirming(step_id: str) -> str:
    """The option that confirms this step on the command line, where a name is a pattern."""
    return f"--confirm {shlex.quote(glob.escape(step_id))}"


def forms(parts: Iterable[StackSteps]) -> list[FormSteps]:
    """The steps of all stacks by service and account: one login, one list."""
    parts = list(parts)
    several = len(parts) > 1
    rows = [
        Shown(part.stack, step, f"{part.stack}: {step.id}" if several else step.id, part.last(step))
        for part in parts
        for step in part.steps
    ]

    def place(shown: Shown) -> tuple[str, str]:
        return shown.step.service, shown.step.account

    order = {key: at for at, key in enumerate(dict.fromkeys(map(place, rows)))}
    rows.sort(key=lambda shown: order[place(shown)])
    return [FormSteps(service, account, tuple(group)) for (service, account), group in groupby(rows, place)]


def pieces(field: Field) -> list[Piece]:
    """The diff from what stood in a field to what has to stand there."""
    before, now = TOKENS.findall(field.before), TOKENS.findall(field.value)
    stretches: list[Piece] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if tag == "equal":
            stretches.append(Piece("".join(now[j1:j2])))
            continue
        stretches += [Piece("".join(before[i1:i2]), "before")] if i2 > i1 else []
        stretches += [Piece("".join(now[j1:j2]), "now")] if j2 > j1 else []
    return stretches
