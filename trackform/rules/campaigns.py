"""Rules on campaigns: clicks that are paid for must reach an offer."""

from collections.abc import Iterator
from typing import Any

from trackform.rules.edits import OUT, FileEdit
from trackform.rules.registry import Breach, Case, RuleBook
from trackform_redtrack.base import is_time

RULES = RuleBook()


@RULES.rule(
    "weights", "error", "A funnel or campaign that sends nobody anywhere",
    why="Visitors are split by weight. Where every weight is 0 there is nowhere to go.",
    fix="a weight above 0 for at least one", by_hand="nobody but you knows where visitors are meant to go",
)  # fmt: skip
def weights(case: Case) -> Iterator[Breach]:
    for name, funnel in case.flow.file.funnels.items():
        if funnel.existing is None and funnel.offers and not any(each.weight for each in funnel.offers.values()):
            yield Breach(("funnels", name, "offers"), "every offer has the weight 0")
    for name, campaign in case.flow.file.campaigns.items():
        if campaign.funnels and not any(each.weight for each in campaign.funnels.values()):
            yield Breach(("campaigns", name, "funnels"), "every funnel has the weight 0")


@RULES.rule(
    "offer-paused", "error", "A running campaign that reaches no running offer",
    why="Clicks are paid for, and RedTrack has no active offer to send them to: all that have a weight are paused or "
    "over, or the filters of the funnel and of its offers let nobody through.",
    fix="an active offer in its funnel, or status: paused for the campaign",
)  # fmt: skip
def offer_paused(case: Case) -> Iterator[Breach]:
    file, traffic = case.flow.file, case.flow.traffic
    for name, funnels in traffic.running.items():
        if not funnels or any(not _is_idle(case, funnel) for funnel in funnels):
            continue
        ended_ones = [funnel for funnel in funnels if traffic.has_ended(file.funnels[funnel])]
        offers = [offer for funnel in funnels for offer in _weighted(case, funnel)]
        stopped = [offer for offer in offers if not traffic.takes_clicks(offer)]
        if ended_ones == funnels:
            said = f"all of its funnels have ended: {', '.join(funnels)}"
        elif offers and stopped == offers:
            held = [offer for funnel in funnels for offer in file.funnels[funnel].offers]
            all_of = "all of its offers" if held == offers else "all of its offers that have a weight"
            said = f"{all_of} are {_stopped(case, offers)}: {', '.join(offers)}"
        elif offers:
            fitting = ", ".join(offer for offer in offers if offer not in stopped)
            said = f"the filters of its funnel let nobody through to its offers: {fitting}"
        else:
            continue  # Every weight is 0: a rule of its own.
        yield Breach(("campaigns", name), said, edits=(FileEdit(("campaigns", name, "status"), "paused"),))


@RULES.rule(
    "offer-half-paused", "warning", "A running campaign with a paused offer that has a weight",
    why="The share of the paused offer goes to the others, which is seldom what the weights meant; the share of a "
    "funnel that has no other goes nowhere.",
    fix="weight 0 for the paused offer, or status: active",
)  # fmt: skip
def offer_half_paused(case: Case) -> Iterator[Breach]:
    reported = set()
    for name, funnels in case.flow.traffic.running.items():
        idle = [funnel for funnel in funnels if _is_idle(case, funnel)]
        for funnel in funnels:
            weighted = _weighted(case, funnel)
            paused = [offer for offer in weighted if case.flow.file.offers[offer].status == "paused"]
            if paused and paused == weighted and len(idle) < len(funnels):
                share: tuple[str | int, ...] = ("campaigns", name, "funnels", funnel)
                said = f"has a share, and all offers of {funnel} that have a weight are paused: {', '.join(paused)}"
                yield Breach(share, said, edits=_without_weight(case, share))
            elif paused and funnel not in idle and funnel not in reported:
                reported.add(funnel)
                edits = tuple(
                    edit for each in paused for edit in _without_weight(case, ("funnels", funnel, "offers", each))
                )
                yield Breach(("funnels", funnel, "offers", paused[0]), "is paused and has a weight", edits=edits)


def _is_idle(case: Case, funnel: str) -> bool:
    """Whether nobody gets over a funnel to an offer; of one that is only referred to nobody here knows."""
    return case.flow.file.funnels[funnel].existing is None and funnel not in case.flow.traffic.reached


def _weighted(case: Case, funnel: str) -> list[str]:
    return [offer for offer, member in case.flow.file.funnels[funnel].offers.items() if member.weight]


def _without_weight(case: Case, path: tuple[str | int, ...]) -> tuple[FileEdit, ...]:
    """A weight made 0, in the form in which the file says it."""
    said: Any = case.composition.account.document.data
    for step in path:
        said = said[step]
    return (FileEdit((*path, "weight") if isinstance(said, dict) else path, 0),)


DATE = "nobody but you knows which day is meant"


@RULES.rule(
    "ended", "warning", "A date in the past on what still gets traffic, or one that is none",
    why="`expires_at` ends a campaign, a funnel or an offer. Ads that still lead there cost money, and their visitors "
    "buy nothing. It is an ISO time: of another form nobody here can tell when it ends.",
    fix="take `expires_at` out, or status: paused for the campaign",
)  # fmt: skip
def ended(case: Case) -> Iterator[Breach]:
    file, traffic = case.flow.file, case.flow.traffic
    places: dict[tuple[str, str], str | None] = {}
    for name, campaign in file.campaigns.items():
        if campaign.existing is None and campaign.status != "paused" and traffic.has_ended(campaign):
            places["campaigns", name] = campaign.expires_at
    for funnels in traffic.running.values():
        for funnel in funnels:
            entry = file.funnels[funnel]
            places |= {("funnels", funnel): entry.expires_at} if traffic.has_ended(entry) else {}
            places |= {
                ("offers", offer): file.offers[offer].expires_at
                for offer in _weighted(case, funnel)
                if traffic.has_ended(file.offers[offer])
            }
    for section in ("offers", "funnels", "campaigns"):
        for name, entry in getattr(file, section).items():
            if entry.expires_at and not is_time(entry.expires_at):
                said = f"{entry.expires_at!r} is no ISO time: whether it has passed nobody here can tell"
                yield Breach((section, name, "expires_at"), said, "expires_at: '2030-12-31T00:00:00'", by_hand=DATE)
    for (section, name), date in places.items():
        path = (section, name, "expires_at")
        # One that would reach nothing is better off as it is.
        goes_on = section != "campaigns" or _reaches(case, name)
        edit = FileEdit(path, OUT) if goes_on else FileEdit((section, name, "status"), "paused")
        yield Breach(path, f"ended on {str(date)[:10]}, and is still sent visitors", edits=(edit,))


def _reaches(case: Case, campaign: str) -> bool:
    """Whether somebody would get from a campaign to an offer, were it running; inside it nobody here can look."""
    entry = case.flow.file.campaigns[campaign]
    shares = [name for name, share in (entry.funnels or {}).items() if share.weight]
    named = [name for name in shares or [entry.funnel or ""] if name in case.flow.file.funnels]
    return not named or any(map(case.flow.traffic.leads_on, named))


def _stopped(case: Case, offers: list[str]) -> str:
    over = any(case.flow.file.offers[offer].status != "paused" for offer in offers)
    return "paused or over" if over else "paused"
