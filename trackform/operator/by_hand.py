"""Connections that somebody made by hand, as RedTrack's conversion log shows them: their rows carry no marker of ours.

Pure. What a log does not show is no proof: a connection that had no sale leaves nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from trackform.account_file.sections import Composition
from trackform.flow.orders import RETURNS
from trackform.operator.forms import FORMS, URL_LABEL
from trackform.operator.step import OperatorStep
from trackform.reconcile.connections import DeclaredConnection, connections_of
from trackform.reconcile.model import Conversion
from trackform.reconcile.rows import conversions
from trackform_digistore24.marker import PREFIX, SUB, parameter


@dataclass(frozen=True)
class Unmarked:
    """Conversions of the offer sources of a file that no connection of any stack sent."""

    rows: tuple[Mapping[str, Any], ...] = ()
    conversions: tuple[Conversion, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conversions)

    def __str__(self) -> str:
        """How many there are, of which days, and what is known of the connection that sends them."""
        first, last = (f"{pick(each.at for each in self.conversions).astimezone(UTC):%Y-%m-%d}" for pick in (min, max))
        days = first if first == last else f"{first} to {last}"
        count = f"{len(self.conversions)} conversion{'' if len(self.conversions) == 1 else 's'}"
        types = sorted({each.type for each in self.conversions if each.type})
        offers = sorted({str(row["offer"]) for row in self.rows if row.get("offer")})
        known = [f"type {', '.join(types)}"] if types else []
        known += [f"offer {', '.join(offers)}"] if offers else []
        return f"{count} without our marker (sub{SUB}={PREFIX}…), {days}" + (f": {'; '.join(known)}" if known else "")

    def since(self, at: datetime) -> "Unmarked":
        """Those after a moment."""
        return self._only([each.at > at for each in self.conversions])

    def of(self, composition: Composition, name: str) -> "Unmarked":
        """Those that a declared connection would book once more: of its products and order events."""
        connection = next((each for each in connections_of(composition) if each.name == name), None)
        if connection is None or connection.books is not None or not connection.active:
            return Unmarked()
        products = _products(composition)
        pairs = zip(self.rows, self.conversions, strict=True)
        return self._only([_is_for(connection, products, row, each) for row, each in pairs])

    def _only(self, chosen: list[bool]) -> "Unmarked":
        rows = (row for row, wanted in zip(self.rows, chosen, strict=True) if wanted)
        return Unmarked(
            tuple(rows), tuple(each for each, wanted in zip(self.conversions, chosen, strict=True) if wanted)
        )


def unmarked(composition: Composition, rows: Iterable[Mapping[str, Any]]) -> Unmarked:
    """The rows of a conversion log that came over the file's offer sources and without a marker.

    Raises:
        ValueError: a row has no time.
    """
    sources = {connection.offer_source for connection in connections_of(composition)} - {""}
    listed = list(rows)
    known = conversions(listed)
    chosen = [each.offer_source in sources and not each.subs.get(SUB, "").startswith(PREFIX) for each in known]
    return Unmarked(tuple(listed), tuple(known))._only(chosen)  # noqa: SLF001 -- its own


def _products(composition: Composition) -> dict[str, set[str]]:
    """Title of an offer -> the ids of what it sells: an upsell is booked under the offer of the first product."""
    file = composition.account.file
    sold = {
        composition.title_of("offers", name): file.products.get(entry.product or name)
        for name, entry in file.offers.items()
    }
    return {title: {product.id, *product.upsells} for title, product in sold.items() if product}


def _is_for(
    connection: DeclaredConnection, products: Mapping[str, set[str]], row: Mapping[str, Any], conversion: Conversion
) -> bool:
    """Whether the connection fires for it as well. What is not known is not held against it."""
    sold = products.get(str(row.get("offer") or ""))
    back = conversion.amount < 0 or conversion.type in RETURNS
    fires = connection.events & (set(RETURNS) if back else {"payment"})
    return bool(fires) and (sold is None or not sold.isdisjoint(connection.products))


def replacing(step: OperatorStep, known: str) -> OperatorStep:
    """The step to enter an object in the place of one that somebody made by hand; ``known``: what is known of it."""
    url = next((each.value.partition("?")[0] for each in step.fields if each.label == URL_LABEL), "")
    row = f"the connection whose URL begins with {url} and has no {parameter('')}… in it"
    reason = (
        f"Somebody made a connection by hand for the same sales: RedTrack's log has {known}. Replace this row: look "
        "for it, give it these values, and add no second one, which would count everything twice."
    )
    return replace(step, action="replace", form=FORMS[step.id.partition("/")[0]].change, reason=reason, row=row)
