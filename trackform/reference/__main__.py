"""``python -m trackform.reference`` writes the pages below the working directory."""

import sys

import click

from trackform.reference.pages import write_pages

try:
    write_pages()
except click.ClickException as error:
    sys.exit(f"Error: {error.message}")
