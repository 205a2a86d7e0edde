"""A sample of the fault matrix over real HTTP: real sockets, real time."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from tests.scenarios.faults.cells import FaultRow, Player, TimedRoom, all_cases
from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.bounds import BOUNDS, MIB, Bounds
from trackform_core.session import session as sessions
from trackform_redtrack.client import RedTrack

SAMPLE = (
    FaultRow("cut", "read"), FaultRow("cut", "write", after=True), FaultRow("cut_body", "write", after=True),
    FaultRow("status:500", "write", after=True), FaultRow("html", "reads"), FaultRow("types", "reads"),
    FaultRow("big:2", "reads"), FaultRow("bomb:2", "reads"), FaultRow("null", "write", after=True),
    FaultRow("drip:0.01", "reads"), FaultRow("hold", "write", after=True),
    FaultRow("status:429", "reads", headers={"Retry-After": "86400"}),
)  # fmt: skip
PATIENT = replace(BOUNDS, body=MIB, hidden=1.0)
IMPATIENT = replace(PATIENT, silence=1.0, attempt=1.0, attempts=1)
"""For what is not answered. On a busy machine a sound request may fail as well, which is an outcome like others."""


class ServedRoom(TimedRoom):
    """The sandbox behind a server; our requests go over sockets."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox.faults.sleep = time.sleep
        self.sandbox.faults.hold = threading.Event.wait
        self.url = ""
        self.bounds: Bounds = PATIENT

    def config(self) -> dict[str, str]:
        return {name: text.replace("http://127.0.0.1", self.url) for name, text in super().config().items()}

    def network(self) -> Network:
        return Network(http.over_the_internet, base_wait=0.001, bounds=self.bounds)


@contextmanager
def served(room: ServedRoom) -> Iterator[None]:
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = make_server("127.0.0.1", 0, room.app, threaded=True)
    room.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        room.sandbox.faults.clear()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("fault", SAMPLE, ids=str)
def test_done_once_or_completed_by_the_next_run(fault: FaultRow, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY", "TRACKFORM_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    original, room = TimedRoom(), ServedRoom()
    monkeypatch.setattr(http, "NETWORK", room.network())
    with served(room):
        player = Player(room, original, all_cases(original)["offer"], "create")
        room.bounds = IMPATIENT if fault.effect.startswith(("cut", "drip", "hold")) else PATIENT
        player.recovers_with = lambda: setattr(room, "bounds", PATIENT)
        played = player.play(fault)
    assert played.problems == []
    sessions.forget_everything()
