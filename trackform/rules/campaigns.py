"""Rules on campaigns: clicks that are paid for must reach an offer."""

from collections.abc import Iterator

from trackform.rules.edits import OUT, FileEdit
from trackform.rules.registry import Breach, Case, RuleBook

RULES = RuleBook()


def running(case: Case) -> Iterator[tuple[str, list[str]]]:
    """Campaigns that get traffic, with the names of their funnels that are in the file."""
    for name, entry in case.flow.file.campaigns.items():
        if entry.existing is None and entry.status != "paused" and not case.flow.traffic.has_ended(entry):
            named = list(entry.funnels or ([entry.funnel] if entry.funnel else []))
            yield name, [funnel for funnel in named if funnel in case.flow.file.funnels]


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
    "offer-paused", "error", "A running campaign without a running offer",
    why="Clicks are paid for, and RedTrack has no active offer to send them to, or none whose filters a visitor fits.",
    fix="an active offer in its funnel that somebody fits, or status: paused for the campaign",
)  # fmt: skip
def offer_paused(case: Case) -> Iterator[Breach]:
    led = {funnel for funnels in case.flow.traffic.funnels.values() for funnel in funnels}
    for name, funnels in running(case):
        offers = [offer for funnel in funnels for offer in case.flow.file.funnels[funnel].offers]
        idle = [funnel for funnel in funnels if case.flow.traffic.has_ended(case.flow.file.funnels[funnel])]
        edits = (FileEdit(("campaigns", name, "status"), "paused"),)
        if offers and idle == funnels:
            yield Breach(("campaigns", name), f"all of its funnels have ended: {', '.join(funnels)}", edits=edits)
        elif offers and not any(map(case.flow.traffic.takes_clicks, offers)):
            said = f"all of its offers are {_stopped(case, offers)}: {', '.join(offers)}"
            yield Breach(("campaigns", name), said, edits=edits)
        elif led.isdisjoint(case.flow.traffic.running[name]) and (shut := _shut_out(case, name)):
            said = f"nobody fits the filters of funnel '{shut[0]}' and those of its offer '{shut[1]}' at once"
            yield Breach(("campaigns", name), said, edits=edits)


@RULES.rule(
    "offer-half-paused", "warning", "A running campaign with a paused offer that has a weight",
    why="The share of the paused offer goes to the others, which is seldom what the weights meant.",
    fix="weight 0 for the paused offer, or status: active",
)  # fmt: skip
def offer_half_paused(case: Case) -> Iterator[Breach]:
    reported = set()
    for _, funnels in running(case):
        for funnel in funnels:
            offers = case.flow.file.funnels[funnel].offers
            weighted = [offer for offer, member in offers.items() if member.weight]
            paused = [offer for offer in weighted if case.flow.file.offers[offer].status == "paused"]
            if paused and len(paused) < len(offers) and funnel not in reported:
                reported.add(funnel)
                said = case.composition.account.document.data["funnels"][funnel]["offers"]
                edits = tuple(
                    FileEdit(
                        ("funnels", funnel, "offers", each, *(("weight",) if isinstance(said[each], dict) else ())), 0
                    )
                    for each in paused
                )
                yield Breach(("funnels", funnel, "offers", paused[0]), "is paused and has a weight", edits=edits)


@RULES.rule(
    "ended", "warning", "A date in the past on what still gets traffic",
    why="`expires_at` ends a campaign, a funnel or an offer. Ads that still lead there cost money, and their visitors "
    "buy nothing.",
    fix="take `expires_at` out, or status: paused for the campaign",
)  # fmt: skip
def ended(case: Case) -> Iterator[Breach]:
    file, traffic = case.flow.file, case.flow.traffic
    places: dict[tuple[str, str], str | None] = {}
    for name, campaign in file.campaigns.items():
        if campaign.existing is None and campaign.status != "paused" and traffic.has_ended(campaign):
            places["campaigns", name] = campaign.expires_at
    for _, funnels in running(case):
        for funnel in funnels:
            entry = file.funnels[funnel]
            places |= {("funnels", funnel): entry.expires_at} if traffic.has_ended(entry) else {}
            weighted = [offer for offer, member in entry.offers.items() if member.weight]
            places |= {
                ("offers", offer): file.offers[offer].expires_at
                for offer in weighted
                if traffic.has_ended(file.offers[offer])
            }
    for (section, name), date in places.items():
        path = (section, name, "expires_at")
        yield Breach(path, f"ended on {str(date)[:10]}, and is still sent visitors", edits=(FileEdit(path, OUT),))


def _shut_out(case: Case, campaign: str) -> tuple[str, str] | None:
    """The first of a campaign's funnels, and its offer, whose filters nobody fits."""
    traffic = case.flow.traffic
    return next(((each, offer) for each in traffic.running[campaign] for offer in traffic.shut_out(each)), None)


def _stopped(case: Case, offers: list[str]) -> str:
    over = any(case.flow.file.offers[offer].status != "paused" for offer in offers)
    return "paused or over" if over else "paused"
