"""A review for a terminal."""

from rich.console import Console, Group
from rich.text import Text

from trackform.documents.colours import BAD, DOUBTFUL
from trackform.review.model import CHANGES, Item, Review
from trackform.review.values import text
from trackform.review.words import HEADINGS, apply_command, groups, is_applicable, lines, refs

STYLES = {"drift": DOUBTFUL, "take-over": DOUBTFUL, "replace": DOUBTFUL, "delete": BAD}
"""Changes that somebody should look at twice; the others are what was asked for."""
WIDE = 10_000
"""A line stays one line: what prints it folds it, where there is a terminal."""


def terminal_text(review: Review, *, in_terminal: bool) -> str:
    """The whole review; coloured where a person reads it in a terminal."""
    console = Console(width=WIDE, force_terminal=in_terminal or None, highlight=False)
    with console.capture() as said:
        console.print(Group(*_lines(review)), soft_wrap=True)
    return "".join(line.rstrip() + "\n" for line in said.get().splitlines())


def _lines(review: Review) -> list[Text]:
    bad = review.dangers or review.verdict in ("refused", "failed")
    texts = [Text(review.summary, style=f"bold {BAD}" if bad else "bold")]
    for refusal in review.refusals:
        texts += [Text(""), Text(refusal, style=BAD)]
    if review.dangers:
        texts += [Text(""), Text("DANGER", style=f"bold {BAD}")]
        texts += [Text.assemble("  ", (danger.about, "bold"), f": {danger.reason}") for danger in review.dangers]
    for change in CHANGES:
        items = review.of(change)
        if items:
            style = " ".join(["bold", *filter(None, [STYLES.get(change)])])
            texts += [Text(""), Text(f"{HEADINGS[change]} ({len(items):,})", style=style)]
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
            said.append(line.old, BAD).append(" → ")
        texts.append(said.append(line.new, "bold").append(f" ({line.how})" if line.how else ""))
    return texts
