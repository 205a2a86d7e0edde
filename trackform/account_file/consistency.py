"""Mistakes of a whole set-up, found before anything is touched: no objects, two names for one, values that misfit."""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from trackform.account_file.models import ReadAccount, SecretRef
from trackform.account_file.order import Circle
from trackform.account_file.references import references
from trackform.account_file.sections import SECTIONS, Composition, Ref, Wanted
from trackform.documents.problems import Problem
from trackform.documents.yaml_document import Steps
from trackform_core.model.validate import options_fit, validated
from trackform_core.text.looks import UNSEEN, look

KEYS = {("title",), ("id",), ("existing",)} | {(kind.key,) for kind in SECTIONS.values()}
"""What an entry may say of the key of its object."""


def emptied(account: ReadAccount) -> Iterator[Problem]:
    """Problem of a file without objects that does not say so, or of one with objects that says it has none.

    What is left of a file with mistakes tells nothing of what the person declared. Each file says it for itself: one
    that others extend would say it for stacks that nobody looked at.
    """
    document = account.document
    count = sum(len(getattr(account.file, section)) for section in SECTIONS)
    elsewhere = account.file.empty and document.origin(("empty",))[0] != document.file
    empty = account.file.empty and not elsewhere
    if empty and count:
        message = f"says that the file declares no objects, and it declares {count}"
        yield document.problem(("empty",), message, "take this line out")
    elif not empty and not count and not account.problems:
        here = f" in {document.file} as well: what it extends says it for itself alone" if elsewhere else ""
        yield document.problem(
            (),
            "declares no objects",
            "add some; or get them back, if a merge or another branch took them; or write `empty: true`, if none are "
            f"wanted{here}",
        )


def unreadable_names(composition: Composition) -> Iterator[Problem]:
    """Names that a review cannot show as they are: two could look the same, or one be torn into several lines."""
    for wanted in composition.objects:
        said = ""
        if not wanted.name.strip():
            said = "an object needs a name"
        elif match := UNSEEN.search(wanted.name):
            said = f"its name holds a character that nobody sees (U+{ord(match[0]):04X})"
        elif (usual := unicodedata.normalize("NFC", wanted.name)) != wanted.name:
            # As macOS writes names of files: to a service it is another title, and a second object.
            yield composition.account.document.problem(
                wanted.where, "its name has letters and their accents apart", f"write {usual}, typed anew"
            )
            continue
        if said:
            yield composition.account.document.problem(
                wanted.where, said, "name it without; what the web application calls it goes into its `title`"
            )


def same_keys(composition: Composition) -> Iterator[Problem]:
    """Two names for one live object: the second would take over, or double, the first."""
    document = composition.account.document
    # What is left of a file may go by its name, where its title was wrong.
    doubted = {doubt[:2] for doubt in document.doubts if doubt[2:3] in KEYS}
    seen: dict[tuple[str, str, str], tuple[str | int, ...]] = {}
    looks: dict[tuple[str, str], tuple[str, Wanted]] = {}
    for wanted in composition.objects:
        if wanted.where in doubted:
            continue
        title = str(wanted.fields.get(wanted.kind.key))
        other, first_one = looks.setdefault((wanted.section, look(title)), (title, wanted))
        if other != title and "adopt_id" not in wanted.fields and not _is_unreadable(wanted.name):
            file, line = document.origin(first_one.where)
            message = f"looks like {first_one.name} at {file}:{line}, and is written with other characters"
            yield document.problem(wanted.where, message, "drop one, or copy the name of the other if one is meant")
        keys = {wanted.kind.key} | wanted.kind.unique
        # Of several objects of one title each may be declared, by its id.
        for key in {"adopt_id"} if wanted.fields.get("adopt_id") else keys:
            value = str(wanted.fields.get(key))
            first = seen.setdefault((wanted.section, key, value), wanted.where)
            if first != wanted.where:
                file, line = document.origin(first)
                shown = "id" if key == "adopt_id" else key
                message = f"has the same {shown} ({value}) as {first[-1]} at {file}:{line}"
                yield document.problem(wanted.where, message, _apart(wanted, shown))
    ids: dict[str, str] = {}
    for name, product in composition.account.file.products.items():
        if (first_name := ids.setdefault(product.id, name)) != name:
            yield document.problem(("products", name, "id"), f"has the same id ({product.id}) as {first_name}")


def _is_unreadable(name: str) -> bool:
    return bool(UNSEEN.search(name)) or unicodedata.normalize("NFC", name) != name


def _apart(wanted: Wanted, shown: str) -> str:
    """The way out for two of one key; a twin meets it where the account it comes from has its ids."""
    if shown != "title":
        return "one object has one name: drop one, or correct it"
    return (
        f"give it another title, such as `{wanted.section}: {{{wanted.name}: {{title: …}}}}` in the stack's own file; "
        "or, where the account has both already, say with `id:` in each which one it is"
    )


def old_names(composition: Composition) -> Iterator[Problem]:
    """Problems of `was` that names an object of the file: Pulumi cannot know two objects by one name."""
    document = composition.account.document
    declared = {(wanted.section, wanted.name): wanted for wanted in composition.objects}
    names = {ref: wanted.where for ref, wanted in declared.items()}
    for wanted in composition.objects:
        if wanted.was is None:
            continue
        where = names.setdefault((wanted.section, wanted.was), (*wanted.where, "was"))
        if where != (*wanted.where, "was"):
            file, line = document.origin(where)
            yield document.problem(
                (*wanted.where, "was"),
                f"{wanted.was} is in use at {file}:{line}",
                _renamed_in_turn(wanted, declared.get((wanted.section, wanted.was))),
            )


def _renamed_in_turn(wanted: Wanted, other: Wanted | None) -> str:
    """The way out where ``other`` has the former name now; None where another one's `was` names it too."""
    if other is None:
        return "one object goes by one new name: take `was` out of the other entry, or of this one"
    if other is wanted or other.was is None:
        return (
            "`was` names what the object was called before, and no other object may have that name now: take it out "
            "once `pulumi up` has renamed the object, or rename it first and give its former name away afterwards"
        )
    return (
        f"Pulumi renames one after the other: {wanted.was} to {wanted.name} first, with `pulumi up`; then take this "
        f"`was` out and rename {other.was} to {other.name}. Where they change places, one of them goes over a name "
        "that is free"
    )


def no_circles(composition: Composition, circles: Iterable[Circle]) -> Iterator[Problem]:
    """Objects that refer to each other in a circle: none of them can be made first."""
    sections = list(SECTIONS)
    for circle in circles:
        circle_text = " -> ".join(f"{each.section}/{each.name}" for each, _ in [*circle, circle[0]])
        # What can be left out; of several, what is made last.
        loose = [(each, field) for each, field in circle if field not in each.kind.needed] or circle
        wanted, field = max(loose, key=lambda step: sections.index(step[0].section))
        held = next(each for each in references(wanted.section) if each.field == field)
        yield composition.account.document.problem(
            (*wanted.where, held.key),
            f"closes a circle, in which nothing can be made first: {circle_text}",
            f"leave `{held.key}` out and set it in the web application: what the file does not mention stays as it is",
        )


def misfits(composition: Composition, incomplete: set[Steps], like: Composition | None) -> Iterator[Problem]:
    """Problems that the provider would refuse, with their lines. What is mistaken already is left out.

    ``like``: a composition without any, of which the same need not be looked at again.
    """
    fitting = {wanted.where: wanted.fields for wanted in like.objects} if like else {}
    for wanted in composition.objects:
        if wanted.where in incomplete or wanted.fields == fitting.get(wanted.where):
            continue
        values = {name: _stand_in(value) for name, value in wanted.fields.items()}
        inputs, failures = validated(wanted.kind, values, "")
        for failure in [*failures, *options_fit(wanted.kind, inputs)]:
            yield composition.account.document.problem((*wanted.where, failure.field), failure.reason)


def _stand_in(value: Any) -> Any:
    if isinstance(value, Ref):
        # One text each: a list must not seem to name one object twice.
        return f"pending {value.section}/{value.name}"
    if isinstance(value, SecretRef):
        return "pending"
    return [_stand_in(item) for item in value] if isinstance(value, list) else value
