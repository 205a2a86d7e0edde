"""What a shell completes: names of stacks, and of their objects. Reads files alone, and says nothing of mistakes."""

from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from trackform.account_file.compose import SECTIONS
from trackform.account_file.models import read_what_is_right
from trackform.account_file.stack_names import known_stacks
from trackform.documents.problems import Problems
from trackform.project.stacks import FOLDER


def stack_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Stacks that have an account file."""
    return [CompletionItem(name) for name in known_stacks(FOLDER) if name.startswith(incomplete)]


def object_names(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Objects of the stack that the command line names, or else of all: ``offers/keto-guide``."""
    stack = context.params.get("stack")
    names: set[str] = set()
    for each in [stack] if isinstance(stack, str) and stack else known_stacks(FOLDER):
        with suppress(Problems, OSError):
            file = read_what_is_right(FOLDER / f"{each}.yaml").file
            names |= {f"{section}/{name}" for section in SECTIONS for name in getattr(file, section)}
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]
