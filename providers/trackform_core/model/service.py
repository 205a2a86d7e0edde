"""Services: who holds objects, and how they are reached, as data. Knows no vendor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Endpoint:
    """An address that a key is sent to, and how people set the two."""

    name: str
    """Its key in the section `hosts` of the policy."""
    title: str
    """What messages call it."""
    url_setting: str
    key_setting: str
    """The config secret."""
    key_variable: str
    """The environment variable; with ``__<ACCOUNT>`` at its end it is of one account alone."""
    default_url: str = ""
    """Empty where nobody is asked unless somebody sets one."""
    own_hosts: frozenset[str] = frozenset()
    """The vendor's own, as it publishes them for its API: what the key may be sent to unasked."""


@dataclass(frozen=True)
class Service:
    """A service, which holds the objects of some kinds."""

    name: str
    endpoint: Endpoint
    connect: Callable[[Any, Callable[[], str]], Any]
    """Makes the client from the settings, and from what asks for the account that the keys belong to."""
    pin: str = ""
    """The `Account`'s name for the id of the live account; empty for a go-between."""
    pin_in_file: str = ""
    """Where the account file has that id."""
    description_url: str = ""
    """Where the vendor publishes the description of its API, to be read without a key."""
    acts_for: "Service | None" = None
    """The service whose account it works on, where it is a go-between and has no accounts of its own."""

    @property
    def whose(self) -> "Service":
        """The service whose accounts its objects live in."""
        return self.acts_for or self
