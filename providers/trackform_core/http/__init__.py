"""Requests: addresses, keys, waits and retries.

httpx has a command line of its own, and loads it, with click, rich and pygments, wherever those are installed. Where
they are not it does without; so it does here, which spares every process of ours a third of httpx.
"""

import logging
import sys

from trackform_core.text.shown import fit_to_show

if "httpx" not in sys.modules:
    # What Python takes for "there is no such module".
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    import httpx  # noqa: F401 -- loaded for those who import it from here on

    del sys.modules["httpx._main"]


class _Fit(logging.Filter):
    """What the libraries log of requests and answers, without secrets: an answer's headers may send a key back."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = fit_to_show(record.getMessage()), ()
        return True


for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(_Fit())
