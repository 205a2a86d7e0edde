"""RedTrack's HTTP API: JSON rows, the key in the query, three shapes of a listing."""

import re
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import httpx

from trackform_core.http.api import KEPT_URLS, JsonApi
from trackform_core.http.paging import Page, Walk
from trackform_core.http.service_error import Reason, ServiceError
from trackform_core.model.service import Endpoint
from trackform_core.model.wire import Row, id_of

PER_PAGE = 100
"""Rows asked for per page: the size seen to work for entity listings; the published spec names no maximum."""

ABOUT_THE_KEY = re.compile(r"\bapi[ _](token|key)\b", re.IGNORECASE)

REASONS: dict[int, Reason] = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "busy"}


class RedTrack(JsonApi):
    """The published API at https://api.redtrack.io (Swagger 2.0, no version prefix)."""

    endpoint = Endpoint(
        "redtrack",
        "RedTrack",
        url_setting="redtrackUrl",
        key_setting="redtrackApiKey",
        key_variable="REDTRACK_API_KEY",
        default_url="https://api.redtrack.io",
        # Of the published spec. The web application's own host takes the same key, and is no published API.
        own_hosts=frozenset({"api.redtrack.io"}),
    )

    lag = 0.7
    """Seconds to wait before a PUT is tried again: one on a just created campaign answers 404 (seen in client code)."""

    def sign(self, request: httpx.Request) -> httpx.Request:
        """The key goes into the query: a header alone is answered with 401 (seen in client code)."""
        return httpx.Request(
            request.method,
            _keyed(request.url, self.key.text),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    def get(self, path: str, **params: Any) -> Any:
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Row) -> Any:
        return self._call("POST", path, json=body)

    def put(self, path: str, body: Row) -> Any:
        try:
            return self._call("PUT", path, json=body)
        except ServiceError as error:
            if error.reason != "not_found":
                raise
            time.sleep(self.lag)
            return self._call("PUT", path, json=body)

    def patch(self, path: str, **params: Any) -> Any:
        return self._call("PATCH", path, params=params)

    def pages(self, path: str, **params: Any) -> Iterator[Page]:
        """Each page of a listing with the total, where the service tells one. Ends with an empty page.

        RedTrack answers a bare array, ``{items, total}``, or ``null`` for nothing (published spec; seen in
        client code).
        """
        return Walk(lambda number: self._rows(path, **params, page=number, per=PER_PAGE))

    def whole(self, path: str) -> Page:
        """A listing without pages, which is told at once, with its length as the total."""
        rows, _ = self._rows(path)
        return rows, len(rows)

    def _rows(self, path: str, **params: Any) -> Page:
        try:
            body = self.get(path, **params)
        except ServiceError as error:
            if error.reason == "not_found":
                # No object is meant: nothing was deleted, and nothing is made anew.
                error.advice = f"A listing is always there: does trackform:{self.endpoint.url_setting} name the API?"
            raise
        rows, total = _listed(body)
        if rows is None:
            said = type(body).__name__
            raise ServiceError(
                self.endpoint.title, "not_json", f"not a listing: the answer is a {said}", request=f"GET /{path}"
            )
        return rows, total

    def user_id(self) -> str:
        """The id of the user whose key this is, from ``/me/settings`` (published spec)."""
        settings = self.get("me/settings")
        for row in settings if isinstance(settings, list) else [settings]:
            if isinstance(row, dict) and (user_id := id_of(row, "user_id")):
                return user_id
        raise ServiceError(
            self.endpoint.title, "refused", "/me/settings names no user_id, so the account of this key is not known"
        )

    def _call(self, method: str, path: str, **options: Any) -> Any:
        response = self.send(method, path, **options)
        body = self.json(response)
        status = response.status_code
        said = body.get("error") if isinstance(body, dict) else None
        if response.is_success and not said:
            return body
        said = str(said or "no reason given")
        reason = REASONS.get(status, "failed" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "refused")
        if response.is_success and ABOUT_THE_KEY.search(said):
            # Some calls say no inside HTTP 200 (seen in client code); RedTrack's messages are in English only.
            reason = "unauthorized"
        raise self.error(reason, self._message(reason, status, said), response)

    def _message(self, reason: Reason, status: int, said: str) -> str:
        message = f"{said} (HTTP {status})"
        if reason == "unauthorized":
            return (
                f"the API key from {self.key.source} is not accepted: {message}. A key is found in RedTrack under "
                f"Tools → Integrations → General.{self.key.renewal}"
            )
        if reason == "failed":
            return (
                f"{message}. RedTrack also answers 500 to a key that is invalid or expired; this one is from "
                f"{self.key.source}"
            )
        return message


@lru_cache(maxsize=KEPT_URLS)
def _keyed(url: httpx.URL, key: str) -> httpx.URL:
    return url.copy_merge_params({"api_key": key})


def _listed(body: Any) -> tuple[list[Row] | None, int | None]:
    items = body.get("items", False) if isinstance(body, dict) else body
    if items is None:
        items = []
    if not isinstance(items, list) or not all(isinstance(row, dict) for row in items):
        return None, None
    total = body.get("total") if isinstance(body, dict) else None
    return items, total if isinstance(total, int) else None
