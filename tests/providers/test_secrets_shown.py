"""A secret is shown nowhere: not where an object is taken over, not where somebody changed it, not in what is kept."""

import logging
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import Field

from tests.providers.conftest import KINDS
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.compare import Comparison
from trackform_core.model.markers import Initial, Secret
from trackform_core.session import session as sessions
from trackform_redtrack.offer_source import OfferSourceArgs, OfferSourceKind

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from trackform_core.model.wire import Values

    Cases = dict[str, Case]


class SteeredArgs(OfferSourceArgs):
    """A token that people may set in the web application."""

    postback_token: Annotated[str | None, Field(default=None), Secret, Initial]


class Steered(OfferSourceKind):
    name = "offer_source"
    model = SteeredArgs


KIND = Steered()
SECRETS = [(name, field) for name, kind in KINDS.items() for field in sorted(kind.secret)]


def test_there_are_secrets_to_hide() -> None:
    assert SECRETS == [("domain", "ssl"), ("offer_source", "postback_token"), ("postback", "token")]


@pytest.mark.parametrize(("name", "field"), SECRETS)
def test_in_what_a_take_over_changes(
    room: "Room", cases: "Cases", caplog: pytest.LogCaptureFixture, name: str, field: str
) -> None:
    case = cases[name]
    secret, other = ("canary-secret", "canary-other")
    if field == "ssl":
        secret, other = ({"crt": "c", "key": text} for text in (secret, other))  # type: ignore[assignment]
    room.create(case.kind, case.fields | {field: secret})
    room.process()
    shown = room.check(case.kind, case.fields | {field: other, "adopt": True})["adopts"]["changes"]
    assert shown == {field: "cannot be read, is set" if field == "ssl" else "[secret] => [secret]"}
    said = room.refusal(case.kind, case.fields | {field: other})
    # A certificate is never read, so it is no difference either.
    assert ("exists already" in said) == (field != "ssl")
    assert "canary" not in said + caplog.text


@pytest.mark.parametrize("live", ["canary-theirs", ""])
def test_in_what_was_changed_outside(room: "Room", caplog: pytest.LogCaptureFixture, live: str) -> None:
    fields: Values = {"title": "t", "postback_token": "canary-ours", "status": "active"}
    made = room.create(KIND, fields)
    room.edit(KIND, made.object_id, set={"postback_token": live, "status": "paused"})
    room.process()
    seen = room.read(KIND, made)
    assert seen.outs["changed_outside"] == {"postback_token": "[secret]", "status": "paused"}
    with caplog.at_level(logging.WARNING, "trackform"):
        assert room.differing(KIND, seen, fields) == []
    assert "postback_token was changed outside, not managed: [secret] (declared: [secret])" in caplog.text
    assert "status was changed outside, not managed: paused (declared: active)" in caplog.text
    assert "canary" not in caplog.text
    # What the file then asks for is written, as of every initial field.
    room.update(KIND, seen, fields | {"postback_token": "canary-new"})
    assert room.stored(KIND, made.object_id)["postback_token"] == "canary-new"


def test_what_an_older_state_kept_of_it_is_not_told_either(caplog: pytest.LogCaptureFixture) -> None:
    olds: Values = {"title": "t", "postback_token": "canary-ours", "changed_outside": {"postback_token": "canary-old"}}
    assert lifecycle.diff(KIND, olds, {"title": "t", "postback_token": "canary-ours"}) == ([], [])
    assert "[secret] (declared: [secret])" in caplog.text
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    ("live", "shown"), [(None, "nothing"), ("", "nothing"), (0, "0"), ("x", "x"), (False, "False")]
)
def test_what_is_no_secret_is_shown(live: Any, shown: str, caplog: pytest.LogCaptureFixture) -> None:
    sessions.forget_everything()
    olds: Values = {"title": "t", "status": "a", "changed_outside": {"status": live}}
    for _ in range(2):  # in a refresh, and for the step
        assert lifecycle.diff(KIND, olds, {"title": "t", "status": "a"}) == ([], [])
    assert caplog.text.count("changed outside") == 1
    assert f"status was changed outside, not managed: {shown} (declared: a)" in caplog.text


def test_a_secret_that_is_as_declared_was_not_changed_outside() -> None:
    values: Values = {"title": "t", "postback_token": "a"}
    assert Comparison(KIND, {"title": "t", "postback_token": "a"}, values).changed_outside == {}
    assert (
        Comparison(KIND, {"title": "t", "postback_token": "b"}, values | {"leave": ["postback_token"]}).changed_outside
        == {}
    )
    assert (
        Comparison(
            KIND, {"title": "t", "postback_token": "b"}, values | {"enforce": ["postback_token"]}
        ).changed_outside
        == {}
    )
