"""What a person has to know of a live object though nothing is written and nothing refused."""

import logging
from collections.abc import Mapping
from typing import Any

from trackform_core.lifecycle.lookup import label
from trackform_core.model.compare import HIDDEN, left_alone
from trackform_core.model.kind import Kind
from trackform_core.model.messages import marked
from trackform_core.model.wire import Row, Values

log = logging.getLogger("trackform")


def tell_stopped(kind: Kind[Any], row: Row, values: Values) -> None:
    """Paused, capped or ended: a set-up that relies on it earns less, and no field of the file says so."""
    for remark in kind.stopped(row, values):
        log.warning("%s", marked("stopped", f"{label(kind, values)} {remark}"))


def tell_left(kind: Kind[Any], values: Values, differing: Mapping[str, tuple[Any, Any]]) -> None:
    """Initial fields of an object that is taken over, field -> (live, declared): people steer them, so they stay."""
    for name in sorted(differing.keys() - left_alone(values)):
        live, declared = (HIDDEN if name in kind.secret else value for value in differing[name])
        said = f"{label(kind, values)}: {name} is {live}, and stays so when it is taken over (declared: {declared})"
        log.warning("%s", marked("left-alone", f"{said}. List it under `enforce`, or set it in the web application"))
