"""Many orders at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from flask import Flask


def test_events_of_one_order_at_the_same_time_lose_nothing(app: Flask) -> None:
    def post(body: dict[str, Any]) -> int:
        with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://sandbox.test") as http:
            return http.post("/_control/orders", json={"key": "123456-affiliate", **body}).status_code

    assert post({"event": "sale", "product_id": 420010, "order_id": "A"}) == 201
    with ThreadPoolExecutor(8) as pool:
        paid = Counter(pool.map(post, [{"event": "instalment", "order_id": "A"}] * 8))
        sold = Counter(pool.map(post, [{"event": "sale", "product_id": 411530, "order_id": "B"}] * 8))
        back = Counter(pool.map(post, [{"event": "refund", "order_id": "A"}] * 8))

    assert paid == {201: 2, 409: 6}
    assert sold == {201: 1, 409: 7}
    assert back == {201: 3, 409: 5}
