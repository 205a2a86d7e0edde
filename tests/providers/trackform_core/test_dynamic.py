"""The providers behind Pulumi's own gRPC server, without the CLI: what the engine really sends and gets."""

from collections.abc import Iterator

import grpc
import httpx
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2

from tests.providers.trackform_core.plugin import KEY, Engine, served_sandbox, with_provider
from trackform.sandbox.accounts import redtrack_account
from trackform_digistore24.resources import PostbackConnectionProvider
from trackform_redtrack.resources import OfferProvider, OfferSourceProvider


@pytest.fixture
def sandbox() -> Iterator[str]:
    with served_sandbox() as url:
        yield url


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


def test_a_read_knows_what_the_file_said_last(engine: Engine, sandbox: str) -> None:
    """The outputs of a step without a change are older than its inputs, which Pulumi's servicer does not hand on."""
    engine.account()
    source, offer = OfferSourceProvider(), OfferProvider()
    source_id, _ = engine.create(source, engine.check(source, {"account": "demo", "title": "DS24"})[0])
    declared = {"account": "demo", "title": "Keto", "url": "https://p.test/", "offer_source_id": source_id, "cap": 5}
    object_id, outs = engine.create(offer, engine.check(offer, declared)[0])

    def somebody_sets(cap: int) -> None:
        edit = {"kind": "offer", "key": KEY, "id": object_id, "set": {"cap": cap}}
        assert httpx.post(f"{sandbox}/_control/webapp", json=edit).is_success

    somebody_sets(9)
    outs["changed_outside"] = {"cap": 9}
    inputs, _ = engine.check(offer, declared | {"cap": 9}, {**declared, "object_id": object_id})
    assert engine.diff(object_id, outs, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
    somebody_sets(5)
    _, read_outs, read_inputs = engine.read(object_id, outs, inputs)
    assert (read_outs["cap"], read_outs["changed_outside"]) == (9, {"cap": 5})
    assert read_inputs == {}, "those of the state stay as they are"
    assert engine.diff(object_id, read_outs, inputs).changes == provider_pb2.DiffResponse.DIFF_NONE
    _, read_outs, _ = engine.read(object_id, outs)
    assert read_outs["cap"] == 5, "without them nobody knows"


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
    assert engine.process.wait(timeout=240) == 1
    engine.channel.close()
    assert engine.process.stderr is not None
    engine.process.stderr.close()
