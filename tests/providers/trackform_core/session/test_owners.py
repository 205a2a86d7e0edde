"""Whose keys there are: each service is asked once, and none waits for another."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from trackform_core.http.service_error import ServiceError
from trackform_core.model.service import Endpoint, Service
from trackform_core.session.session import Session
from trackform_core.session.settings import Settings


@dataclass
class Client:
    """Tells whose key it has, after all were asked."""

    says: Callable[[], str]
    asked: list[str] = field(default_factory=list)

    def user_id(self) -> str:
        self.asked.append("asked")
        return self.says()


def service(name: str, client: Client) -> Service:
    return Service(name, Endpoint(name, name, f"{name}Url", f"{name}Key", name.upper()), lambda *_: client)


@pytest.fixture
def session() -> Session:
    return Session("default", Settings({}, "default"))


def test_two_are_asked_side_by_side_and_each_once(session: Session) -> None:
    both = threading.Barrier(2)
    clients = [Client(lambda: str(both.wait(30) * 0 + 1)), Client(lambda: str(both.wait(30) * 0 + 2))]
    services = [service("one", clients[0]), service("two", clients[1])]
    assert session.owners(services) == ["1", "2"]
    assert session.owners(services) == ["1", "2"]
    assert [each.asked for each in clients] == [["asked"], ["asked"]]


def test_the_first_that_does_not_tell_is_named(session: Session) -> None:
    def says_no(name: str) -> Callable[[], str]:
        def no() -> str:
            raise ServiceError(name, "unauthorized", "no")

        return no

    services = [service("one", Client(lambda: "1")), *(service(name, Client(says_no(name))) for name in "ab")]
    for _ in range(2):
        with pytest.raises(ServiceError, match="a: no"):
            session.owners(services)
