"""Objects of the file that a service has twice, alike: no service prevents two runs from making the same at once."""

from collections.abc import Iterator

from trackform.account_file.compose import Composition
from trackform.account_file.sections import Wanted
from trackform.doctor.accounts import refused
from trackform.doctor.check_result import CheckResult, wrong
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.twins import made_alike
from trackform_core.session.session import Session
from trackform_redtrack.service import REDTRACK

TOPIC = "made twice"


def made_twice(session: Session, composition: Composition) -> Iterator[CheckResult]:
    """A line for each object with a second one of the same values, unless the file picks one of them by its id."""
    picked = {str(wanted.fields["adopt_id"]) for wanted in composition.objects if wanted.fields.get("adopt_id")}
    if not session.settings.key(REDTRACK).is_whole:
        return
    for wanted in composition.objects:
        if wanted.kind.service is not REDTRACK or wanted.fields.get("existing") or wanted.fields.get("adopt_id"):
            continue
        try:
            ids = [each for each in _alike(session, wanted) if each not in picked]
        except ServiceError as error:
            yield refused(TOPIC, error, session.account)
            return
        if len(ids) > 1:
            said = f"{wanted.section}.{wanted.name}: {REDTRACK.name} has {len(ids)} of it with the same values"
            yield wrong(
                TOPIC, f"{said} ({', '.join(ids)}), as where two runs create it at once",
                "delete in the web application those that nothing uses; the stack that had one takes the one that is "
                f"left with its next `pulumi up`. If all are meant, write `id: …` under {wanted.name}", session.account,
            )  # fmt: skip


def _alike(session: Session, wanted: Wanted) -> list[str]:
    """The ids of its first one that has another one beside it, and of those."""
    listing, key = session.listing(wanted.kind), wanted.fields.get(wanted.kind.key)
    listing.complete()
    rows = listing.named(key)
    for _, first in rows:
        alike = [object_id for object_id, row in rows if made_alike(wanted.kind, session, first, row)]
        if len(alike) > 1:
            return alike
    return []
