"""The `Account` resource: which live account a stack belongs to, and whether a change may be made to it at all.

Every other resource waits for it, so that its check is the one place before the first write.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime import rpc

from providers.dynamic import plain, say, take_config
from providers.guard import Guard, Limit, Limits, guard_of
from providers.guard_review import Inventory, review
from providers.http import Key
from providers.kind import Kind, Service
from providers.operator.ledger import ledger_left_behind
from providers.presence import Refused
from providers.resources import RESOURCES
from providers.services import DIGISTORE24, REDTRACK
from providers.session import Session, absorb, allowed, rename, session
from providers.wire import Values

log = logging.getLogger("trackform")

LOGICAL_NAME = "account"
"""The same in every stack: a stack that is renamed keeps its Account, and with it the past that the guard knows."""
UNGUARDED = "unguarded:account"
NO_INVENTORY = (
    "the program gave this Account an `inventory` before, and gives none now: nobody could tell what leaves it. "
    f"Nothing was written. Give it one again; or, to go on without the guard, run once with TRACKFORM_ALLOW={UNGUARDED}"
)
PINS: dict[str, Service] = {service.pin: service for service in (REDTRACK, DIGISTORE24)}
KINDS: dict[str, Kind[Any]] = {cls.provider.kind.name: cls.provider.kind for cls in RESOURCES}
FILE_NAMES = {"redtrack_user": "account.redtrack_user", "digistore24_account": "digistore24.account"}


def key_of(place: Session, pin: str) -> Key:
    return {"redtrack_user": place.settings.redtrack_key, "digistore24_account": place.settings.digistore24_key}[pin]


def live_accounts(place: Session, inputs: Values, only: Iterable[str] = tuple(PINS)) -> Values:
    """Pin -> the account id behind the key in use, for every service that is pinned or has a key."""
    used = [pin for pin in PINS if inputs.get(pin) or (pin in only and key_of(place, pin).text)]
    return {pin: place.owner(PINS[pin]) for pin in used}


def wrong_pins(place: Session, inputs: Values, live: Values) -> list[tuple[str, str]]:
    """(pin, message) for each service whose key is another account's."""
    found = []
    for pin, service in PINS.items():
        if inputs.get(pin) and inputs[pin] not in (live.get(pin), rpc.UNKNOWN):
            reason = (
                f"this stack belongs to the {service.name} account {inputs[pin]}, but the key from "
                f"{key_of(place, pin).source} is of {live.get(pin)}. Nothing was written. Use the right key, or "
                f"correct {FILE_NAMES[pin]} in the account file"
            )
            found.append((pin, reason))
    return found


def recorded_before(guard: Guard, olds: Values) -> Values:
    """Pin -> the account id that this stack's earlier runs found, as the state's Account or its objects tell it.

    An Account that was taken out of the state, or that an earlier version wrote, has none among its inputs: then what
    a refresh of this process read tells it.
    """
    found = dict(olds.get("recorded") or guard.recorded)
    for kind in KINDS.values():
        pin = kind.service.whose.pin
        if pin not in found:
            owners = (one.outs.get("account_id") or one.outs.get("owner") for one in guard.of(kind))
            owner = next(filter(None, owners), "")
            found |= {pin: owner} if owner else {}
    return found


def other_accounts(place: Session, recorded: Values, live: Values) -> list[tuple[str, str]]:
    """(pin, message) for each service whose key is of another account than the one that this stack recorded."""
    return [
        (
            pin,
            (
                f"the objects of this stack live in the {service.name} account {recorded[pin]}, as its first `pulumi "
                f"up` recorded, but the key from {key_of(place, pin).source} is of {live[pin]}. Nothing was written. "
                "Use the right key; for another account make a stack of its own"
            ),
        )
        for pin, service in PINS.items()
        if recorded.get(pin) and pin in live and recorded[pin] != live[pin]
    ]


def refuse_other_accounts(place: Session, recorded: Values, live: Values) -> None:
    """Raises Refused where a key is of another account than the recorded one."""
    for _, reason in other_accounts(place, recorded, live):
        raise Refused(reason)


def take_in(place: Session, formerly: Iterable[str]) -> None:
    """What a run that broke off left under a former name of the stack belongs to it like all else."""
    for name in formerly:
        left = absorb(name, place.account)
        if left is not None:
            guard_of(place).join(guard_of(left))


def inventory(given: Values) -> Inventory:
    """The inventory as the program gave it or as the state has it; an old state has none."""

    def names(field: str) -> dict[str, dict[str, str]]:
        found = given.get(field) or {}
        return {kind: {name: str(key) for name, key in of_kind.items()} for kind, of_kind in found.items()}

    listed = {field: given.get(field) or {} for field in ("protected", "pending")}
    return Inventory(names("inventory"), names("was"), listed["protected"], names("leaving"), listed["pending"])


def limits_of(given: Values) -> Limits:
    return {
        kind: {action: Limit(limit["percent"], limit["objects"]) for action, limit in actions.items()}
        for kind, actions in (given.get("limits") or {}).items()
    }


def reach_all(place: Session, name: str, wanted: Inventory) -> None:
    """Every service that an object needs can be reached as far as we are concerned: there is a key, and an address.

    Found missing at the first object that needs it, it would leave the half of a set-up behind.
    """
    for kind_name, names in wanted.names.items():
        if kind_name in KINDS and names:
            kind = KINDS[kind_name]
            # The client is made here and asked for nothing yet.
            who = f"account '{name}', for {kind.title} '{next(iter(names))}'"
            say(who, lambda service=kind.service: place.client(service))  # type: ignore[misc]


class AccountProvider(ResourceProvider):
    """Checks the pin and the change; owns nothing in either service."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        take_config(req)

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        was, given = plain(olds), plain(news)
        inputs: Values = {name: str(given[name]) for name in ("name", *PINS) if given.get(name) not in (None, "")}
        former = str(was.get("name") or inputs["name"])
        # Some objects may have learned the name before: a renamed stack may be called what it once was.
        knew_it = session(inputs["name"])
        place = rename(former, inputs["name"])
        guard_of(place).join(guard_of(knew_it))
        formerly = sorted({*was.get("formerly", ()), former} - {inputs["name"]})
        inputs |= {"formerly": formerly} if formerly else {}
        take_in(place, formerly)
        place.checked = False
        live = say(self._name(inputs), lambda: live_accounts(place, inputs))
        recorded = recorded_before(guard_of(place), was)
        wrong = wrong_pins(place, inputs, live) or other_accounts(place, recorded, live)
        wrong = wrong or self._unrecorded(was, inputs, recorded, live) or self._renamed(former, inputs, place)
        inputs["recorded"] = live | recorded
        if not wrong and "inventory" in given:
            wrong = self._judged(place, was, given, inputs)
        elif not wrong and was.get("inventory") and not allowed(UNGUARDED):
            wrong = [("name", NO_INVENTORY)]
        # In a preview a pin may not be known yet; nothing is written there.
        place.checked = not wrong
        unpinned = {pin: found for pin, found in live.items() if not inputs.get(pin)}
        if unpinned and not olds:
            pins = ", ".join(f"{FILE_NAMES[pin]}: {found}" for pin, found in unpinned.items())
            log.warning("This stack is not pinned to its account. So that a wrong key never touches it, add %s", pins)
        return CheckResult(
            {**inputs, "object_id": inputs["name"]}, [CheckFailure(pin, reason) for pin, reason in wrong]
        )

    def _unrecorded(self, was: Values, inputs: Values, recorded: Values, live: Values) -> list[tuple[str, str]]:
        """An Account that an earlier version wrote, and that nobody read in this run, does not say where it belongs."""
        if not was or "recorded" in was or recorded or not live.keys() - inputs.keys():
            return []
        pins = ", ".join(f"{FILE_NAMES[pin]}: {found}" for pin, found in live.items() if pin not in inputs)
        reason = (
            "it is not recorded yet which account this stack belongs to, and this run did not read it. Nothing was "
            f"written. Run once without --refresh=false; or, if the account is the right one, write {pins}"
        )
        return [("name", reason)]

    def _renamed(self, former: str, inputs: Values, place: Session) -> list[tuple[str, str]]:
        """What follows a stack's new name by itself is told; what a person has to bring along is asked for."""
        if former == inputs["name"]:
            return []
        left = ledger_left_behind(former, inputs["name"])
        if left:
            reason = f"this stack was called '{former}', and its ledger still is. Nothing was written. Run `{left}`"
            return [("name", reason)]
        old = sorted({key.source.rpartition(" ")[2] for key in place.keys_of_the_former_name})
        log.warning(
            "This stack was called '%s' at its last `pulumi up`. Each object learns the new name; nothing is written "
            "to a service for it%s",
            former,
            f". {' and '.join(old)} still counts for this run: rename it to end in the new name after `pulumi up`"
            if old
            else "",
        )
        return []

    def _judged(self, place: Session, was: Values, given: Values, inputs: Values) -> list[tuple[str, str]]:
        """Compare the inventories, tell what leaves the file, and return what is refused; ``inputs`` get what stays."""
        wanted = inventory(given)
        reach_all(place, inputs["name"], wanted)
        guard = guard_of(place)
        result = say(
            self._name(inputs),
            lambda: review(place, guard, KINDS, inventory(was) if was else None, wanted, limits_of(given)),
        )
        for line in result.said:
            log.warning("%s", line)
        kept = {"inventory": wanted.names, "protected": wanted.protected}
        kept |= {"leaving": result.leaving, "pending": result.pending}
        inputs |= {name: value for name, value in kept.items() if value}
        # A failure prints the value of its property: the name is short, the inventory is not.
        return [("name", f"{reason}. Nothing was written") for reason in result.refusals]

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        # The inventory is kept as an input of the state whether or not there is a change: a change of it is no news.
        names = {"name", "recorded", *PINS}
        was, wanted = plain(olds), plain(news)
        same = all(was.get(name) == wanted.get(name) for name in names)
        return DiffResult(changes=False if same else None, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(str(props["name"]), self._outs(plain(props)))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        outs = plain(props)
        place = session(str(outs.get("name", id_)))
        take_in(place, outs.get("formerly", ()))
        # An earlier version called it `live`.
        recorded = outs.pop("live", {}) | (outs.get("recorded") or {})
        say(self._name({"name": place.account}), lambda: self._compare(place, recorded))
        guard = guard_of(place)
        guard.refreshed = True
        guard.recorded = recorded
        outs |= {"recorded": recorded} if recorded else {}
        # Without inputs the engine keeps those of the state, and with them the inventory, which is in no output.
        return ReadResult(id_, outs)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._outs(plain(news)))

    def _compare(self, place: Session, recorded: Values) -> None:
        """A service without a key in this run is asked nothing, and nothing of it can be touched."""
        refuse_other_accounts(place, recorded, live_accounts(place, {}, only=recorded))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Nothing: the accounts themselves are not ours."""

    def _outs(self, inputs: Values) -> Values:
        say(self._name(inputs), lambda: self._compare(session(inputs["name"]), inputs.get("recorded") or {}))
        return {name: inputs[name] for name in ("name", *PINS, "formerly", "recorded", "object_id") if name in inputs}

    def _name(self, inputs: Values) -> str:
        return f"account '{inputs['name']}'"


class Account(Resource, module="trackform", name="Account"):
    """Which accounts the objects of this stack live in. Every other resource names it.

    ``name``, the stack's by default, also chooses the environment variables of the keys: ``REDTRACK_API_KEY__<NAME>``
    before ``REDTRACK_API_KEY``. The resource's own name stays the same for ever, so that a stack that is renamed keeps
    its past.

    ``recorded`` (pin -> account id) is what the first `pulumi up` found behind the keys. From then on no other account
    is read or written, whether or not the stack is pinned.

    ``inventory`` (kind -> logical name -> natural key) is what the program declares. With it the account is guarded:
    what leaves it is told, and a change that goes beyond ``limits`` (kind -> action -> ``percent`` and ``objects``) or
    looks like a forgotten ``was`` (kind -> name -> former name) is refused before the first write.
    """

    object_id: pulumi.Output[str]
    recorded: pulumi.Output[dict[str, str]]

    def __init__(
        self,
        resource_name: str = LOGICAL_NAME,
        *,
        name: str | None = None,
        redtrack_user: str | None = None,
        digistore24_account: str | None = None,
        inventory: Mapping[str, Mapping[str, str]] | None = None,
        was: Mapping[str, Mapping[str, str]] | None = None,
        protected: Mapping[str, Iterable[str]] | None = None,
        limits: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        pins = {"redtrack_user": redtrack_user, "digistore24_account": digistore24_account}
        change = {"inventory": inventory, "was": was, "protected": protected, "limits": limits}
        name = name or pulumi.get_stack()
        props = {"name": name, "object_id": None, "recorded": None, **pins, **change}
        # An earlier version gave it the stack's name.
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name)] if name != resource_name else None)
        super().__init__(AccountProvider(), resource_name, props, pulumi.ResourceOptions.merge(former, opts))
        self._ids: dict[str, pulumi.Output[str | None]] = {}

    def account_id(self, service: Service) -> pulumi.Output[str | None]:
        """The live account of a service; None where there was no key for it yet."""
        pin = service.whose.pin
        if pin not in self._ids:
            self._ids[pin] = self.recorded.apply(lambda recorded: (recorded or {}).get(pin))
        return self._ids[pin]
