"""Accounts that somebody made by hand, and what a run of ours would do to them."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from trackform.account_file.compose import Composition, Ref, compose
from trackform.account_file.models import read_account
from trackform.export import Export, export, take
from trackform.export.paper import split, whole
from trackform.sandbox import webapp
from trackform.sandbox.accounts import digistore24_account, redtrack_account
from trackform.sandbox.app import create_app
from trackform.sandbox.redtrack import clicks
from trackform.sandbox.switches import Switches
from trackform_core.http import api as http
from trackform_core.lifecycle import service as lifecycle
from trackform_core.session import session as sessions
from trackform_core.session.session import Session

BASE = "http://127.0.0.1"
READS = ("GET", "HEAD")


class House:
    """A sandbox for several accounts."""

    def __init__(self) -> None:
        self.network = http.Network(
            lambda _url: httpx.WSGITransport(app=self.app), base_wait=0.01, sleep=lambda _: None
        )
        self.empty()

    def empty(self, **switches: Any) -> None:
        self.app = create_app(switches=Switches(**switches))
        self.sandbox = self.app.extensions["sandbox"]

    def living(self, number: int = 1) -> "Living":
        return Living(self, f"redtrack-key-{number}", f"{100000 + number}-digistore24-key")


class Living:
    """One RedTrack and one Digistore24 account."""

    def __init__(self, house: House, redtrack_key: str, digistore24_key: str) -> None:
        self.house = house
        self.redtrack_key = redtrack_key
        self.digistore24_key = digistore24_key

    def make(self, stored: str, **fields: Any) -> str:
        """Make an object in the web application; its id."""
        key = self.digistore24_key if stored == "connection" else self.redtrack_key
        row = webapp.edit(self.house.sandbox, webapp.Edit(kind=stored, key=key, set=fields))
        return str(row["id"])

    def edit(self, stored: str, row_id: str, **fields: Any) -> None:
        key = self.digistore24_key if stored == "connection" else self.redtrack_key
        webapp.edit(self.house.sandbox, webapp.Edit(kind=stored, key=key, id=row_id, set=fields))

    def delete(self, stored: str, row_id: str) -> None:
        key = self.digistore24_key if stored == "connection" else self.redtrack_key
        webapp.edit(self.house.sandbox, webapp.Edit(kind=stored, key=key, id=row_id, delete=True))

    @property
    def owner(self) -> str:
        """RedTrack's user id."""
        return redtrack_account(self.redtrack_key)

    @property
    def vendor(self) -> str:
        """Digistore24's user id."""
        return digistore24_account(self.digistore24_key)

    def rows(self, stored: str) -> list[dict[str, Any]]:
        """What is stored, also what was deleted by status."""
        owner = self.vendor if stored == "connection" else self.owner
        rows: list[dict[str, Any]] = self.house.sandbox.store.rows(owner, stored)
        return rows

    def click(self, campaign: str) -> None:
        """A visitor follows the campaign's tracking link."""
        clicks.click(self.house.sandbox, campaign, {})

    def process(self, **config: str) -> Session:
        """A new process of ours on this account, its `Account` checked."""
        sessions.forget_everything()
        sessions.use_config({
            "redtrackUrl": f"{BASE}/redtrack", "redtrackApiKey": self.redtrack_key,
            "digistore24Url": f"{BASE}/digistore24/api/call", "digistore24ApiKey": self.digistore24_key,
            "bridgeUrl": f"{BASE}/bridge", "bridgeKey": "bridge-key", **config,
        })  # fmt: skip
        session = sessions.session_of("default")
        session.checked = True
        return session

    def export(self, **config: str) -> Export:
        return export(take(self.process(**config)))

    def file(self) -> str:
        return whole(self.export(), "acme")

    def two_files(self) -> tuple[str, str]:
        return split(self.export(), "acme", "shared.yaml")

    def apply(self, **files: str) -> list[str]:
        """Apply an account file, ``own``, and what it extends; the writes that it took."""
        session = self.process()
        composition = composed(**files)
        self.house.sandbox.log.clear()
        ids: dict[Ref, str] = {}
        for wanted in composition.objects:
            fields = {name: resolved(value, ids) for name, value in wanted.fields.items()}
            checked = lifecycle.check(wanted.kind, {}, {**fields, "account": session.account}, "unknown")
            assert not checked.failures, (wanted.section, wanted.name, checked.failures)
            ids[Ref(wanted.section, wanted.name)] = lifecycle.create(wanted.kind, checked.inputs).object_id
        return self.writes()

    def web(self) -> httpx.Client:
        """A client of the whole sandbox, its controls included."""
        return httpx.Client(transport=httpx.WSGITransport(app=self.house.app), base_url=BASE)

    def writes(self) -> list[str]:
        with self.web() as web:
            entries = web.get("/_control/requests").json()
        return [
            f"{entry['method']} {entry['path']}"
            for entry in entries
            if entry["method"] not in READS and entry["service"] in ("redtrack", "bridge")
        ]


def resolved(value: Any, ids: Mapping[Ref, str]) -> Any:
    if isinstance(value, Ref):
        return ids[value]
    return [resolved(item, ids) for item in value] if isinstance(value, list) else value


def composed(**files: str) -> Composition:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / f"{name}.yaml").write_text(text, encoding="utf-8")
        return compose(read_account(Path(folder) / "own.yaml"))
