"""A review as one page that needs nothing else: no network, no other file, no script."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trackform.review.model import CHANGES, Review
from trackform.review.values import text
from trackform.review.words import HEADINGS, apply_command, groups, is_applicable, lines, refs


def page(review: Review, picture: str = "") -> str:
    """The whole page.

    Args:
        review: the plan.
        picture: HTML that draws the account. It is trusted: whoever made it has escaped what is in it.
    """
    environment = Environment(
        loader=PackageLoader("trackform.review"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("review.html.j2").render(
        review=review,
        changes=[
            (change, HEADINGS[change], items, groups(items)) for change in CHANGES if (items := review.of(change))
        ],
        lines=lines,
        refs=refs,
        text=text,
        apply_command=apply_command(review) if is_applicable(review) else "",
        picture=Markup(picture),  # noqa: S704 -- made by us, see above
    )
