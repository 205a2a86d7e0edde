"""Reads promolinks: the click behind a sale, as Digistore24 learns of it."""

from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

GO_PARTS = 5
"""Of the host go.AFFILIATE.PRODUCT.digistore24.com."""
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
    is_other_link: bool = False
    """It came over a form of link of which it is not known whether ``cid`` survives."""


def parse(url: str) -> Click:
    """Read ``/redir/PRODUCT/AFFILIATE[/CAMPAIGNKEY]`` or ``/content/PRODUCT/LINK/AFFILIATE[/CAMPAIGNKEY]``.

    Any host is taken: Digistore24 serves promolinks under several (help articles, "promolink"). And its other forms:
    ``go.AFFILIATE.PRODUCT.digistore24.com/KEY``, ``/product/PRODUCT?aff=AFFILIATE``, ``#aff=AFFILIATE&cam=KEY``.

    Raises:
        ValueError: it has none of them.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    click = Click(
        cid=query.get("cid", ""),
        sids={name: query[name] for name in SIDS if name in query},
        utm={name: value for name, value in query.items() if name.startswith("utm_")},
    )
    tail = dict(parse_qsl(parts.fragment))
    path = parts.path.strip("/")
    host = (parts.hostname or "").split(".")
    match path.split("/"):
        case ["redir", product, affiliate, *rest] | ["content", product, _, affiliate, *rest] if len(rest) <= 1:
            return replace(click, campaignkey="".join(rest), affiliate=affiliate, product_id=product)
        case _ if host[0] == "go" and host[-2:] == ["digistore24", "com"] and len(host) == GO_PARTS:
            click = replace(click, campaignkey=path, affiliate=host[1], product_id=host[2])
        case ["product", product] if "aff" in query:
            click = replace(click, campaignkey=query.get("cam", ""), affiliate=query["aff"], product_id=product)
        case _ if "aff" in tail:
            click = replace(click, campaignkey=tail.get("cam", ""), affiliate=tail["aff"])
        case _:
            raise ValueError(f"not a promolink: {parts.scheme}://{parts.netloc}{parts.path}")
    return replace(click, is_other_link=True)
