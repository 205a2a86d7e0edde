"""``trackform demo``: shows the main job on a sandbox, step by step, with the commands that a person would type."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx
from rich.console import Console
from rich.table import Table

from trackform.documents.columns import show
from trackform.documents.shipped import shipped
from trackform.init.account import NewAccount
from trackform.init.project_files import ProjectFiles
from trackform.init.written import make
from trackform.project.pulumi_cli import apart, binary
from trackform.project.stacks import FOLDER
from trackform.verify.hands import HEADS, KINDS, PATHS, Hands, Happening, conversion_rows

PORT = 8650
SANDBOX = f"http://127.0.0.1:{PORT}"
KEYS = {
    "REDTRACK_API_KEY": "demo-redtrack",
    "DIGISTORE24_API_KEY": "123456-demo",
    "TRACKFORM_BRIDGE_KEY": "demo-bridge",
}
BIN = Path(sys.executable).parent
STACK = "demo"
CAMPAIGN = "facebook-keto-guide"
OWN = Path(".state") / "demo"
"""The demo's own project: it begins anew there, and nowhere else. Live stacks are beside it, in .state/pulumi."""
STATES = (".state/pulumi", "pulumi")
"""Where the state is in it, and where earlier versions had it."""
INIT = (
    "trackform init demo --affiliate acme --currency USD --domain track.acme.test --product keto-guide=411530 "
    "--notify ops@acme.test"
)
ACCOUNT = NewAccount(
    STACK, affiliate="acme", currency="USD", domain="track.acme.test", product="keto-guide", product_id="411530",
    notify="ops@acme.test",
)  # fmt: skip
"""What that command line says."""
FILLED_IN = {
    "keto-guide: {id: 411530}": "keto-guide: {id: 411530, upsells: [411531, 411532]}",
    "keto-guide: {} ": "keto-guide: {countries: [DE, AT]} ",
    "funnel: keto-guide}": "funnel: keto-guide, cost_model: CPC, cpc: 0.25}",
}
"""What a person adds to the file then."""

MOST_NAMES = 8
"""More objects of a kind are only counted."""

console = Console(highlight=False, soft_wrap=True)


class Story:
    """The demo's account in the sandbox, and how it is shown."""

    def __init__(self, folder: Path, cli: Path, state: Path) -> None:
        self.folder = folder
        self.cli = cli
        http = httpx.Client(base_url=SANDBOX, timeout=10)
        self.hands = Hands(http, KEYS["REDTRACK_API_KEY"], KEYS["DIGISTORE24_API_KEY"])
        self.env = {
            **apart(),
            **KEYS,
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_STACK": STACK,
        }

    def say(self, text: str) -> None:
        console.print(f"\n[bold]{text}[/bold]")

    def pulumi(self, *arguments: str, quiet: bool = False, expect: int = 0) -> None:
        """Run the real CLI and show what it prints.

        Raises:
            click.ClickException: it ended with another status than expected.
        """
        if not quiet:
            console.print(f"[bold]$ pulumi {' '.join(arguments)}[/bold]")
        done = subprocess.run(  # noqa: S603 -- the project's own CLI
            [self.cli, *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder, env=self.env, check=False, text=True, capture_output=quiet,
        )  # fmt: skip
        if done.returncode != expect:
            raise click.ClickException(f"pulumi ended with status {done.returncode}\n{done.stderr or ''}".rstrip())

    def account(self, title: str) -> None:
        table = Table(title=title, title_justify="left")
        table.add_column("in the account")
        table.add_column("number", justify="right")
        table.add_column("which")
        for kind in KINDS:
            rows = self.hands.rows(PATHS[kind.name])
            names = [str(row.get("title") or row.get("name") or row.get("url", ""))[:60] for row in rows]
            table.add_row(kind.titles, str(len(rows)), ", ".join(names) if len(names) < MOST_NAMES else f"{len(names)}")
        console.print(table)


@contextmanager
def running_sandbox(data: Path) -> Iterator[None]:
    """A fresh sandbox for as long as the story takes."""
    with subprocess.Popen(  # noqa: S603 -- our own command
        [BIN / "trackform", "sandbox", "serve", "--reset", f"--port={PORT}", f"--data={data}"],
        env=apart(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            first = process.stdout.readline() if process.stdout else ""
            if "ready" not in first:
                process.wait(5)
                said = process.stderr.read() if process.stderr else ""
                raise click.ClickException(said.strip().removeprefix("Error: "))
            yield
        finally:
            process.terminate()


@click.command()
def demo() -> None:
    """Show the main job on a sandbox, from an empty account to counted conversions."""
    started = time.monotonic()
    project = Path.cwd() / OWN
    cli = binary()
    _refuse_links(project)
    _refuse_other_stacks(project)
    with running_sandbox(project / ".state" / "sandbox"):
        # Only now is it sure that the story can be told.
        empty(project)
        make_project(project)
        tell(Story(project, cli, project / STATES[0]))
    console.print(f"\nTold in {time.monotonic() - started:.0f} s. To go on, in each of two terminals:")
    console.print(f"  cd {OWN} && . stacks/demo.env\nthen in the one, and in the other:")
    console.print(f"  trackform sandbox serve --port {PORT} --data .state/sandbox\n  pulumi preview")


def _refuse_links(project: Path) -> None:
    """Refuse a folder that a link leads to: it would be emptied, and is another's."""
    for path in (project, project / ".state", project / STATES[0], project / ".state" / "sandbox"):
        if path.is_symlink():
            raise click.ClickException(
                f"{path} is a link, and what it leads to may be somebody's. Nothing was started. Take it away: "
                f"rm {shlex.quote(str(path))}"
            )


def _refuse_other_stacks(project: Path) -> None:
    """Refuse a folder with other stacks: it is the demo's own, but somebody may have worked there."""
    states = (path for state in STATES for path in project.glob(f"{state}/.pulumi/stacks/**/*.json"))
    others = sorted(path.stem for path in states if path.stem != STACK)
    if others:
        raise click.ClickException(
            f"{project} holds stacks that the demo did not make: {', '.join(others)}. It begins with an empty folder. "
            f"Move this one away first: mv {OWN} {OWN}.before"
        )


def empty(project: Path) -> None:
    """Take away what an earlier demo left, but for the sandbox, which runs already."""
    kept = {project / ".state", project / ".state" / "sandbox"}
    try:
        for path in {*project.glob("*"), *project.glob(".state/*")} - kept:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        (project / STATES[0]).mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise click.ClickException(f"{project} cannot be emptied: {error.strerror or error}") from None


def make_project(project: Path) -> None:
    """What `trackform init` makes, filled in, with the sandbox for a service and the environment that runs this."""
    text = ACCOUNT.text()
    for open_one, filled in FILLED_IN.items():
        text = text.replace(open_one, filled)
    sandbox = (FOLDER / f"Pulumi.{STACK}.yaml", FOLDER / f"{STACK}.env")
    own = {path.as_posix(): shipped(path.as_posix()).read_text(encoding="utf-8") for path in sandbox}
    make(project, ProjectFiles(STACK), {f"{FOLDER}/{STACK}.yaml": text, **own})
    (project / ".venv").symlink_to(sys.prefix)


def tell(story: Story) -> None:
    story.say(f"1. A project of its own, in {OWN}, and two empty accounts in the sandbox: RedTrack and Digistore24.")
    console.print(f"[bold]$ {INIT}[/bold]")
    # Not selected: that would be remembered, and be where the person's next command goes.
    story.pulumi("stack", "init", STACK, "--no-select", quiet=True)
    story.account("before")

    story.say(
        "2. stacks/demo.yaml, filled in, says what should exist: RedTrack's article on Digistore24, step by step."
    )
    story.pulumi("up", "--yes", "--skip-preview", "--suppress-progress")
    story.account("after")

    story.say("3. Someone edits the offer's URL in the web application: cid={clickid} loses a letter.")
    offer = story.hands.find("offer", "keto-guide")
    story.hands.edit("offer", "keto-guide", {"url": offer["url"].replace("{clickid}", "{clickd}")})

    story.say("4. A plain preview reads the live account and shows it.")
    story.pulumi("preview", "--diff", "--suppress-outputs")

    story.say("5. pulumi up heals it, and writes nothing else.")
    story.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", "--suppress-progress")

    story.say("6. Money: one click, one sale, one upsell, one refund of the sale.")
    money(story)

    story.say("7. And nothing is left to do.")
    story.pulumi("preview", "--expect-no-changes", "--suppress-outputs", quiet=True)
    console.print("[bold]$ pulumi preview --expect-no-changes[/bold]\nno changes (exit status 0)")


def money(story: Story) -> None:
    """Play the order events and show what RedTrack booked; the total must be what the affiliate earned."""
    happenings = [Happening("sale", "411530"), Happening("upsell", "411531"), Happening("refund", "411530")]
    played = story.hands.play(CAMPAIGN, happenings)
    console.print(f"the ad leads to {played.redirect}")
    console.print("RedTrack's conversion log")
    show(console, HEADS, conversion_rows(played), right=("payout",))
    console.print(f"booked {played.booked:z.2f}, earned {played.earned:z.2f}")
    if played.booked != played.earned:
        raise click.ClickException("the payouts booked in RedTrack are not the commissions that Digistore24 paid")
