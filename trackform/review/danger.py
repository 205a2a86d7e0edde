"""Changes of meaning in a plan: a plain diff shows them, and nobody sees in it what they do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from trackform.account_file.compose import Ref
from trackform.preview.plan import Step, holds_unknown
from trackform.review.links import link_dangers
from trackform.review.model import Danger, DangerKind
from trackform.review.read import fields_of, is_kept, refs, removal, value_of
from trackform.review.values import text
from trackform.urls import parse
from trackform_core.model.markers import Books, Directs, InCode, InLink, Link, Reports, Tells
from trackform_core.model.wire import same

Traffic = Callable[[Step], bool | None]
"""Whether a live offer or campaign had clicks in the last 30 days; None where nobody knows."""


class Dangers:
    """What is dangerous in the steps of one plan."""

    def __init__(self, steps: Mapping[Ref, Step], traffic: Traffic, leftovers: Iterable[Step] = ()) -> None:
        self.steps = steps
        self.leftovers = leftovers
        self._traffic = traffic
        self._known: dict[tuple[Ref, str], bool | None] = {}

    def all(self) -> list[Danger]:
        """In the order of the engine; one may be told twice."""
        dangers: list[Danger] = []
        for step in [*self.steps.values(), *self.leftovers]:
            if step.op == "same":
                dangers += _protection(step)
            elif step.live is not None and not _only_waits(step):
                dangers += self._of(step)
        return [*dangers, *self._links()]

    def _of(self, step: Step) -> Iterator[Danger]:
        yield from _protection(step)
        if step.ref.section == "conversion_types":
            yield from _conversion_type(step)
        if step.ref.section == "postbacks":
            yield from _postback(step)
        yield from _code(step)
        for field in step.kind.marked(Link):
            yield from _link(step, field)
        yield from self._money(step)
        yield from self._channels_told(step)
        yield from self._directed(step)
        yield from self._ended(step)
        yield from self._status(step)

    def _redeclared(self, step: Step, marker: type) -> dict[str, tuple[Any, Any]]:
        """Field of a marker -> (as it is, declared), where the file asks for something new: drift is told as that."""
        live, declared = self._as_it_is(step), step.declared
        if declared is None or step.op == "replace":
            return {}
        fields = {}
        for name in step.kind.marked(marker):
            was, now = value_of(live, name), value_of(declared, name)
            set_back = step.applied is not None and same(value_of(step.applied, name), now)
            sealed = name in step.kind.secret and name in step.reasons
            if (not same(was, now) or sealed) and not set_back:
                fields[name] = (was, now)
        return fields

    def _money(self, step: Step) -> Iterator[Danger]:
        links = step.kind.marked(Link)
        for name, (was, now) in self._redeclared(step, Books).items():
            if name not in links:
                goes = "changes" if name in step.kind.secret else f"goes from {text(was)} to {text(now)}"
                yield _danger("money", step, f"{name} {goes}: it decides what is booked")

    def _channels_told(self, step: Step) -> Iterator[Danger]:
        fields = self._redeclared(step, Tells)
        if fields:
            said = f"tells others of conversions in another way: {', '.join(fields)}"
            yield _danger("postback", step, f"{said}. Channels learn from what they are told")

    def _directed(self, step: Step) -> Iterator[Danger]:
        fields = self._redeclared(step, Directs)
        over = [step] if _gets_clicks(step) else self._campaigns_over(step)
        clicked = [self.clicked(each) for each in over] if fields else []
        if any(each is not False for each in clicked):
            said = f"sends other visitors, or sends them elsewhere: {', '.join(fields)}"
            yield _danger("traffic", step, f"{said}. {_clicks(any(clicked) or None)}")

    def clicked(self, step: Step) -> bool | None:
        known = step.ref, step.object_id
        if known not in self._known:
            # The Account looked before it decided.
            clicked = step.fate.clicked if step.fate and _gets_clicks(step) else None
            self._known[known] = self._traffic(step) if clicked is None else clicked
        return self._known[known]

    def _ended(self, step: Step) -> Iterator[Danger]:
        """Something that visitors pass through is taken away."""
        if step.op not in ("delete", "replace") or step.kind.service.acts_for:
            return
        if is_kept(step):
            return
        word = "leaves the file" if step.op == "delete" else "is replaced by a new one of another id"
        if _gets_clicks(step):
            clicked = self.clicked(step)
            if clicked is not False:
                fate = removal(step) if clicked is None else "paused, not deleted"
                yield _danger("traffic", step, f"{word} and is {fate}. {_clicks(clicked)}")
            return
        users = [each for each in self._campaigns_over(step) if self.clicked(each) is not False]
        if users:
            clicked = any(self.clicked(each) for each in users) or None
            yield _danger(
                "traffic", step, f"{word} and is {removal(step)}. It is used by {_names(users)}. {_clicks(clicked)}"
            )

    def _status(self, step: Step) -> Iterator[Danger]:
        if not _gets_clicks(step) or step.declared is None:
            return
        was, now = (value_of(self._as_it_is(step), "status"), value_of(step.declared, "status"))
        if now == "paused" and was not in (None, "paused"):
            clicked = self.clicked(step)
            if clicked is not False:
                yield _danger("traffic", step, f"is paused. {_clicks(clicked)}")
        elif now == "active" and was == "paused":
            yield _danger("traffic", step, "is switched on again: somebody paused it, and it would get traffic")

    def _as_it_is(self, step: Step) -> Mapping[str, Any]:
        return {**(step.live or {}), **(step.outputs.get("changed_outside") or {})}

    def _links(self) -> Iterator[Danger]:
        for campaign in self._section("campaigns"):
            live, declared = campaign.live, campaign.declared
            if campaign.gone and declared is not None:
                yield _danger(
                    "tracking-link",
                    campaign,
                    "was deleted outside and is created again with another tracking link. Ads that point at the old "
                    "one lead nowhere until they are changed; whether it had clicks cannot be looked up any more",
                )
            if live is None or declared is None:
                continue
            changed = _changed(campaign, campaign.kind.marked(InLink))
            why = [f"its {name.removesuffix('_id')} changes" for name in changed if declared.get(name) is not None]
            for ref in self._refs(campaign, "channel_id"):
                fields = _changed(self.steps[ref], self.steps[ref].kind.marked(InLink))
                why += [f"{', '.join(fields)} of {ref.section}/{ref.name} change"] if fields else []
            for ref in self._refs(campaign, "domain_id"):
                step = self.steps[ref]
                moved = step.op in ("delete", "replace") or _changed(step, step.kind.marked(InLink))
                why += [f"{ref.section}/{ref.name} is another host"] if moved and "domain_id" not in changed else []
            clicked = self.clicked(campaign) if why else False
            if clicked is not False:
                link = parse(str(campaign.outputs.get("tracking_link") or ""))
                now = f" ({link.scheme}://{link.host}{link.path})" if link.host else ""
                yield _danger(
                    "tracking-link",
                    campaign,
                    f"its tracking link changes: {'; '.join(why)}. {_clicks(clicked)}. Ads that point at the old "
                    f"link{now} have to be changed with it",
                )

    def _section(self, section: str) -> list[Step]:
        return [step for ref, step in self.steps.items() if ref.section == section]

    def _refs(self, step: Step, field: str) -> list[Ref]:
        ids = set(refs(step.live or {}, field))
        return [ref for ref, other in self.steps.items() if other.object_id and other.object_id in ids]

    def _campaigns_over(self, step: Step) -> list[Step]:
        """Live campaigns of the plan whose visitors pass through an object."""
        ids = {step.object_id}
        while over := [ref for ref, each in self.steps.items() if each.object_id not in ids and ids & _referred(each)]:
            ids |= {self.steps[ref].object_id for ref in over}
        return [campaign for campaign in self._section("campaigns") if ids & _referred(campaign)]


def _gets_clicks(step: Step) -> bool:
    """Visitors are sent to it as long as it is active."""
    return "pause" in step.kind.policies


def _referred(step: Step) -> set[str]:
    """The ids of what a live object refers to."""
    return set(refs(step.live or {}, *step.kind.references))


def _only_waits(step: Step) -> bool:
    """What a person has to enter was judged when it was declared: the file did not change since."""
    if not step.awaits_operator or step.applied is None or step.declared is None:
        return False
    names = fields_of(step.kind, step.applied, step.declared)
    return all(same(value_of(step.applied, name), value_of(step.declared, name)) for name in names)


def _conversion_type(step: Step) -> Iterator[Danger]:
    live, declared = step.live or {}, step.declared
    history = "history, payouts and the channels' mappings refer to the slot"
    if declared is None:
        yield _danger(
            "conversion-type", step, f"leaves the file and is {removal(step)}. Slot {live.get('slot')}: {history}"
        )
        return
    if not same(live.get("slot"), declared.get("slot")):
        said = f"moves from slot {live.get('slot')} to slot {declared.get('slot')}: {history}"
        yield _danger("conversion-type", step, said)
    if not same(live.get("name"), declared.get("name")):
        yield _danger(
            "conversion-type",
            step,
            f"is renamed from {live.get('name')} to {declared.get('name')}: postbacks that send the old name are "
            "booked under no type",
        )


def _postback(step: Step) -> Iterator[Danger]:
    live, declared = step.live or {}, step.declared
    events = ", ".join(live.get("events") or ()) or "its events"
    if declared is None:
        ends = "" if is_kept(step) else f": it no longer reports {events} to RedTrack"
        yield _danger("postback", step, f"leaves the file and is {removal(step)}{ends}")
        return
    if live.get("active") is not False and declared.get("active") is False:
        yield _danger("postback", step, f"is switched off: it no longer reports {events} to RedTrack")
    for field, reports in step.kind.markers(Reports).items():
        lost = sorted(set(map(str, live.get(field) or ())) - set(map(str, declared.get(field) or ())))
        if lost and not holds_unknown(declared.get(field)) and "all" not in (declared.get(field) or ()):
            yield _danger("postback", step, f"no longer reports {reports.plural} {', '.join(lost)}")


def _link(step: Step, field: str) -> Iterator[Danger]:
    live, declared, applied = (
        str((values or {}).get(field) or "") for values in (step.live, step.declared, step.applied)
    )
    if live and declared and not holds_unknown(declared):
        for reason in link_dangers(step.ref.section, field, live, declared, applied):
            yield _danger("url", step, reason)


def _code(step: Step) -> Iterator[Danger]:
    """What people have pasted into pages does not change with the object that it came from."""
    if changed := _changed(step, step.kind.marked(InCode)):
        fields = ", ".join(name.removesuffix("_id") for name in changed)
        yield _danger(
            "tracking-link",
            step,
            f"its code changes with {fields}. Pages keep the code that was pasted into them: paste the new one",
        )


def _protection(step: Step) -> Iterator[Danger]:
    if step.protected == (True, False) and step.op != "delete":
        yield _danger("protection", step, "protect is taken away: a later change may delete it")
    order = {"keep": 0, "pause": 1, "delete": 2}
    was, now = (
        (values or {}).get("on_delete") or step.kind.on_delete for values in (step.live, step.declared)
    )  # fmt: skip
    if step.declared is not None and order[now] > order[was]:
        yield _danger("protection", step, f"on_delete is loosened from {was} to {now}")


def _changed(step: Step, names: Iterable[str]) -> list[str]:
    if step.live is None or step.declared is None:
        return []
    return [name for name in names if not same(value_of(step.live, name), value_of(step.declared, name))]


def _clicks(clicked: bool | None) -> str:
    if clicked:
        return "There were clicks in the last 30 days"
    return "Whether there were clicks in the last 30 days was not looked up"


def _names(steps: list[Step]) -> str:
    names = sorted(f"{step.ref.section}/{step.ref.name}" for step in steps)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004


def _danger(kind: DangerKind, step: Step, reason: str) -> Danger:
    return Danger(kind=kind, about=f"{step.ref.section}/{step.ref.name}", reason=reason)
