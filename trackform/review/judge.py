"""From a preview to a review: what changes, how dangerous it is, and what it all comes to."""

from collections.abc import Iterable, Iterator, Sequence

from trackform.account_file.sections import SECTIONS
from trackform.operator.step import OperatorStep
from trackform.preview.plan import Diagnostic, Plan
from trackform.review import addresses
from trackform.review.danger import Dangers, Traffic
from trackform.review.escape import one_line
from trackform.review.meaning import Files, loosened, money, others_objects, pins_loosened
from trackform.review.model import CHANGES, DANGERS, Danger, FieldChange, Item, Review, Verdict
from trackform.review.read import Reader
from trackform.review.values import masked


def nobody_knows(_: object) -> None:
    """The traffic of an object, where nobody can be asked."""
    return


def judge(
    preview: Plan,
    files: Files | None = None,
    traffic: Traffic = nobody_knows,
    operator: Sequence[OperatorStep] = (),
    refusals: Iterable[Diagnostic] = (),
    unknown: Iterable[str] = (),
) -> Review:
    """What people are told of a preview.

    Args:
        preview: the plan.
        files: the account files, for what a plan alone does not tell.
        traffic: whether an offer or campaign has clicks.
        operator: steps that are open, besides those that the plan shows.
        refusals: besides those of the plan's own steps, such as of an earlier preview that ended with them.
        unknown: what could not be looked at.
    """
    files = files or Files()
    read = Reader(preview, files.composition.objects if files.composition else ())
    dangers = [*Dangers(preview.steps, traffic, preview.leftovers).all(), *others_objects(preview, files)]
    dangers += [*money(preview.stack, files, read.items), *loosened(files)]
    dangers += [*addresses.dangers(preview, files.base_config), *pins_loosened(preview)]
    # A reason quotes what stands in the account, which anybody may have typed there.
    dangers = [danger.model_copy(update={"reason": one_line(masked(danger.reason))}) for danger in dangers]
    items = _with_steps(read.items, operator)
    errors = [*refusals, *preview.refusals, *preview.errors]
    # The program's own verdict says it all again.
    errors = [each for each in errors if each.id != "plan-refused"] or errors
    return Review(
        stack=preview.stack,
        verdict=_verdict(items, dangers, errors),
        refusals=tuple(dict.fromkeys(masked(error.message) for error in errors if error.id != "as-told")),
        dangers=tuple(sorted(set(dangers), key=_order)),
        items=tuple(items),
        unchanged=read.unchanged,
        left=tuple(read.left),
        warnings=tuple(map(masked, _warnings(preview))),
        unknown=tuple(unknown),
        rows=(*read.rows, *addresses.rows(preview)),
    )


def _order(danger: Danger) -> tuple[int, str, str]:
    return DANGERS.index(danger.kind), danger.about, danger.reason


def _warnings(preview: Plan) -> Iterator[str]:
    """What was said and stands with no object of the plan."""
    for ref, fate in preview.fates.items():
        # One that goes by a new name may have left long ago: then nothing of it is planned.
        if ref not in preview.steps and fate.id != "kept-renamed":
            yield f"{SECTIONS[ref.section].title} '{ref.name}' leaves the file: {fate}"
    elsewhere = {"changed-outside", "not-declared", *(["leaves"] if preview.fates else [])}
    yield from (each.message for each in preview.diagnostics if not each.is_error and each.id not in elsewhere)


def _verdict(items: list[Item], dangers: list[Danger], errors: list[Diagnostic]) -> Verdict:
    if errors:
        return "refused" if all(each.is_refusal for each in errors) else "failed"
    changes = {item.change for item in items}
    if "drift" in changes:
        return "drift"
    if changes - {"operator"} or dangers:
        return "differs"
    return "operator" if changes else "nothing"


def _with_steps(items: list[Item], operator: Sequence[OperatorStep]) -> list[Item]:
    """Open steps that no item tells: the plan knows only those that are resources."""
    told_items = {item.ref for item in items if item.change in ("operator", "create", "update")}
    others = [item for item in items if item.change != "operator"]
    shown = {item.ref: item for item in items if item.change == "operator"}
    for step in operator:
        section, _, name = step.id.partition("/")
        if step.id in told_items and step.id not in shown:
            continue
        fields = tuple(
            FieldChange(name=each.label, old=masked(each.before) or None, new=masked(each.value) or None)
            for each in step.fields
            if each.changed
        )
        shown[step.id] = Item(
            change="operator", section=section, name=name, kind=step.form, service=step.service, fields=fields,
            note=f"To {'enter' if step.action == 'create' else step.action} by hand: `trackform operator`",
        )  # fmt: skip
    return sorted([*others, *shown.values()], key=lambda item: CHANGES.index(item.change))
