"""The proxy that the environment puts in the way of a request, if any. This machine is never asked through one."""

import os
from dataclasses import dataclass
from urllib.request import getproxies, proxy_bypass

import httpx

from trackform_core.http.hosts import is_loopback


@dataclass(frozen=True)
class Proxy:
    """``source`` is the variable that names it, or the system's settings."""

    url: str
    source: str

    @property
    def shown(self) -> str:
        """Without a user's name and password, which its address may hold."""
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL:
            return f"the proxy that {self.source} names"
        place = f"{url.host}:{url.port}" if url.port else url.host
        return f"the proxy {place or 'without a host'} ({self.source})"


def proxy_of(url: str) -> Proxy | None:
    """The proxy of an address; None where it is reached directly."""
    target = httpx.URL(url)
    if is_loopback(target) or proxy_bypass(target.host):
        return None
    proxies = getproxies()
    scheme = target.scheme if proxies.get(target.scheme) else "all"
    if not proxies.get(scheme):
        return None
    name = f"{scheme}_proxy"
    source = next((each for each in (name, name.upper()) if os.environ.get(each)), "the system's settings")
    # As curl and others read it.
    address = proxies[scheme] if "://" in proxies[scheme] else f"http://{proxies[scheme]}"
    return Proxy(address, source)
