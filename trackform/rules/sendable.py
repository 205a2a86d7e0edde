"""What a new connection, or one with another type, needs of the conversion types that it will send."""

from collections.abc import Iterable

from trackform.flow.build import forward_of
from trackform.flow.orders import RETURNS
from trackform.flow.told import PURCHASE
from trackform.rules.conversion_types import GOOD_MODE, free_slots, new_type, types_of_no_sale
from trackform.rules.edits import FileEdit
from trackform.rules.registry import Case


def sendable(case: Case, values: Iterable[str]) -> tuple[FileEdit, ...] | None:
    """The edits after which these types can be sent; None where no slot is free for one of them.

    One that nothing has sent so far may count otherwise, or tell channels of a return as of a sale.
    """
    slots, edits = free_slots(case), list[FileEdit]()
    named = _by_name(case)
    for value in values:
        if value not in named:
            new = new_type(case, value, next(slots, None))
            if not new:
                return None
            edits += new
            continue
        entry, place = case.flow.file.conversion_types[named[value]], ("conversion_types", named[value])
        events = {event.casefold() for event in (forward_of(entry) or {}).values()}
        if entry.duplicates != GOOD_MODE:
            edits.append(FileEdit((*place, "duplicates"), GOOD_MODE))
        if value in RETURNS and (entry.forward is None or events & _told_of_sales(case)):
            edits.append(FileEdit((*place, "forward"), "none"))
    return tuple(edits)


def _by_name(case: Case) -> dict[str, str]:
    """The types by the name that a postback must send."""
    return {str(case.flow.fields("conversion_types", name)["name"]): name for name in case.flow.file.conversion_types}


def _told_of_sales(case: Case) -> set[str]:
    """The events, in small letters, that channels are told of sales as."""
    of_none = {*types_of_no_sale(case).values(), *RETURNS}
    entries = (case.flow.file.conversion_types[name] for sent, name in _by_name(case).items() if sent not in of_none)
    return {PURCHASE}.union(*({event.casefold() for event in (forward_of(each) or {}).values()} for each in entries))
