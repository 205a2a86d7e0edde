"""From a state and two accounts to what is true of a stack."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trackform.account_file.sections import SECTIONS, Composition, Ref
from trackform.operator.step import OperatorStep
from trackform.project.state import State
from trackform.review.read import Reader
from trackform.rules import Finding
from trackform.status.model import FoundByRule, OpenStep, StackStatus, StatusRow, Unread
from trackform.status.plan import Looked, look
from trackform.urls import Raw, join_query, parse
from trackform_core.model.messages import read_message
from trackform_core.model.wire import Row, Values
from trackform_core.session.session import Session
from trackform_redtrack.base import STATUS_NAME, capped, ended

if TYPE_CHECKING:
    from trackform.review.model import Change

SHOWN = ("campaigns", "offers", "landings", "scripts")
NOT_MADE = "not made yet"
LEAVES = "leaves the file"
IN_REDTRACK, IN_FILE = "in RedTrack", "by the file"


def status_of(
    composition: Composition,
    state: State,
    session: Session,
    findings: Iterable[Finding],
    steps: Sequence[OperatorStep],
) -> StackStatus:
    """What is true of one stack, from what its services show right now."""
    looked = look(composition, state, session)
    reader = Reader(looked.plan, composition.objects)
    differs: dict[Change, list[str]] = {}
    for item in reader.items:
        if item.change not in ("drift", "operator"):
            differs.setdefault(item.change, []).append(item.ref)
    if new := [f"{ref.section}/{ref.name}" for ref in looked.missing]:
        differs["create"] = new + differs.get("create", [])
    return StackStatus(
        stack=session.account,
        applied=bool(state.resources),
        last=state.last,
        rows=tuple(StatusRows(composition, looked, session).all()),
        drift=tuple(item for item in reader.items if item.change == "drift"),
        differs={change: tuple(refs) for change, refs in differs.items()},
        unread=tuple(
            Unread(about=f"{ref.section}/{ref.name}", reason=read_message(reason).text)
            for ref, reason in looked.unread.items()
        ),
        findings=tuple(
            FoundByRule(
                rule=each.rule, severity=each.severity, message=each.problem.message,
                where=f"{each.problem.file}:{each.problem.line}",
            )
            for each in findings
        ),
        open_steps=tuple(OpenStep(id=each.id, action=each.action) for each in steps),
    )  # fmt: skip


class StatusRows:
    """The rows of one stack's table."""

    def __init__(self, composition: Composition, looked: Looked, session: Session) -> None:
        self._file = composition.account.file
        self._looked = looked
        self._session = session
        self._now = datetime.now(UTC)

    def all(self) -> Iterator[StatusRow]:
        for section in SHOWN:
            declared = [Ref(section, name) for name in getattr(self._file, section)]
            left = [ref for ref in self._looked.plan.steps if ref.section == section and ref not in declared]
            for ref in [*declared, *left]:
                yield self._row(ref, left=ref in left)

    def _row(self, ref: Ref, *, left: bool) -> StatusRow:
        outs = self._looked.outputs.get(ref)
        entry = getattr(self._file, ref.section).get(ref.name)
        title = str((outs or {}).get(SECTIONS[ref.section].key) or getattr(entry, "title", None) or ref.name)
        if outs is None:
            reason = "could not be read" if ref in self._looked.unread else self._absent(ref)
            return StatusRow(section=ref.section, name=ref.name, title=title, state=reason)
        said = [*self._state(ref, outs), *([LEAVES] if left else [])]
        is_campaign = ref.section == "campaigns"
        return StatusRow(
            section=ref.section,
            name=ref.name,
            title=title,
            state="; ".join(said),
            channel=self._name(outs.get("channel_id")) if is_campaign else "",
            link=str(outs.get("tracking_link" if is_campaign else "url") or ""),
            no_redirect=tuple(self._no_redirect(outs)) if is_campaign else (),
            code=str(outs.get("script_code") or ""),
            waits_for=self._waits_for(ref, outs),
        )

    def _absent(self, ref: Ref) -> str:
        step = self._looked.plan.steps.get(ref)
        return "deleted outside" if step is not None and step.gone else NOT_MADE

    def _name(self, object_id: Any) -> str:
        """What the set-up calls an object, else its title in RedTrack."""
        if ref := self._looked.plan.ids.get(str(object_id or "")):
            return ref.name
        row = self._live("traffic_channels", str(object_id or ""))
        return str((row or {}).get("title") or object_id or "")

    def _live(self, section: str, object_id: str) -> Row | None:
        return self._session.listing(SECTIONS[section]).row(object_id) if object_id else None

    def _state(self, ref: Ref, outs: Values) -> Iterator[str]:
        row = self._live(ref.section, str(outs.get("object_id") or "")) or {}
        if ref.section in ("campaigns", "offers"):
            yield self._runs(ref, outs, row)
        if day := ended(row, self._now):
            yield f"ended on {day}"
        for name, most in capped(row).items() if ref.section == "offers" else ():
            yield f"capped at {most} {self._by(ref, name, row[name])}"
        if ref.section == "campaigns":
            yield from self._of_its_offers(outs)

    def _runs(self, ref: Ref, outs: Values, row: Row) -> str:
        status = STATUS_NAME.get(row.get("status") or 0, str(row.get("status") or "status not known"))
        if status == "active":
            return "live"
        if waits := self._waits_for(ref, outs):
            return f"paused until {', '.join(waits)} {'is' if len(waits) == 1 else 'are'} confirmed"
        return f"{status} {self._by(ref, 'status', status)}"

    def _waits_for(self, ref: Ref, outs: Values) -> tuple[str, ...]:
        waits = tuple(outs.get("starts_after") or ())
        row = self._live(ref.section, str(outs.get("object_id") or "")) if waits else None
        return waits if row and STATUS_NAME.get(row.get("status") or 0) == "paused" else ()

    def _by(self, ref: Ref, name: str, live: Any) -> str:
        """Who made it so: the file where it says the same, else somebody in the web application."""
        entry = getattr(self._file, ref.section).get(ref.name)
        return IN_FILE if getattr(entry, name, None) == live else IN_REDTRACK

    def _of_its_offers(self, outs: Values) -> Iterator[str]:
        """What keeps the offers of a campaign from getting visitors: to the campaign it comes to the same."""
        for offer in self._reached(outs, "offer_ids"):
            ref = self._looked.plan.ids.get(offer)
            live = self._looked.outputs.get(ref) if ref else None
            for said in self._state(ref, live) if ref and live else ():
                if said != "live":
                    yield f"offer {ref.name} {said}" if ref else said

    def _reached(self, outs: Values, field: str) -> list[str]:
        """The ids of what a campaign's funnels lead to."""
        ids: dict[str, None] = {}
        for funnel in outs.get("funnel_ids") or ():
            ref = self._looked.plan.ids.get(funnel)
            ids |= dict.fromkeys((self._looked.outputs.get(ref) or {}).get(field) or () if ref else ())
        return list(ids)

    def _no_redirect(self, outs: Values) -> Iterator[str]:
        """Where an ad leads at once: the landing, with the campaign's id and all that its tracking link carries.

        RedTrack's no-redirect links: `cmpid=<campaign id>` on the landing's address (seen in client code).
        """
        link = str(outs.get("tracking_link") or "")
        if not self._file.scripts or not link:
            return
        carried = [(Raw(name), None if value is None else Raw(value)) for name, value in parse(link).params]
        for landing in self._reached(outs, "landing_ids"):
            ref = self._looked.plan.ids.get(landing)
            url = str((self._looked.outputs.get(ref) or {}).get("url") or "") if ref else ""
            if url:
                yield join_query(url, [("cmpid", str(outs["object_id"])), *carried])
