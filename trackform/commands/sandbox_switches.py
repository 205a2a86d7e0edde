"""The switches of a sandbox from a command line: ``--set name=value``."""

import click
from pydantic import ValidationError

from trackform.sandbox.switches import Switches
from trackform.sandbox.words import reason


def switches(assignments: tuple[str, ...]) -> Switches:
    """The switches that ``name=value`` assignments describe.

    Raises:
        click.ClickException: one line that names the first bad assignment and what it may be.
    """
    chosen: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise click.ClickException(f"--set {assignment}: expected name=value")
        if name not in Switches.model_fields:
            raise click.ClickException(f"--set {name}: unknown switch; there are {', '.join(Switches.model_fields)}")
        chosen[name] = value
    try:
        return Switches.model_validate(chosen)
    except ValidationError as error:
        first = error.errors()[0]
        raise click.ClickException(f"--set {first['loc'][0]}={first['input']}: {reason(first)}") from error
