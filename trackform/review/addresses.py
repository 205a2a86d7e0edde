"""Where the services are: another address gets the keys, and no object of the plan shows it."""

from collections.abc import Iterator, Mapping
from typing import Any

from trackform.preview.plan import Plan
from trackform.review.model import Danger, Row
from trackform.review.values import SECRET
from trackform_core.http.hosts import shown
from trackform_core.model.service import Endpoint
from trackform_core.model.vendors import endpoints, pins

NAMESPACE = "trackform:"
VENDOR_GETS = "the {} key is sent there, and what it answers is taken for the account"
BRIDGE_GETS = "the bridge's key is sent there, with the conversion types and the postback connections"
NONE = "none"
NO_BRIDGE = "no bridge is asked any more: a person enters the conversion types and the postback connections"


def changed(config: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[tuple[Endpoint, str, str]]:
    """(endpoint, before, now) where the address is another one, or may be: of one that is a secret nobody sees it."""
    for endpoint in endpoints():
        setting = NAMESPACE + endpoint.url_setting
        was, now = (_text(each.get(setting) or endpoint.default_url) for each in (before, config))
        if was != now or now == SECRET:
            yield endpoint, _shown(was), _shown(now)


def _text(value: Any) -> str:
    """Encrypted it is a map, in the state and in the stack's file."""
    return value.strip().rstrip("/") if isinstance(value, str) else SECRET


def _shown(text: str) -> str:
    return text if text == SECRET else shown(text) or NONE


def dangers(preview: Plan, base: Mapping[str, Any] | None) -> Iterator[Danger]:
    """Addresses that are not those of the last `pulumi up`, or not those of the base branch."""
    for before in (preview.before, base):
        for endpoint, was, now in changed(preview.config, before) if before is not None else ():
            consequence = _gets(endpoint) if now != NONE else NO_BRIDGE
            about = NAMESPACE + endpoint.url_setting
            yield Danger(kind="address", about=about, reason=f"goes from {was} to {now}: {consequence}")


def _gets(endpoint: Endpoint) -> str:
    """What an address is sent, and what is believed of it."""
    is_vendors = endpoint in {service.endpoint for service in pins().values()}
    return VENDOR_GETS.format(endpoint.title) if is_vendors else BRIDGE_GETS


def rows(preview: Plan) -> list[Row]:
    """What a digest holds of them: all that `pulumi up` would begin to use."""
    changes = changed(preview.config, preview.before) if preview.before is not None else ()
    return [
        Row(about=NAMESPACE + endpoint.url_setting, change="address", field="", old=was, new=now)
        for endpoint, was, now in changes
    ]
