"""Check, create, read, diff, update and delete where a person is the one who writes. The counterpart of `lifecycle`.

Nothing here claims what nobody confirmed. A state's outputs are what is declared; its inputs, once it was read, are
what the ledger says, so that every preview shows what is still to be entered. ``status`` tells the two apart.
"""

import logging

from trackform_core.errors import Refused
from trackform_core.lifecycle.check import Checked
from trackform_core.lifecycle.fate import Fate, kept
from trackform_core.lifecycle.lookup import label
from trackform_core.lifecycle.remarks import tell_not_declared
from trackform_core.lifecycle.service import ECHOED, Live
from trackform_core.model.compare import changed_fields
from trackform_core.model.kind import FROM_CHECK
from trackform_core.model.messages import marked
from trackform_core.model.validate import holds, options_fit, validated
from trackform_core.model.wire import Values, same
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import Ledger, ledger_of
from trackform_core.no_api.status import AWAITING, CONFIRMED, Confirmation, confirmation, is_to_go
from trackform_core.session.permissions import permission, permitted, setting
from trackform_core.session.session import session_for

log = logging.getLogger("trackform")


def check(kind: BridgeKind, olds: Values, news: Values, unknown: str) -> Checked:
    """Canonical inputs with the ``status`` that they have, or what is wrong with them. Idempotent."""
    raw = {name: value for name, value in news.items() if value is not None and name not in FROM_CHECK}
    inputs, failures = validated(kind, {name: value for name, value in raw.items() if name != "status"}, unknown)
    failures += options_fit(kind, inputs)
    if failures or holds([inputs[kind.key], _account(inputs)], unknown):
        return Checked(inputs, failures)
    if olds.get("object_id"):
        session_for(inputs).declared.add((kind.name, kind.identity(inputs)))
    status = AWAITING if holds(inputs, unknown) else _confirmation(kind, inputs).status
    return Checked({**inputs, "object_id": olds.get("object_id") or kind.identity(inputs), "status": status})


def create(kind: BridgeKind, inputs: Values) -> Live:
    """Nothing happens in the web application: the object now waits for somebody to enter it."""
    session_for(inputs).taken.add((kind.name, kind.identity(inputs)))
    return _tell(_live(inputs.get("object_id") or kind.identity(inputs), _confirmation(kind, inputs)))


def read(kind: BridgeKind, object_id: str, outs: Values) -> Live:
    """What was confirmed, as inputs. An object that nobody confirmed is there, with nothing in it: never gone."""
    confirmed = _confirmation(kind, outs)
    declared, owner = confirmed.declared, str(outs.get("owner") or "")
    live = _live(object_id, confirmed, owner)
    if _lost(outs):
        # Neither confirmed nor taken back: what the last run knew stands until somebody can tell.
        known = {**declared, "object_id": object_id, "status": CONFIRMED}
        return Live(object_id, {**live.outs, "status": CONFIRMED}, known)
    inputs = {name: declared[name] for name in (*ECHOED, kind.key) if declared.get(name) is not None}
    if confirmed.entry is not None:
        inputs |= confirmed.comparison.live_inputs
    return Live(object_id, live.outs, {**inputs, "object_id": object_id, "status": live.outs["status"]})


def diff(kind: BridgeKind, olds: Values, news: Values) -> tuple[list[str], list[str]]:
    """(what the ledger and the declaration differ in, or what is declared anew; what of it forces a replacement)."""
    confirmed = _confirmation(kind, news)
    if confirmed.entry is not None:
        # What nobody confirmed is nowhere: a refresh has it in its outputs, and not in what it read.
        known = {name: value for name, value in olds.items() if name in confirmed.entry.fields}
        tell_not_declared(kind, known, news)
    changed = sorted({*confirmed.open_fields, *changed_fields(kind, olds, news)})
    moved = kind.key_is_fixed and not same(olds.get(kind.key), news.get(kind.key))
    return changed, [kind.key] if moved else []


def update(kind: BridgeKind, object_id: str, olds: Values, news: Values) -> Live:
    """As `create`: what is declared now waits for somebody to enter it."""
    return _tell(_live(object_id, _confirmation(kind, news), str(olds.get("owner") or "")))


def delete(kind: BridgeKind, object_id: str, outs: Values) -> str:
    """Forget what is not there, or not ours to remove.

    Raises:
        Refused: it is still there, as far as anybody knows: forgetting it would leave it firing unseen.
    """
    name = f"{label(kind, outs)} ({object_id})"
    session = session_for(outs)
    stays = (kind.name, kind.identity(outs)) in session.taken | session.declared
    if spared := Fate("kept-declared") if stays else kept(kind, outs):
        return f"{name} is {spared}"
    # Where nobody checked the Account, no program ran: what a destroy gives up may well be declared.
    if reason := cannot_be_forgotten(kind, object_id, outs, destroys=not session_for(outs).checked):
        raise Refused(reason)
    return f"{name} is forgotten: nobody confirmed that it was ever entered, or somebody that it was removed"


def cannot_be_forgotten(kind: BridgeKind, object_id: str, outs: Values, *, destroys: bool = False) -> str:
    """Why an object has to be removed by a person first, as far as anybody knows; empty where it has not."""
    account = _account(outs)
    name = f"{label(kind, outs)} ({object_id})"
    entry = _confirmation(kind, outs).entry
    key = str(outs.get(kind.key))
    forget = setting(permission("forget", kind.name, key, object_id))
    if _lost(outs) and not permitted("forget", kind.name, key, object_id):
        return marked(
            "ledger-lost",
            f"{name} was confirmed to be there, and its ledger, {_ledger(outs).file}, is not there: forgotten, it "
            "would go on firing unseen. If the stack was renamed, run `pulumi up` once, then this again. If not, get "
            "the ledger back; or, where the connection was removed in the web application, run this once with "
            f"`{forget}`",
        )
    if entry is None and outs.get("owner") and not permitted("forget", kind.name, key, object_id):
        first = f"Declare it, confirm it with `trackform operator {account}`, run `pulumi up`, then take it out; or r"
        return marked(
            "unconfirmed",
            f"{name} was made over a bridge, and nobody has confirmed anything of it since: forgotten, it would go on "
            f"firing unseen. {'R' if destroys else first}emove it in the web application and run this once with "
            f"`{forget}`",
        )
    if entry is None:
        return ""
    confirm = f"trackform operator {account}" + (" --destroy" if destroys else "")
    if not is_to_go(kind, entry.fields.get("on_delete")):
        # It was confirmed before `on_delete: delete` was declared: no list of steps has it, so it is named.
        confirm += f" --confirm {entry.key}"
    return marked(
        "only-by-hand",
        f"{name} was confirmed to be there (ledger, line {entry.line}), and only a person can remove it. Remove it in "
        f"the web application, confirm that with `{confirm}`, and run this again",
    )


def _live(object_id: str, confirmed: Confirmation, owner: str = "") -> Live:
    inputs = {**confirmed.declared, "object_id": object_id, "status": confirmed.status}
    # A bridge told the owner, so it is there. Once a person confirmed it, the ledger says whether it still is.
    owner = "" if confirmed.entry else owner
    return Live(object_id, {**inputs, "adopted": False, "owner": owner, "changed_outside": {}}, inputs)


def _tell(live: Live) -> Live:
    """Say once what the engine's "created" does not mean here."""
    session = session_for(live.outs)
    if live.outs["status"] == AWAITING and not session.messages.repeats("entered by hand"):
        log.warning(
            "Conversion types and S2S connections are entered by hand: this run sent nothing of them, whatever the "
            "lines above say. Next: `trackform operator %s`",
            session.account,
        )
    return live


def _confirmation(kind: BridgeKind, values: Values) -> Confirmation:
    """What is declared in ``values``, inputs or a state's outputs, beside what people confirmed of it."""
    declared = {name: value for name, value in values.items() if name in kind.model.model_fields}
    return confirmation(kind, declared, _ledger(values))


def _ledger(values: Values) -> Ledger:
    return ledger_of(_account(values))


def _lost(outs: Values) -> bool:
    """Whether the ledger that an object was confirmed in is not there, as after a stack was renamed and it with it.

    A destroy and a refresh run no program: they know the stack by the name that it had at its last `pulumi up`.
    """
    return outs.get("status") == CONFIRMED and not _ledger(outs).file.exists()


def _account(values: Values) -> str:
    """The name that the ledger goes by: today's, where the stack was renamed."""
    return session_for(values).account
