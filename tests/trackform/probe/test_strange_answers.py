"""Answers that nobody expects: what cannot be read is open, or an error in words; nothing ends in a traceback."""

import json
import random
from typing import Any

import httpx
import pytest

from tests.trackform.probe.stage import ProbeStage
from tests.trackform.recording.mangle import mangled
from trackform_core.http import api as http
from trackform_core.http.attempt import here


class Mangling(httpx.BaseTransport):
    """Changes answers on their way; those that say whose key it is come through."""

    def __init__(self, inner: httpx.BaseTransport, chance: random.Random) -> None:
        self._inner = inner
        self._chance = chance

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        response.read()
        is_json = "json" in response.headers.get("content-type", "")
        if request.url.path.endswith(("me/settings", "getUserInfo")) or not is_json:
            return response
        body: Any = mangled(response.json(), self._chance)
        headers = {"content-type": "application/json"}
        return httpx.Response(response.status_code, headers=headers, content=json.dumps(body).encode())


@pytest.mark.parametrize("arguments", [(), ("--write", "--yes")])
@pytest.mark.parametrize("seed", range(8))
def test_it_is_told_in_words(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch, seed: int, arguments: tuple[str, ...]
) -> None:
    stage.declare(expires=30)
    stage.follow("refund", stage.sale())
    network = http.Network(
        lambda _url: Mangling(httpx.WSGITransport(app=stage.app), random.Random(seed)),  # noqa: S311 -- examples
        sleep=stage.naps.append, watch=here,
    )  # fmt: skip
    monkeypatch.setattr(http, "NETWORK", network)
    done = stage.probe("demo", *arguments)
    if done.exit_code == 1:
        assert done.output.startswith(("Error: ", "--write makes"))
