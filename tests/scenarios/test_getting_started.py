"""What docs/getting-started.md tells people to type: commands that exist, and the first steps as they stand there."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from trackform.cli import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line.partition(" #")[0].strip() for block in BLOCKS for line in block.splitlines()]


def test_what_init_prints_is_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same order; test_installed.py types it, as it is printed."""
    monkeypatch.chdir(tmp_path)
    assert "trackform init acme" in LINES
    done = CliRunner().invoke(main, ["init", "acme"])
    assert done.exit_code == 0, done.output
    printed = [line.strip() for line in done.output.splitlines() if line.startswith("  ")]
    page = [line for line in LINES if line in printed]
    assert page == [line for line in printed if line in page]
    assert printed[:5] == page[:5]
    for name in (
        "Pulumi.yaml",
        "__main__.py",
        "requirements.txt",
        "stacks/policy.yaml",
        "stacks/acme.yaml",
        ".gitignore",
    ):
        assert (tmp_path / name).exists()
        assert f"`{name}`" in PAGE
