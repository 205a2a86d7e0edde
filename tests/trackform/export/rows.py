"""A small account as the services show it, all of which can be declared."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from trackform.export import Export, Snapshot, export
from trackform.export.paper import whole

Row = dict[str, Any]

LINK = "https://www.digistore24.com/redir/411530/acme?cid={clickid}"
POSTBACK = (
    "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"
    "&rdtk_event_id={transaction_id}&sub1={product_id}&sub20=tf.sales"
)
ACCOUNT: dict[str, Row] = {
    "domains": {"id": "d1", "url": "track.acme.test", "type": "track"},
    "conversion_types": {"id": "t1", "slot": 1, "name": "sale", "duplicates": "by_event_id"},
    "offer_sources": {
        "id": "n1", "title": "shop", "clickid": "{cid}", "sum": "{amount_affiliate}", "sub1": "{product_id}",
    },
    "traffic_channels": {"id": "s1", "title": "facebook"},
    "landings": {"id": "l1", "title": "quiz", "url": "https://l.test/", "type": "l"},
    "offers": {"id": "o1", "title": "keto", "url": LINK, "program_id": "n1"},
    "postbacks": {
        "id": "p1", "url": POSTBACK, "product_ids": ["411530"], "events": ["payment"], "currency": "EUR",
        "active": True,
    },
    "funnels": {"id": "f1", "title": "keto", "template": True, "offers": [{"id": "o1", "weight": 100}]},
    "campaigns": {
        "id": "c1", "title": "fb-de", "source_id": "s1", "domain_id": "d1", "streams": [{"id": "f1", "weight": 100}],
    },
}  # fmt: skip
"""Section -> its only row."""


def account(changes: Mapping[str, Row | list[Row]] | None = None, **snapshot: Any) -> Snapshot:
    """``changes``: section -> fields of its row that are otherwise, or its rows, each on top of the only one."""
    rows: dict[str, list[Row]] = {}
    for section in dict.fromkeys([*ACCOUNT, *(changes or {})]):
        row, said = deepcopy(ACCOUNT.get(section, {})), (changes or {}).get(section, {})
        rows[section] = [row | one for one in said] if isinstance(said, list) else [row | said]
    return Snapshot(rows, **snapshot)


def exported(changes: Mapping[str, Row | list[Row]] | None = None, **snapshot: Any) -> tuple[Export, str]:
    """An export that was proven, and its file."""
    found = export(account(changes, **snapshot))
    assert found.unproven == []
    return found, whole(found, "acme")
