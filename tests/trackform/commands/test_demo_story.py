"""What the demo shows, on a CLI that only notes down what it is asked."""

import re
from pathlib import Path

import click
import pytest
from rich.console import Console

from tests.kept import as_kept
from tests.trackform.verify.conftest import Live
from trackform.commands import demo
from trackform.verify.hands import Happening, Played


@pytest.fixture
def story(served: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> demo.Story:
    """The demo on this account, with a CLI that notes down what it was asked."""
    cli = tmp_path / "pulumi"
    cli.write_text('#!/bin/sh\necho "$@" >> asked\necho said >&2\nexit "$STATUS"\n')
    cli.chmod(0o755)
    monkeypatch.setattr(demo, "console", Console(highlight=False, soft_wrap=True, width=120))
    monkeypatch.setattr(
        demo, "KEYS",
        {"REDTRACK_API_KEY": served.living.redtrack_key, "DIGISTORE24_API_KEY": served.living.digistore24_key},
    )  # fmt: skip
    monkeypatch.setenv("STATUS", "0")
    return demo.Story(tmp_path, cli, tmp_path / "state")


ORDERS = [Happening("sale", "411530"), Happening("upsell", "411531"), Happening("refund", "411530")]


@pytest.fixture(autouse=True)
def played(story: demo.Story, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Happening]]]:
    """What the demo wanted to be played: the campaign and its order events."""
    asked: list[tuple[str, list[Happening]]] = []

    def play(campaign: str, events: list[Happening]) -> Played:
        asked.append((campaign, events))
        return Played("https://x.test/", [], 1.0, 1.0)

    monkeypatch.setattr(story.hands, "play", play)
    return asked


def test_the_demo_runs_the_commands_that_it_shows(
    story: demo.Story, played: list[tuple[str, list[Happening]]], capfd: pytest.CaptureFixture[str]
) -> None:
    demo.tell(story)
    said = capfd.readouterr().out
    as_kept("commands/demo.txt", re.sub(r"[ \t]+$", "", said, flags=re.MULTILINE).rstrip())
    assert played == [("facebook-keto-guide", ORDERS)]
    shown = [line[9:] for line in said.splitlines() if line.startswith("$ pulumi ")]
    asked = (story.folder / "asked").read_text().splitlines()
    assert all(line.endswith(" --non-interactive --color never") for line in asked)
    assert [line.removesuffix(" --non-interactive --color never") for line in asked] == [
        "stack init demo --no-select", *shown[:-1], "preview --expect-no-changes --suppress-outputs",
    ]  # fmt: skip
    assert shown[-1] == "preview --expect-no-changes"
    assert [line.partition(" ")[0] for line in shown] == ["up", "preview", "up", "preview"]
    (offer,) = story.hands.rows("redtrack/offers")
    assert "{clickd}" in offer["url"]


def test_the_demo_ends_where_the_cli_fails(story: demo.Story, capfd: pytest.CaptureFixture[str]) -> None:
    story.env["STATUS"] = "3"
    with pytest.raises(click.ClickException, match=r"^pulumi ended with status 3\nsaid$"):
        story.pulumi("up", quiet=True)
    assert capfd.readouterr().out == ""
    story.pulumi("up", expect=3)
    assert "$ pulumi up\n" in capfd.readouterr().out


def test_the_demo_tells_what_is_in_the_account(story: demo.Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.account("after")
    rows = [line.split(None, 4) for line in capsys.readouterr().out.splitlines()]
    cells = " ".join(" ".join(row) for row in rows)
    for said in ("after", "tracking domains", "track.acme.test", "keto-guide", "fb, check", "initial_sale"):
        assert said in cells, cells
    assert "conversion types │ 7 │ initial_sale, upsell, " in cells


def test_the_demo_fails_where_the_money_is_wrong(story: demo.Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story.hands, "play", lambda *_: Played("", [], 1.0, 2.0))
    with pytest.raises(click.ClickException, match="are not the commissions that Digistore24 paid"):
        demo.money(story)
