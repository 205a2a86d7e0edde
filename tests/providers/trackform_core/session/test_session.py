"""What one process tells, and what it knows of an account."""

import logging
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime import rpc

from trackform.sandbox.accounts import redtrack_account
from trackform_core import dynamic
from trackform_core.account import AccountProvider
from trackform_core.dynamic import Failed
from trackform_core.http.service_error import ServiceError
from trackform_core.model.validate import options_fit, validated
from trackform_core.session import session as sessions
from trackform_core.session.messages import Messages
from trackform_digistore24.resources import PostbackConnectionProvider
from trackform_redtrack.offer_source import KIND as OFFER_SOURCE
from trackform_redtrack.resources import OfferProvider, OfferSourceProvider, TrafficChannelProvider
from trackform_redtrack.traffic_channel import KIND as CHANNEL

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from trackform_core.lifecycle.service import Live

ACCOUNT = {"name": "default"}


def test_a_shared_fault_is_told_in_full_once_and_names_every_object(room: "Room", cases: "dict[str, Case]") -> None:
    del cases
    room.process()
    room.control("POST", "keys/revoke", json={"key": room.redtrack_key})
    told = []
    for n in range(60):
        with pytest.raises(Failed) as error:
            OfferSourceProvider().read(f"id{n}", {"title": f"source {n}"})
        told.append(str(error.value))
        assert error.value.__context__ is None
    assert "the API key from the config secret trackform:redtrackApiKey is not accepted" in told[0]
    assert "Tools → Integrations → General" in told[0]
    assert told[0].startswith("offer source 'source 0': RedTrack: ")
    assert told[1:] == [
        f"offer source 'source {n}': RedTrack: the key is not accepted, as told in full for another object"
        for n in range(1, 60)
    ]
    assert len([entry for entry in room.requests() if entry["service"] == "redtrack"]) == 1


def test_what_is_about_one_object_is_always_told_in_full(room: "Room") -> None:
    del room
    error = ServiceError("RedTrack", "refused", "title is required (HTTP 400)", request="POST /offers")
    full = "RedTrack: title is required (HTTP 400) [POST /offers]. Correct what it names. "
    messages = Messages()
    assert all(messages.once(error).startswith(full) for _ in range(3))


def test_what_was_told_of_one_account_is_told_of_another_as_well(room: "Room") -> None:
    del room
    error = ServiceError("RedTrack", "busy", "too fast", request="GET /offers")
    acme, beta = (sessions.session_of(name).messages for name in ("acme", "beta"))
    full = acme.once(error)
    assert acme.once(error) == "RedTrack: too many requests, as told in full for another object"
    assert beta.once(error) == full
    sessions.rename("acme", "gamma")
    sessions.absorb("beta", "gamma")
    short = [sessions.messages_of(name).once(error) for name in ("acme", "beta", "gamma")]
    assert short == ["RedTrack: too many requests, as told in full for another object"] * 3
    assert sessions.messages_of("nobody").once(error) == full


def test_a_name_that_a_renamed_stack_takes_over_brings_what_was_told_under_it(room: "Room") -> None:
    del room
    error = ServiceError("RedTrack", "busy", "too fast", request="GET /offers")
    full = sessions.session_of("new").messages.once(error)
    sessions.session_of("old")
    assert sessions.rename("old", "new").messages.once(error) != full


MANY = 15


def read_many(lives: "list[Live]") -> list[str]:
    """What is told of each object when all of them are read."""
    told = []
    for live in lives:
        with pytest.raises(Failed) as error:
            TrafficChannelProvider().read(live.object_id, dict(live.outs))
        told.append(str(error.value))
    return told


@pytest.mark.parametrize(("what", "full", "short"), [
    ("another key", "Nothing was touched: use the key of the stack's own account", "the key in use is of the RedTrack"),
    ("empty", "Its listing is not to be trusted now: try again later", "lists no traffic channel, yet still has this"),
    ("empty and gone", "run again with TRACKFORM_ALLOW=gone:channel", "RedTrack lists no traffic channel"),
    ("error200", "run again later, or ask the service's support", "RedTrack: it declined"),
])  # fmt: skip
def test_what_hits_many_objects_is_told_in_full_once(room: "Room", what: str, full: str, short: str) -> None:
    room.process()
    lives = [room.create(CHANNEL, {"title": f"channel {n}"}) for n in range(MANY)]
    if what == "another key":
        room.redtrack_key = "another-canary"
    else:
        room.fault("error200" if what == "error200" else "empty", path="^/sources$", times=None)
    if what == "empty and gone":
        room.fault("status:404", path="^/sources/", times=None)
    room.process()
    first = 1 if what == "empty and gone" else 0
    if first:
        # One alone may have been the last.
        assert TrafficChannelProvider().read(lives[0].object_id, dict(lives[0].outs)).id == ""
    told = read_many(lives[first:])
    assert told[0].startswith(f"traffic channel 'channel {first}'")
    assert full in told[0]
    assert "RedTrack" in told[0]
    for n, line in enumerate(told[1:], first + 1):
        assert line.startswith(f"traffic channel 'channel {n}': ")
        assert short in line
        assert line.endswith(", as told in full for another object") or "[as-told]" in line
        assert full not in line
        assert len(line) < 160


def test_a_refusal_of_the_service_names_the_object_and_the_way_out(room: "Room", cases: "dict[str, Case]") -> None:
    del cases
    room.switch(titles="unique")
    source = OfferSourceProvider().create({"title": "New", "account": "default"})
    other = OfferSourceProvider().create({"title": "Old", "account": "default"})
    room.edit(OFFER_SOURCE, source.id, set={"title": "Hidden"})
    room.edit(OFFER_SOURCE, source.id, set={"title": "Wanted"})
    with pytest.raises(Failed, match=r"offer source 'Wanted': RedTrack: network with this title already exists"):
        OfferSourceProvider().update(other.id, other.outs or {}, {"title": "Wanted", "account": "default"})


def test_a_fault_of_our_own_is_said_to_be_one() -> None:
    nothing: dict[str, str] = {}
    with pytest.raises(Failed, match=r"offer 'x': a fault of trackform itself, please report it: KeyError: 'y'"):
        dynamic.say("offer 'x'", lambda: nothing["y"])


def test_no_key_at_all_says_how_to_give_one(room: "Room") -> None:
    room.redtrack_key = ""
    room.process()
    way_out = (
        "set REDTRACK_API_KEY__DEFAULT, or REDTRACK_API_KEY where all stacks have the same; or run `pulumi config set "
        "--secret trackform:redtrackApiKey` and `pulumi up --run-program` once"
    )
    told = []
    for title in "ab":
        with pytest.raises(Failed) as error:
            OfferSourceProvider().read("1", {"title": title})
        told.append(str(error.value))
    assert told == [
        f"offer source 'a': RedTrack: no API key: {way_out}",
        "offer source 'b': RedTrack: no API key is given, as told in full for another object",
    ]


def test_the_account_is_compared_with_its_pins(room: "Room") -> None:
    user = redtrack_account(room.redtrack_key)
    session = room.process(checked=False)
    fine = AccountProvider().check({}, ACCOUNT | {"redtrack_user": user, "digistore24_account": 123456.0})
    assert fine.failures == []
    recorded = {"redtrack_user": user, "digistore24_account": "123456"}
    assert fine.inputs == {"name": "default", **recorded, "recorded": recorded, "object_id": "default"}
    assert AccountProvider().check(fine.inputs, fine.inputs).inputs == fine.inputs
    assert session.checked
    outs = AccountProvider().create(dict(fine.inputs)).outs or {}
    assert outs["recorded"] == recorded
    assert AccountProvider().diff("default", dict(outs), dict(fine.inputs)).changes is False
    read = AccountProvider().read("default", dict(outs))
    # The engine then keeps the inputs of the state.
    assert read.inputs is None
    moved = dict(fine.inputs) | {"redtrack_user": "f" * 24}
    assert AccountProvider().diff("default", dict(outs), moved).changes is None


@pytest.mark.parametrize(("pin", "value", "service"), [
    ("redtrack_user", "f" * 24, "RedTrack"), ("digistore24_account", "999", "Digistore24"),
])  # fmt: skip
def test_another_account_is_refused_before_any_write(room: "Room", pin: str, value: str, service: str) -> None:
    session = room.process(checked=False)
    result = AccountProvider().check({}, ACCOUNT | {pin: value})
    assert result.failures is not None
    assert [failure.property for failure in result.failures] == [pin]
    reason = str(result.failures[0].reason)
    assert f"this stack belongs to the {service} account {value}, but the key from the config secret" in reason
    assert "Nothing was written" in reason
    assert not session.checked
    with pytest.raises(Failed, match="before the stack's Account was checked"):
        OfferProvider().create({"title": "t", "account": "default"})
    assert room.writes() == []


def test_an_account_without_pins_is_told_once_what_to_pin(room: "Room", caplog: pytest.LogCaptureFixture) -> None:
    session = room.process(checked=False)
    with caplog.at_level(logging.WARNING, "trackform"):
        first = AccountProvider().check({}, dict(ACCOUNT))
        AccountProvider().check(first.inputs, dict(ACCOUNT))
    assert session.checked
    assert caplog.text.count("is not pinned") == 1
    assert f"account.redtrack_user: {redtrack_account(room.redtrack_key)}" in caplog.text
    assert "digistore24.account: 123456" in caplog.text


def test_a_pin_that_is_not_known_yet_is_not_wrong(room: "Room") -> None:
    room.process(checked=False)
    assert AccountProvider().check({}, ACCOUNT | {"redtrack_user": rpc.UNKNOWN}).failures == []


def test_an_account_whose_key_is_revoked_or_missing(room: "Room") -> None:
    session = room.process()
    room.control("POST", "keys/revoke", json={"key": room.redtrack_key})
    with pytest.raises(Failed, match=r"account 'default': RedTrack: the API key from .* is not accepted"):
        AccountProvider().check({}, ACCOUNT | {"redtrack_user": "x"})
    assert not session.checked
    room.digistore24_key = room.redtrack_key = ""
    session = room.process(checked=False)
    with pytest.raises(Failed, match=r"account 'default': Digistore24: no API key: set DIGISTORE24_API_KEY__DEFAULT,"):
        AccountProvider().check({}, ACCOUNT | {"digistore24_account": "1"})
    assert AccountProvider().check({}, dict(ACCOUNT)).failures == []
    assert session.checked


UNKNOWN = "unknown-value"
HELD: list[tuple[str, dict[str, Any]]] = [
    ("postback", {"product_ids": [UNKNOWN]}), ("postback", {"url": UNKNOWN}), ("postback", {"events": UNKNOWN}),
    ("funnel", {"offer_ids": [UNKNOWN, UNKNOWN]}), ("funnel", {"offer_weights": [UNKNOWN]}),
    ("funnel", {"filters": {"a": UNKNOWN}}), ("campaign", {"funnel_ids": UNKNOWN}),
    ("campaign", {"postbacks": [{"url": UNKNOWN}]}), ("campaign", {"cpc": UNKNOWN}), ("campaign", {"status": UNKNOWN}),
    ("offer", {"extra": {"cap_alert": UNKNOWN}}), ("offer", {"payout": UNKNOWN}), ("offer", {"title": UNKNOWN}),
    ("channel", {"subs": [{"value": UNKNOWN}]}), ("domain", {"ssl": {"crt": UNKNOWN, "key": "k"}}),
    ("conversion_type", {"slot": UNKNOWN}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "held"), HELD, ids=str)
def test_what_is_not_known_yet_changes_nothing_else(
    room: "Room", cases: "dict[str, Case]", name: str, held: dict[str, Any]
) -> None:
    case = cases[name]
    known = room.check(case.kind, case.fields)
    inputs, failures = validated(case.kind, case.fields | held, UNKNOWN)
    assert failures == options_fit(case.kind, inputs) == []
    assert {k: v for k, v in inputs.items() if k not in held} == {k: v for k, v in known.items() if k not in held}
    assert {k: inputs[k] for k in held} == held
    assert validated(case.kind, inputs, UNKNOWN) == (inputs, [])
    few = {f: v for f, v in case.fields.items() if case.kind.model.model_fields.get(f) is None
           or case.kind.model.model_fields[f].is_required()}  # fmt: skip
    few.pop("extra", None)
    minimal, _ = validated(case.kind, few, UNKNOWN)
    waiting, failures = validated(case.kind, few | held, UNKNOWN)
    assert failures == []
    assert waiting.keys() == minimal.keys() | held.keys()
    _wrong, failures = validated(case.kind, case.fields | held | {"nonsense": 1, "tags": 5}, UNKNOWN)
    assert "nonsense" in {failure.field for failure in failures}


@pytest.mark.parametrize(("name", "fields", "field", "reason"), [
    ("offer", {"titel": "x"}, "titel", "has no field titel. By name: "),
    ("offer", {"payout": -1}, "payout", "greater than or equal to 0"),
    ("offer", {"payout": float("inf")}, "payout", "finite"),
    ("offer", {"status": "on"}, "status", "'active' or 'paused'"),
    ("offer", {"url": None}, "url", "offer needs url"),
    ("offer", {"extra": {"network_title": "x"}}, "extra", "is set by RedTrack"),
    ("offer", {"extra": {"payment": {}}}, "extra", "declare it as payout"),
    ("offer", {"extra": {"nonsense": 1}}, "extra", "no further field nonsense; known: cap_alert"),
    ("offer", {"enforce": ["notes"]}, "enforce", "watched and healed anyway"),
    ("offer", {"enforce": ["status"], "leave": ["status"]}, "enforce", "either enforce or leave"),
    ("offer", {"leave": ["nonsense"]}, "leave", "has no field nonsense"),
    ("offer", {"unset": ["notes"]}, "unset", "either a value or unset"),
    ("offer", {"unset": ["cap_alert"]}, "unset", "either a value or unset"),
    ("offer", {"status": None, "unset": ["status"]}, "unset", "cannot be emptied"),
    ("postback", {"unset": ["url"]}, "unset", "either a value or unset"),
    ("domain", {"ssl": None, "unset": ["ssl"]}, "unset", "cannot be emptied"),
    ("funnel", {"offer_weights": None, "unset": ["offer_weights"]}, "unset", "cannot be emptied"),
    ("funnel", {"offer_weights": [1]}, "title", "2 members but 1 weights"),
    ("funnel", {"offer_ids": ["a", "a"]}, "offer_ids", "names one of them twice"),
    ("campaign", {"funnel_weights": [1]}, "title", "2 members but 1 weights"),
    ("postback", {"url": "https://t.test/postback?sub20=tf.other"}, "name", "needs the constant sub20=tf.sales"),
    ("postback", {"url": "https://t.test/?sub20=tf.sales&ptoken=x"}, "name", "must not hold ptoken"),
    ("channel", {"subs": [{"valeu": "x"}]}, "subs", "has no subs.0.valeu"),
    ("conversion_type", {"slot": 21}, "slot", "less than or equal to 20"),
])  # fmt: skip
def test_mistakes_are_told_in_the_users_words(
    room: "Room", cases: "dict[str, Case]", name: str, fields: dict[str, Any], field: str, reason: str
) -> None:
    del room
    case = cases[name]
    declared = {f: v for f, v in (case.fields | fields).items() if v is not None}
    inputs, failures = validated(case.kind, declared, UNKNOWN)
    failures += options_fit(case.kind, inputs)
    assert [failure for failure in failures if failure.field == field and reason in failure.reason], failures


def test_a_failure_on_a_secret_is_shown_on_the_key(room: "Room") -> None:
    del room
    result = PostbackConnectionProvider().check({}, {"name": "n", "token": ["canary"]})
    assert result.failures is not None
    assert "token" not in {failure.property for failure in result.failures}
    assert not [failure for failure in result.failures if "canary" in str(failure.reason)]
