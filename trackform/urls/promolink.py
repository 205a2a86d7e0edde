"""The path of a Digistore24 promolink: which product it leads to, and whom it credits."""

import re
from dataclasses import dataclass

from trackform.urls.parts import parse

PATH = re.compile(
    r"/(?:redir/(?P<product>[^/]+)|content/(?P<content>[^/]+)/[^/]+)/(?P<affiliate>[^/]+)(?:/(?P<campaignkey>[^/]*))?/?"
)
"""Of a promolink or a content link (Digistore24's help centre)."""


@dataclass(frozen=True)
class PromolinkPath:
    """What stands in the path, as it stands there: nothing is decoded.

    Attributes:
        is_content: it leads to a page of the vendor's, not to the product's own.
    """

    product: str
    affiliate: str
    campaignkey: str | None
    is_content: bool


def promolink_path(url: str) -> PromolinkPath | None:
    """None where the URL has the path of no promolink; hosts are not looked at."""
    found = PATH.fullmatch(parse(url).path)
    if found is None:
        return None
    content = found["content"]
    return PromolinkPath(content or found["product"], found["affiliate"], found["campaignkey"], bool(content))


def linked_product(url: str) -> str | None:
    """The product that a promolink leads to."""
    found = promolink_path(url)
    return found.product if found else None
