"""Every URL and macro of an account file that one of the systems fills: where it stands, and who fills it."""

from collections.abc import Iterator, Mapping
from typing import Any

from trackform.rules.filled_url import FilledUrl
from trackform.rules.registry import Case

CHANNEL_MACROS = ("ref_id", "external_id", "cost_id")
CALLED = ("postbacks", "click_postbacks", "impression_postbacks")
"""Lists of what RedTrack calls for a campaign."""


def links(case: Case) -> tuple[FilledUrl, ...]:
    """All of them, worked out once a case."""
    if case.links is None:
        case.links = (*_postbacks(case), *_offers(case), *_landings(case), *_channels(case), *_campaigns(case))
    return case.links


def _postbacks(case: Case) -> Iterator[FilledUrl]:
    for connection in case.flow.connections:
        whole = case.flow.file.postbacks[connection.name].url
        yield FilledUrl("Digistore24", ("postbacks", connection.name, *(("url",) if whole else ())), connection.url)


def _offers(case: Case) -> Iterator[FilledUrl]:
    for name, url in case.composition.offer_urls.items():
        yield FilledUrl("RedTrack", ("offers", name, *(("url",) if case.flow.file.offers[name].url else ())), url)


def _landings(case: Case) -> Iterator[FilledUrl]:
    for name, entry in case.flow.file.landings.items():
        if entry.existing is None:
            yield FilledUrl("RedTrack", ("landings", name, "url"), entry.url)


def _channels(case: Case) -> Iterator[FilledUrl]:
    for name, entry in case.flow.file.traffic_channels.items():
        if entry.existing is not None:
            continue
        fields = case.flow.fields("traffic_channels", name)
        place = ("traffic_channels", name)
        if url := fields.get("postback_url"):
            yield FilledUrl("RedTrack", (*place, "postback_url"), str(url), for_channel=True)
        for at, sub in enumerate(fields.get("subs") or ()):
            if isinstance(sub, Mapping) and sub.get("value"):
                yield FilledUrl("The channel", (*place, "subs", at, "value"), str(sub["value"]), for_channel=True)
        for field in CHANNEL_MACROS:
            if value := fields.get(field):
                yield FilledUrl("The channel", (*place, field), str(value), for_channel=True)


def _campaigns(case: Case) -> Iterator[FilledUrl]:
    for name, entry in case.flow.file.campaigns.items():
        if entry.existing is not None:
            continue
        fields = case.flow.fields("campaigns", name)
        extra: Mapping[str, Any] = fields.get("extra") or {}
        for held in CALLED:
            inside = ("extra",) if held not in fields else ()
            for at, each in enumerate(fields.get(held) or extra.get(held) or ()):
                if isinstance(each, Mapping) and each.get("url"):
                    yield FilledUrl(
                        "RedTrack", ("campaigns", name, *inside, held, at, "url"), str(each["url"]), for_channel=True
                    )
