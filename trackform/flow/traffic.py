"""Who sends clicks to an offer: running campaigns, with the funnels and members that let somebody through to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from trackform.account_file.models import AccountFile, CampaignEntry, FunnelEntry, FunnelMember, OfferEntry
from trackform_redtrack.base import ended
from trackform_redtrack.filters import Filters, ValuesFilter


@dataclass(frozen=True)
class Lead:
    """One way on which bought clicks reach an offer. Names of the file."""

    channel: str
    campaign: str
    funnel: str


class Traffic:
    """The clicks that a file buys, at one moment: what has ended by then sends none.

    ``started``: as if nothing were paused, which a click in the web application makes so.
    """

    def __init__(self, file: AccountFile, now: datetime | None = None, *, started: bool = False) -> None:
        self._file = file
        self._started = started
        self._now = now or datetime.now(UTC)

    def has_ended(self, entry: OfferEntry | FunnelEntry | CampaignEntry) -> bool:
        """Whether the date on which it ends has passed."""
        return bool(ended({"expires_at": entry.expires_at}, self._now))

    def takes_clicks(self, offer: str) -> bool:
        """Whether an offer is neither paused nor over."""
        entry = self._file.offers[offer]
        return self._runs(entry) and not self.has_ended(entry)

    @cached_property
    def running(self) -> dict[str, list[str]]:
        """Campaigns that buy clicks, with the funnels of the file that get a share of them."""
        running = {}
        for name, entry in self._file.campaigns.items():
            if entry.existing is None and self._runs(entry) and not self.has_ended(entry):
                shares = {funnel: share.weight for funnel, share in (entry.funnels or {}).items()}
                named = shares or ({entry.funnel: 1} if entry.funnel else {})
                running[name] = [funnel for funnel in named if named[funnel] and funnel in self._file.funnels]
        return running

    @cached_property
    def funnels(self) -> dict[str, list[str]]:
        """Offer -> the funnels over which clicks reach it."""
        funnels: dict[str, list[str]] = {}
        for funnel in dict.fromkeys(funnel for held in self.running.values() for funnel in held):
            for offer in self._members(funnel):
                funnels.setdefault(offer, []).append(funnel)
        return funnels

    @cached_property
    def reached(self) -> frozenset[str]:
        """Funnels in which somebody gets to an offer."""
        return frozenset(funnel for held in self.funnels.values() for funnel in held)

    @cached_property
    def campaigns(self) -> dict[str, list[str]]:
        """Funnel -> the running campaigns that send clicks into it."""
        campaigns: dict[str, list[str]] = {}
        for campaign, held in self.running.items():
            for funnel in held:
                campaigns.setdefault(funnel, []).append(campaign)
        return campaigns

    def leads(self, offer: str) -> list[Lead]:
        """All ways on which clicks reach an offer."""
        return [
            Lead(self._file.campaigns[campaign].channel or "", campaign, funnel)
            for funnel in self.funnels.get(offer, ())
            for campaign in self.campaigns[funnel]
        ]

    def channels(self, offer: str) -> tuple[str, ...]:
        """The traffic channels that buy clicks on an offer, each once."""
        over = (channel for funnel in self.funnels.get(offer, ()) for channel in self._channels[funnel])
        return tuple(dict.fromkeys(over))

    @cached_property
    def _channels(self) -> dict[str, tuple[str, ...]]:
        """Funnel -> the channels that buy clicks into it."""
        return {
            funnel: tuple(dict.fromkeys(self._file.campaigns[name].channel or "" for name in campaigns))
            for funnel, campaigns in self.campaigns.items()
        }

    def leads_on(self, funnel: str) -> bool:
        """Whether somebody would get to an offer over a funnel, whoever sends them; of another's nobody knows."""
        return self._file.funnels[funnel].existing is not None or any(self._members(funnel))

    def _runs(self, entry: OfferEntry | CampaignEntry) -> bool:
        return self._started or entry.status != "paused"

    def _members(self, funnel: str) -> Iterator[str]:
        """The offers of a funnel that somebody can get to."""
        entry = self._file.funnels[funnel]
        for offer, member in entry.offers.items() if not self.has_ended(entry) else ():
            if member.weight and self.takes_clicks(offer) and _somebody_fits(entry, member):
                yield offer


def _somebody_fits(funnel: FunnelEntry, member: FunnelMember) -> bool:
    return not (
        funnel.filters
        and member.filters
        and any(
            _exclude_each_other(getattr(funnel.filters, name), getattr(member.filters, name))
            for name in Filters.model_fields
        )
    )


def _exclude_each_other(outer: object, inner: object) -> bool:
    """Whether nobody can fit two filters of one criterion; those that compare in another way may let somebody in."""
    both = [each for each in (outer, inner) if isinstance(each, ValuesFilter) and each.values]
    filters = [(bool(each.exclude), {value.casefold() for value in each.values or ()}) for each in both]
    if len(filters) < len((outer, inner)) or any(each.comparison_type for each in both):
        return False
    (keeps_out, some), (also_keeps_out, others) = filters
    if keeps_out and also_keeps_out:
        return False
    return some <= others if also_keeps_out else others <= some if keeps_out else not some & others
