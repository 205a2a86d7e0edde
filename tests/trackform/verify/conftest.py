"""An account in a sandbox of this process that `trackform verify` takes for the live one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from tests.trackform.export.living import BASE, House, Living
from trackform.cli import main
from trackform_core.http import api as http
from trackform_core.session import session as sessions

ROOT = Path(__file__).resolve().parents[3]
DOMAIN = "track.acme.test"
CHECK = """
extends: [shared.yaml]
account: {currency: USD}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
traffic_channels:
  facebook: {preset: facebook}
  check: {}
offers: {keto-guide: {countries: [DE, AT]}}
funnels: {keto: {offers: {keto-guide: 100}}}
campaigns:
  fb: {channel: facebook, funnel: keto}
  check: {channel: check, funnel: keto}
"""


class Live:
    """The applied account, what its customers do, and the command on it."""

    def __init__(self, living: Living, web: httpx.Client) -> None:
        self.living = living
        self.web = web
        self.file = Path("stacks/acme.yaml")

    def control(self, name: str, /, **body: Any) -> Any:
        answer = self.web.post(f"_control/{name}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def row(self, kind: str, **fields: Any) -> dict[str, Any]:
        (found,) = (row for row in self.living.rows(kind) if fields.items() <= row.items())
        return found

    def sale(self, *follow_ups: str) -> None:
        """Somebody clicks the ad and buys; then the follow-ups happen."""
        link = self.web.get(f"t/{self.row('campaign', title='fb')['id']}").headers["location"]
        key = self.living.digistore24_key
        order = self.control("orders", event="sale", promolink=link, key=key)["order_id"]
        for event in follow_ups:
            self.control("orders", event=event, order_id=order, product_id="411530", key=key)

    @property
    def clicks(self) -> int:
        return len(self.living.rows("click"))

    def verify(self, *arguments: str) -> Result:
        done = CliRunner().invoke(main, ["verify", "acme", *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert self.living.redtrack_key not in done.output
        return done

    def told(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        done = self.verify("--json", *arguments)
        assert done.exit_code in (0, 2), done.output
        return done.exit_code, for_machines(done.stdout)


def open_catalog() -> str:
    """The shared catalog with what the live service decides left open: what `verify` is for."""
    text = (ROOT / "stacks/shared/digistore24.yaml").read_text()
    for provable, plain in (
        ("minus_commission", "commission"), ("-{product_id}", ""),
        ("{transaction_id}-{transaction_type}", "{transaction_id}"),
    ):  # fmt: skip
        assert provable in text
        text = text.replace(provable, plain)
    return text


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Live]:
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    house = House()

    def transport(url: str) -> httpx.BaseTransport:
        def tracking(environ: dict[str, Any], start: Any) -> Any:
            return house.app({**environ, "PATH_INFO": f"/t{environ['PATH_INFO']}"}, start)

        return httpx.WSGITransport(app=tracking if httpx.URL(url).host == DOMAIN else house.app)

    monkeypatch.setattr(http, "NETWORK", http.Network(transport, base_wait=0.01, sleep=lambda _: None))
    living = house.living()
    shared = open_catalog()
    folder = tmp_path / "stacks"
    folder.mkdir()
    (folder / "shared.yaml").write_text(shared)
    (folder / "acme.yaml").write_text(CHECK)
    (folder / "Pulumi.acme.yaml").write_text(
        f"config:\n  trackform:redtrackUrl: {BASE}/redtrack\n  trackform:digistore24Url: {BASE}/digistore24/api/call\n"
        f"  trackform:bridgeUrl: {BASE}/bridge\n"
    )
    monkeypatch.chdir(tmp_path)
    living.apply(own=CHECK, shared=shared)
    monkeypatch.setenv("REDTRACK_API_KEY", living.redtrack_key)
    monkeypatch.setenv("DIGISTORE24_API_KEY", living.digistore24_key)
    monkeypatch.setenv("TRACKFORM_BRIDGE_KEY", "bridge-key")
    with httpx.Client(transport=httpx.WSGITransport(app=house.app), base_url=BASE) as web:
        web.delete("_control/requests")
        yield Live(living, web)
    sessions.forget_everything()
    house.sandbox.store.close()
