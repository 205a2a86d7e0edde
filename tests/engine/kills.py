"""Cells of the kills: an operation, who is killed, at which write, when, and whether the state is saved step by step.

After the killed run come those that docs/state.md tells people to type. The account is then as after a run that nobody
disturbed, the state too, the next preview shows no change, and no process is left.
"""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

from tests.engine.applied import SetUps
from tests.engine.processes import LONGEST_S, Process, eventually, kill_process, processes_in
from tests.engine.project import Project, Result
from tests.engine.relay import MOMENTS, Moment, Order, Relay
from tests.engine.served import Served
from trackform.sandbox.app import DATABASE

Victim = Process | Literal["sandbox"]
VICTIMS: tuple[Victim, ...] = ("CLI", "plugin", "language host", "program", "sandbox")

ONE_OF_EACH = """\
domains: {{main: {{url: track.acme.test{domain}}}}}
digistore24: {{affiliate: acme, currency: USD}}
conversion_types:
  buy: {{slot: 1, role: Purchase, duplicates: {duplicates}, forward: none}}{slot}
offer_sources: {{shop: {{currency: USD, clickid: '{{cid}}', click_expiration: {expires}}}{source}}}
traffic_channels: {{fb: {{ref_id: '{{fbclid}}', currency: {currency}}}{channel}}}
products: {{keto: {{id: 411530}}}}
offers: {{keto: {{url: 'https://p.test/?cid={{clickid}}', countries: {countries}, offer_source: shop}}{offer}}}
landings: {{page: {{url: 'https://l.test/{path}'}}{landing}}}
funnels: {{flow: {{offers: {{keto: {weight}}}}}{funnel}}}
campaigns: {{c: {{channel: fb, funnel: flow, cpc: {cpc}, domain: main}}{campaign}}}
scripts: {{s: {{domain: main, type: 1, cookie_domain: {site}}}{script}}}
postbacks:
  sales: {{events: {events}, url: 'https://track.acme.test/postback?clickid={{cid}}&sub20=tf.sales'}}{postback}
ipn_connections:
  vendor: {{domain_id: {ipn}, url: 'https://ipn.acme.test/{path}', passphrase: {{secret: ipn}}, products: [keto]}}
"""
PLAIN: dict[str, Any] = {
    "duplicates": "ignore", "expires": 30, "currency": "USD", "countries": "[DE]", "path": "in", "weight": 100,
    "cpc": 0.25, "site": "shop.test", "events": "[payment]", "ipn": "acme-1", "domain": "",
} | dict.fromkeys(
    ("slot", "source", "channel", "offer", "landing", "funnel", "campaign", "script", "postback"), ""
)  # fmt: skip
CHANGED: dict[str, Any] = {
    "duplicates": "edit", "expires": 60, "currency": "EUR", "countries": "[DE, AT]", "path": "on", "weight": 50,
    "cpc": 0.3, "site": "www.test", "events": "[payment, refund]", "domain": ", fallback_url: 'https://f.test/'",
}  # fmt: skip
SPARE = {
    "slot": "\n  spare: {slot: 2, duplicates: ignore, forward: none, on_delete: delete}",
    "source": ", spare: {currency: USD}",
    "channel": ", spare: {ref_id: '{x}'}",
    "offer": ", spare: {url: 'https://p.test/2?cid={clickid}', product: keto, offer_source: spare}",
    "landing": ", spare: {url: 'https://l.test/2'}",
    "funnel": ", spare: {offers: {spare: 100}, landings: {spare: 100}}",
    "campaign": ", spare: {channel: spare, funnel: spare, cpc: 1}",
    "script": ", spare: {domain: main, type: 1}",
    "postback": "\n  spare: {events: [payment], url: 'https://track.acme.test/postback?clickid={cid}&sub20=tf.spare'}",
}


CANCEL = "`pulumi cancel`"
DOCTOR = "what `trackform doctor` says"
GONE = "`TRACKFORM_ALLOW=gone:…`"
ADOPT = "`adopt: true` on the IPN connection"
STEPS = (CANCEL, DOCTOR, GONE, ADOPT)
"""What has to be typed before the same command is run again."""
CLEAR = ("refresh", "--clear-pending-creates", "--yes")
MOST_STEPS = 8


def account(**changes: Any) -> str:
    return ONE_OF_EACH.format(**PLAIN | changes)


@dataclass(frozen=True)
class Operation:
    """What is killed: the file before, the file then, and the command."""

    before: str
    then: str
    command: tuple[str, ...] = ("up", "--yes", "--skip-preview")
    victims: tuple[Victim, ...] = VICTIMS


OPERATIONS = {
    "first up": Operation("", account()),
    "update": Operation(account(), account(**CHANGED)),
    "delete and replace": Operation(account(**SPARE), account(ipn="acme-2")),
    # It runs no program, and so no language host either.
    "destroy": Operation(
        account(**SPARE), account(**SPARE), ("destroy", "--yes", "--skip-preview"), ("CLI", "plugin", "sandbox")
    ),
}


@dataclass(frozen=True)
class Cell:
    operation: str
    victim: Victim
    moment: Moment
    number: int
    checkpoints: bool

    @property
    def cuts(self) -> bool:
        """Whether the write, or its answer, is lost with who waits for it; what the network has is not called back."""
        return self.victim in ("CLI", "plugin", "sandbox")

    @property
    def is_as_another(self) -> bool:
        """Whether another cell leaves the same behind: an account, a state, and who still runs."""
        if self.victim != "CLI":
            # A CLI that ends by itself has saved the same in the end: its steps change one list, and the variable says
            # only when that is written (`unsafeServiceLoop` in the CLI's backend/snapshot.go).
            # And of a write that is not cut nobody sees whether it was done before or after the victim was dead.
            return not self.checkpoints or (self.moment == "sent" and not self.cuts)
        # Nothing is saved: with the n-th write lost, n - 1 are done, as with the lost answer of that before.
        return not self.checkpoints and self.moment == "sent" and self.number > 1

    def __str__(self) -> str:
        saved = "" if self.checkpoints else ", state saved at the end"
        return f"{self.operation}: {self.victim} at write {self.number} ({self.moment}{saved})"


@dataclass
class Played:
    """What came of a cell."""

    cell: Cell
    write: str = ""
    steps: list[str] = field(default_factory=list)
    """Of `STEPS`, those that a person had to take."""
    pending: bool = False
    """Whether the state still had a creation in mind that was broken off."""
    problems: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """All that was said, for whoever looks into a problem."""


@dataclass(frozen=True)
class Ended:
    """An account and a state, with names in place of ids."""

    rows: list[str]
    state: list[str]


class Room:
    """A sandbox that can be killed, and what an undisturbed run of each operation comes to."""

    def __init__(self, data: Path, folders: Callable[[str], Path]) -> None:
        self.data = data
        self._folders = folders
        self._undisturbed: dict[str, tuple[Ended, int]] = {}
        self.relay = Relay()

    @contextmanager
    def open(self) -> Iterator["Room"]:
        self._start()
        with self.relay.running():
            try:
                yield self
            finally:
                self._sandbox.terminate()
                self._sandbox.communicate()

    def _start(self) -> None:
        command: list[str | Path] = [Path(sys.prefix) / "bin" / "trackform", "sandbox", "serve", "--port", "0"]
        self._sandbox = subprocess.Popen([*command, "--data", self.data], stdout=subprocess.PIPE, text=True)
        assert self._sandbox.stdout is not None
        self.relay.target = self._sandbox.stdout.readline().split()[2]

    def kill_sandbox(self) -> None:
        """End it at once, and start it again on what it had."""
        self._sandbox.kill()
        self._sandbox.communicate()
        self._start()

    @cached_property
    def _set_ups(self) -> SetUps:
        blank = Project(self._folders("blank"), Served(self.relay.url)).folder
        return SetUps(self.relay.url, self.data / DATABASE, blank, self._folders)

    def project(self, operation: str) -> Project:
        """The project as it is before an operation, with the file that the operation brings."""
        wanted = OPERATIONS[operation]

        def begin(project: Project) -> None:
            project.write_whatever_the_rules_say(wanted.before or "empty: true\n")
            project.secrets(ipn="a passphrase of tests")

        name = f"set-up-{list(OPERATIONS).index(operation)}"
        project = self._set_ups.copy(name, self._folders("project") / "project", begin)
        project.write(wanted.then)
        self.relay.forget()
        return project

    def undisturbed(self, operation: str) -> tuple[Ended, int]:
        """How it ends where nobody is killed, and with how many writes."""
        if operation not in self._undisturbed:
            project = self.project(operation)
            project.ok(*OPERATIONS[operation].command)
            self._undisturbed[operation] = (self.ended(project), len(self.relay.writes))
            project.sandbox.http.close()
        return self._undisturbed[operation]

    def ended(self, project: Project) -> Ended:
        with closing(sqlite3.connect(self.data / DATABASE)) as store:
            rows = store.execute("select kind, id, body from rows where substr(kind, 1, 1) <> '_'").fetchall()
        names = {row_id: f"<{kind} {name_of(json.loads(body))}>" for kind, row_id, body in rows if len(row_id) > 5}
        resources = project.state().items()
        # An update cannot give an object another id than an unconfirmed one: the next refresh does.
        state = [
            f"{each['type']} {name}: {outs.get('object_id')} adopted={outs.get('adopted')}"
            for name, each in resources
            for outs in [each["outputs"]]
        ]
        return Ended(
            sorted(
                f"{kind} {named(json.dumps(settled(json.loads(body))), names)}"
                for kind, _, body in rows
                if kind not in ("account", "settings")
            ),
            sorted(named(line, names) for line in state),
        )

    def cells(self, operation: str) -> list[Cell]:
        """All that can end in another way than the others do."""
        _, writes = self.undisturbed(operation)
        every = (
            Cell(operation, victim, moment, number, checkpoints)
            for checkpoints in (True, False)
            for victim in OPERATIONS[operation].victims
            for moment in MOMENTS
            for number in range(1, writes + 1)
        )
        return [cell for cell in every if not cell.is_as_another]


def name_of(row: dict[str, Any]) -> str:
    return str(row.get("title") or row.get("name") or row.get("url") or row.get("slot"))


def settled(row: dict[str, Any]) -> dict[str, Any]:
    """Without what tells when and in which order rows were made."""
    passing = re.compile("^_|(_at|created|updated|serial_number|ipn_id)$")
    return {name: value for name, value in sorted(row.items()) if not passing.search(name)}


def named(text: str, names: dict[str, str]) -> str:
    return re.sub(r"[0-9a-f]{24}", lambda found: names.get(found[0], "<an id>"), text)


def play(room: Room, cell: Cell) -> Played:
    """The killed run, and then what docs/state.md tells people to type, until it ends as it should."""
    expected, _ = room.undisturbed(cell.operation)
    project, command = room.project(cell.operation), OPERATIONS[cell.operation].command
    played = Played(cell)
    # Where none of the CLI's processes is killed, they need not be those that users have.
    with project.cold() if cell.victim != "sandbox" else nullcontext():
        _killed_run(room, project, played)
    if not eventually(lambda: not processes_in(project.folder)):
        played.problems.append(f"left over: {processes_in(project.folder)}")
    room.relay.forget()
    _later(project)
    _recover(project, command, played)
    if project.pending():
        # It harms nothing, but Pulumi would ask about it one day.
        played.pending = True
        _said(project, played, *CLEAR)
        if project.pending():
            played.problems.append(f"still pending: {project.pending()}")
    after = room.ended(project)
    played.problems += differences("account", expected.rows, after.rows)
    expected_state = expected.state
    if ADOPT in played.steps:
        expected_state = [
            re.sub(r"(:IpnConnection .*)adopted=False", r"\1adopted=True", each) for each in expected_state
        ]
    played.problems += differences("state", expected_state, after.state)
    if command[0] == "up":
        quiet = _said(project, played, "preview", "--expect-no-changes")
        if quiet.status:
            played.problems.append(f"the next preview: {quiet.told}")
    project.sandbox.http.close()
    return played


def _killed_run(room: Room, project: Project, played: Played) -> None:
    cell = played.cell
    environment = {
        name: value for name, value in project.environment.items()
        if name != "PULUMI_SKIP_CHECKPOINTS" or not cell.checkpoints
    }  # fmt: skip
    ready, killed = threading.Event(), threading.Event()
    kill: list[Callable[[], None]] = []

    def do() -> None:
        ready.wait(LONGEST_S)
        kill[0]()
        killed.set()

    order = Order(cell.number, cell.moment, do, cut=cell.cuts)
    room.relay.forget(order)
    said = project.folder.parent / "said.txt"
    # A file: whoever outlives the CLI would hold a pipe open.
    with said.open("w") as file:
        cli = subprocess.Popen(
            project.command(*OPERATIONS[cell.operation].command),
            cwd=project.folder, env=environment, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
    kill.append(room.kill_sandbox if cell.victim == "sandbox" else partial(kill_process, cli.pid, cell.victim))
    ready.set()
    try:
        cli.wait(LONGEST_S)
    except subprocess.TimeoutExpired:
        played.problems.append("the CLI did not end")
        cli.kill()
        cli.wait()
    played.texts.append(f"$ pulumi {' '.join(OPERATIONS[cell.operation].command)}\n{said.read_text()}")
    if order.taken.is_set() and order.done.wait(LONGEST_S) and killed.is_set():
        played.write = room.relay.writes[cell.number - 1]
    else:
        played.problems.append("nobody was killed")


def _later(project: Project) -> None:
    """Let the time pass for which a service may hide what it made: the next run would sit it out."""
    if project.state_file.exists():
        text = project.state_file.read_text()
        project.state_file.write_text(re.sub(r'("at":\s*")20\d\d', r"\g<1>2020", text))


def _recover(project: Project, command: tuple[str, ...], played: Played) -> None:
    """What was killed is run again; where that says what to type first, that is typed."""
    allowed: set[str] = set()
    for _ in range(MOST_STEPS):
        again = _said(project, played, *command, **{"TRACKFORM_ALLOW": ",".join(sorted(allowed))} if allowed else {})
        gone = {*re.findall(r"TRACKFORM_ALLOW=(gone:\w+)", again.text)} - allowed
        if not again.status:
            return
        if "pulumi cancel" in again.text:
            played.steps.append(CANCEL)
            _said(project, played, "cancel", "--yes")
        elif "failed to load checkpoint" in again.text:
            played.steps.append(DOCTOR)
            _restore(project, played)
        elif gone:
            played.steps.append(GONE)
            allowed |= gone
        elif "IPN connection" in again.text and "Declare `adopt: true`" in again.text:
            played.steps.append(ADOPT)
            project.edit("  vendor: {", "  vendor: {adopt: true, on_delete: delete, ")
        else:
            break
    played.problems.append(f"`pulumi {command[0]}` did not end well")


def _restore(project: Project, played: Played) -> None:
    told = project.trackform("doctor", project.stack)
    played.texts.append(f"$ trackform doctor\n{told.text}")
    for command in re.findall(r"`(cp [^`]+|rm [^`]+\.attrs')`", told.text):
        subprocess.run(shlex.split(command), check=True)


def _said(project: Project, played: Played, *command: str, **variables: str) -> Result:
    saved = {"PULUMI_SKIP_CHECKPOINTS": None} if played.cell.checkpoints else {}
    result = project.run(*command, env={**saved, **variables})
    named = "".join(f"{name}={value} " for name, value in variables.items())
    played.texts.append(f"$ {named}pulumi {' '.join(command)}\n{result.text}")
    return result


def differences(of: str, expected: list[str], after: list[str]) -> list[str]:
    lines = [f"{of} lacks {each}" for each in expected if after.count(each) < expected.count(each)]
    return lines + [f"{of} also has {each}" for each in after if after.count(each) > expected.count(each)]
