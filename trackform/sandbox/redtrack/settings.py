"""``/me/settings``: the web application's table layouts. Its rows are where a client learns the ``user_id``."""

from trackform.sandbox.clock import stamp
from trackform.sandbox.redtrack.entities import SERVER_SET
from trackform.sandbox.redtrack.fields import SETTINGS, check_types, published
from trackform.sandbox.redtrack.view import View
from trackform.sandbox.store import Row, object_id

KIND = "settings"
COLUMNS = [{"id": f"convtype{slot}", "enabled": False, "is_custom_column": False} for slot in range(1, 21)]


def read(view: View) -> Row:
    """The account's settings row, made on first use."""
    store = view.sandbox.store
    with store.atomic():
        row = store.get(view.account, KIND, "me")
        if row is None:
            now = stamp(view.sandbox.clock.now())
            template = {"id": object_id(), "enabled": True, "columns": COLUMNS}
            report = {"templates": [template], "custom_columns": []}
            row = {"id": object_id(), "user_id": view.account, "created_at": now, "updated_at": now}
            row["table_campaigns_report"] = report
            store.put(view.account, KIND, row, row_id="me")
    shown: Row = published(row, SETTINGS)
    return shown


def write(view: View, body: Row) -> Row:
    """Merge the layouts given."""
    check_types(body, SETTINGS, "Settings")
    kept = {name: value for name, value in body.items() if name not in SERVER_SET and name in SETTINGS}
    row = read(view) | kept | {"updated_at": stamp(view.sandbox.clock.now())}
    view.sandbox.store.put(view.account, KIND, row, row_id="me")
    return row
