"""What a person does in the two web applications, done in the sandbox: the operator's steps can be practised there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from trackform.account_file.sections import SECTIONS, Composition, Wanted
from trackform.operator.step import OperatorStep, Secrets
from trackform.operator.steps import inputs_of
from trackform.verify.hands import Hands
from trackform_core.errors import TrackformError
from trackform_core.model.compare import declared_names
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import Ledger

CALLED = {"conversion_types": "conversion_type", "postbacks": "connection"}
"""Section -> what the sandbox calls its objects."""
DID = {"create": "entered", "replace": "entered", "change": "changed", "remove": "removed"}


@dataclass(frozen=True)
class Entered:
    """A step, and what was done of it; empty where there is nothing to do in the sandbox, and ``why``."""

    id: str
    did: str = ""
    why: str = ""


def enter(
    hands: Hands, composition: Composition, steps: Sequence[OperatorStep], ledger: Ledger, secrets: Secrets
) -> Iterator[Entered]:
    """Do each step in the sandbox, as it says.

    Raises:
        TrackformError: a secret that belongs there cannot be read, or the sandbox declines.
    """
    wanted = {f"{each.section}/{each.name}": each for each in composition.objects}
    for step in steps:
        section, _, _ = step.id.partition("/")
        if section not in CALLED:
            yield Entered(step.id, why="the sandbox keeps nothing of it: it is enough to confirm it")
        elif step.unread:
            raise TrackformError(
                f"{step.id}: the config secret {', '.join(step.unread)} cannot be read here. Set "
                "PULUMI_CONFIG_PASSPHRASE, and run again"
            )
        elif step.action == "remove":
            gone = hands.remove(CALLED[section], identity_of(step))
            yield Entered(step.id, DID["remove"] if gone else "", "" if gone else "it is not there")
        else:
            row = _row(wanted[step.id], ledger, secrets)
            hands.put(CALLED[section], _identity(wanted[step.id], ledger, secrets), row)
            yield Entered(step.id, DID[step.action])


def identity_of(step: OperatorStep) -> str:
    """The name by which a removal's object goes: its slot, or its marker."""
    return step.forgets.partition("/")[2]


def _identity(wanted: Wanted, ledger: Ledger, secrets: Secrets) -> str:
    kind = SECTIONS[wanted.section]
    return kind.identity(inputs_of(wanted, ledger, secrets)[0]) if isinstance(kind, BridgeKind) else ""


def _row(wanted: Wanted, ledger: Ledger, secrets: Secrets) -> dict[str, Any]:
    """What stands in the web form after it was entered."""
    inputs, _ = inputs_of(wanted, ledger, secrets)
    kind = wanted.kind
    return dict(kind.body({}, inputs, frozenset(inputs) | declared_names(kind, inputs)))
