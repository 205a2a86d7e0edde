"""The list of generated pages, and writing them."""

from collections.abc import Callable
from pathlib import Path

from trackform.account_file import json_schema
from trackform.cli import main
from trackform.documents.report_file import ReportFile, holds
from trackform.reference import account_file, commands, resources, rules

PAGES: dict[Path, Callable[[], str]] = {
    Path("docs/account-file.md"): account_file.page,
    Path("docs/account-file.schema.json"): json_schema.text,
    Path("docs/commands.md"): lambda: commands.page(main),
    Path("docs/presets.md"): resources.presets_page,
    Path("docs/resources.md"): lambda: resources.resources_page(account_file.table),
    Path("docs/rules.md"): rules.page,
}
"""Each file that `make docs` writes, with the function that makes it."""


def write_pages() -> None:
    """Write all of them below the working directory.

    Raises:
        TrackformError: a page of that name was written by somebody else.
    """
    for path, make in PAGES.items():
        mark = json_schema.TITLE if path.suffix == ".json" else "<!-- Made by `make docs` "
        ReportFile(path, "make docs", holds(mark)).write(make())
