"""The table of `make bench`, with a stand-in for the CLI: what it is told, and what is told of it."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

# What it was called with, and one request to the service whose URL the stack's settings name.
PULUMI = """#!{python}
import pathlib, re, sys, urllib.request
pathlib.Path({log!r}).open("a").write(" ".join(sys.argv[1:]) + "\\n")
if "fail" in pathlib.Path({log!r}).name and "preview" in sys.argv:
    sys.exit("error: the account is away")
url = re.search(r"redtrackUrl: (\\S+)", pathlib.Path("stacks/Pulumi.bench.yaml").read_text())[1]
urllib.request.urlopen(url + "/offers?api_key=bench-redtrack").read()
"""
TRACKFORM = """#!{python}
from trackform.cli import main
main()
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_tool", ROOT / "tools" / "bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "BIN", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return module


def stand_ins(folder: Path, log: str) -> Path:
    for name, text in (("pulumi", PULUMI), ("trackform", TRACKFORM)):
        (folder / name).write_text(text.format(python=sys.executable, log=str(folder / log)))
        (folder / name).chmod(0o755)
    return folder / log


def test_a_row_for_each_size_with_seconds_and_requests(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = stand_ins(tmp_path, "calls")
    monkeypatch.setattr(sys, "argv", ["bench", "--sizes", "1", "3", "--latency", "0"])
    bench.main()
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["offers", "first", "up", "preview"]
    assert [row.split()[0] for row in rows] == ["1", "3"]
    for row in rows:
        assert re.findall(r"/ (\d+)", row) == ["1", "1", "1"]
    assert log.read_text().splitlines() == 2 * [
        "stack init bench --non-interactive",
        "up --yes --skip-preview --non-interactive",
        "preview --expect-no-changes --non-interactive",
        "refresh --preview-only --expect-no-changes --non-interactive",
    ]


def test_a_command_that_fails_ends_it_with_what_was_said(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_ins(tmp_path, "fail")
    monkeypatch.setattr(sys, "argv", ["bench", "--sizes", "1", "--latency", "0"])
    with pytest.raises(SystemExit, match=r"pulumi preview --expect-no-changes failed\n\nerror: the account is away"):
        bench.main()


def test_the_account_file_holds_as_many_offers_as_were_asked_for(bench: ModuleType) -> None:
    assert len(yaml.safe_load(bench.account_file(12))["offers"]) == 12


def test_it_says_what_it_is_for() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "bench.py", "--help"], capture_output=True, text=True, check=True
    )
    assert "--sizes" in done.stdout
