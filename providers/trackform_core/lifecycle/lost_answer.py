"""A create that was not answered with an object: it is looked for, and waited for, before anybody is told."""

import logging
from typing import Any

from trackform_core.errors import Refused
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.lookup import candidates, label
from trackform_core.lifecycle.refusals import not_listed
from trackform_core.lifecycle.witnesses import WAITS, searched
from trackform_core.model.compare import Comparison
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Row, Values
from trackform_core.session.session import Session

log = logging.getLogger("trackform")


class NotListed(Refused):
    """The service said that it created an object, and does not show it."""


def found_after_all(
    kind: Kind[Any], session: Session, inputs: Values, lost: ServiceError | None
) -> tuple[str, Row]:  # fmt: skip
    """The object of a create that was not answered with one: it may show some time later.

    Raises:
        ServiceError: the answer was lost, and it does not show.
        NotListed: the service said that it was created, and it does not show.
    """
    listing = session.listing(kind)
    for seconds in (0, *WAITS):
        if seconds:
            session.wait(seconds)
        after = _looked_for(kind, session, inputs[kind.key])
        if len(after) == 1:
            log.warning("%s: the answer was lost, but it was created: %s", label(kind, inputs), after[0][0])
            listing.put(*after[0])
            return after[0]
    if lost is None:
        raise NotListed(not_listed(kind, inputs, len(after)))
    lost.may_exist = True
    raise lost


def made_though_declined(kind: Kind[Any], session: Session, inputs: Values) -> Row | None:
    """The object of a create to which the service said no, where it is there all the same, just as it was sent.

    Only where its key is its id, which was asked for a moment ago: nothing was there then. Elsewhere the next run takes
    what equals the declaration.
    """
    if kind.has_listing:
        return None
    matches = _looked_for(kind, session, inputs[kind.key])
    row = matches[0][1] if len(matches) == 1 else None
    if row is None or Comparison(kind, row, inputs).differing:
        return None
    log.warning("%s: %s said no, and created it", label(kind, inputs), kind.service.name)
    return row


def _looked_for(kind: Kind[Any], session: Session, key: Any) -> list[tuple[str, Row]]:
    """What has a natural key by now; nothing where the service does not tell, who may be as ill as before."""
    listing = session.listing(kind)
    listing.forget()
    try:
        listing.complete()
        return candidates(kind, session, key) or searched(kind, session, key)
    except ServiceError as error:
        log.info("%s", error)
        return []
