"""The vendors that are installed, and what they bring along: services, kinds, pins. Spells the name of none.

Vendors are found by their entry points. A plugin process unpickles providers one by one, as the engine names them, and
the `Account` comes first: were a vendor known once a module of it is imported, the `Account`'s check would know none,
and judge nothing. The metadata of what is installed lies beside the Python that runs the plugin, whatever the folder,
the program, and the order of the calls. Their names among the `Account`'s inputs would do as well for a check; but
reads, which come first, get the state's, and a state of before has none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any

from trackform_core.errors import Refused
from trackform_core.model.kind import Kind
from trackform_core.model.service import Endpoint, Service

GROUP = "trackform.vendors"
WAY_OUT = "Run `make setup` in trackform's folder; where it was installed in another way, install it again with pip"


@dataclass(frozen=True)
class Vendor:
    """A vendor, as its package describes itself; its entry point names it."""

    name: str
    rank: int
    """Messages name vendors in this order: that in which a set-up is built."""
    services: tuple[Service, ...]
    kinds: tuple[Kind[Any], ...]
    """In the order in which a set-up is built."""


class NotInstalled(Refused):
    """The installation does not say which vendors there are, or not all of it: nothing could be guarded."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"{fault}. Nothing was written. {WAY_OUT}", shared=fault)


@cache
def vendors() -> tuple[Vendor, ...]:
    """The vendors that are installed.

    Raises:
        NotInstalled: there is none, or one that cannot be loaded.
    """
    loaded = dict.fromkeys(map(_loaded, metadata.entry_points(group=GROUP)))
    if not loaded:
        raise NotInstalled("trackform's installation names no vendor, so no object and no account would be guarded")
    return tuple(sorted(loaded, key=lambda vendor: (vendor.rank, vendor.name)))


def _loaded(entry: metadata.EntryPoint) -> Vendor:
    try:
        vendor: Vendor = entry.load()
    except (ImportError, AttributeError) as error:
        # As after an update that moved it, where only the files are new.
        raise NotInstalled(f"the vendor '{entry.name}' of trackform's installation cannot be loaded: {error}") from None
    return vendor


def services() -> tuple[Service, ...]:
    """The vendors' own, then the go-betweens."""
    services_of_vendors = [service for vendor in vendors() for service in vendor.services]
    return tuple(sorted(services_of_vendors, key=lambda service: service.acts_for is not None))


def endpoints() -> tuple[Endpoint, ...]:
    """Endpoints of all services, each once: go-betweens may share one."""
    return tuple(dict.fromkeys(service.endpoint for service in services()))


def pins() -> Mapping[str, Service]:
    """Pin -> service, for every service with accounts of its own."""
    return {service.pin: service for service in services() if service.pin}


def differing(known: Mapping[str, str], live: Mapping[str, str]) -> list[tuple[str, Service]]:
    """Pin and service of each account that is another one than what is known; what only one side tells is none."""
    return [
        (pin, service) for pin, service in pins().items() if known.get(pin) and pin in live and known[pin] != live[pin]
    ]


def users_of(kind: Kind[Any]) -> Iterator[Kind[Any]]:
    """The kinds whose objects refer to those of ``kind``."""
    return (user for user in kinds().values() if kind.name in user.targets)


def kinds() -> Mapping[str, Kind[Any]]:
    """Name -> kind, in the order in which a set-up is built."""
    return {kind.name: kind for vendor in vendors() for kind in vendor.kinds}
