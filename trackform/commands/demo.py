"""``trackform demo``: shows the main job on a sandbox, step by step, with the commands that a person would type."""

import os
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
from trackform.project.live import stored
from trackform.project.pulumi_cli import apart, binary
from trackform.project.stacks import FOLDER
from trackform.verify.hands import HEADS, KINDS, PATHS, Hands, Happening, conversion_rows
from trackform_core.model.pulumi_names import NAMESPACE

PORT = 8650
SANDBOX = f"http://127.0.0.1:{PORT}"
KEYS = {
    "REDTRACK_API_KEY": "demo-redtrack",
    "DIGISTORE24_API_KEY": "123456-demo",
    "TRACKFORM_BRIDGE_KEY": "demo-bridge",
}
ADDRESSES = {
    "redtrackUrl": f"{SANDBOX}/redtrack",
    "digistore24Url": f"{SANDBOX}/digistore24/api/call",
    "bridgeUrl": f"{SANDBOX}/bridge",
}
BIN = Path(sys.executable).parent
STACK = "demo"
OWN = Path(".state") / "demo"
"""The demo's own folder: it begins anew there, and nowhere else. Live stacks are beside it, in .state/pulumi."""

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
            console.print(f"[cyan]$ pulumi {' '.join(arguments)}[/cyan]")
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
    folder = Path.cwd()
    _refuse_another_project(folder)
    cli = binary()
    state = folder / OWN / "pulumi"
    _refuse_other_stacks(state)
    with running_sandbox(folder / OWN / "sandbox"):
        # Only now is it sure that the story can be told.
        empty(state)
        tell(Story(folder, cli, state))
    console.print(
        f"\nTold in {time.monotonic() - started:.0f} s. To go on by hand, see «Repeat it by hand» in README.md."
    )


def _refuse_another_project(folder: Path) -> None:
    """Refuse any project but the demo on its sandbox: `pulumi up` runs without a question here."""
    if not (folder / "Pulumi.yaml").exists():
        raise click.ClickException("run this in the project's folder, where Pulumi.yaml is")
    settings = FOLDER / f"Pulumi.{STACK}.yaml"
    for path in (FOLDER / f"{STACK}.yaml", settings):
        if not path.exists():
            raise click.ClickException(f"{path} is missing: run this in a clone of trackform, which has it")
    configured = stored(STACK)
    for name, wanted in ADDRESSES.items():
        if (there := configured.get(f"{NAMESPACE}:{name}")) != wanted:
            raise click.ClickException(
                f"{settings}: {NAMESPACE}:{name} is {there or 'not set'}, and the demo's sandbox is at {wanted}. "
                "Nothing was started. Keep the settings of a live account under another stack's name, and get the "
                f"demo's back: `git checkout -- {settings}`"
            )


def _refuse_other_stacks(state: Path) -> None:
    """Refuse a state folder with other stacks: it is the demo's own, but somebody may have worked there."""
    others = sorted(path.stem for path in state.glob(".pulumi/stacks/**/*.json") if path.stem != STACK)
    if others:
        raise click.ClickException(
            f"{state} holds stacks that the demo did not make: {', '.join(others)}. It begins with an empty folder, so "
            "move this one away first"
        )


def empty(state: Path) -> None:
    try:
        if state.exists():
            shutil.rmtree(state)
        state.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise click.ClickException(f"{state} cannot be emptied: {error.strerror or error}") from None


def tell(story: Story) -> None:
    # Not selected: that would be remembered, and be where the person's next command goes.
    story.pulumi("stack", "init", STACK, "--no-select", quiet=True)
    story.say("1. Two empty accounts in the sandbox: RedTrack and Digistore24.")
    story.account("before")

    story.say("2. stacks/demo.yaml says what should exist: RedTrack's article on Digistore24, step by step.")
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
    console.print("[cyan]$ pulumi preview --expect-no-changes[/cyan]\nno changes (exit status 0)")


def money(story: Story) -> None:
    """Play the order events and show what RedTrack booked; the total must be what the affiliate earned."""
    happenings = [Happening("sale", "411530"), Happening("upsell", "411531"), Happening("refund", "411530")]
    played = story.hands.play("fb-keto-de", happenings)
    console.print(f"the ad leads to {played.redirect}")
    console.print("RedTrack's conversion log")
    show(console, HEADS, conversion_rows(played), right=("payout",))
    console.print(f"booked {played.booked:z.2f}, earned {played.earned:z.2f}")
    if played.booked != played.earned:
        raise click.ClickException("the payouts booked in RedTrack are not the commissions that Digistore24 paid")
