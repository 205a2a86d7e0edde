"""RedTrack's catalogs: traffic-channel presets and dictionaries. Short: enough to work with, not the live content.

The ids of Taboola and NewsBreak and the fields of Taboola were seen on the live service; the other presets are ours.
"""

from typing import Any

from trackform.sandbox.store import Row

PRESETS_PER_PAGE = 100
MAX_SUBS = 20


def preset(preset_id: str, title: str, subs: list[tuple[str, str, str]], **more: Any) -> Row:
    """A preset; its subs as (alias, value, role), filled up to twenty."""
    given: list[Row] = [{"alias": alias, "value": value, "hint": "", "role": role} for alias, value, role in subs]
    blank: list[Row] = [{"alias": "", "value": "", "hint": "", "role": ""} for _ in range(MAX_SUBS - len(given))]
    return {"id": preset_id, "title": title, "status": "active", "currency": "USD", "subs": given + blank, **more}


SOURCE_PRESETS = (
    preset(
        "5b2781722c822c00013beb61", "Taboola",
        [("", "{campaign_id}", "cid"), ("utm_source", "Taboola", "rt_source"),
         ("utm_campaign", "{campaign_name}", "rt_campaign"), ("", "{campaign_item_id}", "aid"), ("", "{site}", "pid"),
         ("", "", ""), ("", "", ""), ("", "{site_id}", "rt_placement")],
        ref_id="{click_id}",
        postback_url="https://trc.taboola.com/actions-handler/log/3/s2s-action?click-id={ref_id}&name=EVENT_NAME",
    ),
    preset("650995e8da57fc0001f4fa69", "NewsBreak", [("utm_source", "NewsBreak", "rt_source")], ref_id="{click_id}"),
    preset(
        "000000000000000000000f01", "Facebook",
        [("utm_source", "facebook", "rt_source"), ("", "{{ad.id}}", "aid"), ("", "{{adset.id}}", "rt_adgroup"),
         ("", "{{campaign.id}}", "cid"), ("", "{{placement}}", "rt_placement")],
        ref_id_alias="fbclid",
    ),
    preset(
        "000000000000000000000f02", "Google Ads",
        [("utm_source", "google", "rt_source"), ("", "{campaignid}", "cid"), ("", "{adgroupid}", "rt_adgroup"),
         ("", "{creative}", "aid"), ("", "{keyword}", "rt_keyword")],
        ref_id="{gclid}", ref_id_alias="gclid",
    ),
    preset(
        "000000000000000000000f03", "TikTok",
        [("utm_source", "tiktok", "rt_source"), ("", "__CAMPAIGN_ID__", "cid"), ("", "__CID__", "aid")],
        ref_id="__CLICKID__", ref_id_alias="ttclid",
    ),
)  # fmt: skip

DICTIONARIES: dict[str, list[Any]] = {
    "countries": [
        {"id": str(n), "iso": iso, "title": title}
        for n, (iso, title) in enumerate(
            [("DE", "Germany"), ("AT", "Austria"), ("CH", "Switzerland"), ("US", "United States"),
             ("GB", "United Kingdom"), ("FR", "France")], 1)
    ],
    "regions": ["Bavaria", "Berlin", "California"],
    "cities": [{"id": "1", "country_iso": "DE", "name": "Berlin", "region": "Berlin"}],
    "browsers": [{"id": "1", "title": "Chrome"}, {"id": "2", "title": "Firefox"}, {"id": "3", "title": "Safari"}],
    "os": [{"id": "1", "title": "Android"}, {"id": "2", "title": "iOS"}, {"id": "3", "title": "Windows"}],
    "devices": [{"id": "1", "code": "desktop", "title": "Desktop"}, {"id": "2", "code": "mobile", "title": "Mobile"}],
    "device_brands": [{"title": "Apple"}, {"title": "Samsung"}],
    "languages": [{"code": "de", "alpha3": "deu", "title": "German"}, {"code": "en", "alpha3": "eng",
                                                                       "title": "English"}],
    "isp": [{"name": "Deutsche Telekom"}],
    "connection_types": ["wifi", "mobile"],
    "proxy_types": ["VPN", "TOR"],
    "currencies": [{"letter_code": code, "aliases": []} for code in ("USD", "EUR", "GBP", "CHF")],
    "categories": [{"id": "1", "alias": "health", "name": "Health", "sub_categories": []}],
    "timezones": ["UTC", "Europe/Berlin", "America/New_York"],
}  # fmt: skip
