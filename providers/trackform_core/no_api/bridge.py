"""Client of the bridge: our own small HTTP contract for the two kinds of object that neither vendor's API offers.

It is no API of RedTrack or of Digistore24. The sandbox serves it; whoever has a partner API or a browser robot can.
"""

from collections.abc import Callable, Iterator
from typing import Any

import httpx

from trackform_core.http.api import JsonApi, Network, one_row
from trackform_core.http.keys import Key
from trackform_core.http.paging import Page, Walk
from trackform_core.http.service_error import Reason, ServiceError
from trackform_core.model.service import Endpoint
from trackform_core.model.wire import Row

PER_PAGE = 100
ACCOUNT = "X-Account"
"""Header of the vendor's id of the account: a bridge checks that its key may act for that one."""
REASONS: dict[int, Reason] = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "busy"}


class Bridge(JsonApi):
    """A bridge, acting for one account of a vendor.

    It has a key of its own and never gets the vendor's: the vendor's id of the account says which one is meant.
    """

    endpoint = Endpoint(
        "bridge",
        "bridge",
        url_setting="bridgeUrl",
        key_setting="bridgeKey",
        key_variable="TRACKFORM_BRIDGE_KEY",
    )

    def __init__(self, url: str, key: Key, account: Callable[[], str], network: Network | None = None) -> None:
        """``account`` asks for the vendor's id of the account; it is asked at the first request.

        Raises:
            ServiceError: the URL or the key cannot be one, or the key may not go there.
        """
        super().__init__(url, key, network)
        self._account = account

    def sign(self, request: httpx.Request) -> httpx.Request:
        return httpx.Request(
            request.method,
            request.url,
            headers={**request.headers, "Authorization": f"Bearer {self.key.text}"},
            stream=request.stream,
            extensions=request.extensions,
        )

    def pages(self, path: str) -> Iterator[Page]:
        def read(number: int) -> Page:
            body = self._call("GET", path, params={"page": number, "per": PER_PAGE})
            items = body.get("items") if isinstance(body, dict) else None
            total = body.get("total") if isinstance(body, dict) else None
            listed = isinstance(items, list) and all(isinstance(row, dict) for row in items)
            if not isinstance(items, list) or not listed or not isinstance(total, int):
                raise ServiceError(
                    self.endpoint.title, "not_json", "not a listing of the bridge contract", request=f"GET /{path}"
                )
            return items, total

        return Walk(read)

    def get(self, path: str) -> Row | None:
        try:
            return one_row(self.endpoint.title, f"GET /{path}", self._call("GET", path))
        except ServiceError as error:
            if error.reason == "not_found":
                return None
            raise

    def post(self, path: str, body: Row) -> Row:
        row: Row = self._call("POST", path, json=body)
        return row

    def put(self, path: str, body: Row) -> Row:
        row: Row = self._call("PUT", path, json=body)
        return row

    def _call(self, method: str, path: str, **options: Any) -> Any:
        response = self.send(method, path, headers={ACCOUNT: self._account()}, **options)
        body = self.json(response)
        error = body.get("error") if isinstance(body, dict) else None
        if response.is_success and not error:
            return body
        said = str(error or "no reason given")
        status = response.status_code
        reason = REASONS.get(status, "failed" if response.is_server_error else "refused")
        if reason == "unauthorized":
            said = f"the key from {self.key.source} is not accepted: {said} (HTTP {status}).{self.key.renewal}"
            raise self.error(reason, said, response)
        raise self.error(reason, f"{said} (HTTP {status})", response)
