"""The host's process: serve on a free port, name it, and end quietly with a signal or with the CLI."""

import argparse
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from langhost import parent
from langhost.program import Programs
from langhost.service import LanguageHost

# The engine sends a whole stack's configuration in one message.
MESSAGE_BYTES = 400 * 1024 * 1024
STOP_S = 1.0
OPTIONS = [("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)]


def main(parent_id: int, arguments: list[str]) -> None:
    """Serve until SIGINT, SIGTERM, or the end of process ``parent_id``."""
    parser = argparse.ArgumentParser(prog="pulumi-language-python")
    parser.add_argument("--executor", type=Path, required=True)
    # The CLI may put flags of its own between; its address comes last, and is left out for `pulumi about`.
    known, rest = parser.parse_known_args(arguments)
    engine = rest[-1] if rest and not rest[-1].startswith("-") else ""

    programs = Programs()
    server = grpc.server(ThreadPoolExecutor(), options=OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(known.executor, engine, programs), server)
    port = server.add_insecure_port("127.0.0.1:0")

    # A pipe: Python runs handlers in the main thread alone, which would sleep on if a signal came just before it slept.
    ended, end = os.pipe()
    os.set_blocking(end, False)
    signal.set_wakeup_fd(end, warn_on_full_buffer=False)
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: None)
    parent.watch(parent_id, lambda: os.write(end, b"\0"))
    server.start()
    print(port, flush=True)
    os.read(ended, 1)
    programs.end_all(close=True)
    # With a grace it does not wait itself: a call that never ends must not keep the host alive.
    server.stop(grace=0).wait(STOP_S)
    # Not sys.exit: threads of the server may still wait for a call that nobody will answer.
    os._exit(0)
