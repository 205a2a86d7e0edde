"""The providers behind Pulumi's own gRPC server, without the CLI: what the engine really sends and gets."""

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dill  # type: ignore[import-untyped]
import grpc
import httpx
import pytest
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from werkzeug.serving import make_server

from providers.account import AccountProvider
from providers.resources import OfferProvider, OfferSourceProvider, PostbackConnectionProvider
from trackform.sandbox.accounts import redtrack_account
from trackform.sandbox.app import create_app

ROOT = Path(__file__).parents[2]
KEY = "canary-rt-0f1e2d3c4b"
PLUGIN = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:0"]


class Engine:
    """What the engine does of its part: sends pickled providers and plain structs."""

    def __init__(self, url: str) -> None:
        names = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
        environment = {name: os.environ[name] for name in names if name in os.environ}
        self.process = subprocess.Popen(
            PLUGIN,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment | {"PULUMI_PROJECT": "trackform", "REDTRACK_API_KEY__DEMO": KEY},
        )
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline())
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
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

    def read(self, object_id: str, outs: dict[str, Any]) -> tuple[str, Any, Any]:
        answer = self.stub.Read(provider_pb2.ReadRequest(id=object_id, urn="urn:x", properties=struct(outs)))
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
        _, errors = self.process.communicate(timeout=30)
        return errors.decode()


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update(values)
    return found


def with_provider(provider: Any, values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "__provider": base64.b64encode(dill.dumps(provider, recurse=True)).decode()}


@pytest.fixture
def sandbox() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def engine(sandbox: str) -> Iterator[Engine]:
    found = Engine(sandbox)
    yield found
    if found.process.poll() is None:
        found.end()


def writes(sandbox: str) -> list[str]:
    entries = httpx.get(f"{sandbox}/_control/requests", params={"service": "redtrack"}).json()
    return [entry["method"] for entry in entries if entry["method"] != "GET"]


def test_a_whole_life(engine: Engine, sandbox: str) -> None:
    source, offer = OfferSourceProvider(), OfferProvider()
    engine.account()
    inputs, failures = engine.check(source, {"account": "demo", "title": "DS24", "click_expiration": 30.0})
    assert failures == []
    source_id, source_outs = engine.create(source, inputs)
    assert source_outs["owner"] == redtrack_account(KEY), "the environment's key comes before the config's"
    declared = {
        "account": "demo", "title": "Keto", "url": "https://p.test/?cid={clickid}", "offer_source_id": source_id,
        "payout": 12.0, "countries": ["DE", "AT"], "notes": None, "cap": 5.0,
    }  # fmt: skip
    inputs, failures = engine.check(offer, declared)
    assert failures == []
    assert inputs["countries"] == ["AT", "DE"]
    assert "notes" not in inputs
    object_id, outs = engine.create(offer, inputs)
    assert outs["__provider"]
    assert engine.diff(object_id, outs, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
    again, failures = engine.check(offer, declared, inputs)
    assert again == {**inputs, "object_id": object_id}
    read_id, read_outs, read_inputs = engine.read(object_id, outs)
    assert (read_id, read_outs) == (object_id, outs)
    assert read_inputs == again
    changed, _ = engine.check(offer, declared | {"payout": 13.5}, read_inputs)
    assert engine.diff(object_id, read_outs, changed).changes == provider_pb2.DiffResponse.DIFF_UNKNOWN
    outs = engine.update(object_id, read_outs, changed)
    assert outs["payout"] == 13.5
    assert engine.diff(object_id, outs, changed).changes == provider_pb2.DiffResponse.DIFF_NONE
    assert writes(sandbox) == ["POST", "POST", "PUT"]
    engine.update(object_id, outs, changed)
    assert writes(sandbox) == ["POST", "POST", "PUT"]
    errors = engine.end()
    assert "is not pinned to its account" in errors
    assert KEY not in errors
    # The run in which it leaves the program is another process.
    later = Engine(sandbox)
    later.account()
    later.delete(object_id, outs)
    assert later.read(object_id, outs)[0] == ""
    errors = later.end()
    assert "offer 'Keto'" in errors
    assert "was deleted (status 3)" in errors
    assert KEY not in errors


def test_unknowns_go_through_a_preview(engine: Engine) -> None:
    offer, connection = OfferProvider(), PostbackConnectionProvider()
    declared = {"account": "demo", "title": "Keto", "url": rpc.UNKNOWN, "offer_source_id": rpc.UNKNOWN,
                "payout": rpc.UNKNOWN, "countries": ["DE", rpc.UNKNOWN], "tags": rpc.UNKNOWN}  # fmt: skip
    inputs, failures = engine.check(offer, declared)
    assert failures == []
    assert inputs.items() >= {name: declared[name] for name in ("url", "offer_source_id", "payout", "tags")}.items()
    assert rpc.UNKNOWN in inputs["countries"]
    olds = {**with_provider(offer, {"account": "demo", "title": "Keto", "url": "https://p.test/", "object_id": "1"})}
    assert engine.diff("1", olds, inputs).changes == provider_pb2.DiffResponse.DIFF_UNKNOWN
    inputs, failures = engine.check(
        connection, {"account": "demo", "name": "sales", "url": rpc.UNKNOWN, "events": ["payment"],
                     "product_ids": [rpc.UNKNOWN, "1"]},
    )  # fmt: skip
    assert failures == []
    assert inputs["active"] is True
    inputs, failures = engine.check(offer, {"account": rpc.UNKNOWN, "title": rpc.UNKNOWN, "url": "u", "nonsense": 1})
    assert {failure.property for failure in failures} == {"nonsense", "offer_source_id"}


def test_what_goes_wrong_is_one_text_for_the_user(engine: Engine, sandbox: str) -> None:
    offer = OfferProvider()
    inputs = {"account": "demo", "title": "Keto", "url": "u", "offer_source_id": "1"}
    with pytest.raises(grpc.RpcError, match="before the stack's Account was checked"):
        engine.create(offer, inputs)
    engine.account()
    with pytest.raises(grpc.RpcError, match=r"offer 'Keto': RedTrack: program_id: network not found"):
        engine.create(offer, inputs)
    httpx.post(f"{sandbox}/_control/keys/revoke", json={"key": KEY})
    httpx.post(f"{sandbox}/_control/faults", json={"service": "redtrack", "effect": "html", "times": None})
    with pytest.raises(grpc.RpcError) as error:
        engine.read("1", with_provider(OfferSourceProvider(), {"account": "demo", "title": "DS24"}))
    assert "offer source 'DS24': RedTrack: " in str(error.value)
    assert KEY not in str(error.value)


def test_the_plugin_ends_when_the_engine_is_gone(engine: Engine) -> None:
    engine.account()
    assert engine.process.poll() is None
    assert engine.process.stdout is not None
    engine.process.stdout.close()
    assert engine.process.wait(timeout=30) == 1
    engine.channel.close()
    assert engine.process.stderr is not None
    engine.process.stderr.close()
