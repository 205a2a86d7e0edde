"""Requests: addresses, keys, waits and retries.

httpx has a command line of its own, and loads it, with click, rich and pygments, wherever those are installed. Where
they are not it does without; so it does here, which spares every process of ours a third of httpx.
"""

import sys

if "httpx" not in sys.modules:
    # What Python takes for "there is no such module".
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    import httpx  # noqa: F401 -- loaded for those who import it from here on

    del sys.modules["httpx._main"]
