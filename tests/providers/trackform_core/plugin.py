"""Pulumi's own plugin process, as the engine starts and asks it, beside a served sandbox."""

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dill  # type: ignore[import-untyped]
import grpc
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from werkzeug.serving import make_server

from trackform.sandbox.app import create_app
from trackform_core.account import AccountProvider

ROOT = Path(__file__).parents[3]
KEY = "canary-rt-0f1e2d3c4b"
PLUGIN = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:0"]


class Engine:
    """What the engine does of its part: sends pickled providers and plain structs."""

    def __init__(self, url: str, environment: Mapping[str, str] | None = None) -> None:
        names = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
        inherited = {name: os.environ[name] for name in names if name in os.environ}
        self.process = subprocess.Popen(
            PLUGIN,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**inherited, "PULUMI_PROJECT": "trackform", "REDTRACK_API_KEY__DEMO": KEY, **(environment or {})},
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)
        config = {
            "redtrackUrl": f"{url}/redtrack", "redtrackApiKey": "stale", "bridgeUrl": f"{url}/bridge",
            "bridgeKey": "bridge-canary",
            "digistore24Url": f"{url}/digistore24/api/call", "digistore24ApiKey": "123456-canary",
        }  # fmt: skip
        request = provider_pb2.ConfigureRequest(args=struct({f"trackform:{k}": v for k, v in config.items()}))
        for name, value in config.items():
            request.variables[f"trackform:{name}"] = value
        self.stub.Configure(request)

    def check(self, provider: Any, news: dict[str, Any], olds: dict[str, Any] | None = None) -> tuple[Any, list[Any]]:
        answer = self.stub.Check(
            provider_pb2.CheckRequest(urn="urn:x", olds=struct(olds or {}), news=struct(with_provider(provider, news)))
        )
        return MessageToDict(answer.inputs), list(answer.failures)

    def create(self, provider: Any, inputs: dict[str, Any]) -> tuple[str, Any]:
        answer = self.stub.Create(
            provider_pb2.CreateRequest(urn="urn:x", properties=struct(with_provider(provider, inputs)))
        )
        return answer.id, MessageToDict(answer.properties)

    def diff(self, object_id: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
        return self.stub.Diff(
            provider_pb2.DiffRequest(id=object_id, urn="urn:x", olds=struct(olds), news=struct(news))
        )  # fmt: skip

    def read(
        self, object_id: str, outs: dict[str, Any], inputs: dict[str, Any] | None = None
    ) -> tuple[str, Any, Any]:  # fmt: skip
        request = provider_pb2.ReadRequest(
            id=object_id, urn="urn:x", properties=struct(outs), inputs=struct(inputs or {})
        )
        answer = self.stub.Read(request)
        return answer.id, MessageToDict(answer.properties), MessageToDict(answer.inputs)

    def update(self, object_id: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
        request = provider_pb2.UpdateRequest(id=object_id, urn="urn:x", olds=struct(olds), news=struct(news))
        return MessageToDict(self.stub.Update(request).properties)

    def delete(self, object_id: str, outs: dict[str, Any]) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(id=object_id, urn="urn:x", properties=struct(outs)))

    def account(self) -> None:
        _, failures = self.check(AccountProvider(), {"name": "demo"})
        assert failures == []

    def end(self) -> str:
        self.channel.close()
        self.process.terminate()
        _, errors = self.process.communicate(timeout=240)
        return errors.decode()


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update(values)
    return found


def with_provider(provider: Any, values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "__provider": base64.b64encode(dill.dumps(provider, recurse=True)).decode()}


@contextmanager
def served_sandbox() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
