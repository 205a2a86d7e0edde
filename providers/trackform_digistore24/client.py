"""Digistore24's HTTP API: each function by the method of the published spec, the key in a header, errors inside 200."""

from collections.abc import Mapping
from typing import Any

import httpx

from trackform_core.http.api import JsonApi
from trackform_core.http.service_error import Reason, ServiceError
from trackform_core.model.service import Endpoint
from trackform_core.model.wire import id_of

CODES: dict[int, Reason] = {
    2: "unauthorized",
    3: "refused",
    4: "not_found",
    5: "forbidden",
    9: "refused",
    10: "unauthorized",
    11: "failed",
    12: "busy",
}
"""Error codes of the official PHP connector, version 1.2."""

STATUSES: dict[int, Reason] = {401: "unauthorized", 403: "forbidden", 429: "busy"}
"""What an HTTP status means where no known code says more. Not 404: a wrong address proves no absence."""


METHODS: Mapping[str, str] = {"listTransactions": "POST", "ipnSetup": "POST", "ipnDelete": "DELETE"}
"""Of the published spec; every other function that is called here is a GET."""
IN_BODY = frozenset({"ipnSetup"})
"""Functions that take their arguments as a JSON object; all others take them in the query (published spec)."""


class Digistore24(JsonApi):
    """The published API at https://www.digistore24.com/api/call/<FUNCTION>."""

    endpoint = Endpoint(
        "digistore24",
        "Digistore24",
        url_setting="digistore24Url",
        key_setting="digistore24ApiKey",
        key_variable="DIGISTORE24_API_KEY",
        default_url="https://www.digistore24.com/api/call",
        # Of the published spec.
        own_hosts=frozenset({"www.digistore24.com"}),
    )

    def sign(self, request: httpx.Request) -> httpx.Request:
        return httpx.Request(
            request.method,
            request.url,
            headers={**request.headers, "X-DS-API-KEY": self.key.text},
            stream=request.stream,
            extensions=request.extensions,
        )

    def ask(self, function: str, **arguments: Any) -> Any:
        """Call a function that may be called twice: it reads, or sets what is named in full.

        Raises:
            ServiceError: the reply's ``result`` is not ``success``; the HTTP status says little (seen in client code).
        """
        response = self.called(function, **arguments)
        body = self.json(response)
        if isinstance(body, dict) and body.get("result") == "success":
            return body.get("data")
        status = response.status_code
        code_text = str(body.get("code")) if isinstance(body, dict) else ""
        reason = CODES.get(int(code_text) if code_text.isdecimal() else 0) or STATUSES.get(status)
        if not isinstance(body, dict) or "result" not in body:
            reason = reason or ("failed" if response.is_server_error else "not_json")
            message = f"{self.url} answered HTTP {status} without the envelope that every answer of Digistore24 has"
        else:
            reason = reason or ("failed" if response.is_server_error else "refused")
            code = "no code" if body.get("code") is None else f"code {code_text}"
            message = f"{body.get('message') or 'no reason given'} ({code}, HTTP {status})"
        if reason == "unauthorized":
            message = (
                f"the API key from {self.key.source} is not accepted: {message}. Keys are made in the vendor view "
                f"under Settings > Account access > API keys.{self.key.renewal}"
            )
        raise self.error(reason, message, response)

    def called(self, function: str, **arguments: Any) -> httpx.Response:
        """The whole answer of a function, whatever it says. The envelope tells the time and zone of the account.

        Raises:
            ServiceError: there is none.
        """
        given = {"language": "en", **{name: str(value) for name, value in arguments.items() if value is not None}}
        return self.send(
            METHODS.get(function, "GET"),
            function,
            json=given if function in IN_BODY else None,
            params=None if function in IN_BODY else given,
            extensions={"idempotent": True},
        )

    def user_id(self) -> str:
        """The account's number, from ``getUserInfo``."""
        info = self.ask("getUserInfo")
        user_id = id_of(info, "user_id")
        if not user_id:
            raise ServiceError(
                self.endpoint.title, "refused", "getUserInfo names no user_id, so the account of this key is not known"
            )
        return user_id
