"""From a preview to a review: what changes, how dangerous it is, and what it all comes to."""

from collections.abc import Iterable, Sequence

from trackform.operator.steps import Step as OperatorStep
from trackform.review import addresses
from trackform.review.danger import Dangers, Traffic
from trackform.review.escape import one_line
from trackform.review.meaning import Files, loosened, money, others_objects
from trackform.review.model import CHANGES, DANGERS, Danger, FieldChange, Item, Review, Verdict
from trackform.review.read import Reader
from trackform.review.steps import Preview, Told
from trackform.review.values import masked
from trackform_core.session.permissions import asked_for

REPEATED = "refused as told in full for another"
TOLD_ELSEWHERE = "was changed outside, not managed"


def nobody_knows(_: object) -> None:
    """The traffic of an object, where nobody can be asked."""
    return


def judge(
    preview: Preview,
    files: Files | None = None,
    traffic: Traffic = nobody_knows,
    operator: Sequence[OperatorStep] = (),
    refusals: Iterable[Told] = (),
    unknown: Iterable[str] = (),
) -> Review:
    """What people are told of a preview.

    Args:
        preview: the plan.
        files: the account files, for what a plan alone does not tell.
        traffic: whether an offer or campaign has clicks.
        operator: steps that are open, besides those that the plan shows.
        refusals: of an earlier preview that ended with them; this one was made to see the plan all the same.
        unknown: what could not be looked at.
    """
    files = files or Files()
    read = Reader(preview)
    dangers = [*Dangers(preview.steps, traffic, preview.leftovers).all(), *others_objects(preview, files)]
    dangers += [*money(preview.stack, files, read.items), *loosened(files)]
    dangers += addresses.dangers(preview, files.base_config)
    # A reason quotes what stands in the account, which anybody may have typed there.
    dangers = [one.model_copy(update={"reason": one_line(masked(one.reason))}) for one in dangers]
    items = _with_steps(read.items, operator)
    errors = [*refusals, *preview.errors]
    return Review(
        stack=preview.stack,
        verdict=_verdict(items, dangers, errors),
        refusals=tuple(dict.fromkeys(masked(one.message) for one in errors)),
        dangers=tuple(sorted(set(dangers), key=lambda one: (DANGERS.index(one.kind), one.about, one.reason))),
        items=tuple(items),
        unchanged=read.unchanged,
        left=tuple(read.left),
        warnings=tuple(
            masked(one.message)
            for one in preview.told
            if not one.severity.startswith("error") and not _is_told_elsewhere(one, preview)
        ),
        unknown=tuple(unknown),
        rows=(*read.rows, *addresses.rows(preview)),
    )


def _is_told_elsewhere(told: Told, preview: Preview) -> bool:
    """Whether it stands with an object of the plan."""
    leaving = {(step.kind.title, step.ref.name) for step in preview.steps.values()}
    return TOLD_ELSEWHERE in told.message or bool(told.fate.keys() & leaving)


def is_refusal(told: Told) -> bool:
    """Whether trackform's guard said no, rather than something having failed."""
    return told.severity.startswith("error") and (
        told.of_account or bool(asked_for(told.message)) or REPEATED in told.message
    )


def _verdict(items: list[Item], dangers: list[Danger], errors: list[Told]) -> Verdict:
    if errors:
        return "refused" if all(map(is_refusal, errors)) else "failed"
    changes = {item.change for item in items}
    if "drift" in changes:
        return "drift"
    if changes - {"operator"} or dangers:
        return "differs"
    return "operator" if changes else "nothing"


def _with_steps(items: list[Item], operator: Sequence[OperatorStep]) -> list[Item]:
    """Open steps that no item tells: the plan knows only those that are resources."""
    told = {item.ref for item in items if item.change in ("operator", "create", "update")}
    found = [item for item in items if item.change != "operator"]
    shown = {item.ref: item for item in items if item.change == "operator"}
    for step in operator:
        section, _, name = step.id.partition("/")
        if step.id in told and step.id not in shown:
            continue
        fields = tuple(
            FieldChange(name=one.label, old=masked(one.before) or None, new=masked(one.value) or None)
            for one in step.fields
            if one.changed
        )
        shown[step.id] = Item(
            change="operator", section=section, name=name, kind=step.form, service=step.service, fields=fields,
            note=f"To {'enter' if step.action == 'create' else step.action} by hand: `trackform operator`",
        )  # fmt: skip
    return sorted([*found, *shown.values()], key=lambda item: CHANGES.index(item.change))
