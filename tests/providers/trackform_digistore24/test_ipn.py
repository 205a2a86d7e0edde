"""IPN connections: no listing, one per API key and domain_id, a passphrase that is never shown."""

from typing import TYPE_CHECKING, Any

import pytest

from trackform_core.errors import Refused
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.kind import Removal
from trackform_core.model.wire import Row, Values
from trackform_digistore24.ipn_connection import KIND, csv_to_list

if TYPE_CHECKING:
    from tests.providers.conftest import Room

FIELDS: Values = {
    "domain_id": "acme-9f2c", "name": "acme", "url": "https://ipn.acme.test/in", "product_ids": ["411531", "411530"],
    "sha_passphrase": "canary-passphrase", "transactions": ["refund", "payment"], "timing": "delayed",
}  # fmt: skip
KEY_OF_THE_SAME_ACCOUNT = "123456-canary-another"


def sent(room: "Room", function: str = "ipnSetup") -> list[Row]:
    return [entry["body"] for entry in room.asked(function)]


def passphrase(room: "Room") -> str:
    (row,) = room.sandbox.store.rows("123456", "ipn")
    return str(row["sha_passphrase"])


def by_hand(room: "Room", **changed: Any) -> None:
    """Set up with the same key by somebody else."""
    room.process().client(KIND.service).ask(
        "ipnSetup", domain_id="acme-9f2c", name="acme", ipn_url="https://ipn.acme.test/in", product_ids="all", **changed
    )
    room.process()
    room.forget()


@pytest.mark.parametrize("missing", ["N", "error"])
def test_a_whole_life(room: "Room", missing: str) -> None:
    room.switch(ipn_info_missing=missing)
    room.forget()
    live = room.create(KIND, FIELDS)
    assert live.object_id == "acme-9f2c"
    assert len(sent(room)) == 1
    assert room.differing(KIND, live, FIELDS) == []
    room.process()
    seen = room.read(KIND, live)
    assert seen.outs == live.outs
    assert room.differing(KIND, seen, FIELDS) == []
    room.update(KIND, seen, FIELDS)
    assert len(sent(room)) == 1
    changed = FIELDS | {"product_ids": ["all"], "timing": "before_thankyou"}
    assert room.differing(KIND, seen, changed) == ["product_ids", "timing"]
    live = room.update(KIND, seen, changed)
    assert len(sent(room)) == 2
    assert passphrase(room) == "canary-passphrase", "ipnSetup without it would take it away"
    room.process()
    assert room.differing(KIND, room.read(KIND, live), changed) == []
    room.process()
    assert "was deleted" in lifecycle.delete(KIND, live.object_id, live.outs)
    room.process()
    assert lifecycle.read(KIND, live.object_id, live.outs) is None
    assert "was gone already" in lifecycle.delete(KIND, live.object_id, live.outs)


def test_a_new_passphrase_is_a_change_and_is_written(room: "Room") -> None:
    live = room.create(KIND, FIELDS)
    changed = FIELDS | {"sha_passphrase": "canary-second"}
    assert room.differing(KIND, live, changed) == ["sha_passphrase"]
    room.update(KIND, live, changed)
    assert passphrase(room) == "canary-second"


def test_two_connections_gone_are_both_gone(room: "Room") -> None:
    """Each is asked for by its id: there is no listing that could be lying."""
    lives = [room.create(KIND, FIELDS | {"domain_id": f"acme-{n}"}) for n in range(3)]
    for live in lives[:2]:
        room.process().client(KIND.service).ask("ipnDelete", domain_id=live.object_id)
    room.process()
    found = [lifecycle.read(KIND, live.object_id, live.outs) for live in lives]
    assert [bool(one) for one in found] == [False, False, True]


def test_a_domain_id_that_is_in_use_is_never_taken_over_silently(room: "Room") -> None:
    by_hand(room, transactions="payment,refund", timing="delayed", sha_passphrase="theirs")
    inputs = room.check(KIND, FIELDS)
    assert "IPN connection 'acme-9f2c' exists already in Digistore24" in room.refusal(KIND, FIELDS)
    assert "object_id" not in inputs
    with pytest.raises(Refused, match=r"exists already .* differs in product_ids.*`adopt: true`"):
        lifecycle.create(KIND, inputs)
    equal = FIELDS | {"product_ids": ["all"]}
    room.process()
    with pytest.raises(Refused, match="its sha_passphrase cannot be read, so it may be somebody else's"):
        room.create(KIND, equal)
    assert sent(room) == []
    assert passphrase(room) == "theirs"


def test_adopting_shows_and_sets_the_passphrase(room: "Room") -> None:
    by_hand(room, transactions="payment,refund", timing="delayed", sha_passphrase="theirs")
    adopting = FIELDS | {"product_ids": ["all"], "adopt": True}
    inputs = room.check(KIND, adopting)
    assert inputs["adopts"] == {"id": "acme-9f2c", "changes": {"sha_passphrase": "cannot be read, is set"}}
    live = lifecycle.create(KIND, inputs)
    assert passphrase(room) == "canary-passphrase"
    assert len(sent(room)) == 1
    room.process()
    assert "it was adopted, not created" in lifecycle.delete(KIND, live.object_id, live.outs)


def test_a_create_whose_answer_is_lost_is_sent_again_and_makes_one(room: "Room") -> None:
    room.control(
        "POST", "faults", json={"service": "digistore24", "path": "ipnSetup", "effect": "cut", "after": True}
    )  # fmt: skip
    live = room.create(KIND, FIELDS)
    assert live.object_id == "acme-9f2c"
    assert passphrase(room) == "canary-passphrase"


def test_another_key_of_the_account_is_no_proof_that_it_is_gone(room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    live = room.create(KIND, FIELDS)
    room.digistore24_key = KEY_OF_THE_SAME_ACCOUNT
    for call in (lifecycle.read, lifecycle.delete):
        room.process()
        with pytest.raises(Refused, match="another API key, and the one in use cannot see it") as refusal:
            call(KIND, live.object_id, live.outs)
        assert "TRACKFORM_ALLOW=gone:ipn" in str(refusal.value)
        assert KEY_OF_THE_SAME_ACCOUNT not in str(refusal.value)
    monkeypatch.setenv("TRACKFORM_ALLOW", "gone:ipn")
    room.process()
    assert lifecycle.read(KIND, live.object_id, live.outs) is None


def test_the_keys_stay_out_of_what_is_kept(room: "Room") -> None:
    live = room.create(KIND, FIELDS)
    assert room.digistore24_key not in str(live)
    assert len(live.outs["api_key"]) == 12


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://track.acme.test/postback?clickid={cid}&sum={amount}", "RedTrack's address for postbacks"),
        ("https://track.acme.test/postback", "cannot answer an IPN"),
        ("https://acme.ttrk.io/anything", "declare a connection in `postbacks`"),
        ("https://api.redtrack.io/", "RedTrack's address"),
        ("http://ipn.acme.test/in", "must be https"),
    ],
)
def test_an_address_that_cannot_answer_is_refused(url: str, words: str) -> None:
    (failure,) = lifecycle.check(KIND, {}, FIELDS | {"url": url}, "?").failures
    assert failure.field == "url"
    assert words in failure.reason


def test_a_random_passphrase_is_refused(room: "Room") -> None:
    (failure,) = lifecycle.check(KIND, {}, FIELDS | {"sha_passphrase": "random"}, "?").failures
    assert "told once and never again" in failure.reason


def test_another_domain_id_is_another_connection(room: "Room") -> None:
    live = room.create(KIND, FIELDS)
    changed = room.check(KIND, FIELDS | {"domain_id": "acme-2"}, live.inputs)
    assert lifecycle.diff(KIND, live.outs, changed)[1] == ["domain_id"]


def refuses(room: "Room", function: str, effect: str) -> None:
    fault = {"service": "digistore24", "path": function, "effect": effect, "times": None}
    room.control("POST", "faults", json=fault)


@pytest.mark.parametrize("effect", ["status:400", "status:401", "status:403", "status:500", "html", "error200", "cut"])
def test_a_delete_that_is_refused_is_not_taken_for_done(room: "Room", effect: str) -> None:
    live = room.create(KIND, FIELDS)
    session = room.process()
    refuses(room, "ipnDelete", effect)
    with pytest.raises(ServiceError, match="Digistore24"):
        lifecycle.delete(KIND, live.object_id, live.outs)
    assert passphrase(room) == "canary-passphrase"
    assert session.listing(KIND).row(live.object_id) is not None


@pytest.mark.parametrize(("still_there", "missing"), [(True, "N"), (False, "N"), (False, "error")])
def test_a_delete_that_changed_nothing_is_looked_into(
    room: "Room", monkeypatch: pytest.MonkeyPatch, *, still_there: bool, missing: str
) -> None:
    room.switch(ipn_info_missing=missing)
    live = room.create(KIND, FIELDS)
    client = room.process().client(KIND.service)
    if not still_there:
        client.ask("ipnDelete", domain_id=live.object_id)
    ask = type(client).ask

    def no_delete(self: Any, function: str, **arguments: Any) -> Any:
        return {"modified": "N"} if function == "ipnDelete" else ask(self, function, **arguments)

    monkeypatch.setattr(type(client), "ask", no_delete)
    if still_there:
        with pytest.raises(ServiceError, match="ipnDelete changed nothing, the connection is still there") as told:
            KIND.delete(client, live.object_id, {}, "delete")
        error = told.value
        assert (error.service, error.reason, error.request) == ("Digistore24", "refused", "DELETE /ipnDelete")
    else:
        assert KIND.delete(client, live.object_id, {}, "delete").gone


def test_what_is_gone_is_deleted_where_the_service_knows_of_none(room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    live = room.create(KIND, FIELDS)
    client = room.process().client(KIND.service)

    def unknown(_self: Any, function: str, **_arguments: Any) -> Any:
        raise ServiceError("Digistore24", "not_found", function)

    monkeypatch.setattr(type(client), "ask", unknown)
    assert KIND.delete(client, live.object_id, {}, "delete") == Removal("was deleted", gone=True)


def test_deleted_it_is_known_no_more(room: "Room") -> None:
    live = room.create(KIND, FIELDS)
    session = room.process()
    assert "was deleted" in lifecycle.delete(KIND, live.object_id, live.outs)
    room.forget()
    assert session.listing(KIND).row(live.object_id) is None
    assert room.asked("ipnInfo") == []
    session.listing(KIND).forget()
    assert session.listing(KIND).row(live.object_id) is None
    assert len(room.asked("ipnInfo")) == 1


@pytest.mark.parametrize(("text", "expected"), [(None, None), ("", None), (" , ", None), ("b, a,b", ["a", "b"])])
def test_lists_are_told_in_one_text(text: Any, expected: Any) -> None:
    assert csv_to_list(text) == expected


def test_the_key_in_use_sees_its_own_and_what_has_no_fingerprint(room: "Room") -> None:
    live = room.create(KIND, FIELDS)
    client = room.process().client(KIND.service)
    assert KIND.hidden(client, live.outs) == ""
    assert KIND.hidden(client, {}) == ""
    assert KIND.hidden(client, {"api_key": "0" * 12}).startswith("it was set up with another API key")


@pytest.mark.parametrize(
    ("url", "fine"),
    [("https://ttrk.io.acme.test/", True), ("https://acme-ttrk.io/", True), ("https://ttrk.io/", False),
     ("https://ipn.acme.test/postback/in", True), ("https://ipn.acme.test/?click=1", True),
     ("https://ipn.acme.test/?clickid=1", False)],
)  # fmt: skip
def test_which_addresses_are_a_trackers(room: "Room", url: str, fine: bool) -> None:
    assert (not lifecycle.check(KIND, {}, FIELDS | {"url": url}, "?").failures) == fine
