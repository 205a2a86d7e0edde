"""``trackform docs``: prints the pages of the documentation, which come with the package."""

import click

from trackform.documents.problems import did_you_mean
from trackform.documents.shipped import shipped
from trackform.documents.whole import print_whole

INDEX = "README"


@click.command()
@click.argument("page", required=False)
def docs(page: str | None) -> None:
    """Print PAGE of the documentation of this version, such as `rules`; without one, which pages there are.

    They are Markdown, and can be read as they are.
    """
    pages = {path.stem: path for path in sorted(shipped("docs").glob("*.md"))}
    name = (page or INDEX).removeprefix("docs/").removesuffix(".md")
    if name not in pages:
        known = ", ".join(each for each in pages if each != INDEX)
        raise click.UsageError(f"there is no page {page!r}; {did_you_mean(name, pages) or f'there are {known}'}")
    print_whole(pages[name].read_text(encoding="utf-8"), nl=False)
