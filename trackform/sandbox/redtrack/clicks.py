"""Handles clicks: from a tracking link to an offer, by weight."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from trackform.sandbox.clock import stamp
from trackform.sandbox.redtrack.links import SUB_COUNT, sub_names
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.view import View
from trackform.sandbox.store import Row, object_id
from trackform.sandbox.world import Sandbox

ACTIVE = 1
MACRO = re.compile(r"\{(\w+)\}")


def click(sandbox: Sandbox, campaign_id: str, query: Mapping[str, str]) -> Row:
    """Count a visit of a tracking link and say where it goes.

    Landings are passed over: the visitor goes straight to the offer, as with a funnel that has none.

    Raises:
        Problem: 404, the campaign is unknown or not active, or no active offer is left in it.
    """
    owned = sandbox.store.find("campaign", campaign_id)
    if owned is None or owned[1].get("status") != ACTIVE:
        raise RedTrackProblem(404, "Campaign not found")
    account, campaign = owned
    view = View(sandbox, account)
    source = view.find("source", campaign["source_id"]) or {}
    stream, offer = _choose(view, campaign)
    network = view.find("network", offer["program_id"]) or {}
    row = {
        "id": object_id(), "campaign_id": campaign_id, "offer_id": offer["id"], "network_id": offer["program_id"],
        "source_id": campaign["source_id"], "stream_id": stream["id"], "subs": _subs(source, query),
        "ref_id": query.get(source.get("ref_id_alias") or "ref_id", ""),
        "cost": float(campaign.get("cpc") or 0) if campaign.get("cost_model") == "CPC" else 0.0,
        "created_at": stamp(sandbox.clock.now()),
    }  # fmt: skip
    row["url"] = destination(offer, network, row)
    return sandbox.store.put(account, "click", row)


def destination(offer: Row, network: Row, row: Row) -> str:
    """The offer URL with RedTrack's macros filled; others are left as they are.

    The offer source's ``offer_url`` (a token template such as ``?cid={clickid}``) is appended where the offer's own
    URL carries no ``{clickid}``; that, and every macro beside ``{clickid}``, ``{subN}`` and ``{campaignid}``, is
    inferred from the help center.
    """
    url = str(offer["url"])
    template = str(network.get("offer_url") or "")
    if "{clickid}" not in url and template:
        url += ("&" if "?" in url else "?") + template.lstrip("?&")
    values = {f"sub{n}": "" for n in range(1, SUB_COUNT + 1)} | row["subs"]
    values |= {
        "clickid": row["id"], "campaignid": row["campaign_id"], "offerid": row["offer_id"],
        "networkid": row["network_id"], "sourceid": row["source_id"], "ref_id": row["ref_id"],
    }  # fmt: skip
    return MACRO.sub(lambda m: quote(values[m[1]], safe="") if m[1] in values else m[0], url)


def _subs(source: Row, query: Mapping[str, str]) -> dict[str, str]:
    """Subs by number, whether the link spells them by number or by the channel's alias."""
    names = sub_names(source.get("subs") or [])
    named = {f"sub{n}": query[name] for n, name in enumerate(names, 1) if name in query}
    numbered = {f"sub{n}": query[f"sub{n}"] for n in range(1, SUB_COUNT + 1) if f"sub{n}" in query}
    return numbered | named


def _choose(view: View, campaign: Row) -> tuple[Row, Row]:
    """A stream by its weight, then an active offer by its weight; streams without one are not in the draw."""
    candidates = []
    for reference in campaign.get("streams") or []:
        stream = view.find("stream", reference.get("id")) or {}
        offers = [
            (item, offer)
            for item in stream.get("offers") or []
            if (offer := view.find("offer", item.get("id"))) and offer["status"] == ACTIVE
        ]
        if offers:
            candidates.append((reference, (stream, offers)))
    stream, offers = _draw(view.sandbox, candidates)
    return stream, _draw(view.sandbox, offers)


def _draw(sandbox: Sandbox, weighted: list[tuple[Row, Any]]) -> Any:
    weights = [max(item.get("weight", 100) or 0, 0) for item, _ in weighted]
    if not any(weights):
        raise RedTrackProblem(404, "no active offer")
    return sandbox.rng.choices([chosen for _, chosen in weighted], weights)[0]
