"""The texts that are kept are those that some test compares."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests import kept

COMPARED = re.compile(r'as_kept\(\s*f?"([^"]+)"')


def test_each_kept_text_is_compared_somewhere() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*/**/test_*.py")]
    patterns = {re.sub(r"\{.*?\}", "*", name) for text in sources for name in COMPARED.findall(text)}
    there = {path.relative_to(kept.TOLD).as_posix() for path in kept.TOLD.rglob("*") if path.is_file()}
    assert {name for name in there if not any(fnmatchcase(name, pattern) for pattern in patterns)} == set()
    assert {pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in there)} == set()


def test_a_text_is_written_only_where_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "TOLD", tmp_path / "told")
    monkeypatch.delenv("TRACKFORM_GOLDEN", raising=False)
    with pytest.raises(FileNotFoundError):
        kept.as_kept("a/b.txt", "it is so")
    monkeypatch.setenv("TRACKFORM_GOLDEN", "write")
    kept.as_kept("a/b.txt", "it is so")
    monkeypatch.setenv("TRACKFORM_GOLDEN", "compare")
    kept.as_kept("a/b.txt", "it is so")
    for other in ("it is so\n", "It is so", ""):
        with pytest.raises(AssertionError):
            kept.as_kept("a/b.txt", other)
