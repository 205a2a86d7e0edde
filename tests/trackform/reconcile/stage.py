"""The demo account, set up in a sandbox of this process, and the command on it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from trackform.account_file.compose import Composition, compose
from trackform.account_file.models import read_account
from trackform.cli import main
from trackform.sandbox import webapp
from trackform.sandbox.accounts import digistore24_account, redtrack_account
from trackform.sandbox.app import create_app
from trackform.sandbox.store import Store, object_id
from trackform_core.http import api as http
from trackform_core.http.attempt import here

ROOT = Path(__file__).parents[3]
REDTRACK_KEY = "canary-rt-0f1e2d3c4b"
DIGISTORE24_KEY = "123456-canary-ds-9a8b7c"
Row = dict[str, Any]


@dataclass(frozen=True)
class SetUp:
    """All rows of a sandbox with the demo account, and the ids of some."""

    rows: Store
    network: str
    offer: str
    campaign: str


SET_UP: dict[float, SetUp] = {}
"""By the payout of its offers."""


class Stage:
    """One account in the sandbox, and what happens to it."""

    payout = 0.0
    """Of every offer."""
    network: str
    offer: str

    def __init__(self) -> None:
        self.app = create_app()
        self.sandbox = self.app.extensions["sandbox"]
        self.web = httpx.Client(transport=httpx.WSGITransport(app=self.app), base_url="http://127.0.0.1")
        self.naps: list[float] = []
        self.again()

    @cached_property
    def composition(self) -> Composition:
        return compose(read_account(ROOT / "stacks/demo.yaml"), ROOT / "templates")

    def stands_in(self, patch: pytest.MonkeyPatch) -> None:
        """Take the place of both services, for whoever has the stack's keys."""
        patch.setenv("REDTRACK_API_KEY", REDTRACK_KEY)
        patch.setenv("DIGISTORE24_API_KEY", DIGISTORE24_KEY)
        network = http.Network(
            lambda _url: httpx.WSGITransport(app=self.app), base_wait=0.01, sleep=self.naps.append, watch=here
        )
        patch.setattr(http, "NETWORK", network)
        patch.setattr("trackform_redtrack.conversions.SPACING", 0.0)

    def close(self) -> None:
        self.web.close()
        self.sandbox.store.close()

    def again(self) -> None:
        """An empty sandbox with the demo account, which is set up once and copied."""
        self.sandbox.reset()
        if self.payout not in SET_UP:
            self.campaign = self._set_up(self.composition)
            rows = Store(None)
            self.sandbox.store._db.backup(rows._db)
            SET_UP[self.payout] = SetUp(rows, self.network, self.offer, self.campaign)
        made = SET_UP[self.payout]
        made.rows._db.backup(self.sandbox.store._db)
        self.network, self.offer, self.campaign = made.network, made.offer, made.campaign

    def _set_up(self, composition: Composition) -> str:
        """Whatever the account file declares that conversions come of; the campaign's id."""
        self.edit("domain", url="track.acme.test")
        days = composition.account.file.offer_sources["digistore24"].click_expiration
        expires = days if isinstance(days, int) else 0
        self.network = self.edit("network", title="digistore24", currency="USD", click_expiration=expires)
        paid: Row = {"payment": {"amount": self.payout}} if self.payout else {}
        for title, url in composition.offer_urls.items():
            self.offer = self.edit("offer", title=title, url=url, program_id=self.network, **paid)
        stream = self.edit("stream", title="keto", offers=[{"id": self.offer, "weight": 100}])
        source = self.edit("source", title="facebook")
        for wanted in composition.objects:
            fields = dict(wanted.fields)
            if wanted.section == "conversion_types":
                self.edit("conversion_type", **{n: fields[n] for n in ("slot", "name", "duplicates") if n in fields})
            elif wanted.section == "postbacks":
                self.edit("connection", **{n: fields[n] for n in ("url", "events", "product_ids", "currency")})
        return self.edit("campaign", title="fb", source_id=source, streams=[{"id": stream, "weight": 100}])

    def control(self, path: str, body: Row, method: str = "POST") -> Any:
        answer = self.web.request(method, f"/_control/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def edit(self, kind: Any, row_id: str = "", **fields: Any) -> str:
        key = DIGISTORE24_KEY if kind == "connection" else REDTRACK_KEY
        return str(webapp.edit(self.sandbox, webapp.Edit(kind=kind, key=key, id=row_id, set=fields))["id"])

    def switch(self, **values: Any) -> None:
        self.control("switches", values, "PATCH")

    def advance(self, **time: float) -> None:
        self.control("clock", {"advance_seconds": time.get("days", 0) * 86400 + time.get("minutes", 0) * 60})

    def click(self) -> str:
        """A visitor follows the tracking link: the promolink that it leads to."""
        return str(self.web.get(f"/t/{self.campaign}").headers["location"])

    def order(self, event: str, **more: Any) -> Row:
        done: Row = self.control("orders", {"event": event, "key": DIGISTORE24_KEY, **more})
        return done

    def sale(self, **more: Any) -> str:
        """A click and its sale; the order's id."""
        return str(self.order("sale", promolink=self.click(), **more)["order_id"])

    def connection(self, name: str) -> Row:
        rows = self.sandbox.store.rows(digistore24_account(DIGISTORE24_KEY), "connection")
        (found,) = (row for row in rows if row["url"].endswith(f"sub20=tf.{name}"))
        return dict(found)

    @property
    def conversions(self) -> list[Row]:
        """The rows that book money, oldest first."""
        rows: list[Row] = self.sandbox.store.rows(redtrack_account(REDTRACK_KEY), "conversion")
        return [row for row in rows if row.get("p_sub20") != "tf.billing"]

    @property
    def looked_up(self) -> list[str]:
        """The clicks that RedTrack's click log was asked for."""
        return [entry["query"]["clickid"] for entry in self.sandbox.log.entries(service="redtrack", path="/tracks")]

    def put(self, row: Row, **changes: Any) -> None:
        self.sandbox.store.put(redtrack_account(REDTRACK_KEY), "conversion", row | changes)

    def double(self, row: Row, **changes: Any) -> None:
        self.put(row, id=object_id(), **changes)

    def delete(self, row: Row) -> None:
        self.sandbox.store.remove(redtrack_account(REDTRACK_KEY), "conversion", row["id"])

    def reconcile(self, *arguments: str) -> Result:
        done = CliRunner().invoke(main, ["reconcile", "demo", *arguments])
        assert "canary" not in done.output
        assert done.exit_code in (0, 1, 2), done.exception
        return done

    def found(self, *arguments: str) -> tuple[Row, int]:
        """What the command answers a machine, and its exit status."""
        done = self.reconcile("--json", *arguments)
        assert done.exit_code != 1, done.output
        document: Row = for_machines(done.stdout)["demo"]
        return document, done.exit_code

    def only(self, kind: str, *arguments: str) -> Row:
        """The one finding, of this kind."""
        document, status = self.found(*arguments)
        assert [finding["kind"] for finding in document["findings"]] == [kind]
        assert status == 2
        found: Row = document["findings"][0]
        return found

    def findings(self, *arguments: str) -> list[str]:
        """The kinds of all findings; the exit status says whether there are any."""
        document, status = self.found(*arguments)
        kinds = [finding["kind"] for finding in document["findings"]]
        assert status == (2 if kinds else 0)
        return kinds
