"""The checks of `trackform doctor`: keys, accounts, domains, partnerships and versions. Writes to no service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trackform.account_file.compose import Composition
from trackform.doctor.accounts import (
    AccountFacts,
    configuration,
    currencies,
    domains,
    elsewhere,
    hosts,
    keys,
    pins,
    plan,
)
from trackform.doctor.by_hand import connections_by_hand
from trackform.doctor.check_result import CheckResult
from trackform.doctor.names import Resolve, canonical_name, names
from trackform.doctor.partnership import PartnershipCache, partnerships
from trackform.doctor.specs import fetched, given
from trackform.doctor.state_file import state
from trackform.doctor.tools import tools
from trackform.doctor.twice import made_twice
from trackform_core.session.session import Session

__all__ = ["CheckOptions", "CheckResult", "PartnershipCache", "examine", "shared_lines", "state"]


@dataclass(frozen=True)
class CheckOptions:
    """Checks to run besides those of the accounts; each of them asks somebody else.

    Attributes:
        dns: look the tracking domains up.
        again: ask for partnerships although an earlier answer is kept.
        specs: folder of the vendors' published API descriptions.
        fetch_specs: fetch them from the vendors.
        resolve: how names are looked up.
        tell: hears of progress and waits.
        seen: what the policy has of single accounts.
    """

    dns: bool = False
    again: bool = False
    specs: Path | None = None
    fetch_specs: bool = False
    resolve: Resolve = canonical_name
    tell: Callable[[str], None] = lambda _text: None
    seen: AccountFacts = field(default_factory=dict)


def shared_lines(cli: Path | None, options: CheckOptions) -> Iterator[CheckResult]:
    """Checks that all stacks share: this machine, and the vendors' API descriptions."""
    yield from tools(cli)
    if options.specs is not None:
        yield from given(options.specs)
    if options.fetch_specs:
        yield from fetched()


def examine(
    composition: Composition, session: Session, config: Path, answers: PartnershipCache, options: CheckOptions
) -> Iterator[CheckResult]:
    """Check one stack; ``config`` is the file in which Pulumi keeps its settings."""
    file = composition.account.file
    yield from configuration(composition, session.account, config)
    yield from keys(session, file)
    # Of another account's key nobody is to be told to pin it.
    if not (yield from elsewhere(session)) or not (yield from pins(session, file)):
        return
    yield from plan(session, composition, options.seen)
    yield from domains(session, composition, dns=options.dns)
    yield from made_twice(session, composition)
    if options.dns:
        yield from names(hosts(composition), session.account, options.resolve)
    yield from currencies(session, file)
    yield from connections_by_hand(session, composition, options.tell)
    yield from partnerships(session, composition.account, answers, again=options.again)
