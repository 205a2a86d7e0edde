"""The `Account` resource: which live account a stack belongs to, and whether a change may be made to it at all.

Every other resource waits for it, so that its check is the one place before the first write.
"""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
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
from pulumi.runtime.settings import _get_rpc_manager

from trackform_core.dynamic import (
    Result,
    decline,
    end_with_the_host,
    inputs_of_the_state,
    plain,
    say,
    take_config,
    under_a_host,
)
from trackform_core.errors import Refused
from trackform_core.guard.guard import guard_of
from trackform_core.guard.inventory import Inventory, OtherStack
from trackform_core.guard.limits import Limit, Limits
from trackform_core.guard.pins import (
    confirmed_elsewhere,
    live_accounts,
    missing,
    other_accounts,
    recorded_before,
    unrecorded,
    wrong_pins,
)
from trackform_core.guard.review import review
from trackform_core.model.messages import marked, not_all_created, plan_refused
from trackform_core.model.service import Service
from trackform_core.model.vendors import NotInstalled, kinds, pins
from trackform_core.model.wire import Values
from trackform_core.no_api.ledger import ledger_left_behind, ledger_of
from trackform_core.sdk.program import leave_out_debug, wait_for_all
from trackform_core.session import session as sessions
from trackform_core.session.permissions import Permit, permission, permitted, setting, shows_refused
from trackform_core.session.session import Session

log = logging.getLogger("trackform")

LOGICAL_NAME = "account"
"""The same in every stack: a stack that is renamed keeps its Account, and with it the past that the guard knows."""
UNGUARDED: tuple[Permit, str] = ("unguarded", "account")
NO_INVENTORY = marked(
    "no-inventory",
    "the program gave this Account an `inventory` before, and gives none now: nobody could tell what leaves it. "
    "Nothing was written. Give it one again; or, to go on without the guard, run once with "
    f"{setting(permission(*UNGUARDED))}",
)


def take_in(session: Session, formerly: Iterable[str]) -> None:
    """What a run that broke off left under a former name of the stack belongs to it like all else."""
    for name in formerly:
        left = sessions.absorb(name, session.account)
        if left is not None:
            guard_of(session).join(guard_of(left))


def inventory(given: Values) -> Inventory:
    """The inventory as the program gave it or as the state has it; an old state has none."""

    def names(field: str) -> dict[str, dict[str, str]]:
        by_kind = given.get(field) or {}
        return {kind: {name: str(key) for name, key in names.items()} for kind, names in by_kind.items()}

    listed = {
        field: given.get(field) or {} for field in ("protected", "pending", "vanished", "references", "elsewhere")
    }
    elsewhere = {
        stack: OtherStack(declares.get("pins") or {}, declares.get("keys") or {})
        for stack, declares in listed["elsewhere"].items()
    }
    return Inventory(
        names("inventory"), names("was"), listed["protected"], names("leaving"), listed["pending"],
        listed["vanished"], listed["references"], elsewhere,
    )  # fmt: skip


def limits_of(given: Values) -> Limits:
    return {
        kind: {action: Limit(limit["percent"], limit["objects"]) for action, limit in actions.items()}
        for kind, actions in (given.get("limits") or {}).items()
    }


def know_all(wanted: Inventory) -> None:
    """Each kind that has objects is known: one that is not would be passed over, and its objects guarded by nobody.

    Raises:
        NotInstalled: one is not.
    """
    strange = sorted(name for name, names in wanted.names.items() if names and name not in kinds())
    if strange:
        raise NotInstalled(
            f"the `inventory` has objects of the kind {', '.join(strange)}, which no vendor of trackform's "
            f"installation has, so nobody would guard them. Known: {', '.join(kinds())}"
        )


def reach_all(session: Session, name: str, wanted: Inventory) -> None:
    """Every service that an object needs can be reached as far as we are concerned: there is a key, and an address.

    Found missing at the first object that needs it, it would leave the half of a set-up behind.
    """
    for kind_name, names in wanted.names.items():
        if names:
            kind = kinds()[kind_name]
            # The client is made here and asked for nothing yet.
            who = f"account '{name}', for {kind.title} '{next(iter(names))}'"
            say(who, lambda service=kind.service: session.client(service), name)  # type: ignore[misc]


class AccountProvider(ResourceProvider):
    """Checks the pin and the change; owns nothing in either service."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        take_config(req)

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        was, given = plain(olds), plain(news)
        # Nothing may be judged where nobody knows what there is to be judged.
        names = say(f"account '{given.get('name')}'", lambda: ("name", *pins()))
        inputs: Values = {name: str(given[name]) for name in names if given.get(name) not in (None, "")}
        former = str(was.get("name") or inputs["name"])
        # Some objects may have learned the name before: a renamed stack may be called what it once was.
        knew_it = sessions.session_of(inputs["name"])
        session = sessions.rename(former, inputs["name"])
        guard_of(session).join(guard_of(knew_it))
        formerly = sorted({*was.get("formerly", ()), former} - {inputs["name"]})
        inputs |= {"formerly": formerly} if formerly else {}
        take_in(session, formerly)
        session.checked = False
        live = self._say(inputs["name"], lambda: live_accounts(session, inputs))
        recorded = recorded_before(guard_of(session), was)
        wrong = wrong_pins(session, inputs, live, rpc.UNKNOWN) or other_accounts(session, recorded, live)
        ledger = self._say(inputs["name"], lambda: ledger_of(inputs["name"]))
        wrong = wrong or confirmed_elsewhere(session, ledger, live)
        wrong = wrong or unrecorded(was, inputs, recorded, live) or self._renamed(former, inputs, session)
        inputs["recorded"] = live | recorded
        refusals: list[str] = []
        if not wrong and "inventory" in given:
            refusals = self._judged(session, was, given, inputs)
        elif not wrong and was.get("inventory") and not permitted(*UNGUARDED):
            refusals = [NO_INVENTORY]
        inputs |= {"refused": refusals} if refusals else {}
        # In a preview a pin may not be known yet; nothing is written there.
        session.checked = not wrong and not refusals
        unpinned = missing(inputs, live)
        if unpinned and not olds:
            log.warning(
                "This stack is not pinned to its account. So that a wrong key never touches it, add %s", unpinned
            )
        return CheckResult(
            {**inputs, "object_id": inputs["name"]}, [CheckFailure(pin, reason) for pin, reason in wrong]
        )

    def _renamed(self, former: str, inputs: Values, session: Session) -> list[tuple[str, str]]:
        """What follows a stack's new name by itself is told; what a person has to bring along is asked for."""
        if former == inputs["name"]:
            return []
        left = ledger_left_behind(former, inputs["name"])
        if left:
            reason = f"this stack was called '{former}', and its ledger still is. Nothing was written. Run `{left}`"
            return [("name", marked("ledger-elsewhere", reason))]
        old = sorted({key.variable for key in session.keys_of_the_former_name})
        log.warning(
            "This stack was called '%s' at its last `pulumi up`. Each object learns the new name; nothing is written "
            "to a service for it%s",
            former,
            f". {' and '.join(old)} still counts for this run: rename it to end in the new name after `pulumi up`"
            if old
            else "",
        )
        return []

    def _judged(self, session: Session, was: Values, given: Values, inputs: Values) -> list[str]:
        """Compare the inventories, tell what leaves the file, and return what is refused; ``inputs`` get what stays."""
        wanted = inventory(given)
        self._say(inputs["name"], lambda: know_all(wanted))
        reach_all(session, inputs["name"], wanted)
        guard = guard_of(session)
        result = self._say(
            inputs["name"],
            lambda: review(session, guard, kinds(), inventory(was) if was else None, wanted, limits_of(given)),
        )
        for line in result.said:
            log.warning("%s", line)
        kept = {"inventory": wanted.names, "protected": wanted.protected}
        kept |= {"leaving": result.leaving, "pending": result.pending}
        # Of a run, not of the state: whoever reads the preview has them from here.
        kept["vanished"] = result.vanished
        kept["fates"] = {
            kind: {name: fate.as_input() for name, fate in fates.items()} for kind, fates in result.fates.items()
        }
        inputs |= {name: value for name, value in kept.items() if value}
        return result.refusals

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        # The inventory is kept as an input of the state whether or not there is a change: a change of it is no news.
        names = {"name", "recorded", *pins()}
        was, wanted = plain(olds), plain(news)
        same = all(was.get(name) == wanted.get(name) for name in names) and not wanted.get("refused")
        return DiffResult(changes=False if same else None, replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(str(props["name"]), self._outs(plain(props)))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        outs, was = plain(props), inputs_of_the_state(inspect.currentframe())
        session = sessions.session_of(str(outs.get("name", id_)))
        # Before anything is asked: no object may count as gone without it.
        session.made = inventory(was).made() if "inventory" in was else None
        session.knows_its_past = not was or session.made is not None
        take_in(session, outs.get("formerly", ()))
        # An earlier version called it `live`.
        recorded = outs.pop("live", {}) | (outs.get("recorded") or {})
        self._say(session.account, lambda: self._compare(session, recorded))
        guard = guard_of(session)
        guard.refreshed = True
        guard.recorded = recorded
        outs |= {"recorded": recorded} if recorded else {}
        # Without inputs the engine keeps those of the state, and with them the inventory, which is in no output.
        return ReadResult(id_, outs)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._outs(plain(news)))

    def _compare(self, session: Session, recorded: Values) -> None:
        """A service without a key in this run is asked nothing, and nothing of it can be touched.

        Raises:
            Refused: a key is of another account than the recorded one.
        """
        for _, reason in other_accounts(session, recorded, live_accounts(session, {}, only=recorded)):
            raise Refused(reason)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Nothing: the accounts themselves are not ours."""

    def _outs(self, inputs: Values) -> Values:
        account, recorded = inputs["name"], inputs.get("recorded") or {}
        self._say(account, lambda: decline(inputs))
        self._say(account, lambda: self._compare(sessions.session_of(account), recorded))
        return {name: inputs[name] for name in ("name", *pins(), "formerly", "recorded", "object_id") if name in inputs}

    def _say(self, account: str, work: Callable[[], Result]) -> Result:
        return say(f"account '{account}'", work, account)


async def _known(refused: pulumi.Output[list[str]]) -> list[str]:
    return (await refused.future() or []) if await refused.is_known() else []


class Account(Resource, module="trackform", name="Account"):
    """Which accounts the objects of this stack live in. Every other resource names it.

    ``name``, the stack's by default, also chooses the environment variables of the keys: ``<VARIABLE>__<NAME>`` before
    ``<VARIABLE>``. The resource's own name stays the same for ever, so that a stack that is renamed keeps its past.

    ``pinned`` are the accounts that the stack belongs to, by the name that each vendor gave its pin.

    ``recorded`` (pin -> account id) is what the first `pulumi up` found behind the keys. From then on no other account
    is read or written, whether or not the stack is pinned.

    ``inventory`` (kind -> logical name -> natural key) is what the program declares. With it the account is guarded:
    what leaves it is told, and a change that goes beyond ``limits`` (kind -> action -> ``percent`` and ``objects``) or
    looks like a forgotten ``was`` (kind -> name -> former name) is refused before the first write.

    ``references`` (kind -> name -> fields) are the references that each object declares: what leaves is kept while
    something else refers to it. ``elsewhere`` (stack -> ``pins`` and ``keys``: kind -> natural keys) is what the
    project's other stacks declare: none of it is deleted or paused.
    """

    object_id: pulumi.Output[str]
    recorded: pulumi.Output[dict[str, str]]
    refused: pulumi.Output[list[str]]

    def __init__(
        self,
        resource_name: str = LOGICAL_NAME,
        *,
        name: str | None = None,
        inventory: Mapping[str, Mapping[str, str]] | None = None,
        was: Mapping[str, Mapping[str, str]] | None = None,
        protected: Mapping[str, Iterable[str]] | None = None,
        references: Mapping[str, Mapping[str, Iterable[str]]] | None = None,
        elsewhere: Mapping[str, Mapping[str, Any]] | None = None,
        limits: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **pinned: pulumi.Input[str] | None,
    ) -> None:
        end_with_the_host()
        try:
            known = pins()
        except NotInstalled as error:
            raise pulumi.RunError(str(error)) from None
        if strange := sorted(pinned.keys() - known.keys()):
            raise TypeError(f"Account takes no {', '.join(strange)}. Its pins are {', '.join(known)}")
        change = {"inventory": inventory, "was": was, "protected": protected, "limits": limits}
        change |= {"references": references, "elsewhere": elsewhere}
        name = name or pulumi.get_stack()
        outputs = dict.fromkeys(("object_id", "recorded", "refused"))
        props = {"name": name, **outputs, **dict.fromkeys(known), **pinned, **change}
        # An earlier version gave it the stack's name.
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name)] if name != resource_name else None)
        super().__init__(AccountProvider(), resource_name, props, pulumi.ResourceOptions.merge(former, opts))
        self._ids: dict[str, pulumi.Output[str | None]] = {}
        self._refused: list[pulumi.Output[list[str]]] = [self.refused]
        if under_a_host():
            leave_out_debug(pulumi.log)
            wait_for_all(_get_rpc_manager().rpcs, self._refused)
        self._noted = [("", "")]
        self._places: Mapping[tuple[str, str], str] = {}
        self._breaches: list[str] = []
        self._verdict: pulumi.Output[bool] | None = None
        if pulumi.runtime.is_dry_run() and not shows_refused():
            self._verdict = pulumi.Output.from_input(self._judge())

    def note(self, refused: pulumi.Output[list[str]], kind: str = "", name: str = "") -> None:
        """One more object on which the verdict depends: of a preview, and of what was done."""
        self._refused.append(refused)
        self._noted.append((kind, name))
        if not pulumi.runtime.is_dry_run() and self._verdict is None:
            self._verdict = pulumi.Output.from_input(self._settle())

    def declared_at(self, places: Mapping[tuple[str, str], str]) -> None:
        """File and line of each object, by kind and name: a verdict says where its reasons can be changed."""
        self._places = places

    def refuse(self, breaches: Iterable[str]) -> None:
        """Why the program itself would not apply what it declares: part of the verdict of a preview."""
        self._breaches += breaches

    async def _judge(self) -> bool:
        """The verdict of a preview, once all of it is planned: a check that failed would hide the rest.

        Raises:
            pulumi.RunError: something of it is refused; with all the reasons.
        """
        # Whatever the program declares from now on is heard as well.
        said = [*self._breaches, *await self._reasons()]
        if said:
            raise pulumi.RunError(plan_refused(said))
        return True

    async def _settle(self) -> bool:
        """The end of a `pulumi up`: it failed where nobody can tell whether an object was made.

        Raises:
            pulumi.RunError: that is so of one.
        """
        lost = await self._reasons()
        if lost:
            raise pulumi.RunError(not_all_created(lost))
        return True

    async def _reasons(self) -> list[str]:
        """Each reason once, at the first object that it is about; of objects that are declared meanwhile as well."""
        places: dict[str, str] = {}
        for at, refused in enumerate(self._refused):
            for reason in await _known(refused):
                places.setdefault(reason, self._places.get(self._noted[at], ""))
        return [f"{place}: {reason}" if place else reason for reason, place in places.items()]

    def account_id(self, service: Service) -> pulumi.Output[str | None]:
        """The live account of a service; None where there was no key for it yet."""
        pin = service.whose.pin
        if pin not in self._ids:
            self._ids[pin] = self.recorded.apply(lambda recorded: (recorded or {}).get(pin))
        return self._ids[pin]
