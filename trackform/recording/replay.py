"""Plays a recording again, against a sandbox of its own that holds what the recording shows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from trackform.recording.masking import DAY
from trackform.recording.model import MORE, NOBODY, KeptExchange, Recording
from trackform.sandbox.accounts import NOBODYS, redtrack_account
from trackform.sandbox.app import create_app
from trackform.sandbox.clock import moment
from trackform.sandbox.flow.order_event import Event, OrderEvent
from trackform.sandbox.flow.play import Play
from trackform.sandbox.redtrack.entities import ENTITIES
from trackform.sandbox.redtrack.fields import CONVERSION, Model, check_types
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.rules import LANDING_TYPES
from trackform.sandbox.store import Row, object_id
from trackform.sandbox.switches import Switches
from trackform.sandbox.world import Sandbox

KEY = "1-replayed"
ENTITY_OF = {entity.path: entity for entity in ENTITIES}
PRODUCT, UPSELL = "411530", "411531"
STORY: tuple[tuple[Event, str], ...] = (("sale", PRODUCT), ("upsell", UPSELL), ("refund", PRODUCT))
"""What is sold where a recording shows sales: one row of each sort has the fields of all."""
MOST_ROWS_PLAYED = 20_000
"""Rows of a listing that a sandbox is filled with: whoever wrote the recording says how many there were."""
LONG_AGO = f"{DAY}T00:00:00Z"
"""In place of a time that a row does not tell."""
COUNTED: Row = {"payout": 0, "default_type": 0, "status": "approved", "clickid": "", "type": ""} | dict.fromkeys(
    ("campaign_id", "offer_id", "program_id", "source_id"), ""
)
"""What the sandbox counts of a conversion, in place of what a row does not tell."""
AT_ALL_TIMES = {"from": "start", "to": "now"}
BOOKS = frozenset({"listTransactions", "listCommissions", "listPurchases"})
NOT_OURS = "search[purchase_id]"
"""Orders of the recording are none of the sandbox's: it is asked for all of them."""


@dataclass(frozen=True)
class Replayed:
    """An answer of the sandbox to an exchange of a recording."""

    status: int
    headers: Mapping[str, str]
    answer: Any
    is_empty: bool


def replayed(recording: Recording, switches: Switches) -> Iterator[tuple[KeptExchange, Replayed]]:
    """Each exchange with what a sandbox so switched answers."""
    app = create_app(switches=switches)
    sandbox: Sandbox = app.extensions["sandbox"]
    client = app.test_client()
    ids: dict[str, str] = {}
    try:
        _furnish(sandbox, recording)
        for exchange in recording.exchanges:
            if switches.requests_per_minute:
                sandbox.clock.advance(timedelta(minutes=1))
            answer = client.open(**_request(exchange, ids))
            body = answer.get_json(silent=True)
            if exchange.method == "POST" and isinstance(body, dict) and isinstance(exchange.answer, dict):
                ids |= {str(exchange.answer["id"]): str(body["id"])} if "id" in body and "id" in exchange.answer else {}
            headers = {name.lower(): text for name, text in answer.headers.items()}
            yield exchange, Replayed(answer.status_code, headers, body, not answer.data)
    finally:
        sandbox.store.close()


def _request(exchange: KeptExchange, ids: Mapping[str, str]) -> dict[str, Any]:
    path, query, sent = (_renamed(each, ids) for each in (exchange.path, exchange.query, exchange.sent))
    key = f"{NOBODYS}-of-anybody" if exchange.key == NOBODY else KEY
    body = {} if exchange.sent is None else {"json": sent}
    if exchange.service == "digistore24":
        given = {name: text for name, text in query.items() if name != NOT_OURS}
        given |= {name: text for name, text in AT_ALL_TIMES.items() if name in given}
        # That nothing comes has to be told, else the answer is a 411; a client does so by itself.
        length = {} if body else {"environ_overrides": {"CONTENT_LENGTH": "0"}}
        return {
            "path": f"/digistore24/api/call/{path}",
            "method": exchange.method,
            "query_string": given,
            "headers": {"X-DS-API-KEY": key},
            **body,
            **length,
        }
    asked = {name: str(text) for name, text in query.items()} | {"api_key": key}
    return {"path": f"/redtrack/{path}", "method": exchange.method, "query_string": asked, **body}


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """With the sandbox's ids in place of those of objects that were made in the recording."""
    if isinstance(value, dict):
        return {name: _renamed(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, ids) for inner in value]
    if isinstance(value, str):
        return "/".join(ids.get(part, part) for part in value.split("/"))
    return value


def _furnish(sandbox: Sandbox, recording: Recording) -> None:
    """Put there what the recording shows to be there before it begins."""
    account = redtrack_account(KEY)
    made = {str(each.answer["id"]) for each in recording.exchanges
            if each.method == "POST" and isinstance(each.answer, dict) and "id" in each.answer}  # fmt: skip
    rows: dict[str, dict[str, Row]] = defaultdict(dict)
    for path, row in _rows(recording):
        rows[path].setdefault(str(row["id"]), row)
        for reference in _references(row) if path == "campaigns" else ():
            if isinstance(nested := reference.get("stream"), dict) and nested.get("id"):
                rows["streams"].setdefault(str(nested["id"]), nested)
    for path, by_id in rows.items():
        missing = _count(recording, path) - len(by_id)
        last = next(reversed(by_id.values()))
        copies = [last | {"id": object_id()} for _ in range(missing)]
        for row in (*by_id.values(), *copies):
            if str(row["id"]) not in made:
                _put(sandbox, account, path, row)
    if any(each.path in BOOKS and _holds_rows(each.answer) for each in recording.exchanges):
        for event, product in STORY:
            order = OrderEvent(event=event, key=KEY, product_id=product, click_id="0" * 24)
            Play(sandbox).run(order)


def _references(row: Row) -> list[Row]:
    streams = row.get("streams")
    return [each for each in streams if isinstance(each, dict)] if isinstance(streams, list) else []


def _put(sandbox: Sandbox, account: str, path: str, row: Row) -> None:
    """Keep a row as far as it is one of the sandbox's: what it is not, the comparison tells."""
    model = CONVERSION if path == "conversions" else ENTITY_OF[path].fields
    fitting = {"id": str(row["id"])} | {name: value for name, value in row.items() if _fits(model, name, value)}
    if not _is_time(fitting.get("created_at")):
        fitting["created_at"] = LONG_AGO
    if path == "conversions":
        sandbox.store.put(account, "conversion", COUNTED | fitting)
        return
    entity = ENTITY_OF[path]
    kept = {**entity.defaults, **dict.fromkeys(entity.required, ""), "serial_number": 1, **fitting}
    if path == "campaigns":
        kept["streams"] = [{k: v for k, v in each.items() if k != "stream"} for each in _references(fitting)]
    if path == "landings":
        kept["type"] = LANDING_TYPES.get(str(fitting.get("type")), "l")
    sandbox.store.put(account, entity.kind, kept)


def _fits(model: Model, name: str, value: Any) -> bool:
    try:
        check_types({name: value}, model, "")
    except RedTrackProblem:
        return False
    return value is not None


def _is_time(text: Any) -> bool:
    try:
        moment(str(text))
    except ValueError:
        return False
    return True


def _rows(recording: Recording) -> Iterator[tuple[str, Row]]:
    """Path and row of every object that a GET shows; of deleted ones, too."""
    for exchange in recording.exchanges:
        path, _, row_id = exchange.path.partition("/")
        if exchange.method != "GET" or path not in (*ENTITY_OF, "conversions"):
            continue
        for row in [exchange.answer] if row_id else rows_of(exchange.answer):
            if isinstance(row, dict) and row.get("id"):
                yield path, row


def rows_of(answer: Any) -> list[Any]:
    """The rows of a listing's answer, however it wraps them."""
    rows = answer.get("items") if isinstance(answer, dict) else answer
    return rows if isinstance(rows, list) else []


def _count(recording: Recording, path: str) -> int:
    """How many rows a listing has: all pages of one size together."""
    counts: dict[str, int] = defaultdict(int)
    seen = set()
    for exchange in recording.exchanges:
        asked = tuple(sorted((name, str(text)) for name, text in exchange.query.items()))
        if exchange.method == "GET" and exchange.path == path and "status" not in exchange.query and asked not in seen:
            seen.add(asked)
            rows = rows_of(exchange.answer)
            more = sum(row[MORE] - 1 for row in rows if isinstance(row, dict) and MORE in row)
            counts[str(exchange.query.get("per"))] += len(rows) + more
    return min(max(counts.values(), default=0), MOST_ROWS_PLAYED)


def _holds_rows(answer: Any) -> bool:
    data = answer.get("data") if isinstance(answer, dict) else None
    return isinstance(data, dict) and any(isinstance(value, list) and value for value in data.values())
