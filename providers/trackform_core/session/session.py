"""The session of one account in one process: its settings and clients, its listings, and what was done so far.

Sessions are module globals on purpose: the dynamic provider's process serves every resource of a phase from several
threads, through provider classes without state of their own.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from trackform_core.http import api
from trackform_core.http.aside import Aside
from trackform_core.http.keys import Key
from trackform_core.http.rows import pages_of
from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Kind
from trackform_core.model.service import Service
from trackform_core.model.wire import Values
from trackform_core.session.listing import Listing, Lookup
from trackform_core.session.messages import Messages
from trackform_core.session.settings import Settings, settings_of, variable_suffix

Part = TypeVar("Part")


@dataclass(frozen=True)
class Managed:
    """A live object that this stack managed under one natural key at its last run.

    Attributes:
        name: its logical name then.
        moves_to: the natural key that the file gives the same name now; empty where it keeps its own, or left the file.
        adopted: whether it was taken over once; where nobody can tell it counts as taken over, which spares it.
        object_id: its id, where this process read it; else empty.
        goes: whether it leaves the file and the account in the same change.
    """

    name: str
    moves_to: str
    adopted: bool
    object_id: str = ""
    goes: bool = False


class Session:
    """One account in this process. Thread-safe."""

    def __init__(self, account: str, settings: Settings) -> None:
        self.account = account
        self.settings = settings
        self.checked = False
        """Whether the `Account` resource was verified in this process; nothing is created or updated before."""
        self.taken: set[tuple[str, str]] = set()
        """(kind, id) of what `create` took over: a delete of the same id is Pulumi's doing, not the user's wish."""
        self.declared: set[tuple[str, str]] = set()
        """(kind, id) of what the program declares: not to be deleted for another name that it once had."""
        self.managed: dict[tuple[str, str], Managed] = {}
        """(kind, natural key) -> the object of the state that had it at the last run, by the `Account`'s inventory."""
        self.awaited: set[tuple[str, Any]] = set()
        """(kind, natural key) of what the state says a person was asked to make."""
        self.made: Mapping[str, Collection[str]] | None = None
        """Kind -> the natural keys that were there at the last run, each as often as it was declared, by the `Account`
        of the state; None where it does not tell."""
        self.knows_its_past = True
        """Whether it can: not where the `Account` was read in this process and has no inventory."""
        self.lost = ""
        """The object whose creation was not answered in this process: nothing more is created after it."""
        self.messages = Messages()
        self._lock = threading.RLock()
        # Locks of their own: nobody who needs no answer waits for one, or for that of another service.
        self._asking: dict[str, threading.RLock] = {}
        self._clients: dict[str, Any] = {}
        self._listings: dict[str, Listing | Lookup] = {}
        self._missing: dict[str, set[str]] = {}
        self._claims: set[tuple[str, Any]] = set()
        self._same: set[tuple[str, str, str]] = set()
        self._users: dict[str, str | ServiceError] = {}
        self._parts: dict[Callable[[], Any], Any] = {}

    def part(self, make: Callable[[], Part]) -> Part:
        """A part that a room above keeps of this account, such as its guard: made when it is first asked for."""
        with self._lock:
            if make not in self._parts:
                self._parts[make] = make()
            part: Part = self._parts[make]
            return part

    @property
    def keys_of_the_former_name(self) -> list[Key]:
        """Keys that a renamed stack still has from a variable that ends in its former name."""
        special = variable_suffix(self.account)
        return [
            key
            for key in (reach.key for reach in self.settings.reaches.values())
            if key.text and "__" in key.variable and not key.variable.endswith(special)
        ]

    def go_by(self, account: str, settings: Settings) -> None:
        """Have another name from now on. What was read stays, and so does a key that the new name has no other for."""
        with self._lock:
            was, self.account = self.settings.reaches, account
            reaches = {
                name: reach if reach.key.text else replace(reach, key=was[name].key)
                for name, reach in settings.reaches.items()
            }
            self.settings = replace(settings, reaches=reaches)
            self._clients.clear()
            self._users.clear()

    def client(self, service: Service) -> Any:
        with self._lock:
            if service.name not in self._clients:
                self._clients[service.name] = service.connect(self.settings, partial(self.owner, service))
            return self._clients[service.name]

    def listing(self, kind: Kind[Any]) -> Listing | Lookup:
        with self._lock:
            if kind.name not in self._listings:
                client = self.client(kind.service)
                self._listings[kind.name] = (
                    Listing(lambda: pages_of(kind, client, self._made_of(kind)), kind.is_gone, kind.key_of)
                    if kind.has_listing
                    else Lookup(lambda object_id: kind.get(client, object_id))
                )
            return self._listings[kind.name]

    def _made_of(self, kind: Kind[Any]) -> Callable[[], int]:
        """How many objects of a kind this stack has, as far as it was read: so many rows a listing has at least."""
        return lambda: len((self.made or {}).get(kind.name, ()))

    def owner(self, service: Service) -> str:
        """The live account id behind a service's key; asked for once, also where the service does not tell.

        Not taken from a row of a listing: it may be another user of the same account who made that.

        Raises:
            ServiceError: the service does not tell.
        """
        whose = service.whose
        with self._lock:
            asking = self._asking.setdefault(whose.name, threading.RLock())
        with asking:
            if whose.name not in self._users:
                try:
                    self._users[whose.name] = str(self.client(whose).user_id())
                except ServiceError as error:
                    self._users[whose.name] = error
            user = self._users[whose.name]
        if isinstance(user, ServiceError):
            raise user
        return user

    def owners(self, services: Iterable[Service]) -> list[str]:
        """The live account ids behind several services' keys, asked for side by side.

        Raises:
            ServiceError: one of them does not tell; the first one that does not.
        """
        asked = [Aside(partial(self.owner, service), f"account of {service.name}") for service in services]
        return [each.result() for each in asked]

    def wait(self, seconds: float) -> None:
        """Wait as the clients wait: where they do not, in a test, nobody does."""
        api.NETWORK.sleep(seconds)

    def now(self) -> datetime:
        return api.NETWORK.now()

    @property
    def hidden_for(self) -> float:
        """Seconds for which a service may hide what was made."""
        return api.NETWORK.bounds.hidden

    def note_inputs(self, kind: Kind[Any], inputs: Values, *, same: bool) -> None:
        """Whether an object's inputs are those of the last run: `diff`, which follows, is not told the old ones."""
        with self._lock:
            (self._same.add if same else self._same.discard)(_declared_as(kind, inputs))

    def has_same_inputs(self, kind: Kind[Any], inputs: Values) -> bool:
        with self._lock:
            return _declared_as(kind, inputs) in self._same

    def claim(self, kind: Kind[Any], key: Any) -> bool:
        """Set a natural key aside for one create; ``False`` where another one of this process has it."""
        with self._lock:
            if (kind.name, key) in self._claims:
                return False
            self._claims.add((kind.name, key))
            return True

    def release(self, kind: Kind[Any], key: Any) -> None:
        with self._lock:
            self._claims.discard((kind.name, key))

    def missed(self, kind: Kind[Any], object_id: str) -> int:
        """Note that an object of a kind with an empty listing was asked for; returns how many were."""
        with self._lock:
            ids = self._missing.setdefault(kind.name, set())
            ids.add(object_id)
            return len(ids)


def _declared_as(kind: Kind[Any], inputs: Values) -> tuple[str, str, str]:
    return kind.name, repr(inputs.get(kind.key)), str(inputs.get("adopt_id", ""))


@dataclass
class Registry:
    """Sessions and settings, which outlive a call of the engine."""

    sessions: dict[str, Session] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    """Former name -> name, of a stack that was renamed since its last `pulumi up`."""
    config: dict[str, str] = field(default_factory=dict)
    messages: Messages = field(default_factory=Messages)
    """Those of no session: without vendors, none can be made."""
    lock: Any = field(default_factory=threading.RLock)


_registry = Registry()


def use_config(config: Mapping[str, str]) -> None:
    """Take over the stack's configuration; called once per provider class and process, always with the same."""
    with _registry.lock:
        _registry.config.update(config)


def session_of(account: str) -> Session:
    """The one session of an account in this process, also under a name that it had before."""
    with _registry.lock:
        account = _registry.renamed.get(account, account)
        if account not in _registry.sessions:
            _registry.sessions[account] = Session(account, settings_of(account, _registry.config))
        return _registry.sessions[account]


def use_session(session: Session) -> None:
    """Let a session with settings of its own be the one of its account: no stack fills the gaps of another's."""
    with _registry.lock:
        _registry.renamed.pop(session.account, None)
        _registry.sessions[session.account] = session


def session_for(values: Values) -> Session:
    """The session of the account that an object belongs to, from its inputs or its outputs."""
    return session_of(account_of(values))


def account_of(values: Values) -> str:
    return str(values.get("account") or "default")


def messages_of(account: str) -> Messages:
    """The messages of an account's session; of one that has none, those that are of no session."""
    with _registry.lock:
        session = _registry.sessions.get(_registry.renamed.get(account, account))
        return session.messages if session else _registry.messages


def rename(former: str, account: str) -> Session:
    """The session of an account that the state knows by its former name: what was read of it stays with it."""
    renamed = session_of(former)
    with _registry.lock:
        if renamed.account != account:
            _registry.sessions.pop(renamed.account, None)
            left = _registry.sessions.get(account)
            if left is not None:
                renamed.messages.join(left.messages)
            _registry.sessions[account] = renamed
            names = {name: account for name, now in _registry.renamed.items() if now == former}
            _registry.renamed.update(names | {former: account})
            _registry.renamed.pop(account, None)
            renamed.go_by(account, settings_of(account, _registry.config))
    return renamed


def absorb(former: str, account: str) -> Session | None:
    """Let a name that some objects still have mean this account; returns the session that it had in this process.

    A run that renames the stack may break off, and leaves a part of the objects under the former name.
    """
    with _registry.lock:
        session = session_of(account)
        left = _registry.sessions.pop(former, None)
        _registry.renamed[former] = account
        if left is not None:
            session.awaited |= left.awaited
            session.messages.join(left.messages)
        return left


def goes_by(name: str, account: str) -> bool:
    """Whether a name is that of an account, today's or one that it had before."""
    with _registry.lock:
        return _registry.renamed.get(name, name) == _registry.renamed.get(account, account)


def forget_everything() -> None:
    """Begin like a new process. For tests, which play several phases in one."""
    with _registry.lock:
        _registry.renamed.clear()
        _registry.sessions.clear()
        _registry.config.clear()
        _registry.messages = Messages()
