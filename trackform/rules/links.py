"""Every URL and macro of an account file that one of the systems fills: where it stands, and who fills it."""

import re
from collections.abc import Iterator, Mapping

from trackform.documents.yaml_document import Steps
from trackform.rules.filled_url import FilledUrl
from trackform.rules.registry import Case

CHANNEL_MACROS = ("ref_id", "external_id", "cost_id")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")


def links(case: Case) -> tuple[FilledUrl, ...]:
    """All of them, worked out once a case."""
    if case.links is None:
        case.links = (
            *_domains(case), *_sources(case), *_postbacks(case), *_offers(case), *_landings(case), *_channels(case),
            *_campaigns(case), *_receivers(case),
        )  # fmt: skip
    return case.links


def _domains(case: Case) -> Iterator[FilledUrl]:
    for name, entry in case.flow.file.domains.items():
        if entry.existing is None and entry.fallback_url:
            yield FilledUrl("RedTrack", ("domains", name, "fallback_url"), entry.fallback_url)


def _sources(case: Case) -> Iterator[FilledUrl]:
    """What RedTrack's form puts behind the links of a source's offers."""
    for name, entry in case.flow.file.offer_sources.items():
        if entry.existing is None and (url := case.flow.fields("offer_sources", name).get("offer_url")):
            yield FilledUrl("RedTrack", ("offer_sources", name, "offer_url"), str(url))


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
        for field in ("postback_url", "postback_pixel", "extra"):
            yield from _called((*place, field), fields.get(field))
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
        for field in ("postbacks", "extra"):
            yield from _called(("campaigns", name, field), fields.get(field))


def _receivers(case: Case) -> Iterator[FilledUrl]:
    """Where Digistore24 sends a vendor's order events: it is called as it stands."""
    for name, entry in case.flow.file.ipn_connections.items():
        if url := case.flow.fields("ipn_connections", name).get("url"):
            yield FilledUrl("Nobody", ("ipn_connections", name, *(("url",) if entry.url else ())), str(url))


def _called(path: Steps, value: object) -> Iterator[FilledUrl]:
    """Every URL, and every text with one or with a macro, of what RedTrack calls or sends."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _called((*path, str(key)), each)
    elif isinstance(value, list | tuple):
        for at, each in enumerate(value):
            yield from _called((*path, at), each)
    elif isinstance(value, str):
        is_url = URL.fullmatch(value) is not None or path[-1] in ("url", "postback_url")
        if is_url or "://" in value or path[-1] == "json_body":
            yield FilledUrl("RedTrack", path, value, for_channel=True, is_text=not is_url)
