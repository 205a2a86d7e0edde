"""Pulumi's own plugin with our providers in it: how many calls it serves at a time, and how it ends."""

import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.providers.trackform_core.plugin import Engine
from trackform.sandbox.app import create_app
from trackform_redtrack.resources import TrafficChannelProvider

TOGETHER = 12
"""More than the launcher's own four."""
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Gate:
    """A sandbox in which each POST waits until it may pass."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.open = threading.Event()
        self.sandbox: Wsgi = create_app()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and "/redtrack/" in environ["PATH_INFO"]:
            self.arrived.release()
            self.open.wait()
        return self.sandbox(environ, start_response)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def engine(gate: Gate) -> Iterator[Engine]:
    server = make_server("127.0.0.1", 0, gate, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    asked = Engine(f"http://127.0.0.1:{server.server_port}")
    asked.account()
    yield asked
    gate.open.set()
    asked.end()
    server.shutdown()
    thread.join()
    server.server_close()


def create(engine: Engine, number: int) -> str:
    return engine.create(TrafficChannelProvider(), {"account": "demo", "title": f"channel {number}"})[0]


def is_open(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def test_more_objects_are_created_at_a_time_than_the_launcher_has_workers_for(engine: Engine, gate: Gate) -> None:
    with ThreadPoolExecutor(TOGETHER) as pool:
        made = [pool.submit(create, engine, number) for number in range(TOGETHER)]
        # It would wait for ever if one of them waited for another's end.
        for _ in range(TOGETHER):
            gate.arrived.acquire()
        gate.open.set()
        assert len({each.result() for each in made}) == TOGETHER


def test_a_read_names_inputs_where_they_are_others_and_none_where_nothing_was_changed(
    engine: Engine, gate: Gate
) -> None:
    """Then the engine keeps the state's, and neither side serialises or compares them a second time."""
    gate.open.set()
    provider, declared = TrafficChannelProvider(), {"account": "demo", "title": "channel 1"}
    object_id, outs = engine.create(provider, declared)
    _, _, first = engine.read(object_id, outs, declared)
    assert first["object_id"] == object_id
    known = {name: value for name, value in first.items() if name != "__provider"}
    assert engine.read(object_id, outs, known) == (object_id, outs, {})
    assert engine.read(object_id, outs, known | {"title": "channel 2"})[2]["title"] == "channel 1"


def test_what_is_being_made_when_an_interrupt_comes_is_answered(engine: Engine, gate: Gate) -> None:
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(create, engine, 1)
        gate.arrived.acquire()
        engine.process.send_signal(signal.SIGINT)
        # The door is shut once the interrupt was heard.
        while is_open(engine.port):
            pass
        gate.open.set()
        assert made.result()
    assert engine.process.wait() == 0
