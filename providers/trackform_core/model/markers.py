"""Markers of declared fields, beside them in ``Annotated``: what is known of a field beyond type and wire. Pure."""

from dataclasses import dataclass


class Initial:
    """Field marker: sent at create and when the declared value changes; steered by people in between."""


class Secret:
    """Field marker: never shown, encrypted in the state."""


class WriteOnly:
    """Field marker: the service does not tell it back; what was declared stands for what is live."""


@dataclass(frozen=True)
class RefTo:
    """Field marker: the ``object_id`` of another object, or a list of them.

    ``kind`` is the name of the other's kind: kinds refer to each other across files, and a name needs no import.
    """

    kind: str


class InLink:
    """Field marker: stands in tracking links. Changed, it moves traffic: ads still point at the old link."""


class InCode:
    """Field marker: stands in code on other people's pages. Changed, it moves traffic: pages have the old code on."""


class Link:
    """Field marker: a URL. Changed in a part that decides, people are sent elsewhere, or somebody else is paid."""


class Directs:
    """Field marker: decides which visitors get in and where they are sent. Changed, it moves traffic."""


class Books:
    """Field marker: decides what is booked. Changed, it moves money: payouts may no longer be what was earned."""


@dataclass(frozen=True)
class Reports:
    """Field marker: a list of what is reported, by its name in the plural. What leaves the list is no longer booked."""

    plural: str


class Tells:
    """Field marker: filled, it tells somebody else of clicks or conversions, which is why no test may click there."""


class OnByDefault:
    """Field marker: a switch that a service sets where nobody says otherwise; off is then worth a word."""


@dataclass(frozen=True)
class OfAccount:
    """Field marker: the value is one account's own and means nothing, or does harm, in another: never shared.

    Attributes:
        why: ends a sentence that begins with the field's name.
        names: whether the value tells one account from another, so that no other field of a shared file may hold it
            either: an id, a login, an address. Of a map or list, what stands under an id of its own does so anyway.
    """

    why: str
    names: bool = False


@dataclass(frozen=True)
class Exact:
    """Field marker: a list or map holds what the file names and nothing else; what somebody adds is drift.

    Attributes:
        why: the reason, where a fact about the service decides.
    """

    why: str = ""


@dataclass(frozen=True)
class Merged:
    """Field marker: of a map, or of the maps in a list, what the file names is watched and laid over what is there.

    An entry that leaves the file goes; one that never stood there stays, whoever made it. The list itself is exact.

    Attributes:
        why: the reason.
    """

    why: str


class ForAll:
    """Field marker: an id that the service gives to all accounts alike."""
