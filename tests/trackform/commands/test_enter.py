"""`trackform sandbox enter`: the operator's steps, done in the sandbox as a person does them."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.trackform.verify.conftest import Live
from trackform.cli import main
from trackform.operator.desk import OperatorDesk
from trackform.verify.hands import Hands

WHO = ("--who", "Ann")


@pytest.fixture
def desk(served: Live) -> Live:
    """The applied account without a bridge, and with nothing in its two web forms."""
    config = Path("stacks/Pulumi.acme.yaml")
    config.write_text("\n".join(line for line in config.read_text().splitlines() if "bridgeUrl" not in line))
    Path("Pulumi.yaml").write_text("name: trackform\n")
    for kind in ("conversion_type", "connection"):
        for row in served.living.rows(kind):
            served.living.delete(kind, str(row["id"]))
    return served


def call(*arguments: str) -> Result:
    done = CliRunner().invoke(main, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def rows(live: Live, kind: str) -> list[dict[str, Any]]:
    given = ("id", "account", "created_at", "updated_at")
    return [{name: value for name, value in row.items() if name not in given} for row in live.living.rows(kind)]


def test_every_step_is_entered_as_the_form_says(desk: Live) -> None:
    done = call("sandbox", "enter", "acme")
    assert done.exit_code == 0, done.output
    assert "conversion_types/upsell: entered\n" in done.output
    assert "traffic_channels/facebook: the sandbox keeps nothing of it" in done.output
    types = {row["slot"]: row["name"] for row in rows(desk, "conversion_type")}
    assert types[1] == "initial_sale"
    assert len(types) == 7
    sales = next(row for row in rows(desk, "connection") if "sub20=tf.sales" in row["url"])
    assert (sales["events"], sales["currency"], sales["error_emails"]) == (["payment"], "USD", ["ops@acme.test"])
    # What is done is not confirmed by that: a person looks, as in real life.
    assert call("operator", "acme", "--list").exit_code == 4
    assert "trackform operator acme --confirm '*'" in done.output
    assert call("operator", "acme", *WHO, "--confirm", "*").exit_code == 0
    assert "Nothing is open in acme" in call("sandbox", "enter", "acme").output


def test_what_changed_is_entered_in_its_row_and_what_left_is_removed(desk: Live) -> None:
    call("sandbox", "enter", "acme")
    call("operator", "acme", *WHO, "--confirm", "*")
    desk.file.write_text(desk.file.read_text() + "postbacks: {sales: {active: false}, billing: null}\n")
    done = call("sandbox", "enter", "acme")
    assert "postbacks/sales: changed\n" in done.output
    assert "postbacks/billing: removed\n" in done.output
    assert {row["url"].rpartition("=")[2]: row["active"] for row in rows(desk, "connection")} == {
        "tf.sales": False, "tf.returns": True,
    }  # fmt: skip
    assert "postbacks/billing: it is not there\n" in call("sandbox", "enter", "acme").output


def test_before_a_destroy_is_removed_what_it_waits_for(desk: Live) -> None:
    """As `operator --destroy` lists it: what on_delete keeps stays, and so does what is not confirmed."""
    assert "waits for no removal in acme" in call("sandbox", "enter", "acme", "--destroy").output
    call("sandbox", "enter", "acme")
    call("operator", "acme", *WHO, "--confirm", "*")
    desk.file.write_text(desk.file.read_text() + "postbacks: {billing: {on_delete: keep}}\n")
    types = rows(desk, "conversion_type")
    done = call("sandbox", "enter", "acme", "--destroy")
    assert done.exit_code == 0, done.output
    assert "postbacks/returns: removed\npostbacks/sales: removed\n" in done.output
    assert [row["url"].rpartition("=")[2] for row in rows(desk, "connection")] == ["tf.billing"]
    assert rows(desk, "conversion_type") == types, "a destroy keeps them"
    assert "postbacks/sales: it is not there\n" in call("sandbox", "enter", "acme", "--destroy").output
    # A person looks, as in real life, and the command for it is the one that is told.
    _, _, command = done.output.strip().rpartition("Or all at once: trackform ")
    assert call("operator", "acme", "--destroy", "--list").exit_code == 4
    assert call(*shlex.split(command), *WHO).exit_code == 0
    assert "waits for no removal in acme" in call("sandbox", "enter", "acme", "--destroy").output


def test_before_a_destroy_the_account_file_may_be_gone(desk: Live) -> None:
    call("sandbox", "enter", "acme")
    call("operator", "acme", *WHO, "--confirm", "*")
    desk.file.unlink()
    assert call("sandbox", "enter", "acme").exit_code == 1
    assert "postbacks/sales: removed\n" in call("sandbox", "enter", "acme", "--destroy").output
    assert rows(desk, "connection") == []


def test_without_the_passphrase_a_secret_is_not_entered_empty(desk: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = OperatorDesk.open

    def unread(own: OperatorDesk, *rest: Any, **more: Any) -> Any:
        return [replace(each, unread=("postbackToken",)) for each in steps(own, *rest, **more)]

    monkeypatch.setattr(OperatorDesk, "open", unread)
    done = call("sandbox", "enter", "acme")
    assert done.exit_code == 1
    assert "the config secret postbackToken cannot be read here. Set PULUMI_CONFIG_PASSPHRASE" in done.output
    assert rows(desk, "connection") == []


def test_entering_twice_makes_nothing_twice(desk: Live) -> None:
    call("sandbox", "enter", "acme")
    before = rows(desk, "connection"), rows(desk, "conversion_type")
    call("sandbox", "enter", "acme")
    assert (rows(desk, "connection"), rows(desk, "conversion_type")) == before


@pytest.mark.parametrize("url", ["https://api.redtrack.io", "http://127.0.0.1/elsewhere"])
@pytest.mark.parametrize("more", [(), ("--destroy",)])
def test_a_live_account_is_not_entered(
    desk: Live, url: str, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hands, "remove", lambda *_: pytest.fail("removed"))
    monkeypatch.setattr(Hands, "put", lambda *_: pytest.fail("entered"))
    config = Path("stacks/Pulumi.acme.yaml")
    config.write_text(f"config:\n  trackform:redtrackUrl: {url}\n")
    done = call("sandbox", "enter", "acme", *more)
    assert done.exit_code == 1
    assert f"acme is on {url}, which is no sandbox on this machine" in done.output
    assert desk.living.rows("connection") == []
