"""The sandbox as one WSGI application."""

from copy import copy
from functools import cache
from http import HTTPStatus
from pathlib import Path

from flask import Flask
from werkzeug.exceptions import HTTPException

from trackform.sandbox import control
from trackform.sandbox.bridge import responses as bridge
from trackform.sandbox.clock import SandboxClock
from trackform.sandbox.delivery import courier
from trackform.sandbox.digistore24 import responses as digistore24
from trackform.sandbox.faults import Faults
from trackform.sandbox.flow import orders_control
from trackform.sandbox.front import Front
from trackform.sandbox.limits import Limits
from trackform.sandbox.log import RequestLog
from trackform.sandbox.redtrack import responses as redtrack
from trackform.sandbox.redtrack import tracking
from trackform.sandbox.store import Store, is_store
from trackform.sandbox.switches import Switches
from trackform.sandbox.world import Sandbox

DATABASE = "sandbox.sqlite3"
BLUEPRINTS = (
    (control.blueprint, "/_control"),
    (orders_control.blueprint, "/_control"),
    (redtrack.blueprint, "/redtrack"),
    (tracking.blueprint, "/t"),
    (bridge.blueprint, "/bridge"),
    (digistore24.blueprint, "/digistore24/api/call"),
)


def problem(error: HTTPException) -> tuple[dict[str, str], int]:
    """Answer a path or method that no blueprint has, in the style of our own controls and of the bridge."""
    return {"error": error.description or error.name}, error.code or HTTPStatus.INTERNAL_SERVER_ERROR


OWNER_ALONE = 0o700
"""The folder holds the keys of whoever uses the sandbox, one of which may be a real one by mistake."""


class OtherDataError(Exception):
    """A folder holds something else than a sandbox's state. The message is one line, with the way out."""


def refuse_other_data(data: Path) -> None:
    """Refuse a folder with other data than a sandbox's: nothing is put beside it, and `--reset` empties nothing.

    Raises:
        OtherDataError: it is not.
        OSError: it cannot be read.
    """
    if not data.exists():
        return
    database = data / DATABASE
    if database.exists():
        if not is_store(database):
            raise OtherDataError(f"{database} was not written by a sandbox: name another folder with --data")
    # A hidden file is a file manager's or git's; a hidden folder such as `.pulumi` is somebody's data.
    elif others := sorted(path.name for path in data.iterdir() if path.is_dir() or not path.name.startswith(".")):
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise OtherDataError(
            f"{data} holds other files ({others[0]}{more}) and no state of a sandbox: with --data name a folder that "
            "is new or empty, such as .state/sandbox"
        )


@cache
def routes() -> Flask:
    """The application's routes without a world behind them: compiling them takes longer than most answers."""
    app = Flask("sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.register_error_handler(HTTPException, problem)
    for blueprint, prefix in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=prefix)
    return app


def create_app(data: Path | None = None, switches: Switches | None = None) -> Flask:
    """Build the sandbox.

    Args:
        data: folder that keeps the state, made if it is missing; None keeps it in memory.
        switches: how it behaves where the live services' behaviour is not known; defaults when None.

    Raises:
        OtherDataError: the folder holds something else.
    """
    if data is not None:
        refuse_other_data(data)
        data.mkdir(mode=OWNER_ALONE, parents=True, exist_ok=True)
        data.chmod(OWNER_ALONE)
    app = copy(routes())
    store = Store(data / DATABASE if data else None)
    clock = SandboxClock(store)
    sandbox = Sandbox(
        store=store,
        switches=switches or Switches(),
        clock=clock,
        faults=Faults(),
        log=RequestLog(),
        limits=Limits(clock),
        deliver=courier(app, store),
    )
    app.extensions = {"sandbox": sandbox}
    app.wsgi_app = Front(app.wsgi_app, sandbox)  # type: ignore[method-assign]
    return app
