"""Where the sandbox of a stack is, and whose accounts are meant there."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import click

from trackform.account_file.stack_names import known_stacks, stacks_to_choose_from
from trackform.commands.folder import enter_project
from trackform.commands.stacks import chosen_stack
from trackform.documents.project_folder import project_folder
from trackform.project.live import live_session
from trackform.project.stacks import FOLDER
from trackform.verify.hands import is_on_this_machine
from trackform_core.session.settings import give_a_key
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.service import REDTRACK

PATH = "/redtrack"
"""Where a sandbox has RedTrack's API."""
USUAL = "http://127.0.0.1:8650"


@dataclass(frozen=True)
class SandboxAccounts:
    """A sandbox, and the keys of one account of each vendor."""

    url: str
    redtrack_key: str = field(repr=False)
    digistore24_key: str = field(repr=False)


def accounts_of(stack: str, otherwise: str) -> SandboxAccounts:
    """The sandbox that a stack's settings lead to, and its keys there; ``otherwise`` is what to do where none is.

    Raises:
        click.ClickException: there is no such stack, or it is on no sandbox of this machine.
    """
    known = known_stacks(FOLDER)
    if stack not in known and not (FOLDER / f"Pulumi.{stack}.yaml").exists():
        raise click.ClickException(f"there is no stack {stack}; known: {stacks_to_choose_from(FOLDER)}")
    settings = live_session(stack).settings
    address = settings.url(REDTRACK).rstrip("/")
    if not (is_on_this_machine(address) and address.endswith(PATH)):
        raise click.ClickException(f"{stack} is on {address}, which is no sandbox on this machine: {otherwise}")
    return SandboxAccounts(address.removesuffix(PATH), settings.key(REDTRACK).text, settings.key(DIGISTORE24).text)


def accounts(
    ctx: click.Context, url: str | None, redtrack_key: str | None, digistore24_key: str | None
) -> SandboxAccounts:
    """What the command line says; where a key is missing, what the stack of this project does.

    Without a project, what the environment says of all stacks.

    Raises:
        click.ClickException: neither says it.
    """
    in_project = project_folder(Path.cwd()) is not None
    if not in_project:
        redtrack_key = redtrack_key or os.environ.get(REDTRACK.endpoint.key_variable)
        digistore24_key = digistore24_key or os.environ.get(DIGISTORE24.endpoint.key_variable)
    if redtrack_key and digistore24_key:
        return SandboxAccounts(url or USUAL, redtrack_key, digistore24_key)
    if not in_project:
        raise click.UsageError(
            "whose accounts are meant? Call it in the folder of a project, or say --redtrack-key and --digistore24-key"
        )
    enter_project(ctx)
    meant = chosen_stack(None, "say which stack's accounts are meant with PULUMI_STACK")
    own = accounts_of(meant, "say --redtrack-key and --digistore24-key of accounts that are")
    named = SandboxAccounts(url or own.url, redtrack_key or own.redtrack_key, digistore24_key or own.digistore24_key)
    for service, key in ((REDTRACK, named.redtrack_key), (DIGISTORE24, named.digistore24_key)):
        if not key:
            raise click.ClickException(f"no API key: {give_a_key(meant, service.endpoint)}")
    return named
