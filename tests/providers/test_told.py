"""What people are told by the parts that all kinds share, to the letter."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.kept import as_kept
from trackform.resources import RESOURCES
from trackform_core.account import Account, AccountProvider
from trackform_core.errors import Refused
from trackform_core.guard import fates
from trackform_core.guard import review as guard_review
from trackform_core.guard.changes import Change
from trackform_core.guard.guard import Guard, Seen
from trackform_core.guard.inventory import Inventory
from trackform_core.guard.limits import DEFAULTS, Limit
from trackform_core.http import api as http
from trackform_core.http import hosts
from trackform_core.http.bounds import BOUNDS
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ADVICE, SHARED, Reason, ServiceError
from trackform_core.lifecycle import refusals
from trackform_core.lifecycle.fate import kept
from trackform_core.model.compare import Comparison
from trackform_core.model.validate import options_fit, validated
from trackform_core.session import session as sessions
from trackform_core.session.messages import Messages
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of
from trackform_digistore24.ipn_connection import KIND as IPN
from trackform_digistore24.postback_connection import KIND as CONNECTION
from trackform_digistore24.service import DIGISTORE24, DIGISTORE24_BRIDGE
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.conversion_type import KIND as TYPE
from trackform_redtrack.funnel import KIND as FUNNEL
from trackform_redtrack.offer import KIND as OFFER
from trackform_redtrack.offer_source import KIND as SOURCE
from trackform_redtrack.service import REDTRACK, REDTRACK_BRIDGE
from trackform_redtrack.traffic_channel import KIND as CHANNEL

VARIABLES = ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY")


@pytest.fixture(autouse=True)
def nothing_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACKFORM_ALLOW", raising=False)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    sessions.forget_everything()


def told(work: Any) -> str:
    try:
        work()
    except (Refused, ServiceError, hosts.AddressError) as error:
        return str(error)
    return "fine"


def test_why_an_object_is_not_taken_made_or_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"title": "a, b", "account": "acme", "adopt_id": "7"}
    marked = {"id": "1", "tags": ["x", "trackform:beta", "trackform:acme", "trackform:gamma"]}
    found = [
        refusals.ambiguous(CHANNEL, inputs, [("1", {}), ("2", {})]),
        refusals.of_another_stack(OFFER, inputs, "1", marked),
        f"not marked: {refusals.of_another_stack(OFFER, inputs, '1', {'id': '1'})}",
        refusals.manages_another(CHANNEL, inputs, "1"), refusals.declared_twice(CHANNEL, inputs),
        refusals.cannot_be_made(CAMPAIGN, inputs), refusals.cannot_be_made(CAMPAIGN, {**inputs, "channel_id": "1"}),
        refusals.none_to_refer_to(CHANNEL, inputs), refusals.exists_already(CHANNEL, inputs, "1", ["alias", "status"]),
        refusals.exists_already(IPN, {"domain_id": "books"}, "books", []),
    ]  # fmt: skip
    for permission in ("take-over:offer/1", "take-over:offer/a, b", "take-over:offer"):
        monkeypatch.setenv("TRACKFORM_ALLOW", permission)
        found.append(f"{permission}: {refusals.of_another_stack(OFFER, inputs, '1', marked)}")
    as_kept("core/refusals.txt", "\n".join(found))


def test_a_fault_of_a_service_in_full_and_in_short() -> None:
    lines = []
    messages = Messages()
    for reason in get_args(Reason):
        for request in ("", "GET /offers", "POST /offers"):
            error = ServiceError("RedTrack", reason, f"it is {reason} {request}", request=request, status=400)
            lines += [messages.once(error), f"    {messages.once(error)}"]
    as_kept("core/faults.txt", "\n".join(lines))
    assert (BOUNDS.attempts, BOUNDS.wait) == (4, 90.0)
    assert frozenset({"unauthorized", "no_key", "busy", "failed", "unreachable", "address", "not_json"}) == SHARED
    assert not ADVICE.keys() & {"unauthorized", "no_key", "unreachable", "address"}


def test_what_to_do_after_a_key_was_changed() -> None:
    of_config, of_environment = Key("x", "", setting="a"), Key("x", "", variable="A")
    as_kept("core/renewal.txt", of_config.renewal)
    assert of_environment.renewal == ""


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "a\u2013b", "a\x7f"])
def test_what_cannot_be_a_key(text: str) -> None:
    assert not Key(text, "x").is_whole
    assert Key("a", "x").is_whole


def test_what_a_service_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = []
    services = (REDTRACK, DIGISTORE24, REDTRACK_BRIDGE, DIGISTORE24_BRIDGE)
    bridge = {"bridgeUrl": "http://127.0.0.1/bridge"}
    keys = {"redtrackApiKey": "a", "digistore24ApiKey": "1-a"}
    for service, config in product(services, ({}, keys, bridge, bridge | keys, bridge | keys | {"bridgeKey": "x"})):
        session = Session("acme", settings_of("acme", config))
        said = told(lambda session=session, service=service: session.client(service))
        lines.append(f"{service.name}, {', '.join(config) or 'nothing'}: {said}")
    monkeypatch.setenv("REDTRACK_API_KEY__BETA", "x")
    monkeypatch.setenv("REDTRACK_API_KEY__ALPHA", "x")
    lines.append(told(lambda: Session("old-name", settings_of("old-name", {})).client(REDTRACK)))
    as_kept("core/services.txt", "\n".join(lines))


ADDRESSES = (
    "https://api.redtrack.io", " https://api.redtrack.io/ ", "http://127.0.0.1:8650/x/", "http://localhost", "http://[::1]/",
    "https://x.test", "https://x.test:8443/y", "http://x.test", "ftp://x.test", "x.test", "", "https://u:p@x.test",
    "https://x.test/?a=1", "https://x.test/#a", "https://x.test.", "https://x_.test", "https://-x.test", "https://[::2]",
    "https://[fe80::1%25eth0]", "https://bad..test", "http://127.0.0.1.x.test", "http://0x7f.1", "https://127.1",
)  # fmt: skip


def test_where_a_key_may_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(hosts.VARIABLE, raising=False)
    own = frozenset({"api.redtrack.io"})
    lines = [f"{text!r}: {_address(text, own)}" for text in ADDRESSES]
    (tmp_path / "stacks").mkdir()
    policy = tmp_path / "stacks" / "policy.yaml"
    for text in (
        "limits: {}\nhosts: {redtrack: [y.test], bridge: ['[::2]:1']}\n", "hosts: {redtrack: [x.test]}\n",
        "hosts: [x.test]\n",
        "hosts: {redtrack: x.test}\n", "hosts: {redtrack: [https://x.test]}\n", "hosts: {redtrck: [x.test]}\n",
        "hosts: {redtrack: [x.test], redtrack: [y.test]}\n", "hosts: {redtrack: [{a: b}]}\n", "a: [\n", "- a\n", "",
    ):  # fmt: skip
        policy.write_text(text)
        lines.append(f"{text!r}: {_address('https://x.test', own)}")
        mistakes = hosts.read(policy).mistakes
        lines += [f"    {mistake.shown(Path('policy.yaml'))}; {mistake.suggestion}" for mistake in mistakes]
    monkeypatch.setenv(hosts.VARIABLE, "base.yaml")
    lines.append(_address("https://x.test", own))
    Path("base.yaml").write_text("{}")
    lines.append(_address("https://x.test", own))
    as_kept("core/addresses.txt", "\n".join(lines))


def _address(text: str, own: frozenset[str]) -> str:
    try:
        return f"goes to {hosts.checked(text, 'redtrack', own)}"
    except hosts.AddressError as error:
        return str(error)


def test_an_address_as_it_is_shown() -> None:
    texts = ("https://u:p@x.test/a/?b=c#d", "https://x.test:port", " http://X.test ")
    assert [hosts.shown(text) for text in texts] == ["https://x.test/a", "no URL", "http://x.test"]
    assert hosts.shown("https://b\u00fccher.test").startswith("https://xn--")


FITS: tuple[tuple[Any, dict[str, Any]], ...] = (
    (OFFER, {}), (OFFER, {"on_delete": "burn"}), (CHANNEL, {"on_delete": "pause"}),
    (OFFER, {"extra": {"id": 1, "title": "x", "odd": 1, "cap": 1}}), (CONNECTION, {"extra": {"odd": 1}}),
    (CHANNEL, {"mark": True}), (OFFER, {"mark": True, "notes": "[trackform:acme]", "tags": ["trackform:acme"]}),
    (OFFER, {"enforce": ["odd", "url", "status"], "leave": ["odd", "status", "url"]}),
    (OFFER, {"unset": ["odd", "url", "notes", "title"]}),
    (OFFER, {"notes": "x", "extra": {"cap": 1}, "unset": ["notes", "cap"]}), (SOURCE, {"unset": ["postback_token"]}),
)  # fmt: skip


def test_options_that_mean_nothing_or_contradict_each_other() -> None:
    lines = []
    for kind, inputs in FITS:
        lines += [f"{kind.title} {inputs}", *(f"    {one.field}: {one.reason}" for one in options_fit(kind, inputs))]
    as_kept("core/options.txt", "\n".join(lines))


def test_fields_that_cannot_be_as_they_were_declared() -> None:
    lines = []
    for kind, raw in (
        (OFFER, {}), (OFFER, {"title": "a", "odd": 1, "payout": "much"}), (OFFER, {"title": "a", "url": "?", "odd": 1}),
        (OFFER, {"existing": True, "odd": 1}), (OFFER, {"existing": True, "title": "a", "payout": "much"}),
        (CHANNEL, {"title": "a", "subs": [{"odd": 1}, {"value": 7}]}), (CAMPAIGN, {"title": "a", "funnel_ids": "x"}),
        (CONNECTION, {"name": "x", "url": "no URL", "events": ["odd"]}),
        (OFFER, {"title": "a", "url": {"b": "?"}, "payout": []}),
    ):  # fmt: skip
        inputs, failures = validated(kind, raw, "?")
        lines += [f"{kind.title} {raw} -> {sorted(inputs)}", *(f"    {one.field}: {one.reason}" for one in failures)]
    as_kept("core/fields.txt", "\n".join(lines))


def test_what_the_guard_says(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session("acme", settings_of("acme", {}))
    guard = Guard(limits={}, sizes={"offer": 20})
    lines = []
    for at in range(8):
        title = {"title": f"offer {at}"}
        lines.append(guard.note_change(session, OFFER, str(at), ["url"], title) or "fine")
    lines.append(guard.note_change(session, OFFER, "9", ["adopt", "leave"], {"title": "an option"}) or "fine")
    lines.append(guard.note_change(session, CONNECTION, "9", ["url"], {"name": "by hand"}) or "fine")
    monkeypatch.setenv("TRACKFORM_ALLOW", "update:offer/offer 10")
    lines.append(guard.note_change(session, OFFER, "10", ["url"], {"title": "offer 10"}) or "fine")
    monkeypatch.delenv("TRACKFORM_ALLOW")
    for lost, refreshed in product((False, True), repeat=2):
        other = Guard(lost=lost, refreshed=refreshed)
        lines.append(str(other.has_no_past(OFFER, {"title": "a"}) or "fine"))
    outs = {"title": "a", "on_delete": "delete"}
    for checked, armed, known, refreshed in product((False, True), repeat=4):
        session.checked = checked
        other = Guard(limits={} if armed else None, known={("offer", "a")} if known else set(), refreshed=refreshed)
        said = told(lambda other=other: other.may_delete(session, OFFER, outs))
        lines.append(f"checked {checked}, armed {armed}, known {known}, refreshed {refreshed}: {said}")
    as_kept("core/guard.txt", "\n".join(lines))
    assert {action: str(limit) for action, limit in DEFAULTS.items()} == {
        "delete": "20 %, 20 at the most", "update": "25 %, 100 at the most", "recreate": "10 %, 10 at the most",
    }  # fmt: skip
    assert str(Limit(12.5, 3)) == "12.5 %, 3 at the most"


@pytest.mark.parametrize(
    ("outs", "why"),
    [
        ({}, ""), ({"existing": True}, "kept: this stack only refers to it"),
        ({"adopted": True}, "kept: it was adopted, not created"), ({"adopted": True, "on_delete": "delete"}, ""),
        ({"on_delete": "keep"}, "kept: on_delete is keep"),
        ({"existing": True, "on_delete": "delete"}, "kept: this stack only refers to it"),
    ],
)  # fmt: skip
def test_why_a_delete_leaves_an_object(outs: dict[str, Any], why: str) -> None:
    assert str(kept(OFFER, outs) or "") == why
    assert str(kept(TYPE, {})) == "kept: never deleted by default"


class Clicked:
    """A kind's answer on whether an object had clicks, without a service."""

    def __init__(self, kind: Any, had: bool) -> None:
        self.kind = kind
        self.had = had

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kind, name)

    def clicked(self, _client: Any, _object_id: str) -> bool:
        return self.had


def test_what_becomes_of_what_leaves_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session("acme", settings_of("acme", {"redtrackApiKey": "a", "digistore24ApiKey": "1-a"}))
    kinds: tuple[Any, ...] = (OFFER, CHANNEL, TYPE, CONNECTION)
    seen: dict[str, Seen | None] = {
        "nobody saw it": None, "there": Seen("7", "a", {}), "gone": Seen("7", "a", {}, gone=True),
        "adopted": Seen("7", "a", {"adopted": True}), "existing": Seen("7", "a", {"existing": True}),
        "kept": Seen("7", "a", {"on_delete": "keep"}), "paused": Seen("7", "a", {"on_delete": "pause"}),
        "deleted": Seen("7", "a", {"on_delete": "delete", "adopted": True}),
    }  # fmt: skip
    lines = []
    for (title, one), kind in product(seen.items(), kinds):
        each: Any = Clicked(kind, had=False) if hasattr(kind, "clicked") else kind
        lines.append(f"{kind.title}, {title}: {fates.fate(session, each, one, protected=False, asks=True)}")
    there = seen["there"]
    for had, asks in product((True, False), repeat=2):
        fate = fates.fate(session, Clicked(OFFER, had), there, protected=False, asks=asks)  # type: ignore[arg-type]
        lines.append(f"clicks {had}, asked {asks}: {fate}")
    lines.append(str(fates.fate(session, OFFER, there, protected=True, asks=True)))
    for name in ("a", "7", "b"):
        monkeypatch.setenv("TRACKFORM_ALLOW", f"delete-clicked:offer/{name}")
        fate = fates.fate(session, Clicked(OFFER, had=True), there, protected=False, asks=True)  # type: ignore[arg-type]
        lines.append(f"{name} allowed: {fate}")
    as_kept("core/fates.txt", "\n".join(lines))


def test_what_a_change_that_goes_too_far_is_refused_with() -> None:
    many = [f"offer-{at}" for at in range(guard_review.NAMED + 2)]
    few = many[: guard_review.NAMED]
    guard, result = Guard(limits={}), guard_review.Judgement()
    change = Change(OFFER, 20, {}, {}, {}, (), {}, (), (), {}, {})
    assert not guard_review._within(guard, change, "delete", many, "be deleted or paused", result)
    assert guard_review._within(guard, change, "delete", many[:4], "be deleted or paused", result)
    guard_review._vanished(guard, replace(change, vanished={name: name for name in few}), result)
    lines = [
        guard_review._ambiguous(OFFER, ["fb-old"], ["other", "fb-new"]), guard_review._ambiguous(OFFER, few, many),
        guard_review._ambiguous(OFFER, many, ["offer-10"]), guard_review._ambiguous(OFFER, ["a, b"], ["a"]),
        guard_review._all_of_a_kind(OFFER, many), guard_review._all_of_a_kind(OFFER, few),
        guard_review._nothing_left({OFFER: many, CHANNEL: ["fb"]}), *result.refusals,
    ]  # fmt: skip
    as_kept("core/too-far.txt", "\n".join(lines))
    assert (fates.ASK_AT_MOST, guard_review.SHOWN, guard_review.NAMED) == (10, 100, 5)
    assert fates.as_key(TYPE, "7") == 7
    assert fates.as_key(OFFER, "7") == "7"


@pytest.mark.parametrize(
    ("old", "new", "before", "pending", "left"),
    [
        ({"names": {"a": "A"}}, {"names": {"a": "A", "b": "B"}}, {"a": "A"}, set(), set()),
        ({"names": {"a": "A"}}, {"names": {"b": "B"}, "was": {"b": "a"}}, {"b": "A"}, set(), set()),
        ({"names": {"a": "A"}}, {"names": {"a": "A", "b": "B"}, "was": {"b": "a"}}, {"a": "A"}, set(), set()),
        ({"names": {"a": "A", "b": "B"}}, {"names": {"b": "B"}, "was": {"b": "a"}}, {"a": "A", "b": "B"}, set(), set()),
        ({"names": {"a": "A"}, "pending": ["a"]}, {"names": {"b": "B"}, "was": {"b": "a"}}, {"b": "A"}, {"b"}, set()),
        ({"names": {"a": "A"}, "leaving": {"c": "C", "a": "X"}}, {"names": {}}, {"a": "A", "c": "C"}, set(), {"c"}),
        ({"names": {}, "leaving": {"c": "C"}}, {"names": {"d": "D"}, "was": {"d": "c"}}, {"d": "C"}, set(), {"c"}),
    ],
)  # fmt: skip
def test_the_names_of_before_beside_those_of_now(
    old: dict[str, Any], new: dict[str, Any], before: dict[str, str], pending: set[str], left: set[str]
) -> None:
    made = [Inventory(**{field: {"offer": value} for field, value in each.items()}) for each in (old, new)]
    names = made[0].against(made[1], "offer")
    assert (names.before, names.after, set(names.pending), set(names.left)) == (before, new["names"], pending, left)
    assert names.made == before.keys() - pending
    assert made[0].against(made[1], "channel").before == {}


def test_the_names_that_stand_in_every_state() -> None:
    """They are for ever: what refers to them was written by an earlier version."""
    lines = []
    named: list[tuple[type, type]] = [(cls, type(cls.provider)) for cls in RESOURCES]
    for cls, provider in [*named, (Account, AccountProvider)]:
        token = getattr(cls, "_resource_type_name")  # noqa: B009 -- Pulumi's own name for it
        lines.append(f"{token}: {provider.__module__}.{provider.__qualname__}")
    as_kept("core/names.txt", "\n".join(lines))


def test_the_empty_value_of_each_field() -> None:
    """What `unset` sends for a field that the live object does not have yet, and how a mark is written."""
    lines = []
    for cls in RESOURCES:
        kind = cls.provider.kind
        empty = {name: kind._empty(name) for name in kind.fields}
        lines += [
            f"{kind.title}, mark in {kind.mark_in or 'nothing'}",
            *(f"    {name}: {empty[name]!r}" for name in empty),
        ]
        if kind.mark_in:
            lines.append(f"    marked: {kind.body({}, {'mark': True, 'account': 'acme'}, frozenset())[kind.mark_in]!r}")
    as_kept("core/empty.txt", "\n".join(lines))


def test_weights_that_people_steer_are_kept_beside_those_of_strangers() -> None:
    """One for each live member: the declared one, and of a stranger the one that it has."""
    row = {
        "id": "1",
        "title": "f",
        "offers": [{"id": "c", "weight": 5}, {"id": "b", "weight": 1}, {"id": "a", "weight": 2}],
    }
    declared = {"title": "f", "offer_ids": ["a", "b", "gone"], "offer_weights": [70, 30, 9]}
    found = Comparison(FUNNEL, row, declared).live_inputs
    assert (found["offer_ids"], found["offer_weights"]) == (["a", "b", "c"], [70, 30, 5])
    enforced = Comparison(FUNNEL, row, {**declared, "enforce": ["offer_weights"]}).live_inputs
    assert (enforced["offer_ids"], enforced["offer_weights"]) == (["a", "b", "c"], [2, 1])
    left = Comparison(FUNNEL, row, {**declared, "leave": ["offer_ids", "offer_weights"]}).live_inputs
    assert (left["offer_ids"], left["offer_weights"]) == (declared["offer_ids"], declared["offer_weights"])


def test_what_waits_is_told_where_the_user_listens() -> None:
    """The plugin's handler is that of `trackform` and of whatever is below it."""
    assert http.log.name == "trackform.http"
