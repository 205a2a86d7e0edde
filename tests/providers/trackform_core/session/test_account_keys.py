"""A key or an address was changed in the config: refresh and destroy still use the old one, and the error says so."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from trackform_core.dynamic import Failed
from trackform_core.model.vendors import pins
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of
from trackform_digistore24.resources import PostbackConnectionProvider
from trackform_redtrack.resources import OfferSourceProvider

if TYPE_CHECKING:
    from tests.providers.conftest import Room

STEP = "Run `pulumi up --run-program` once"
READS: dict[str, tuple[Callable[[], object], str]] = {
    "RedTrack": (lambda: OfferSourceProvider().read("1", {"title": "a"}), "redtrack"),
    "bridge": (lambda: PostbackConnectionProvider().read("1", {"name": "sales"}), "bridge"),
}


@pytest.mark.parametrize("service", READS)
def test_a_refused_key_of_the_config_names_the_step(room: "Room", service: str) -> None:
    read, whose = READS[service]
    room.control("POST", "keys/revoke", json={"key": getattr(room, f"{whose}_key")})
    with pytest.raises(Failed) as error:
        read()
    told = str(error.value)
    assert f"{service}: " in told
    assert "is not accepted" in told
    assert (
        f"If you changed it: preview, up and destroy read with the one that the last `pulumi up` stored. {STEP}" in told
    )
    assert getattr(room, f"{whose}_key") not in told


def test_a_refused_key_of_the_environment_needs_no_such_step(room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDTRACK_API_KEY", "canary-of-the-environment")
    room.process()
    room.control("POST", "keys/revoke", json={"key": "canary-of-the-environment"})
    with pytest.raises(Failed) as error:
        OfferSourceProvider().read("1", {"title": "a"})
    assert "the API key from the environment variable REDTRACK_API_KEY is not accepted" in str(error.value)
    assert "--run-program" not in str(error.value)
    assert "canary" not in str(error.value)


def test_an_address_that_nobody_answers_names_the_step(room: "Room") -> None:
    room.fault("cut", times=None)
    with pytest.raises(Failed) as error:
        OfferSourceProvider().read("1", {"title": "a"})
    assert "is trackform:redtrackUrl right? If you changed it: " in str(error.value)
    assert STEP in str(error.value)


def test_each_pin_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    session = Session("acme", settings_of("acme", {"redtrackApiKey": "a", "digistore24ApiKey": "1-b"}))
    found = {pin: session.settings.key(service).text for pin, service in pins().items()}
    assert found == {"redtrack_user": "a", "digistore24_account": "1-b"}
