"""Sessions with the live accounts of a stack, by its settings and keys, for commands that work without Pulumi."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trackform.account_file.models import AccountFile, pinned
from trackform.project.pulumi_cli import run_pulumi, with_way_out
from trackform.project.stacks import FOLDER
from trackform_core.errors import TrackformError
from trackform_core.guard.pins import Faults, confirmed_elsewhere, live_accounts, other_accounts, wrong_pins
from trackform_core.model.pulumi_names import NAMESPACE
from trackform_core.model.service import Service
from trackform_core.model.vendors import pins
from trackform_core.no_api.ledger import ledger_of
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of
from trackform_core.text import files
from trackform_core.text.secrets import remember_token

WAY_OUT = "correct it by hand"


class UnreadableSettings(TrackformError):  # noqa: N818 -- nothing failed
    """A file of settings that nobody can use: ``said`` is what is wrong, and where; ``way_out`` what to do."""

    def __init__(self, path: Path, error: files.UnreadableError) -> None:
        place = f"{path}:{error.line}" if error.line else str(path)
        self.said, self.way_out = f"{place}: {error.message}", error.way_out or WAY_OUT
        super().__init__(f"{self.said}; {self.way_out}")


def live_session(stack: str) -> Session:
    """A session of its own with what ``stacks/Pulumi.<stack>.yaml`` and the environment say: no two stacks share one.

    Raises:
        TrackformError: the configuration cannot be read.
    """
    return Session(stack, settings_of(stack, configuration(stack)))


def refuse_wrong_accounts(
    session: Session, file: AccountFile, recorded: Mapping[str, str], only: Service | None = None
) -> None:
    """Refuse keys of other accounts than the stack's: as its file pins them, its state was made in, people looked at.

    Raises:
        TrackformError: as ``refuse_another_account`` and ``refuse_what_is_elsewhere`` do.
        trackform_core.http.service_error.ServiceError: the service does not tell whose key it is.
    """
    refuse_another_account(session, file, only)
    refuse_what_is_elsewhere(session, recorded, only)


def refuse_another_account(session: Session, file: AccountFile, only: Service | None = None) -> None:
    """Refuse a key that belongs to another account than the stack is pinned to.

    Args:
        session: with the keys.
        file: with the pins.
        only: the one service that is asked, where no other matters.

    Raises:
        TrackformError: the key in use is another account's.
        trackform_core.http.service_error.ServiceError: the service does not tell whose key it is.
    """
    services = {pin: service for pin, service in pins().items() if only in (None, service)}
    checked = {
        pin: named
        for pin, named in pinned(file).items()
        if named and pin in services and session.settings.key(services[pin]).text
    }
    live = dict(zip(checked, session.owners(services[pin] for pin in checked), strict=True))
    wrong = wrong_pins(session, checked, live)
    if wrong:
        raise TrackformError("\n".join(reason for _, reason in wrong))


def refuse_what_is_elsewhere(
    session: Session, recorded: Mapping[str, str] | None = None, only: Service | None = None
) -> None:
    """Refuse a state and a ledger of another account: they say nothing of the one behind the keys in use.

    Args:
        session: with the keys.
        recorded: pin -> the account that the state was made in, where somebody read it.
        only: the one service that is asked, where no other matters.

    Raises:
        TrackformError: one of them is another account's, or the ledger cannot be relied on.
        trackform_core.http.service_error.ServiceError: the service does not tell whose key it is.
    """
    if wrong := found_elsewhere(session, recorded, only):
        raise TrackformError("\n".join(reason for _, reason in wrong))


def found_elsewhere(session: Session, recorded: Mapping[str, str] | None = None, only: Service | None = None) -> Faults:
    """What ``refuse_what_is_elsewhere`` refuses, and raises as well."""
    ledger = ledger_of(session.account, FOLDER)
    recorded = dict(recorded or {})
    meant = {pin for pin, service in pins().items() if only in (None, service)}
    live = live_accounts(session, {}, only=meant & {*recorded, *ledger.accounts})
    return other_accounts(session, recorded, live) or confirmed_elsewhere(session, ledger, live)


def configuration(stack: str) -> dict[str, str]:
    """The stack's settings by name; Pulumi is only called where there is something to decrypt."""
    ours = {key.partition(":")[2]: value for key, value in settings_in_files(stack).items()}
    if any(isinstance(value, dict) for value in ours.values()):
        return decrypted(stack)
    return {name: str(value) for name, value in ours.items()}


def settings_in_files(stack: str, root: Path = Path()) -> dict[str, Any]:
    """Our settings as the files have them, the project's defaults included; ``root`` is the project's folder.

    Raises:
        TrackformError: a file cannot be read.
    """
    defaults: dict[str, Any] = {}
    for name, declared in read_settings(root / "Pulumi.yaml").items():
        default = declared.get("value", declared.get("default")) if isinstance(declared, dict) else declared
        if default is not None:
            defaults[name if ":" in name else f"{NAMESPACE}:{name}"] = default
    return {
        name: value for name, value in {**defaults, **stored(stack, root)}.items() if name.startswith(f"{NAMESPACE}:")
    }


def stored(stack: str, root: Path = Path()) -> dict[str, Any]:
    """The stack's configuration as its file has it: a secret is a map that holds its encrypted text.

    Raises:
        TrackformError: the file cannot be read.
    """
    return read_settings(root / FOLDER / f"Pulumi.{stack}.yaml")


def read_settings(path: Path) -> dict[str, Any]:
    """What a file of Pulumi's says under ``config``; empty where there is no such file.

    Raises:
        UnreadableSettings: what Pulumi refuses as well (v3.259.0).
    """
    try:
        text = files.read_text(path) if files.is_there(path) else ""
        data = files.load_yaml(text, repeats=False)
    except files.UnreadableError as error:
        raise UnreadableSettings(path, error) from None
    section = data.get("config") if isinstance(data, dict) else data
    if section is None:
        return {}
    if not isinstance(section, dict):
        said = f"{'its config' if isinstance(data, dict) else 'it'} is no map of names and values"
        raise UnreadableSettings(path, files.UnreadableError(said, 0, WAY_OUT))
    # YAML 1.1 reads a key such as `no` or `1` as what is no text.
    return {str(name): value for name, value in section.items()}


def decrypted(stack: str) -> dict[str, str]:
    done = run_pulumi("config", "--show-secrets", "--json", stack=stack)
    if done.returncode:
        said = with_way_out(done.stderr.strip(), stack)
        raise TrackformError(f"the configuration of stack '{stack}' cannot be read: {said}")
    values: dict[str, Any] = json.loads(done.stdout)
    for item in values.values():
        if item.get("secret"):
            remember_token(str(item.get("value", "")))
    return {key.partition(":")[2]: str(item.get("value", "")) for key, item in values.items()}
