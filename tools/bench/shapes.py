"""``python -m tools.bench.shapes``: processor time of `trackform validate` on account files of every ordinary shape.

What a proof costs hangs on how an account is made, not on its size alone: each shape here once was slow.
"""

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.bench.stacks import BIN, ROOT

CATALOG = """\
account: {currency: USD}
digistore24: {affiliate: bench, currency: USD, notify: ops@bench.test}
domains: {main: track.bench.test}
traffic_channels: {facebook: {preset: facebook}}
conversion_types:
  initial_sale: {slot: 1, duplicates: by_event_id, forward: {facebook: Purchase}}
  upsell: {slot: 2, duplicates: by_event_id, forward: none}
  refund: {slot: 3, duplicates: by_event_id, forward: none}
  chargeback: {slot: 4, duplicates: by_event_id, forward: none}
offer_sources: {digistore24: {preset: digistore24, click_expiration: off}}
"""
SALES = 'events: [payment], type: order_type, sum: commission, event_id: "{transaction_id}-{product_id}"'
RETURNS = (
    "events: [refund, chargeback], type: transaction_type, sum: minus_commission, "
    'event_id: "{transaction_id}-{product_id}-{transaction_type}"'
)
SHARED = (f"sales: {{{SALES}}}", f"returns: {{{RETURNS}}}")
FIRST_PRODUCT, FIRST_UPSELL = 400000, 700000
CHUNK = 4
"""Objects of a product of its own: offer, funnel, campaign and, where each has one, a connection."""
Sections = Mapping[str, list[str]]


def _file(sections: Sections) -> str:
    texts = (f"{name}:\n" + "".join(f"  {line}\n" for line in lines) for name, lines in sections.items())
    return CATALOG + "".join(texts)


def _paths(count: int) -> dict[str, list[str]]:
    """As many products, each with an offer, a funnel and a campaign."""
    numbers = range(count)
    return {
        "products": [f"p{n}: {{id: {FIRST_PRODUCT + n}, guarantee: 60d}}" for n in numbers],
        "offers": [f"p{n}: {{countries: [DE]}}" for n in numbers],
        "funnels": [f"f{n}: {{offers: {{p{n}: 100}}}}" for n in numbers],
        "campaigns": [f"c{n}: {{channel: facebook, funnel: f{n}}}" for n in numbers],
    }


def plain(objects: int) -> str:
    """Two connections for all; products of one sort."""
    return _file({**_paths(objects // 3), "postbacks": list(SHARED)})


def connection_each(objects: int) -> str:
    """A connection for the payments of each product."""
    count = objects // 4
    own = [f"sales-{n}: {{{SALES}, products: [p{n}]}}" for n in range(count)]
    return _file({**_paths(count), "postbacks": [*own, SHARED[1]]})


def two_connections_each(objects: int) -> str:
    """A connection for the payments of each product, and one for its returns."""
    count = objects // 5
    own = [
        line
        for n in range(count)
        for line in (f"sales-{n}: {{{SALES}, products: [p{n}]}}", f"returns-{n}: {{{RETURNS}, products: [p{n}]}}")
    ]
    return _file({**_paths(count), "postbacks": own})


def upsells(objects: int) -> str:
    """Three offers in each funnel, of products that have two upsells each, billed in every way."""
    funnels = objects // 5
    billing = ("single", "subscription", "installment")
    numbers = range(funnels * 3)
    products = [
        f"p{n}: {{id: {FIRST_PRODUCT + n}, upsells: [{FIRST_UPSELL + 2 * n}, {FIRST_UPSELL + 2 * n + 1}], "
        f"billing: {billing[n % 3]}, guarantee: 60d}}"
        for n in numbers
    ]
    return _file({
        "products": products,
        "offers": [f"p{n}: {{countries: [DE]}}" for n in numbers],
        "funnels": [f"f{n}: {{offers: {{p{3 * n}: 50, p{3 * n + 1}: 30, p{3 * n + 2}: 20}}}}" for n in range(funnels)],
        "campaigns": [f"c{n}: {{channel: facebook, funnel: f{n}}}" for n in range(funnels)],
        "postbacks": list(SHARED),
    })  # fmt: skip


def own_upsell_connections(objects: int) -> str:
    """A connection for each product and another for its upsells."""
    count = objects // 5
    paths = _paths(count)
    paths["products"] = [
        line
        for n in range(count)
        for line in (
            f"p{n}: {{id: {FIRST_PRODUCT + n}, upsells: [{FIRST_UPSELL + n}], guarantee: 60d}}",
            f"u{n}: {{id: {FIRST_UPSELL + n}, billing: subscription}}",
        )
    ]
    own = [
        line
        for n in range(count)
        for line in (f"sales-{n}: {{{SALES}, products: [p{n}]}}", f"more-{n}: {{{SALES}, products: [u{n}]}}")
    ]
    return _file({**paths, "postbacks": [*own, SHARED[1]]})


def mistakes(objects: int) -> str:
    """Every fifth offer with one of several mistakes in its link, and every fifth funnel leading nowhere."""
    count = objects // 3
    paths = _paths(count)
    head = "https://www.digistore24.com/redir"
    wrong = (
        "{head}/{id}/bench?cid={{clickid}}_x", "{head}/{id}/bench", "{head}/{id}/other?cid={{clickid}}",
        "{head}/499999/bench?cid={{clickid}}", "{head}/{id}/bench?cid={{sub1}}",
        "https://go.bench.{id}.digistore24.com/?cid={{clickid}}",
    )  # fmt: skip
    for at, n in enumerate(range(0, count, 5)):
        link = wrong[at % len(wrong)].format(head=head, id=FIRST_PRODUCT + n)
        paths["offers"][n] = f'p{n}: {{url: "{link}", product: p{n}}}'
    for n in range(2, count, 5):
        paths["funnels"][n] = f"f{n}: {{offers: {{p{n}: 0}}}}"
    return _file({**paths, "postbacks": list(SHARED)})


def wrong_connections(objects: int) -> str:
    """A connection each, of which every third books something else than the commission."""
    count = objects // 4
    wrong = (SALES, SALES.replace("commission", "0"), SALES.replace(", sum: commission", ", sum: 12.5"))
    own = [f"sales-{n}: {{{wrong[n % 3]}, products: [p{n}]}}" for n in range(count)]
    return _file({**_paths(count), "postbacks": [*own, SHARED[1]]})


SHAPES: Mapping[str, Callable[[int], str]] = {
    "plain": plain,
    "a connection each": connection_each,
    "two connections each": two_connections_each,
    "offers with upsells": upsells,
    "upsells with connections": own_upsell_connections,
    "mistakes in offers": mistakes,
    "mistakes in connections": wrong_connections,
}


def measured(sizes: list[int], names: list[str]) -> Iterator[tuple[str, int, float]]:
    """Shape, objects, and the processor seconds of the whole process."""
    for name in names:
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                stacks = Path(folder, "stacks")
                stacks.mkdir()
                Path(folder, "templates").symlink_to(ROOT / "templates")
                (stacks / "bench.yaml").write_text(SHAPES[name](size))
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run([BIN / "trackform", "validate", "bench"], cwd=folder, capture_output=True, check=False)  # noqa: S603 -- our own
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
            yield name, size, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tools.bench.shapes", description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000], help="numbers of objects")
    arguments.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    chosen = arguments.parse_args()
    for name, size, seconds in measured(chosen.sizes, chosen.shapes):
        print(f"{name:26} {size:>6} objects {seconds:6.2f} s of processor", flush=True)


if __name__ == "__main__":
    main()
