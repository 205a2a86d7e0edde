"""The reference page of all commands, made from their help texts."""

import inspect
import re
from collections.abc import Iterator

import click

HEAD = """# The commands

<!-- Made by `make docs` from the commands in trackform/commands. Do not edit. -->

Run them in the project's folder, or below it. Exit status: 0 fine, 1 an error, 2 differences or findings, 3 drift, 4
only operator steps are open; a command that uses others says so. `--json` writes for machines.

`[STACK]...` names stacks, by their short or their full name (`organization/trackform/acme`); `--all` means every stack
with an account file, and `--stacks GLOB` those whose names fit. Without any of these the stack of `PULUMI_STACK` is
meant, else the one that `pulumi stack select` chose, else the only one. Where it could have been another, the command
says which it took.
"""


def page(main: click.Group) -> str:
    """The page of a command line, as Markdown."""
    context = click.Context(main, info_name="trackform")
    parts = [HEAD]
    for path, command in sorted(_commands("trackform", main, context)):
        parts += _entry(path, command, context)
    return "\n".join(parts)


def _commands(path: str, group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(f"{path} {name}", command, context)


def _entry(path: str, command: click.Command, context: click.Context) -> Iterator[str]:
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    yield f"## `{path}`\n"
    yield f"```text\n{usage}\n```\n"
    yield _prose(command.help or "") + "\n"
    rows = [
        f"| `{', '.join(each.opts + each.secondary_opts)}` | {_meaning(each)} |"
        for each in command.params
        if isinstance(each, click.Option) and not each.hidden
    ]
    if rows:
        yield "\n".join(["| option | meaning |", "| --- | --- |", *rows]) + "\n"


def _prose(text: str) -> str:
    """A help text without the marks that only click's own layout needs."""
    return re.sub(r"\x08\n?", "", inspect.cleandoc(text))


def _meaning(option: click.Option) -> str:
    said = (option.help or "").replace("|", "\\|")
    if isinstance(option.type, click.Choice):
        said += f" One of {', '.join(f'`{each}`' for each in option.type.choices)}."
    if option.show_default and option.default not in (None, False, ()) and not callable(option.default):
        said += f" Default `{option.default}`."
    return said.strip()
