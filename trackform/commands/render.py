"""``trackform render``: prints the account file with everything resolved. Offline, without a key."""

import sys
from typing import Any

import click
import yaml

from trackform.account_file.compose import Composition, Ref
from trackform.account_file.models import SecretRef
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.documents.whole import print_json, print_whole
from trackform_core.text.shown import encodable


@click.command()
@stack_options
def render(names: tuple[str, ...], every: bool, pattern: str | None, as_json: bool) -> None:
    """Print what account files ask for, with `extends`, presets, references and URLs resolved."""
    stacks = composed(chosen_stacks(names, every, pattern), as_json)
    rows = {name: objects(composition) for name, composition in stacks}
    if as_json:
        print_json(rows)
    else:
        said = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=10_000)
        if encodable(said, sys.stdout.encoding or "utf-8") != said:
            # What a terminal writes plainly is not what the file asks for: YAML's own signs are read as what they are.
            said = yaml.safe_dump(rows, sort_keys=False, width=10_000)
        print_whole(said, nl=False)


def objects(composition: Composition) -> dict[str, dict[str, Any]]:
    """Section -> name -> fields; a reference as ``<section>.<name>``, a secret by its name only."""
    sections: dict[str, dict[str, Any]] = {}
    for wanted in composition.objects:
        sections.setdefault(wanted.section, {})[wanted.name] = {key: shown(item) for key, item in wanted.fields.items()}
    return sections


def shown(value: Any) -> Any:
    if isinstance(value, Ref):
        return f"{value.section}.{value.name}"
    if isinstance(value, SecretRef):
        return f"secret {value.secret}"
    return [shown(item) for item in value] if isinstance(value, list) else value
