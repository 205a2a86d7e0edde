"""The descriptions of their APIs that the vendors publish: fetched without a key."""

import httpx

from providers import http
from providers.http import ServiceError

ADDRESSES = {
    "RedTrack": "https://api.redtrack.io/docs/doc.json",
    "Digistore24": "https://digistore24.com/api/docs/openapi.yaml",
}
"""Where they are: linked from RedTrack's Swagger page, and from Digistore24's API reference."""


def fetch(vendor: str) -> str:
    """What the vendor publishes today.

    Raises:
        ServiceError: no answer, or one that is no success.
    """
    address = ADDRESSES[vendor]
    try:
        with httpx.Client(transport=http.NETWORK.transport(address), timeout=http.NETWORK.timeout) as web:
            answer = web.get(address, follow_redirects=True)
            answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        raise ServiceError(vendor, "refused", f"{address} answers HTTP {status}", status=status) from None
    except httpx.HTTPError as error:
        raise ServiceError(vendor, "unreachable", f"{address}: {str(error) or type(error).__name__}") from None
    return answer.text
