"""The graph of a set-up: its objects in columns, and the connections between them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from trackform.account_file.compose import EMBEDDED, Composition, Ref
from trackform.account_file.references import references
from trackform.account_file.sections import DESCRIPTORS
from trackform.rules.vocabulary import TYPE_VALUES
from trackform.urls import param

_HEADINGS = {name: f"{each.kind.titles[0].upper()}{each.kind.titles[1:]}" for name, each in DESCRIPTORS.items()}
COLUMNS = {
    name: _HEADINGS[name]
    for _, name in sorted((each.column, name) for name, each in DESCRIPTORS.items() if each.column)
}
"""Section -> heading, in the order in which a click and its sale pass through. Landings only where there are any."""
BESIDES = {name: heading for name, heading in _HEADINGS.items() if name not in COLUMNS}
"""What belongs to the account and to no path of a click."""
ALONE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Node:
    """One object. ``gone``: it is not in the file (any more), but something is marked about it."""

    ref: Ref
    detail: str = ""
    gone: bool = False


@dataclass
class Graph:
    """Columns from left to right, and connections in the direction of the click, then of the sale."""

    columns: dict[str, list[Node]] = field(default_factory=dict)
    besides: dict[str, list[Node]] = field(default_factory=dict)
    edges: list[tuple[Ref, Ref]] = field(default_factory=list)


def graph(composition: Composition, marked: Iterable[str]) -> Graph:
    """All objects of the set-up; those that are marked and not in it, too."""
    known = {
        Ref(each.section, each.name): _detail(composition, each.section, each.name) for each in composition.objects
    }
    nodes = [Node(ref, detail) for ref, detail in known.items()]
    for about in marked:
        section, _, name = about.partition("/")
        if name and Ref(section, name) not in known:
            nodes.append(Node(Ref(section, name), "not in the file", gone=True))
    result = Graph()
    for headings, place in ((COLUMNS, result.columns), (BESIDES, result.besides)):
        for section in headings:
            here = [node for node in nodes if node.ref.section == section]
            if here:
                place[section] = here
    result.edges = list(dict.fromkeys(_edges(composition)))
    return result


def _edges(composition: Composition) -> Iterator[tuple[Ref, Ref]]:
    order = list(COLUMNS)
    for each in composition.objects:
        here = Ref(each.section, each.name)
        drawn = [held for held in references(each.section) if {held.section, each.section} <= COLUMNS.keys()]
        for held in sorted(drawn, key=lambda held: order.index(held.section)):
            value = each.fields.get(held.field)
            for ref in value if isinstance(value, list) else [value]:
                if isinstance(ref, Ref):
                    yield (here, ref) if order.index(here.section) < order.index(ref.section) else (ref, here)
    yield from _postbacks(composition)


def _postbacks(composition: Composition) -> Iterator[tuple[Ref, Ref]]:
    """A postback belongs to an offer source, and books under the types that its macro can name."""
    file = composition.account.file
    for name, entry in file.postbacks.items():
        here = Ref("postbacks", name)
        sources = [entry.offer_source] if entry.offer_source else list(file.offer_sources)
        for source in sources if len(sources) == 1 else []:
            yield Ref("offer_sources", source), here
        sent = param(composition.postback_urls.get(name, ""), "type") or ""
        macro = ALONE.fullmatch(sent)
        values = TYPE_VALUES.get(macro[1], ()) if macro else (sent,)
        if macro and macro[1] == "transaction_type":
            # It names the event itself, and the connection hears only of some.
            values = tuple(value for value in values if value in entry.events)
        for value in values:
            for kind, type_ in file.conversion_types.items():
                if (type_.title or kind) == value:
                    yield here, Ref("conversion_types", kind)


def _detail(composition: Composition, section: str, name: str) -> str:
    """A few words that tell objects of one name apart."""
    entry = getattr(composition.account.file, section)[name]
    if getattr(entry, "existing", None):
        return "managed elsewhere"
    if section == "campaigns":
        inside = "embedded funnel" if entry.funnel == EMBEDDED else ""
        return " ".join(filter(None, [entry.cost_model or "", inside]))
    if section == "conversion_types":
        return f"slot {entry.slot}"
    if section == "postbacks":
        return ", ".join(entry.events)
    if section == "offers":
        product = composition.account.file.products.get(entry.product or name)
        return f"product {product.id}" if product and entry.url is None else ""
    return ""
