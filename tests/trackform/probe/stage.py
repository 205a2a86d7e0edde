"""A stack of a test's own in the sandbox, and `trackform probe` on it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from tests.machines import for_machines
from tests.trackform.reconcile.stage import DIGISTORE24_KEY, ROOT, Row, Stage
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.cli import main

PAYOUT = 9.99
"""Of every offer: no commission of the sandbox's products, so that an amount says where it is from."""
TELLS = {
    "sub1": "{product_id}", "sub2": "{order_id}", "sub3": "{transaction_type}", "sub4": "{order_type}",
    "sub6": "{billing_status}", "sub7": "{currency}",
}  # fmt: skip


def url(name: str, type_of: str, total: str = "{amount_affiliate}", **more: str) -> str:
    """A postback URL with the marker of its connection; ``total`` empty leaves the sum out."""
    params = {"clickid": "{cid}"} | ({"sum": total} if total else {}) | {"type": type_of}
    params |= {"rdtk_event_id": "{transaction_id}"} | TELLS | more
    query = "&".join(f"{key}={value}" for key, value in params.items() if value)
    return f"https://track.acme.test/postback?{query}&sub20=tf.{name}"


SALES: Row = {"events": ["payment"], "url": url("sales", "{order_type}")}
RETURNS: Row = {"events": ["refund", "chargeback"], "url": url("returns", "{transaction_type}")}
PRODUCT: Row = {"id": 411530, "upsells": [411531, 411532], "billing": "single"}


def account(
    postbacks: Row | None = None, duplicates: str = "by_event_id", offer_url: str = "", expires: int | str = "off"
) -> Row:
    """An account file with these postbacks, whose conversion types all keep duplicates apart in one way."""
    names = ("initial_sale", "upsell", "refund", "chargeback", "single_payment", "subscription", "rebill",
             "payment_missed")  # fmt: skip
    return {
        "account": {"currency": "USD"},
        "digistore24": {"affiliate": "acme", "currency": "USD", "notify": "ops@acme.test"},
        "domains": {"main": "track.acme.test"},
        "traffic_channels": {"facebook": {}},
        "conversion_types": {name: {"slot": at, "duplicates": duplicates} for at, name in enumerate(names, 1)},
        "offer_sources": {"digistore24": {"preset": "digistore24", "click_expiration": expires}},
        "postbacks": postbacks or {"sales": SALES, "returns": RETURNS},
        "products": {"keto-guide": PRODUCT},
        "offers": {"keto-guide": {"product": "keto-guide"} | ({"url": offer_url} if offer_url else {})},
        "funnels": {"keto": {"offers": {"keto-guide": 100}}},
        "campaigns": {"fb": {"channel": "facebook", "funnel": "keto"}},
    }


class ProbeStage(Stage):
    """The sandbox with one account, as an account file of a test's own says."""

    payout = PAYOUT

    def declare(self, file: Row | None = None, *, name: str = "demo", **more: Any) -> None:
        """Write the account file, and set the sandbox up anew, as the file says."""
        path = Path("stacks") / f"{name}.yaml"
        path.write_text(yaml.safe_dump(file or account(**more), sort_keys=False), encoding="utf-8")
        composition = compose(read_account(path), ROOT / "templates")
        switched = self.sandbox.switches.model_dump()
        self.sandbox.reset()
        self.switch(**switched)
        self.campaign = self._set_up(composition)

    def follow(self, event: str, order: str, **more: Any) -> None:
        self.order(event, order_id=order, **more)

    def probe(self, *arguments: str) -> Result:
        done = CliRunner().invoke(main, ["probe", *arguments])
        assert "canary" not in done.output
        assert done.exit_code in (0, 1, 2), done.exception
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def unlike(self, switches: Mapping[str, Any] | None = None) -> list[tuple[str, ...]]:
        """Where a sandbox so switched differs from `recording.json`."""
        sets = [part for name, value in (switches or {}).items() for part in ("--set", f"{name}={value}")]
        done = CliRunner().invoke(main, ["sandbox", "check", "recording.json", "--json", "--strict", *sets])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        rows = for_machines(done.stdout)["differences"]
        assert done.exit_code == (2 if rows else 0)
        return [tuple(row[part] for part in ("aspect", "where", "recorded", "sandbox")) for row in rows]

    def answers(self, *arguments: str, stack: str = "demo", status: int = 0) -> dict[str, Row]:
        """Setting -> its answer, for machines."""
        done = self.probe(stack, "--json", *arguments)
        assert done.exit_code == status, done.output
        return {row["setting"]: row for row in for_machines(done.stdout)["stacks"][stack]["answers"]}


__all__ = ["DIGISTORE24_KEY", "RETURNS", "SALES", "ProbeStage", "account", "url"]
