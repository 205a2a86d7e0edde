"""API keys: where they come from, how they travel, and that nobody sees them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from trackform_core.http.hosts import origin
from trackform_core.text import secrets


@dataclass(frozen=True)
class Key:
    """An API key and where it came from. Its text appears in no repr."""

    text: str = field(repr=False)
    source: str
    """In words, for messages: nobody reads them back."""
    variable: str = ""
    """The environment variable that it is from; empty where it is from none."""
    setting: str = ""
    """The config secret that it is from; empty where it is from none."""

    def __post_init__(self) -> None:
        secrets.remember(self.text)

    @property
    def is_whole(self) -> bool:
        """Whether it can travel in a header or a query: a copied line break or a typographic dash cannot."""
        return bool(self.text) and self.text.isascii() and self.text.isprintable() and " " not in self.text

    @property
    def renewal(self) -> str:
        """A sentence on what to do after a key in the config was changed; empty for a key of the environment.

        A refresh runs before the program, with the config that the last update stored (measured).
        """
        if not self.setting:
            return ""
        return (
            " If you changed it: preview, up and destroy read with the one that the last `pulumi up` stored. Run "
            "`pulumi up --run-program` once, then everything uses the new one"
        )

    def redact(self, text: str) -> str:
        """``text`` without the key, however an answer or a URL spells it: percent-encoded in part, twice, in JSON."""
        return secrets.without(self.text, text)


class KeyTransport(httpx.BaseTransport):
    """Signs a copy of each request, so that the key is on the wire and nowhere else: and on no wire but to ``base``."""

    def __init__(
        self, inner: httpx.BaseTransport, sign: Callable[[httpx.Request], httpx.Request], base: httpx.URL
    ) -> None:
        self._inner = inner
        self._sign = sign
        self._goes_to = origin(base)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if origin(request.url) != self._goes_to:
            # Whatever made it so, a redirect or a path that is none: the host that was checked is not this one.
            raise httpx.UnsupportedProtocol(f"nothing is sent to {request.url.raw_host!r}", request=request)
        return self._inner.handle_request(self._sign(request))

    def close(self) -> None:
        self._inner.close()
