"""What an account file says and nobody can prove: fields whose effect is unknown, on the way of a sale."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trackform.account_file.sections import EMBEDDED, SECTIONS, Ref
from trackform.flow.build import Flow, Sold
from trackform.flow.fields import EXISTING, FieldMark, mark_of, mark_of_extra

DECLARE = "declare it here, with adopt: true, in place of `existing`"


@dataclass(frozen=True)
class Unknown:
    """One thing that leaves what it is said of unproven.

    Attributes:
        path: where it stands in the account file.
        said: completes a sentence that begins with the object.
        fix: what to do about it.
    """

    object: Ref
    path: tuple[str | int, ...]
    said: str
    fix: str


class Unknowns:
    """All of one account. Objects on no way of a sale of Digistore24 do not count."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    @cached_property
    def all(self) -> list[Unknown]:
        """In the order of the file's sections."""
        if not self._flow.connections and not self._flow.sold:
            return []
        concerned = self._passed | self._of_the_account | self._of_running_campaigns
        return [
            unknown
            for section in SECTIONS
            for name in getattr(self._flow.file, section)
            if Ref(section, name) in concerned
            for unknown in self._of(Ref(section, name))
        ]

    def on_the_way(self, sold: Sold) -> list[Unknown]:
        """Those that leave a proof of this offer open."""
        if not self.all:
            return []
        passed = self.passed_by(sold) | self._of_the_account
        return [unknown for unknown in self.all if unknown.object in passed]

    def passed_by(self, sold: Sold) -> set[Ref]:
        """What a click on an offer and its sale pass."""
        over = (self._over(funnel) for funnel in self._flow.traffic_once_started.funnels.get(sold.offer, ()))
        return {Ref("offers", sold.offer), Ref("offer_sources", sold.source or "")}.union(*over)

    @cached_property
    def _passed(self) -> set[Ref]:
        """What the clicks on all offers and their sales pass."""
        offers, sources = ({getattr(sold, name) for sold in self._flow.sold} for name in ("offer", "source"))
        reached = {funnel for offer in offers for funnel in self._flow.traffic_once_started.funnels.get(offer, ())}
        own = {Ref("offers", offer) for offer in offers} | {Ref("offer_sources", source or "") for source in sources}
        return own.union(*map(self._over, reached))

    def _over(self, funnel: str) -> set[Ref]:
        """A funnel, and what clicks pass on their way to it and in it."""
        entry, campaigns = self._flow.file.funnels[funnel], self._flow.traffic_once_started.campaigns[funnel]
        return {
            Ref("funnels", funnel),
            *(Ref("landings", page) for page in (*entry.landings, *entry.prelandings)),
            *(Ref("campaigns", name) for name in campaigns),
            *(Ref("traffic_channels", self._flow.file.campaigns[name].channel or "") for name in campaigns),
        }

    @cached_property
    def _of_the_account(self) -> set[Ref]:
        """What every sale passes."""
        sections = ("postbacks", "conversion_types")
        return {Ref(section, name) for section in sections for name in getattr(self._flow.file, section)}

    @cached_property
    def _of_running_campaigns(self) -> set[Ref]:
        """Campaigns and funnels of which nobody knows what they lead to. What is paused, or another's, may run."""
        file, running = self._flow.file, self._flow.traffic_once_started.running
        embedded = {Ref("campaigns", name) for name in running if file.campaigns[name].funnel == EMBEDDED}
        funnels = {funnel for held in running.values() for funnel in held}
        offers = {offer for funnel in funnels for offer in file.funnels[funnel].offers}
        return (
            embedded
            | {Ref("campaigns", name) for name, entry in file.campaigns.items() if entry.existing is not None}
            | {Ref("funnels", name) for name in funnels if file.funnels[name].existing is not None}
            | {Ref("offers", name) for name in offers if file.offers[name].existing is not None}
        )

    def _of(self, ref: Ref) -> Iterator[Unknown]:
        entry = getattr(self._flow.file, ref.section)[ref.name]
        if getattr(entry, EXISTING, None) is not None:
            mark = mark_of(ref.section, EXISTING)
            if mark and mark.effect == "unknown":
                yield self._unknown(ref, (EXISTING,), f"only refers to what exists, and {mark.why}", DECLARE)
            return
        fields = self._flow.fields(ref.section, ref.name)
        given = {name: getattr(entry, name) for name in entry.model_fields_set}
        for field, value in {**fields, **given, **{name: fields[name] for name in given.keys() & fields}}.items():
            mark = mark_of(ref.section, field)
            if field == "extra":
                yield from self._of_extra(ref, value or {})
            elif field == "leave":
                yield from self._of_leave(ref, value or [])
            elif value is not None and mark and _is_open(mark, value):
                yield self._set(ref, (field,), field, value, mark)
        if ref.section == "campaigns" and entry.funnel == EMBEDDED:
            said = "keeps a funnel of its own, and which offers that holds is not in the file"
            yield self._unknown(ref, ("funnel",), said, "save the funnel as a template, declare it, and name it here")

    def _of_extra(self, ref: Ref, extra: Mapping[str, Any]) -> Iterator[Unknown]:
        for field, value in extra.items():
            mark = mark_of_extra(ref.section, field)
            if _is_open(mark, value):
                yield self._set(ref, ("extra", field), f"extra.{field}", value, mark)

    def _of_leave(self, ref: Ref, fields: list[str]) -> Iterator[Unknown]:
        deciding = [field for field in fields if (mark := mark_of(ref.section, field)) and mark.effect != "none"]
        if deciding:
            said = f"leaves {', '.join(deciding)} to others, and what is live there decides what is booked"
            yield self._unknown(ref, ("leave",), said, f"take {', '.join(deciding)} out of `leave`")

    def _set(self, ref: Ref, path: tuple[str, ...], field: str, value: object, mark: FieldMark) -> Unknown:
        shown = f" ({value})" if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        return self._unknown(ref, path, f"sets {field}{shown}: {mark.why}", f"leave {field} out")

    def _unknown(self, ref: Ref, path: tuple[str, ...], said: str, fix: str) -> Unknown:
        return Unknown(ref, (ref.section, ref.name, *path), said, fix)


def _is_empty(value: object) -> bool:
    """Whether nothing is said: what has no entries, and what is switched off."""
    return value in (None, "", [], {}) or (isinstance(value, Mapping) and value.get("is_enabled") is False)


def _is_open(mark: FieldMark, value: object) -> bool:
    """Whether this value of a field leaves open what is booked or told."""
    if mark.effect == "unknown":
        return not _is_empty(value) and value not in mark.harmless
    return bool(mark.effect == "decides" and mark.proved and value and value not in mark.proved)
