"""Checks of a stack's two accounts: keys, pins, RedTrack's plan, tracking domains, currencies. Reads only."""

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from trackform.account_file.compose import Composition
from trackform.account_file.models import AccountFile, SecretRef, pinned
from trackform.doctor.check_result import CheckResult, ok, unknown, wrong
from trackform.doctor.names import ADD_CNAME
from trackform.flow.live_settings import LiveFact
from trackform.operator.in_state import known_of
from trackform.policy import POLICY
from trackform.project.live import found_elsewhere, read_settings
from trackform_core.guard.pins import WrongAccount
from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Kind
from trackform_core.model.vendors import endpoints
from trackform_core.model.vendors import pins as every_pin
from trackform_core.no_api.ledger import BrokenLedger
from trackform_core.session.session import Session
from trackform_core.session.settings import give_a_key
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack import offer_source, tracking_domain
from trackform_redtrack.service import REDTRACK, REDTRACK_BRIDGE

AccountFacts = Mapping[str, Mapping[str, LiveFact]]
"""Service and account id -> setting -> what was seen of that account."""


def keys(session: Session, file: AccountFile) -> Iterator[CheckResult]:
    """Whether each service that the stack uses has a key, and where it comes from; never the key."""
    for service in every_pin().values():
        topic, key = f"{service.name} key", session.settings.key(service)
        if service is DIGISTORE24 and not key.text and file.digistore24 is None:
            yield ok(topic, "not needed: the file has no digistore24 section", session.account)
        elif not key.text:
            yield wrong(topic, "there is none", give_a_key(session.account, service.endpoint), session.account)
        elif not key.is_whole:
            yield wrong(
                topic, f"{key.source} holds something that is no key: blanks, line breaks or letters that no key has",
                "copy it again", session.account,
            )  # fmt: skip
        else:
            yield ok(topic, f"from {key.source}", session.account)
    if session.settings.url(REDTRACK_BRIDGE):
        yield _bridge(session)


def _bridge(session: Session) -> CheckResult:
    """Whether there is a key for the bridge, and its address may be sent one; nothing is requested."""
    topic = "bridge key"
    try:
        session.client(REDTRACK_BRIDGE)
    except ServiceError as error:
        return refused(topic, error, session.account)
    return ok(topic, f"from {session.settings.key(REDTRACK_BRIDGE).source}", session.account)


def configuration(composition: Composition, stack: str, config: Path) -> Iterator[CheckResult]:
    """Whether the stack's configuration holds the secrets that the file names, and nothing secret in the clear."""
    settings = read_settings(config)
    named = sorted({
        value.secret for each in composition.objects for value in each.fields.values() if isinstance(value, SecretRef)
    })  # fmt: skip
    for name in (*(each.key_setting for each in endpoints()), *named):
        setting = f"trackform:{name}"
        if isinstance(settings.get(setting), str):
            yield wrong(
                "configuration", f"{config} holds {setting} in the clear",
                f"`pulumi config rm {setting}`, make a new one, and set it with `pulumi config set --secret {setting}`",
                stack,
            )  # fmt: skip
        elif name in named and setting not in settings:
            fix = f"`pulumi config set --secret {setting}`"
            yield wrong("configuration", f"the file names the secret {name}, and there is none", fix, stack)
        elif name in named:
            yield ok("configuration", f"the secret {name} is set", stack)


def pins(session: Session, file: AccountFile) -> Generator[CheckResult, None, bool]:
    """Whether each key is accepted, and is of the account that the file names.

    Returns:
        False where a key is another account's: what that account holds says nothing about this stack.
    """
    fits = True
    named = pinned(file)
    for pin, service in every_pin().items():
        if not session.settings.key(service).is_whole:
            continue
        topic = f"{service.name} account"
        try:
            live = session.owner(service)
        except ServiceError as error:
            yield refused(topic, error, session.account)
            continue
        declared = named[pin]
        if declared and declared != live:
            fits = False
            fault = WrongAccount(service, session.settings.key(service).source, declared, live)
            yield wrong(topic, str(fault), fault.way_out, session.account)
        elif declared:
            yield ok(topic, f"{live}, as the file says", session.account)
        else:
            yield wrong(
                topic, f"the key is of {live}, and the file does not say which account this stack belongs to",
                f"write {service.pin_in_file}: {live}; then a wrong key is refused before the first write",
                session.account,
            )  # fmt: skip
    return fits


def elsewhere(session: Session) -> Generator[CheckResult, None, bool]:
    """Whether the stack's state and its ledger are of the accounts that the keys are of.

    Returns:
        False where they are not, or where the ledger cannot be relied on.
    """
    try:
        wrongs = found_elsewhere(session, known_of(session.account).accounts)
    except BrokenLedger as error:
        yield wrong("ledger", str(error), "", session.account)
        return False
    except ServiceError:
        # As was said of the key that it refuses.
        return True
    for pin, reason in wrongs:
        yield wrong(f"{every_pin()[pin].name} account", reason, "", session.account)
    return not wrongs


def plan(session: Session, composition: Composition, seen: AccountFacts | None = None) -> Iterator[CheckResult]:
    """Whether offer sources can be created. Only a write would tell: no published call names a key's plan.

    ``seen``: what the policy has of single accounts.
    """
    topic = "RedTrack plan"
    rows = yield from _rows(session, offer_source.KIND, topic)
    if rows is None:
        return
    live = {str(row.get("title")) for row in rows}
    missing = [
        str(each.fields["title"])
        for each in composition.objects
        if each.section == "offer_sources" and not each.fields.get("existing") and each.fields["title"] not in live
    ]
    if not missing:
        yield ok(topic, "every offer source of the file exists, so none has to be created", session.account)
        return
    would = f"{', '.join(missing)} would be created"
    by_hand = "make the offer source in the web application, from its template, and write `adopt: true` under it"
    account = _account(session) if seen else ""
    fact = (seen or {}).get(account, {}).get("post_networks")
    if fact and fact.value == "allowed":
        yield ok(topic, f"{would}, and the plan allows it ({POLICY}, accounts: {account})", session.account)
        return
    if fact:
        said = f"{would}, and the plan does not allow it ({POLICY}, accounts: {account}, post_networks: {fact.value})"
        yield wrong(topic, said, by_hand, session.account)
        return
    yield unknown(
        topic,
        f"{would}, which RedTrack's published API description allows for premium plans "
        "only. No call tells a key's plan, and trying would write",
        f"ask RedTrack, or let `trackform probe {session.account} --write --save` or `pulumi up` try: a plan that "
        f"forbids it is answered with 403. Then {by_hand}", session.account,
    )  # fmt: skip


def _account(session: Session) -> str:
    """The account as the policy names it; empty where the service does not say, which has a line of its own."""
    try:
        return f"{REDTRACK.endpoint.name}/{session.owner(REDTRACK)}"
    except ServiceError:
        return ""


def domains(session: Session, composition: Composition, *, dns: bool = False) -> Iterator[CheckResult]:
    """Whether RedTrack knows each tracking domain, and is content with its certificate. ``dns``: they are looked up."""
    wanted = hosts(composition)
    rows = yield from _rows(session, tracking_domain.KIND, "tracking domains")
    if rows is None:
        return
    known = {str(row.get("url")): row for row in rows}
    for host in wanted:
        topic = f"domain {host}"
        if host not in known:
            yield unknown(
                topic, "RedTrack does not have it yet. `pulumi up` adds it; RedTrack refuses until its CNAME resolves",
                f"DNS {host}, below, tells whether it does" if dns else f"{ADD_CNAME}; `--dns` looks it up",
                session.account,
            )  # fmt: skip
            continue
        error = (known[host].get("ssl") or {}).get("error")
        if error:
            yield wrong(
                topic, f"RedTrack has no certificate for it: {error}", "renew it in RedTrack, where its domains are",
                session.account,
            )  # fmt: skip
        else:
            yield ok(topic, "RedTrack has it", session.account)


def hosts(composition: Composition) -> list[str]:
    return sorted({str(each.fields["url"]) for each in composition.objects if each.section == "domains"})


def currencies(session: Session, file: AccountFile) -> Iterator[CheckResult]:
    """Whether Digistore24 knows the currency of the payouts, and what nobody can look up at RedTrack."""
    if file.digistore24 is not None and file.digistore24.currency is None:
        yield wrong(
            "Digistore24 currency", "the file does not say which currency payouts arrive in",
            "write digistore24.currency, the one chosen in the postback connections", session.account,
        )  # fmt: skip
    elif file.digistore24 is not None and session.settings.key(DIGISTORE24).is_whole:
        yield from _known_currency(session, str(file.digistore24.currency))
    if file.account.currency is None:
        yield wrong(
            "RedTrack currency", "the file does not say it, and no API tells it",
            "write account.currency as RedTrack's account settings show it", session.account,
        )  # fmt: skip
    else:
        yield unknown(
            "RedTrack currency", f"{file.account.currency} by the file; no API tells the account's",
            "compare it once with RedTrack's account settings", session.account,
        )  # fmt: skip


def _known_currency(session: Session, wanted: str) -> Iterator[CheckResult]:
    topic = "Digistore24 currency"
    try:
        rows = session.client(DIGISTORE24).ask("listCurrencies")
    except ServiceError as error:
        yield refused(topic, error, session.account)
        return
    codes = sorted(str(row["code"]) for row in rows if isinstance(row, dict) and row.get("code")) if rows else []
    if not codes:
        yield wrong(topic, "Digistore24 gave no answer that can be read", "try again later", session.account)
    elif wanted in codes:
        yield ok(topic, f"{wanted}, which Digistore24 knows", session.account)
    else:
        yield wrong(
            topic,
            f"Digistore24 has no currency {wanted}",
            f"digistore24.currency: {' | '.join(codes)}",
            session.account,
        )


def _rows(session: Session, kind: Kind[Any], topic: str) -> Generator[CheckResult, None, list[dict[str, Any]] | None]:
    """The live rows of a kind; None, and a line, where they cannot be read or there is no key to read them with."""
    if not session.settings.key(REDTRACK).is_whole:
        return None
    rows: list[dict[str, Any]] | None = None
    try:
        rows = list(session.listing(kind).complete().values())
    except ServiceError as error:
        yield refused(topic, error, session.account)
    return rows


def refused(topic: str, error: ServiceError, stack: str) -> CheckResult:
    """The result for a service that refused: a check to fix, not the end of the examination."""
    fix = error.advice or "look at the message above; nothing was written"
    return wrong(topic, f"{error.service}: {error.message}", fix, stack)
