"""``trackform operator --live``: asks the services which steps are open there. Reads only."""

from typing import Any

from trackform.account_file.sections import Composition
from trackform.operator.live_steps import ServiceAnswers, live_steps
from trackform.operator.step import OperatorStep
from trackform.project.live import live_session, refuse_another_account
from trackform_core.model.kind import Kind
from trackform_core.session.session import Session
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack import offer_source, tracking_domain
from trackform_redtrack.service import REDTRACK


def steps_of(stack: str, composition: Composition) -> list[OperatorStep]:
    """The steps that the services show as open, as far as there are keys to ask with.

    Raises:
        TrackformError: the keys are of other accounts than the stack's.
        ServiceError: a service does not answer.
    """
    session = live_session(stack)
    refuse_another_account(session, composition.account.file)
    return live_steps(composition, _answers(session, composition))


def _answers(session: Session, composition: Composition) -> ServiceAnswers:
    redtrack = bool(session.settings.key(REDTRACK).text)
    return ServiceAnswers(
        domains=_keys(session, tracking_domain.KIND) if redtrack else None,
        offer_sources=_keys(session, offer_source.KIND) if redtrack else None,
        partnerships=_partnerships(session, composition) if session.settings.key(DIGISTORE24).text else None,
    )


def _keys(session: Session, kind: Kind[Any]) -> frozenset[str]:
    return frozenset(str(kind.key_of(row)) for row in session.listing(kind).complete().values())


def _partnerships(session: Session, composition: Composition) -> dict[str, dict[str, Any]]:
    """The answer of `validateAffiliate` for each product, asked one by one: a call takes one vendor's (published)."""
    file = composition.account.file
    if file.digistore24 is None:
        return {}
    client, affiliate = session.client(DIGISTORE24), file.digistore24.affiliate
    ids = {each for product in file.products.values() for each in (product.id, *product.upsells)}
    answers = {
        each: client.ask("validateAffiliate", affiliate_name=affiliate, product_ids=each) for each in sorted(ids)
    }  # fmt: skip
    return {each: answer for each, answer in answers.items() if isinstance(answer, dict)}
