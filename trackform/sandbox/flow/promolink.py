"""Reads promolinks: the click behind a sale, as Digistore24 learns of it."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

SIDS = ("sid1", "sid2", "sid3", "sid4", "sid5")


@dataclass(frozen=True)
class Click:
    """The click that a purchase is credited to, as the affiliate's link named it."""

    cid: str = ""
    campaignkey: str = ""
    sids: dict[str, str] = field(default_factory=dict)
    utm: dict[str, str] = field(default_factory=dict)
    affiliate: str | None = None
    product_id: str | None = None


def parse(url: str) -> Click:
    """Read ``/redir/PRODUCT/AFFILIATE[/CAMPAIGNKEY]`` or ``/content/PRODUCT/LINK/AFFILIATE[/CAMPAIGNKEY]``.

    Any host is taken: Digistore24 serves promolinks under several (help articles, "promolink").

    Raises:
        ValueError: it has neither form.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    match parts.path.strip("/").split("/"):
        case ["redir", product, affiliate, *rest] | ["content", product, _, affiliate, *rest] if len(rest) <= 1:
            return Click(
                cid=query.get("cid", ""),
                campaignkey=rest[0] if rest else "",
                sids={name: query[name] for name in SIDS if name in query},
                utm={name: value for name, value in query.items() if name.startswith("utm_")},
                affiliate=affiliate,
                product_id=product,
            )
        case _:
            raise ValueError(f"not a promolink: {parts.scheme}://{parts.netloc}{parts.path}")
