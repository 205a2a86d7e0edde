"""`trackform accept` as a person sees it: each sort of line, whole."""

import json

import click
import pytest
from click.testing import CliRunner

from tests.kept import as_kept
from tests.machines import for_machines
from tests.trackform.accept.desk import OWN, SHARED, Desk, Live
from trackform.cli import main

CHANGED: Live = {
    "offers/other": {"title": "New"}, "offers/keto-guide": {"countries": ["DE", "AT"]}, "funnels/keto": {"title": "K"},
    "campaigns/fb": {"title": "fb two"},
}  # fmt: skip
STEERED: Live = {"campaigns/fb": {"cpc": 0.4, "status": "paused"}}
BETA = OWN.replace("affiliate: acme", "affiliate: beta").replace("track.acme", "track.beta")


def told(
    made: Desk, *arguments: str, answer: str | None = None, live: Live = CHANGED, steered: Live | None = None
) -> str:
    done = made.accept(made.preview(live, steered=steered), *arguments, answer=answer)
    return f"$ {' '.join(arguments)}\n{click.unstyle(done.stdout)}--\n{click.unstyle(done.stderr)}-- {done.exit_code}"


def test_what_is_shown_asked_and_written(made: Desk) -> None:
    found = [
        told(made, "--dry-run", steered=STEERED),
        told(made, answer="n\n", steered=STEERED),
        told(made, "offers/other", answer="y\n", steered=STEERED),
        told(made, "campaigns/fb.cpc", answer="y\n", steered=STEERED),
        told(made, "--yes", steered=STEERED),
        told(made, "--yes", live={"offers/other": {}}),
        told(made, "offers/nobody", "--yes"),
    ]
    as_kept("accept/shown.txt", "\n".join(found))
    as_kept("accept/written.yaml", made.file.read_text().rstrip())


def test_what_goes_into_a_shared_file(made: Desk) -> None:
    """Two stacks extend it: the other changes too, and with --own it does not."""
    (made.folder / "stacks" / "beta.yaml").write_text(BETA)
    live: Live = {"conversion_types/sale": {"duplicates": "edit"}}
    found = [told(made, "--yes", "--own", "--dry-run", live=live), told(made, answer="y\n", live=live)]
    as_kept("accept/shared.txt", "\n".join([*found, made.shared.read_text()]).rstrip())


def test_what_cannot_be_expressed(made: Desk) -> None:
    made.write(OWN.replace("  other: {}", "  other: {adopt: true, payout: 3}"), SHARED)
    live: Live = {"offers/other": {"offer_source_id": "of nobody", "payout": 4}, "offers/keto-guide": {"url": "no URL"}}
    found = told(made, "--yes", live=live)
    as_kept("accept/refused.txt", found)
    machine = for_machines(made.accept(made.preview(live), "--yes", "--json").stdout)
    as_kept("accept/refused.json", json.dumps(machine, indent=1, ensure_ascii=False))


def test_what_was_deleted_there(made: Desk) -> None:
    """Removed from the file, unless something still refers to it; nothing else that the stack asks for changes."""
    preview = made.preview(CHANGED, gone=("funnels/second", "offers/keto-guide"))
    found = [made.accept(preview, "--dry-run"), made.accept(preview, answer="y\n")]
    as_kept("accept/removed.txt", "\n--\n".join(click.unstyle(done.output).rstrip() for done in found))


def test_what_the_file_changed_since_the_preview(made: Desk) -> None:
    """Two of four, and then one that it says already: the others are accepted, whatever their order."""
    preview = made.preview(CHANGED)
    text = OWN.replace("other: {}", "other: {title: Meanwhile}").replace("other: 30}}", "other: 30}, title: Meanwhile}")
    made.write(text, SHARED)
    found = [made.accept(preview, "--yes", "--dry-run"), made.accept(preview, "--yes")]
    made.write(OWN.replace("other: {}", "other: {title: New}"), SHARED)
    found.append(made.accept(preview, "--yes", "--dry-run"))
    as_kept("accept/stale.txt", "\n--\n".join(click.unstyle(done.output).rstrip() for done in found))


def test_which_stack_is_meant(made: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (made.folder / "stacks" / "beta.yaml").write_text(BETA)
    preview = str(made.preview(CHANGED))
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    nobody = CliRunner().invoke(main, ["accept", "--preview", preview, "--dry-run"])
    assert (nobody.exit_code, "say which stack with --stack; known: beta, demo" in nobody.stderr) == (1, True)
    monkeypatch.setenv("PULUMI_STACK", "demo")
    assert CliRunner().invoke(main, ["accept", "--preview", preview, "--dry-run"]).exit_code == 0
    asked = CliRunner().invoke(main, ["accept", "--preview", preview, "--json"])
    assert (asked.exit_code, "--json needs --yes or --dry-run: a machine cannot be asked" in asked.stderr) == (1, True)
