"""Whose accounts a stack's keys are of: as the file pins them, as the first `pulumi up` recorded them. Knows no Pulumi.

A pin is the `Account`'s name for a service's account; each service with accounts of its own has one.
"""

from collections.abc import Collection
from dataclasses import dataclass

from trackform_core.guard.guard import Guard
from trackform_core.model.messages import marked
from trackform_core.model.service import Service
from trackform_core.model.vendors import differing, kinds, pins
from trackform_core.model.wire import Values
from trackform_core.no_api.ledger import Ledger
from trackform_core.session.session import Session

Faults = list[tuple[str, str]]
"""(pin, message)."""


@dataclass(frozen=True)
class WrongAccount:
    """A key, by where it came from, that is of another account than the pinned one."""

    service: Service
    source: str
    pinned: str
    live: str | None

    def __str__(self) -> str:
        return (
            f"this stack belongs to the {self.service.name} account {self.pinned}, but the key from {self.source} is "
            f"of {self.live}"
        )

    @property
    def way_out(self) -> str:
        return f"Use the right key, or correct {self.service.pin_in_file} in the account file"


def live_accounts(session: Session, inputs: Values, only: Collection[str] | None = None) -> Values:
    """Pin -> the account id behind the key in use, for every service that is pinned or has a key.

    Of those that are not pinned ``only`` some, where it names any.
    """
    wanted = {
        pin: service
        for pin, service in pins().items()
        if inputs.get(pin) or ((only is None or pin in only) and session.settings.key(service).text)
    }
    return dict(zip(wanted, session.owners(wanted.values()), strict=True))


def wrong_pins(session: Session, inputs: Values, live: Values, unknown: str = "") -> Faults:
    """Each service whose key is another account's. ``unknown`` stands for a pin that a preview does not know yet."""
    return [
        (pin, marked("wrong-account", f"{fault}. Nothing was written. {fault.way_out}"))
        for pin, service in pins().items()
        if inputs.get(pin) and inputs[pin] not in (live.get(pin), unknown)
        for fault in [WrongAccount(service, session.settings.key(service).source, inputs[pin], live.get(pin))]
    ]


def recorded_before(guard: Guard, olds: Values) -> Values:
    """Pin -> the account id that this stack's earlier runs found, as the state's Account or its objects tell it.

    An Account that was taken out of the state, or that an earlier version wrote, has none among its inputs: then what
    a refresh of this process read tells it.
    """
    recorded = dict(olds.get("recorded") or guard.recorded)
    for kind in kinds().values():
        pin = kind.service.whose.pin
        if pin not in recorded:
            owners = (seen.outs.get("account_id") or seen.outs.get("owner") for seen in guard.of(kind))
            owner = next(filter(None, owners), "")
            recorded |= {pin: owner} if owner else {}
    return recorded


def other_accounts(session: Session, recorded: Values, live: Values) -> Faults:
    """Each service whose key is of another account than the one that this stack recorded."""
    return [
        (
            pin,
            marked(
                "other-account",
                f"the objects of this stack live in the {service.name} account {recorded[pin]}, as its first `pulumi "
                f"up` recorded, but the key from {session.settings.key(service).source} is of {live[pin]}. Nothing was "
                "written. Use the right key, or unset it if this stack has nothing there; for another account make a "
                "stack of its own",
            ),
        )
        for pin, service in differing(recorded, live)
    ]


def confirmed_elsewhere(session: Session, ledger: Ledger, live: Values) -> Faults:
    """Each service whose key is of another account than the one that people looked at when they confirmed.

    Of what no API reads, such as a connection, the ledger alone says that it is there.
    """
    return [
        (
            pin,
            marked(
                "confirmed-elsewhere",
                f"{ledger.file.as_posix()} holds what people saw in the {service.name} account "
                f"{ledger.accounts[pin]}, but the key from {session.settings.key(service).source} is of {live[pin]}: "
                "nobody has looked there. Nothing was written. Use the right key; for another account make a stack of "
                f"its own, or take the ledger away (`git rm {ledger.file.as_posix()}`) and confirm anew with "
                f"`trackform operator {session.account}`",
            ),
        )
        for pin, service in differing(ledger.accounts, live)
    ]


def unrecorded(was: Values, inputs: Values, recorded: Values, live: Values) -> Faults:
    """An Account that an earlier version wrote, and that nobody read in this run, does not say where it belongs."""
    if not was or "recorded" in was or recorded or not live.keys() - inputs.keys():
        return []
    reason = (
        "it is not recorded yet which account this stack belongs to, and this run did not read it. Nothing was "
        f"written. Run once without --refresh=false; or, if the account is the right one, write {missing(inputs, live)}"
    )
    return [("name", marked("unrecorded", reason))]


def missing(inputs: Values, live: Values) -> str:
    """The pins that the account file lacks, as its lines; empty where it lacks none."""
    return ", ".join(f"{pins()[pin].pin_in_file}: {account}" for pin, account in live.items() if not inputs.get(pin))
