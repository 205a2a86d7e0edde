"""Webhooks of chats, in Slack's format: one address that takes messages, and is the secret itself."""

import re

import httpx

from trackform_core.errors import TrackformError
from trackform_core.http import api as http
from trackform_core.http.hosts import AddressError, private

WORD = re.compile(r"[a-z][a-z_]{1,39}")
"""What a webhook says no with, such as `no_service`. Anything else that answers is not repeated."""


def post(text: str, address: str, name: str) -> None:
    """Post one message, once: whether one whose answer was lost has arrived cannot be known.

    Args:
        text: the message, in Slack's markup.
        address: of the webhook.
        name: of the environment's variable that holds it, which ends as those of secrets do: so no message has it.

    Raises:
        TrackformError: it is no address of a webhook, or the message was not taken.
    """
    try:
        private(address)
    except AddressError:
        raise TrackformError(f"{name} holds no address of a webhook, https://…: no alert was sent") from None
    try:
        with http.NETWORK.once(address) as web:
            answer = web.post(address, json={"text": text})
    except httpx.HTTPError as error:
        raise TrackformError(f"the webhook of {name} does not answer ({type(error).__name__})") from None
    if not answer.is_success:
        said = answer.text.strip()
        reason = f" ({said})" if WORD.fullmatch(said) else ""
        raise TrackformError(
            f"the webhook of {name} answers HTTP {answer.status_code}{reason}: the alert was not taken. Is its address "
            "still that of the chat?"
        )
