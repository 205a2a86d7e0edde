"""Campaigns: clicks that are paid for must reach an offer."""

from collections.abc import Iterator

from trackform.rules.registry import Case, Found, Rules

RULES = Rules()


def running(case: Case) -> Iterator[tuple[str, list[str]]]:
    """Campaigns that get traffic, with the names of their funnels that are in the file."""
    for name, entry in case.flow.file.campaigns.items():
        if entry.existing is None and entry.status != "paused":
            named = list(entry.funnels or ([entry.funnel] if entry.funnel else []))
            yield name, [one for one in named if one in case.flow.file.funnels]


@RULES.rule(
    "weights", "error", "A funnel or campaign that sends nobody anywhere",
    why="Visitors are split by weight. Where every weight is 0 there is nowhere to go.",
    fix="a weight above 0 for at least one",
)  # fmt: skip
def weights(case: Case) -> Iterator[Found]:
    for name, funnel in case.flow.file.funnels.items():
        if funnel.existing is None and funnel.offers and not any(one.weight for one in funnel.offers.values()):
            yield Found(("funnels", name, "offers"), "every offer has the weight 0")
    for name, campaign in case.flow.file.campaigns.items():
        if campaign.funnels and not any(one.weight for one in campaign.funnels.values()):
            yield Found(("campaigns", name, "funnels"), "every funnel has the weight 0")


@RULES.rule(
    "offer-paused", "error", "A running campaign without a running offer",
    why="Clicks are paid for, and RedTrack has no active offer to send them to.",
    fix="an active offer in its funnel, or status: paused for the campaign",
)  # fmt: skip
def offer_paused(case: Case) -> Iterator[Found]:
    for name, funnels in running(case):
        offers = [one for funnel in funnels for one in case.flow.file.funnels[funnel].offers]
        if offers and all(case.flow.file.offers[one].status == "paused" for one in offers):
            yield Found(("campaigns", name), f"all of its offers are paused: {', '.join(offers)}")


@RULES.rule(
    "offer-half-paused", "warning", "A running campaign with a paused offer that has a weight",
    why="The share of the paused offer goes to the others, which is seldom what the weights meant.",
    fix="weight 0 for the paused offer, or status: active",
)  # fmt: skip
def offer_half_paused(case: Case) -> Iterator[Found]:
    told = set()
    for _, funnels in running(case):
        for funnel in funnels:
            offers = case.flow.file.funnels[funnel].offers
            weighted = [one for one, said in offers.items() if said.weight]
            paused = [one for one in weighted if case.flow.file.offers[one].status == "paused"]
            if paused and len(paused) < len(offers) and funnel not in told:
                told.add(funnel)
                yield Found(("funnels", funnel, "offers", paused[0]), "is paused and has a weight")
