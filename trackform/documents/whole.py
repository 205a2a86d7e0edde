"""What is printed as it is, on any terminal: what machines read, and what people copy line by line."""

import json
import sys
from typing import Any

import click

from trackform_core.text.guarded import unfolded


class Copied(str):
    """A line that people copy: it is never folded."""

    __slots__ = ()


def print_line(line: str) -> None:
    """Print a line, folded where it is not to be copied."""
    if isinstance(line, Copied):
        print_whole(line)
    else:
        click.echo(line)


def print_whole(text: str, *, nl: bool = True) -> None:
    """Print text of which no line is folded."""
    with unfolded(sys.stdout):
        click.echo(text, nl=nl)


def print_json(document: Any) -> None:
    """Print a document for machines."""
    print_whole(json.dumps(document, indent=2))
