"""What is not known of the live services and can be found out there: settings, their values, and whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from trackform.flow.assumptions import AXES, MEANING

Whose = Literal["service", "account"]


@dataclass(frozen=True)
class LiveSetting:
    """One open setting.

    Attributes:
        name: as `live:` of the policy, and the sandbox's switch of that name where it has one.
        values: what it can be; empty where it is a number, or a text of the service's.
        meaning: completes a sentence such as "it is not known …".
        whose: the service's, alike for everybody, or one account's: the rights of its plan, its limits.
    """

    name: str
    values: tuple[str, ...]
    meaning: str
    whose: Whose = "service"

    def takes(self, value: object) -> bool:
        """Whether a policy may say so."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            return False
        return str(value) in self.values if self.values else str(value).strip() != ""


@dataclass(frozen=True)
class LiveFact:
    """What somebody has seen of a setting.

    Attributes:
        seen: the day of it; ``None`` where the policy gives the value alone.
        evidence: counts and dates.
    """

    value: str
    seen: date | None = None
    evidence: str = ""


_OF_THE_API = (
    LiveSetting("put", ("merges", "replaces", "merges_deeply"), "what a RedTrack PUT does to fields its body omits"),
    LiveSetting("deleted", ("404", "status3"), "what GET of a deleted offer or campaign answers"),
    LiveSetting("missing_object", (), "what GET of an offer that never was answers"),
    LiveSetting("missing_script", ("400", "404"), "what a request for a script that does not exist answers"),
    LiveSetting("empty_list", ("null", "array"), "the body of a RedTrack listing without rows"),
    LiveSetting("bad_key", ("401", "500", "200_error"), "what RedTrack answers to an API key it does not take"),
    LiveSetting("clickid", ("with_braces", "without_braces"), "the stored form of an offer source's macros"),
    LiveSetting("postback_url", ("computed", "writable"), "whether an offer source's postback_url can be written"),
    LiveSetting(
        "campaign_list", ("with_streams", "without_streams"), "whether the campaign listing carries the nested stream"
    ),
    LiveSetting("unwritable", (), "fields that a POST sends and a GET does not show as they were sent"),
    LiveSetting("titles", ("not_unique", "unique"), "whether a second object of one title is refused"),
    LiveSetting("filters", ("in_force", "all"), "whether filters of a funnel that are off are shown, too"),
    LiveSetting("ipn_info_missing", ("N", "error"), "what ipnInfo answers for a connection that does not exist"),
    LiveSetting("utc_offset", ("text", "number"), "what Digistore24's utc_offset is: +00:00, or a number"),
    LiveSetting(
        "products", ("published", "named"), "whether listProducts answers its rows as published, or under products"
    ),
    LiveSetting("post_networks", ("allowed", "premium_only"), "whether the plan may POST /networks", "account"),
    LiveSetting("put_sources", ("allowed", "forbidden"), "whether the plan may PUT /sources", "account"),
    LiveSetting("page_cap", (), "the most rows of a page of an entity listing, whatever per asks", "account"),
    LiveSetting("requests_per_minute", (), "how many requests a key may make in a minute", "account"),
    LiveSetting("log_time_zone", (), "the offset of the times in RedTrack's conversion log", "account"),
)

SETTINGS: Mapping[str, LiveSetting] = {
    **{name: LiveSetting(name, values, MEANING[name]) for name, values in AXES.items()},
    **{setting.name: setting for setting in _OF_THE_API},
}
"""Those that decide what is booked or told first; the others decide how the APIs are to be used."""

IN_NO_ACCOUNT = frozenset({"order"})
"""Those of which an account shows guesses alone: a probe never saves an answer."""
