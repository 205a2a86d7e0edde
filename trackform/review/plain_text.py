"""A review for a terminal."""

from rich.console import Console, Group
from rich.text import Text

from trackform.review.model import CHANGES, Item, Review
from trackform.review.values import text
from trackform.review.words import HEADINGS, apply_command, groups, is_applicable, lines, refs

COLOURS = {
    "drift": "yellow", "take-over": "magenta", "create": "green", "update": "yellow", "replace": "magenta",
    "delete": "red", "operator": "cyan",
}  # fmt: skip
WIDE = 10_000
"""In a file or a pipe nothing has to fit, and a line stays one line."""


def terminal_text(review: Review, *, in_terminal: bool) -> str:
    """The whole review; coloured and folded where a person reads it in a terminal."""
    console = Console(width=None if in_terminal else WIDE, force_terminal=in_terminal or None, highlight=False)
    with console.capture() as said:
        console.print(Group(*_lines(review)), soft_wrap=not in_terminal)
    return "".join(line.rstrip() + "\n" for line in said.get().splitlines())


def _lines(review: Review) -> list[Text]:
    bad = review.dangers or review.verdict in ("refused", "failed")
    texts = [Text(review.summary, style="bold red" if bad else "bold")]
    for refusal in review.refusals:
        texts += [Text(""), Text(refusal, style="red")]
    if review.dangers:
        texts += [Text(""), Text("DANGER", style="bold red")]
        texts += [Text.assemble("  ", (danger.about, "bold"), f": {danger.reason}") for danger in review.dangers]
    for change in CHANGES:
        items = review.of(change)
        if items:
            texts += [Text(""), Text(f"{HEADINGS[change]} ({len(items):,})", style=f"bold {COLOURS[change]}")]
            texts += [line for group in groups(items) for line in _group(group)]
    left = [
        f"{each.about}.{each.field} is {text(each.live)}; declared is {text(each.declared)}" for each in review.left
    ]  # fmt: skip
    for title, messages in (
        ("Changed outside and left alone", left), ("Warnings", review.warnings), ("Not looked at", review.unknown),
    ):  # fmt: skip
        if messages:
            texts += [Text(""), Text(title, style="bold"), *(Text(f"  {message}") for message in messages)]
    if is_applicable(review):
        digest = f"Digest {review.digest}. To apply exactly this: {apply_command(review)}"
        texts += [Text(""), Text(digest, style="dim")]
    return texts


def _group(group: list[Item]) -> list[Text]:
    item = group[0]
    note = f": {item.note}" if item.note else ""
    texts = [Text.assemble("  ", (refs(group), "bold"), f" ({item.kind}){note}")]
    for line in lines(item):
        said = Text(f"    {line.label}: ")
        if line.old is not None:
            said.append(line.old, "red").append(" → ")
        texts.append(said.append(line.new, "green").append(f" ({line.how})" if line.how else ""))
    return texts
