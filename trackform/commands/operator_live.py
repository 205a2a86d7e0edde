"""``trackform operator --live``: asks the services which steps are open there. Reads only."""

from typing import Any

import click

from trackform.account_file.sections import Composition
from trackform.operator.in_state import known_of
from trackform.operator.live_steps import ServiceAnswers, live_steps
from trackform.operator.step import OperatorStep
from trackform.project.live import live_session, refuse_wrong_accounts
from trackform_core.model.kind import Kind
from trackform_core.session.session import Session
from trackform_core.session.settings import give_a_key
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
    _tell_not_asked(session, composition)
    refuse_wrong_accounts(session, composition.account.file, known_of(stack).accounts)
    return live_steps(composition, _answers(session, composition))


def _tell_not_asked(session: Session, composition: Composition) -> None:
    """That no step of a service is listed means nothing where nobody could ask it."""
    for service in (REDTRACK, DIGISTORE24):
        needed = service is REDTRACK or composition.account.file.digistore24 is not None
        if needed and not session.settings.key(service).text:
            way_out = give_a_key(session.account, service.endpoint)
            click.echo(f"{session.account}: {service.name} is not asked: there is no API key; {way_out}", err=True)


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
