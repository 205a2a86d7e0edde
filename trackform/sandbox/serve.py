"""The sandbox over real HTTP, on this machine only."""

import logging
import socket
from pathlib import Path
from typing import Any

from waitress.server import create_server  # type: ignore[import-untyped]

from trackform.sandbox.app import create_app
from trackform.sandbox.switches import Switches

HOST = "127.0.0.1"
THREADS = 64
"""Requests that are answered side by side: twice as many as one client sends, so that nobody waits for another's
latency."""


class Served:
    """A listening sandbox. ``url`` is known at once, also when port 0 left the choice to the system."""

    def __init__(self, port: int, data: Path | None, switches: Switches, *, reset: bool = False) -> None:
        """Listen.

        Raises:
            OSError: the port is taken, or the folder cannot be written.
            OtherDataError: the folder holds something else.
        """
        # Our own socket, and before any state is touched: the server would leak its own when the port is taken.
        listening = socket.create_server((HOST, port))
        try:
            app = create_app(data, switches)
        except BaseException:
            listening.close()
            raise
        if reset:
            app.extensions["sandbox"].reset()
        # A client that goes away, or that we cut off on purpose, is no event worth a line.
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self._server: Any = create_server(
            app, sockets=[listening], threads=THREADS, ident=None, log_socket_errors=False
        )
        self.url = f"http://{HOST}:{self._server.effective_port}"

    def run(self) -> None:
        """Serve until SystemExit or KeyboardInterrupt."""
        try:
            self._server.run()
        finally:
            self._server.close()
