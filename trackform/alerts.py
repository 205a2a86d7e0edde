"""Alerts: what was found at night, or an `up` that failed, as one message to a chat.

The policy names the environment variable, the environment holds the address: whoever knows it can write to the chat.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from trackform.policy import Policy
from trackform_core.errors import TrackformError
from trackform_core.http import webhook
from trackform_core.text.shown import fit_to_show

LONGEST = 3_000
"""Characters of all details together. Slack asks for at most 4,000 in a message."""
FENCE = "```"


def send(policy: Policy, text: str, details: Iterable[str] = (), link: str = "") -> bool:
    """Post one message to the webhook that the policy names; False where it names none.

    Raises:
        TrackformError: its variable is not set or holds no address of a webhook, or the message was not taken.
    """
    if not policy.webhook:
        return False
    address = os.environ.get(policy.webhook, "").strip()
    if not address:
        raise TrackformError(
            f"{policy.webhook} is not set, and `alerts` in stacks/policy.yaml names it: no alert was sent"
        )
    webhook.post(message(text, details, link), address, policy.webhook)
    return True


def message(text: str, details: Iterable[str] = (), link: str = "") -> str:
    """The message in Slack's markup: what it is about, where more of it stands, and the details as they are."""
    parts = [_escaped(fit_to_show(text))]
    if link:
        parts.append(f"<{_escaped(link)}>")
    left = LONGEST
    for detail in details:
        shown = fit_to_show(detail).strip()
        if shown and left > 0:
            cut = shown if len(shown) <= left else f"{shown[:left]} …"
            left -= len(cut)
            inside = cut.replace(FENCE, "'''")
            parts.append(f"{FENCE}\n{_escaped(inside)}\n{FENCE}")
    return "\n".join(parts)


def read_details(paths: Iterable[Path]) -> list[str]:
    """What checks left in files; one that is missing has nothing to say."""
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths if path.is_file()]


def _escaped(text: str) -> str:
    """Slack reads `<!channel>` and links in angle brackets, and no other escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
