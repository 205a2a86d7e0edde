"""The URLs that RedTrack composes from other objects."""

from trackform.sandbox.store import Row

CLICK_PLACEHOLDER = "{replace_me}"
SUM_PLACEHOLDER = "{replace_or_remove}"
SUB_COUNT = 20


def braced(macro: str) -> str:
    return macro if not macro or macro.startswith("{") else f"{{{macro}}}"


def bare(macro: str) -> str:
    return macro[1:-1] if macro.startswith("{") and macro.endswith("}") else macro


def sub_names(subs: list[Row]) -> list[str]:
    """The query names of a channel's subs by position: the alias, else ``subN``."""
    return [sub.get("alias") or f"sub{n}" for n, sub in enumerate(subs, 1)]


def tracking_link(domain: str, campaign_id: str, source: Row) -> str:
    """A campaign's ``trackback_url``: its form was seen in client code, ``cost`` and ``external_id`` are inferred."""
    subs = source.get("subs") or []
    pairs = [(name, sub.get("value") or "") for name, sub in zip(sub_names(subs), subs, strict=True)]
    pairs += [
        (source.get("ref_id_alias") or "ref_id", source.get("ref_id") or ""),
        (source.get("external_id_alias") or "external_id", source.get("external_id") or ""),
        ("cost", source.get("cost_id") or ""),
    ]
    query = "&".join(f"{name}={value}" for name, value in pairs if value)
    return f"https://{domain}/{campaign_id}" + (f"?{query}" if query else "")


def postback_link(domain: str, network: Row) -> str:
    """The postback URL generated for an offer source: its macros, or RedTrack's own placeholders (help center)."""
    click, amount = (braced(str(network.get(field) or "")) for field in ("clickid", "sum"))
    subs = network.get("subs") or []
    query = f"clickid={click or CLICK_PLACEHOLDER}&sum={amount or SUM_PLACEHOLDER}"
    for n in range(1, SUB_COUNT + 1):
        value = network.get(f"sub{n}") or (subs[n - 1].get("value") if n <= len(subs) else "")
        query += f"&sub{n}={value}" if value else ""
    return f"https://{domain}/postback?{query}"
