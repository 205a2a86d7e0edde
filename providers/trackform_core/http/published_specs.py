"""The descriptions of their APIs that vendors publish: fetched without a key."""

import httpx

from trackform_core.http import api as http
from trackform_core.http.service_error import ServiceError
from trackform_core.model.service import Service


def fetch(service: Service) -> str:
    """Fetch what the service's vendor publishes today.

    Raises:
        ServiceError: no answer, or one that is no success.
    """
    address, vendor = service.description_url, service.name
    try:
        with http.NETWORK.once(address) as web:
            answer = web.get(address, follow_redirects=True)
            answer.raise_for_status()
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        raise ServiceError(vendor, "refused", f"{address} answers HTTP {status}", status=status) from None
    except httpx.HTTPError as error:
        raise ServiceError(vendor, "unreachable", f"{address}: {str(error) or type(error).__name__}") from None
    return answer.text
