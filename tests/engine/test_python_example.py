"""The demo account declared in Python comes to the same account."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.project import REPOSITORY, Project
from tests.engine.served import Keys, Served

pytestmark = pytest.mark.engine

EXAMPLE = REPOSITORY / "docs" / "examples" / "python"
KINDS = ("domain", "conversion_type", "network", "source", "offer", "connection", "stream", "campaign")
VOLATILE = {"id", "user_id", "account", "created_at", "updated_at", "serial_number", "_fresh"}


def content(sandbox: Served) -> dict[str, Any]:
    """What an account holds, with references by title and without what is particular to the account."""
    rows = {kind: sandbox.rows(kind) for kind in KINDS}
    names = {
        row["id"]: str(row.get("title") or row.get("url") or row.get("name")) for each in rows.values() for row in each
    }

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: names.get(item) if name == "id" else told(item) for name, item in value.items()}
        if isinstance(value, list):
            return [told(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    return {
        kind: sorted(
            ({name: told(value) for name, value in row.items() if name not in VOLATILE} for row in each), key=str
        )
        for kind, each in rows.items()
    }


def test_python_comes_to_the_same_account_as_the_file(demo: Project, tmp_path: Path) -> None:
    sandbox = demo.sandbox.with_keys(Keys())
    python = Project(tmp_path / "python", sandbox, program=EXAMPLE)
    python.up_ok()
    assert content(sandbox) == content(demo.sandbox)
    sandbox.forget_requests()
    python.up_ok("--expect-no-changes")
    assert sandbox.writes() == []
    sandbox.http.close()

    # On the account that the file has set up there is nothing to write either: what exists and is equal is taken.
    demo.sandbox.forget_requests()
    again = Project(tmp_path / "again", demo.sandbox, program=EXAMPLE)
    again.up_ok()
    assert demo.sandbox.writes() == []

    # What differs is refused by the preview, as of a file, without a word about it in the program.
    demo.sandbox.edit("offer", demo.sandbox.row("offer", title="keto-guide")["id"], url="https://theirs.test/")
    refused = Project(tmp_path / "refused", demo.sandbox, program=EXAMPLE).preview()
    assert refused.status != 0
    assert "This plan is refused, and nothing of it is written, for 1 reason:" in refused.told, refused.told
    assert "offer 'keto-guide' exists already in RedTrack" in refused.told
