"""Operator steps that are read off the live services, and close by themselves once they are done there.

Pure: the caller asks the services and passes their answers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trackform.account_file.sections import Composition, Ref, Wanted
from trackform.operator.forms import FORMS
from trackform.operator.step import Action, Field, OperatorStep, account_of

APPROVED = "approved"
"""Of `affiliation_status` in Digistore24's published validateAffiliate."""


@dataclass(frozen=True)
class ServiceAnswers:
    """Answers of the services; ``None`` where there is no key to ask with.

    Attributes:
        domains: the host names that RedTrack has.
        offer_sources: the titles that RedTrack has.
        partnerships: product id -> what ``validateAffiliate`` answers for it.
    """

    domains: frozenset[str] | None = None
    offer_sources: frozenset[str] | None = None
    partnerships: Mapping[str, Mapping[str, Any]] | None = None


def live_steps(composition: Composition, answers: ServiceAnswers) -> list[OperatorStep]:
    """The steps to do by hand before `pulumi up` can go on, or before clicks can earn anything."""
    steps: list[OperatorStep] = []
    if answers.domains is not None:
        steps += [_cname(composition, each) for each in _missing(composition, "domains", answers.domains)]
    if answers.offer_sources is not None:
        missing = _missing(composition, "offer_sources", answers.offer_sources)
        steps += [_from_template(composition, each) for each in missing]
    return steps + list(_partnerships(composition, answers.partnerships or {}))


def _missing(composition: Composition, section: str, there: frozenset[str]) -> list[Wanted]:
    """The objects of a section that this stack creates and the service lacks; it never creates `existing` ones."""
    wanted = [each for each in composition.objects if each.section == section and not each.fields.get("existing")]
    return [each for each in wanted if str(each.fields[each.kind.key]) not in there]


def _step(composition: Composition, ref: Ref, action: Action, fields: Iterable[Field], reason: str) -> OperatorStep:
    form, where = FORMS[ref.section], f"{ref.section}/{ref.name}"
    return OperatorStep(
        where, action, form.service, form.create, account_of(composition, form.service), tuple(fields), reason
    )


def _cname(composition: Composition, wanted: Wanted) -> OperatorStep:
    target = "the account's own tracking domain, which RedTrack shows under Domains; it ends in ttrk.io"
    return _step(
        composition,
        Ref("domains", wanted.name),
        "create",
        (
            Field("Type", "CNAME"),
            Field("Name", str(wanted.fields["url"]), why="The whole host name, or its part before the zone's name."),
            Field("Value", f"({target})", why="No API tells it."),
            Field("Proxy", "off, DNS only", why="RedTrack's help centre asks for a record that is not proxied."),
        ),
        "Awaiting DNS: RedTrack does not have this domain yet, and takes it only once its CNAME resolves. After that "
        "`pulumi up` adds it, and what waits for it.",
    )


def _from_template(composition: Composition, wanted: Wanted) -> OperatorStep:
    title = str(wanted.fields["title"])
    return _step(
        composition,
        Ref("offer_sources", wanted.name),
        "check",
        (Field("Title", title, why="By this `pulumi up` finds it and takes it over."),),
        "RedTrack does not have this offer source yet. `pulumi up` creates it where the plan allows that: the spec "
        "calls it a premium function. Where it was refused, it is 'awaiting operator': create it by hand and run "
        "`pulumi up` again. Where it was never tried, declare `adopt: true` for it as well.",
    )


def _partnerships(composition: Composition, answers: Mapping[str, Mapping[str, Any]]) -> Iterable[OperatorStep]:
    for name, product in composition.account.file.products.items():
        ids = [product.id, *product.upsells]
        open_ids = [each for each in ids if each in answers and answers[each].get("affiliation_status") != APPROVED]
        if not open_ids:
            continue
        said = {
            str(answers[each].get("affiliation_status_msg") or answers[each].get("affiliation_status"))
            for each in open_ids
        }
        links = {str(answers[each]["invite_url"]) for each in open_ids if answers[each].get("invite_url")}
        waiting = all(answers[each].get("affiliation_status") == "wait_for_approval" for each in open_ids)
        yield _step(
            composition,
            Ref("products", name),
            "check" if waiting else "create",
            (
                Field("Products", ", ".join(open_ids), why="An upsell needs a partnership of its own."),
                *(Field("Invite link", link) for link in sorted(links)),
                Field("Digistore24 says", "; ".join(sorted(said))),
            ),
            "Requested, and not approved yet: until then nothing is earned."
            if waiting
            else "There is no approved affiliate partnership: until then nothing is earned.",
        )
