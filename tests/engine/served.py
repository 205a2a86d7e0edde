"""A served sandbox, and one account in it as a test sees it: its requests, its rows, its web application."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.published import faults_of
from trackform.sandbox.accounts import digistore24_account, redtrack_account

Row = dict[str, Any]
LONGEST_S = 240
"""Far more than any answer takes: a busy machine is no failure."""
OF_DIGISTORE24 = ("connection", "ipn")


def new_redtrack_key() -> str:
    return f"redtrack-key-{uuid.uuid4().hex}"


def new_digistore24_key() -> str:
    number = uuid.uuid4()
    return f"{100000 + number.int % 900000}-{number.hex}"


@dataclass(frozen=True)
class Keys:
    """The API keys of one account of each vendor, by default one that nobody used yet, and a key of the bridge."""

    redtrack: str = field(default_factory=new_redtrack_key)
    digistore24: str = field(default_factory=new_digistore24_key)
    bridge: str = field(default_factory=lambda: f"bridge-key-{uuid.uuid4().hex}")

    @property
    def redtrack_account(self) -> str:
        return redtrack_account(self.redtrack)

    @property
    def digistore24_account(self) -> str:
        return digistore24_account(self.digistore24)


class Served:
    """A sandbox in a process of its own, seen through its controls and with one pair of keys."""

    def __init__(self, url: str, keys: Keys | None = None) -> None:
        self.url = url
        self.keys = keys or Keys()
        self.http = httpx.Client(base_url=f"{url}/_control", timeout=LONGEST_S)

    def with_keys(self, keys: Keys) -> "Served":
        return Served(self.url, keys)

    def control(self, method: str, path: str, **options: Any) -> Any:
        answer = self.http.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def requests(self, **only: str) -> list[Row]:
        """The log of this account's requests, and of those that no account was found for."""
        ours = ("", self.keys.redtrack_account, self.keys.digistore24_account)
        return [entry for entry in self.control("GET", "/requests", params=only) if entry["account"] in ours]

    def writes(self) -> list[str]:
        """`METHOD /path` of each request that changes something; Digistore24's calls here only read."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.requests()
            if entry["method"] != "GET" and entry["service"] in ("redtrack", "bridge")
        ]

    def forget_requests(self) -> None:
        self.only_published()
        self.control("DELETE", "/requests")

    def only_published(self) -> None:
        """Fail where this account was sent what its vendor does not publish."""
        faults = faults_of(self.requests())
        assert not faults, faults

    def close(self) -> None:
        try:
            self.only_published()
        finally:
            self.http.close()

    def rows(self, kind: str) -> list[Row]:
        """The account's live rows as they are stored, without what was deleted by status."""
        mine = self.keys
        account = mine.digistore24_account if kind in OF_DIGISTORE24 else mine.redtrack_account
        found: list[Row] = self.control("GET", "/state", params={"account": account}).get(kind, [])
        return [row for row in found if row.get("status") != 3]

    def row(self, kind: str, **fields: Any) -> Row:
        """The one live row of a kind that has these fields."""
        rows = self.rows(kind)
        found = [row for row in rows if all(row.get(name) == value for name, value in fields.items())]
        assert len(found) == 1, f"{len(found)} of {kind} {fields}, among {rows}"
        return found[0]

    def edit(
        self, kind: str, row_id: str = "", *, remove: tuple[str, ...] = (), delete: bool = False, **to: Any
    ) -> Row:
        """What a person does in the web application; without an id, something new."""
        key = self.keys.digistore24 if kind in OF_DIGISTORE24 else self.keys.redtrack
        body = {"kind": kind, "key": key, "id": row_id, "set": to, "remove": list(remove), "delete": delete}
        changed: Row = self.control("POST", "/webapp", json=body)
        return changed

    def fault(self, service: str, effect: str, **more: Any) -> None:
        self.control("POST", "/faults", json={"service": service, "effect": effect, **more})

    def clear_faults(self) -> None:
        self.control("DELETE", "/faults")

    def switch(self, **settings: Any) -> None:
        self.control("PATCH", "/switches", json=settings)

    def order(self, **event: Any) -> Row:
        done: Row = self.control("POST", "/orders", json=event)
        return done

    def redtrack(self, method: str, path: str, **options: Any) -> Any:
        """A call of RedTrack's API by somebody else with the same key."""
        url = f"{self.url}/redtrack/{path}"
        answer = httpx.request(method, url, params={"api_key": self.keys.redtrack}, timeout=LONGEST_S, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def reset(self) -> None:
        """Empty, without faults, with the default switches."""
        self.control("POST", "/reset")


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """A sandbox on a free port, for as long as the context lasts; its URL. ``data`` is the folder of its state."""
    command: list[str | Path] = [Path(sys.prefix) / "bin" / "trackform", "sandbox", "serve", "--port", "0"]
    command += ["--data", data]
    environment = {name: value for name, value in os.environ.items() if name != "TRACKFORM_ALLOW"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[2]
        finally:
            process.terminate()
