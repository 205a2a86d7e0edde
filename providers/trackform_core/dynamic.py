"""The Pulumi shell: one dynamic provider for every kind, and the base class of the resources.

Everything that Pulumi forces on a dynamic provider in Python stands here and nowhere else:

- provider classes have no attributes of their own: their pickle is a reference of some 40 bytes in the state, and it
  must unpickle in every later version, so neither a class nor its module is ever renamed;
- numbers arrive as floats, unknowns as objects, and the servicer writes into the dicts it gets;
- `diff` answers "no change" or "do not know": only then it is shown field by field, by `sdk/shown_changes.py`;
- an exception's text is all that reaches the user;
- `read` gets the old outputs, and the inputs, which are newer after a step without a change, only from the request.
"""

import inspect
import logging
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, Protocol, TypeVar

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
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.proto.provider_pb2 import ReadRequest

from trackform_core.errors import Refused
from trackform_core.guard.guard import guard_of
from trackform_core.http.bounds import BOUNDS
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import pending as waiting
from trackform_core.lifecycle import unconfirmed
from trackform_core.lifecycle.fate import kept
from trackform_core.lifecycle.lookup import label
from trackform_core.lifecycle.refresh import reread
from trackform_core.lifecycle.service import Live, to_write_and_steered
from trackform_core.lifecycle.strategy import is_by_hand, strategy_of
from trackform_core.model.compare import as_accepted
from trackform_core.model.drift import drift_of, last_applied, not_accepted
from trackform_core.model.kind import NOTES, Kind
from trackform_core.model.messages import marked
from trackform_core.model.pulumi_names import NAMESPACE
from trackform_core.model.service import Service
from trackform_core.model.vendors import endpoints
from trackform_core.model.wire import Values, same, whole
from trackform_core.sdk.launcher import keep_loops, serve, tell_texts_alone
from trackform_core.sdk.shown_changes import show_no_notes
from trackform_core.session.messages import AS_TOLD, Messages
from trackform_core.session.session import Session, account_of, messages_of, session_for, use_config
from trackform_core.text.secrets import remember_tokens
from trackform_core.text.shown import fit_to_show

log = logging.getLogger("trackform")
_watching = threading.Event()
Result = TypeVar("Result")

HOST = os.getppid()
"""Who started this process, asked for before anything can have happened to it."""
EXECUTOR = "pulumi-language-python-exec"
"""The SDK's script by which a language host runs a program."""
LOOKED_AFTER_S = 0.3

NO_LIMITS = (
    "This run is under no limit of stacks/policy.yaml: they are for `pulumi up`. What becomes of an object is what its "
    "`on_delete` said at the last `pulumi up`, and is told of each"
)
"""Where no program ran, as in a destroy, nothing was compared with what the stack had before."""


def plain(value: Any) -> Any:
    """What the engine sent, as JSON: whole floats as ints, an unknown as Pulumi's text for it, no ``__provider``."""
    if value.__class__ is str:
        return value  # most of what comes: to ask whether it is a mapping takes longer than all else
    if isinstance(value, Unknown):
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items() if name != "__provider" and item is not None}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return whole(value)


def end_with_the_engine() -> None:
    """Stop when the engine is gone, however it went: its end of our stdout closes.

    A plugin that outlives a killed CLI was seen to write for nine seconds more.
    """
    if _watching.is_set() or sys.platform == "win32":
        return
    _watching.set()

    def watch() -> None:
        poll = select.poll()
        poll.register(1, 0)
        while not any(event & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, event in poll.poll()):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="engine-watch", daemon=True).start()


def under_a_host() -> bool:
    return any(Path(word).name == EXECUTOR for word in sys.orig_argv)


def end_with_the_host() -> None:
    """Stop a program when its language host is gone, however it went.

    The engine answers such a program no more, and waits itself for the end of the output that both write to: neither
    was seen to end, and the state stayed locked.
    """
    if _watching.is_set() or sys.platform == "win32" or not under_a_host():
        return
    _watching.set()

    def watch() -> None:
        while os.getppid() == HOST:
            time.sleep(LOOKED_AFTER_S)
        os._exit(1)

    threading.Thread(target=watch, name="host-watch", daemon=True).start()


class Fit(logging.Formatter):
    """Of what is said nothing is a secret, and nothing steers the terminal that shows it."""

    def format(self, record: logging.LogRecord) -> str:
        return fit_to_show(super().format(record))


def speak_to_the_user() -> None:
    """Warnings go to stderr, which the engine shows with the stack."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Fit("%(message)s"))
    log.handlers = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def in_the_plugin() -> bool:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name.startswith("pulumi.dynamic")


def take_config(req: ConfigureRequest) -> None:
    """What every provider class does once per process."""
    if in_the_plugin():
        tell_texts_alone(sys.modules["__main__"], Failed)
        keep_loops(sys.modules["__main__"])
        show_no_notes(sys.modules["__main__"], NOTES)
        serve(BOUNDS.at_once)
        end_with_the_engine()
        speak_to_the_user()
    names = [name for each in say("trackform", endpoints) for name in (each.url_setting, each.key_setting)]
    config = {name: req.config.get(f"{NAMESPACE}:{name}") for name in names}
    use_config({name: value for name, value in config.items() if value})


class Failed(Exception):  # noqa: N818 -- its text is all that is ever seen of it
    """What the user is told."""


def say(name: str | Callable[[], str], work: Callable[[], Result], account: str = "") -> Result:
    """The work's result, or its error in words meant for the user.

    ``name`` is the object that it is about, or what makes its name; ``account`` the one that it belongs to.
    """
    try:
        return work()
    except Exception as error:  # noqa: BLE001 -- whatever it is, its text is all that the engine takes
        failure = error
    raise Failed(fit_to_show(_in_words(name if isinstance(name, str) else name(), failure, messages_of(account))))


def _in_words(name: str, error: Exception, messages: Messages) -> str:
    if isinstance(error, ServiceError):
        return f"{name}: {messages.once(error)}"
    if isinstance(error, Refused):
        repeated = error.shared and messages.repeats(error.shared)
        return marked("as-told", f"{name}: {error.shared}{AS_TOLD}") if repeated else str(error)
    # Pulumi shows the text alone: without its type a KeyError reads like a field's name.
    log.debug("%s", name, exc_info=error)
    return f"{name}: a fault of trackform itself, please report it: {type(error).__name__}: {error}"


def inputs_of_the_state(read: FrameType | None) -> Values:
    """Those that the engine sends with a read: Pulumi's servicer, which calls it, hands on the outputs alone."""
    caller = read.f_back if read else None
    request = caller.f_locals.get("request") if caller else None
    return plain(rpc.deserialize_properties(request.inputs)) if isinstance(request, ReadRequest) else {}


class KindProvider(ResourceProvider):
    """The one dynamic provider. A subclass names its kind and nothing else."""

    kind: ClassVar[Kind[Any]]
    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        take_config(req)

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        was, given = plain(olds), plain(news)
        for name in self.kind.secret:
            remember_tokens(given.get(name))
        return self._say(given, lambda: self._check(was, given))

    def _check(self, was: Values, given: Values) -> CheckResult:
        wanted = waiting.asked_for(self.kind, was, given)
        checked = strategy_of(self.kind, wanted).check(self.kind, was, wanted, rpc.UNKNOWN)
        inputs, refusals = dict(checked.inputs) | not_accepted(was, checked.inputs), [*checked.refusals]
        if was and not checked.failures:
            session = session_for(wanted)
            refusals += self._not_now(session, was, inputs)
            session.note_inputs(self.kind, inputs, same=was == inputs and not refusals)
        inputs |= {"refused": [fit_to_show(refusal) for refusal in refusals]} if refusals else {}
        # A failure on a secret property would print its value.
        failures = [
            CheckFailure(self.kind.key if item.field in self.kind.secret else item.field, fit_to_show(item.reason))
            for item in checked.failures
        ]
        return CheckResult(inputs, failures)

    def _not_now(self, session: Session, was: Values, inputs: Values) -> Iterator[str]:
        """Why an object of the state is not written in this run, whatever is asked of it."""
        guard = guard_of(session)
        if lost := guard.has_no_past(self.kind, was):
            yield _in_words(label(self.kind, was), lost, session.messages)
        if was == inputs or guard.limits is None:
            return
        object_id = str(was.get("object_id") or was.get(self.kind.key))
        known = {**was, "changed_outside": guard.changed_outside(self.kind, object_id)}
        changed, _ = to_write_and_steered(self.kind, known, inputs)
        if changed and (beyond := guard.note_change(session, self.kind, object_id, changed, was)):
            yield beyond

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        _id = unconfirmed.id_now(_id, olds)
        if unconfirmed.is_unconfirmed(_id):
            # Whether it is there, an update finds out; what it differs in, nobody knows before.
            moved = self.kind.key_is_fixed and not same(olds.get(self.kind.key), news.get(self.kind.key))
            return DiffResult(changes=True, replaces=[self.kind.key] if moved else [])
        if waiting.is_waiting(_id):
            # Only a run without a refresh meets it. The id of an object cannot change, so another takes its place.
            return DiffResult(changes=True, replaces=[self.kind.key])
        was, wanted = plain(olds), plain(news)
        return self._say(wanted, lambda: self._diff(was, wanted))

    def _diff(self, was: Values, wanted: Values) -> DiffResult:
        changed, replaces = strategy_of(self.kind, wanted).diff(self.kind, was, wanted)
        if wanted.get("refused"):
            # Unchanged or not: what is refused has to be a step, which tells why and declines to be taken.
            return DiffResult(changes=None, replaces=replaces)
        # Asked "do you know?", the engine compares inputs: where they are equal it takes "no" for "unchanged".
        known = session_for(was).has_same_inputs(self.kind, wanted)
        return DiffResult(changes=(True if known else None) if changed else False, replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        inputs = plain(props)
        live = self._say(inputs, lambda: self._create(inputs))
        return CreateResult(live.object_id, dict(live.outs))

    def _create(self, inputs: Values) -> Live:
        decline(inputs)
        unconfirmed.decline(self.kind, inputs)
        return unconfirmed.create(self.kind, inputs, lambda: self._make(inputs))

    def _make(self, inputs: Values) -> Live:
        return waiting.create(self.kind, inputs, lambda: strategy_of(self.kind, inputs).create(self.kind, inputs))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        was = inputs_of_the_state(inspect.currentframe())
        outs = as_accepted(self.kind, plain(props), was)
        live = self._say(outs, lambda: self._read(id_, outs))
        if live is None:
            return ReadResult("", {})
        if unconfirmed.is_unconfirmed(live.object_id):
            # Without inputs the engine keeps the state's: nothing of it was read.
            return ReadResult(live.object_id, dict(live.outs))
        inputs = dict(live.inputs) | self._drift(was, live)
        # Without inputs the engine keeps those of the state, and compares nothing.
        return ReadResult(live.object_id, dict(live.outs), None if was and inputs == was else inputs)

    def _drift(self, was: Values, live: Live) -> Values:
        """Of what a person enters nothing is undone, and of what an earlier version read nobody knows the inputs."""
        if not was or is_by_hand(self.kind, live.outs):
            return {}
        return drift_of(self.kind, dict(waiting.sent(last_applied(was), live.inputs)), live.inputs)

    def _read(self, object_id: str, outs: Values) -> Live | None:
        seen = reread(self.kind, object_id, outs)
        if seen.was_there:
            today = seen.live.outs if seen.live else None
            guard_of(session_for(outs)).note_read(self.kind, seen.object_id, outs, today)
        return seen.live

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        was, wanted = plain(olds), plain(news)
        if waiting.held_back(self.kind, wanted):
            return UpdateResult(was)
        live = self._say(wanted, lambda: self._update(id_, was, wanted))
        return UpdateResult(dict(live.outs))

    def _update(self, object_id: str, was: Values, wanted: Values) -> Live:
        decline(wanted)
        unconfirmed.decline(self.kind, wanted)
        object_id = unconfirmed.id_now(object_id, was)
        if unconfirmed.is_unconfirmed(object_id):
            return unconfirmed.settle(self.kind, was, wanted, lambda: self._make(wanted))
        return strategy_of(self.kind, wanted).update(self.kind, object_id, was, wanted)

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        outs = plain(props)
        id_ = unconfirmed.id_now(id_, outs)
        if waiting.is_waiting(id_):
            log.info("%s is forgotten: it was never made", label(self.kind, outs))
            return
        log.info("%s", self._say(outs, lambda: self._delete(id_, outs)))

    def _delete(self, object_id: str, outs: Values) -> str:
        session = session_for(outs)
        guard = guard_of(session)
        if fate := guard.spared.get((self.kind.name, object_id)):
            return f"{label(self.kind, outs)} ({object_id}) is {fate}"
        guard.may_delete(session, self.kind, outs)
        if unconfirmed.is_unconfirmed(object_id) and not kept(self.kind, outs):
            object_id = unconfirmed.find(self.kind, outs)
            if not object_id:
                return f"{label(self.kind, outs)} was never made: its answer was lost, and nothing of it is there"
        if not session.checked and not session.messages.repeats(NO_LIMITS):
            log.info(NO_LIMITS)
        return strategy_of(self.kind, outs).delete(self.kind, object_id, outs)

    def _say(self, values: Values, work: Callable[[], Result]) -> Result:
        return say(lambda: label(self.kind, values), work, account_of(values))


def decline(inputs: Values) -> None:
    """What a check refused is not written, whoever passed the verdict of the preview by.

    Raises:
        Refused: it was refused.
    """
    if refusals := inputs.get("refused"):
        raise Refused("\n".join(refusals))


class Belongs(Protocol):
    """What a resource asks of the `Account` that it belongs to."""

    def note(self, refused: pulumi.Output[list[str]], kind: str = "", name: str = "") -> None: ...

    @property
    def object_id(self) -> pulumi.Output[str]: ...
    def account_id(self, service: Service) -> pulumi.Output[str | None]: ...


class KindResource(Resource):
    """Base of the resources of all kinds. Arguments are the fields of the kind's model; references, ``object_id``."""

    provider: ClassVar[KindProvider]
    object_id: pulumi.Output[str]
    """The service's id: the only output that other resources may use, because it stays known in every preview."""
    owner: pulumi.Output[str]
    """The live account that holds it."""
    adopted: pulumi.Output[bool]
    """Whether it was there before and was taken over."""
    changed_outside: pulumi.Output[dict[str, Any]]
    """Initial fields that people changed in the web application, as they are there."""
    refused: pulumi.Output[list[str]]
    """In a preview: why `pulumi up` would decline to write it. Nothing else is known of it then."""

    def __init__(
        self,
        resource_name: str,
        *,
        account: Belongs,
        opts: pulumi.ResourceOptions | None = None,
        **fields: Any,
    ) -> None:
        kind = self.provider.kind
        props: Values = {name: value for name, value in fields.items() if value is not None}
        for name in kind.secret & props.keys():
            props[name] = pulumi.Output.secret(props[name])
        outputs = dict.fromkeys(("object_id", "owner", "adopted", "changed_outside", "refused", *kind.computed))
        where = {"account": account.object_id, "account_id": account.account_id(kind.service)}
        super().__init__(self.provider, resource_name, {**outputs, **props, **where}, opts)
        account.note(self.refused, kind.name, resource_name)
