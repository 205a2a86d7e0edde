"""`make bench`, with a stand-in for the CLI: what it is told, what is kept of it, and the page that is made of that."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from tools.bench import __main__ as bench
from tools.bench import measure, report, stacks

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
import sys
if sys.argv[1:2] == ["sandbox"]:
    from trackform.cli import main
    main()
"""


@pytest.fixture(autouse=True)
def our_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (stacks, bench):
        monkeypatch.setattr(module, "BIN", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def stand_ins(folder: Path, log: str) -> Path:
    for name, text in (("pulumi", PULUMI), ("trackform", TRACKFORM)):
        (folder / name).write_text(text.format(python=sys.executable, log=str(folder / log)))
        (folder / name).chmod(0o755)
    return folder / log


def play(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> list[dict[str, Any]]:
    kept = folder / "kept.jsonl"
    given = ["--sizes", "1", "--rounds", "1", "--latency", "0", "--results", str(kept), *words]
    monkeypatch.setattr(sys, "argv", ["bench", *given])
    bench.main()
    return [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []


def test_each_stack_is_measured_once_and_what_is_left_at_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = stand_ins(tmp_path, "calls")
    monkeypatch.setattr(bench, "WITH_CHECKPOINTS", 0)
    ours, *rest = bench.groups([1], 1)
    assert play(monkeypatch, tmp_path, "--minutes", "-1") == []
    assert "0 of 3 stacks are measured; run it again" in capsys.readouterr().out
    monkeypatch.setattr(bench, "groups", lambda _sizes, _rounds: [ours])
    play(monkeypatch, tmp_path)
    assert log.read_text().splitlines() == [
        "stack init bench --non-interactive",
        "up --yes --skip-preview --non-interactive",
        "preview --expect-no-changes --non-interactive",
        "refresh --preview-only --expect-no-changes --non-interactive",
        "up --yes --non-interactive",
        "refresh --preview-only --expect-no-changes --non-interactive",
    ]
    monkeypatch.setattr(bench, "groups", lambda _sizes, _rounds: [ours, *rest])
    found = play(monkeypatch, tmp_path, "--write", str(tmp_path))
    assert log.read_text().count("stack init") == len(rest) + 1
    assert {run["variant"] for run in found if run["what"] == "preview"} == {"ours", "floor", "naive"}
    assert [run["requests"] for run in found if run["what"] == "preview"] == [1, 1, 1]
    page = (tmp_path / "performance.md").read_text()
    assert re.search(r"## preview\n\n\| offers .*\n\|---.*\n\| 1 \| ", page)
    assert "`trackform validate bench`" in page


def test_a_command_that_fails_ends_it_with_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_ins(tmp_path, "fail")
    with pytest.raises(SystemExit, match=r"pulumi preview .* failed\nerror: the account is away"):
        play(monkeypatch, tmp_path)


def test_rounds_take_turns_and_large_stacks_save_no_step() -> None:
    found = list(bench.groups([10, 5000], 2))
    assert [each.variant for each in found if (each.size, each.kind) == (5000, "plain")] == [
        "ours", "floor", "naive", "floor", "naive", "ours",
    ]  # fmt: skip
    assert {each.size for each in found if each.kind == "checkpoints"} == {10}


def test_the_account_file_holds_as_many_offers_as_were_asked_for() -> None:
    assert len(yaml.safe_load(stacks.account_file(12))["offers"]) == 12


def test_the_floor_has_the_inputs_and_references_of_ours(tmp_path: Path) -> None:
    stacks.Stack(tmp_path, "http://127.0.0.1:1", "floor", 2)
    there = json.loads((tmp_path / "objects.json").read_text())
    offers = {name: fields for section, name, fields in there["objects"] if section == "offers"}
    assert offers.keys() == {"offer-0000", "offer-0001"}
    assert offers["offer-0000"]["offer_source_id"] == {"ref": ["offer_sources", "digistore24"]}


def test_the_size_of_a_state_is_that_of_its_file(tmp_path: Path) -> None:
    stack = stacks.Stack(tmp_path, "http://127.0.0.1:1", "floor", 1)
    assert stack.state_kb() == 0
    kept = tmp_path / "state/.pulumi/stacks/trackform/bench.json"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x" * 3400)
    (kept.parent / "bench.json.bak").write_bytes(b"x" * 9000)
    assert stack.state_kb() == 3


def run(variant: str, number: int, size: int, seconds: float) -> report.Run:
    figures = {"processor": seconds / 2, "requests": 4, "plugin_mb": 70.0, "program_mb": 150.0, "state_kb": 345}
    return {"what": "preview", "size": size, "variant": variant, "round": number, "seconds": seconds, **figures}


def test_medians_spread_and_ratio_are_those_of_the_rounds() -> None:
    runs = [run("ours", number, 1000, seconds) for number, seconds in enumerate((12.0, 11.0, 14.0))]
    runs += [run("floor", number, 1000, 10.0) for number in range(3)]
    page = report.page(runs, 0.1, "Here.")
    assert (
        "| 1,000 | 12.00 ± 1.50 | 10.00 ± 0.00 |  | 1.20 | 1.20 | 4 | 70 (70) MB, 150 (150) MB, 345 (345) KB |" in page
    )
    assert "Medians of 3 rounds, in which" in page
    page = report.page([*runs, run("ours", 0, 5000, 60.0)], 0.1, "Here.")
    assert "Medians of 3 rounds, 1 round of 5,000 offers, in which" in page


def test_the_plot_has_a_line_for_each_that_was_measured() -> None:
    runs = [run(variant, 0, size, size / 10) for variant in ("ours", "floor") for size in (10, 100)]
    drawn = ET.fromstring(report.plot(runs, "preview"))  # noqa: S314 -- ours
    lines = drawn.findall("{http://www.w3.org/2000/svg}polyline")
    assert [line.get("points") for line in lines] == ["60.0,340.0 580.0,60.0"] * 2


def test_it_says_what_it_is_for() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--sizes" in done.stdout


@pytest.mark.parametrize(
    ("kind", "what", "calls"),
    [
        ("checkpoints", "first up with checkpoints", ["stack init bench", "up --yes --skip-preview"]),
        (
            "limited", "preview at 60 requests a minute",
            ["stack init bench", "up --yes --skip-preview", "preview --expect-no-changes"],
        ),
    ],
)  # fmt: skip
def test_what_is_measured_besides(tmp_path: Path, kind: str, what: str, calls: list[str]) -> None:
    log = stand_ins(tmp_path, "calls")
    (found,) = bench.Group(0, 1, "ours", kind).measured(0)
    assert (found["what"], found["kind"], found["variant"], found["requests"]) == (what, kind, "ours", 1)
    assert log.read_text().splitlines() == [f"{call} --non-interactive" for call in calls]


def test_the_preview_of_a_limited_service_is_measured_with_the_size_that_it_is_for() -> None:
    assert [each.size for each in bench.groups([10, 1000], 1) if each.kind == "limited"] == [1000]
    assert [each.size for each in bench.groups([10], 1) if each.kind == "limited"] == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system tells no process's memory")
def test_the_memory_of_a_part_is_that_of_the_process_that_is_called_so() -> None:
    looks = iter([False, True])
    ended: Any = SimpleNamespace(wait=lambda _seconds: next(looks))
    memory = {"plugin": 0.0, "program": 0.0}
    command = [sys.executable, "-c", "print(flush=True); input()", "pulumi.dynamic"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as part:
        assert part.stdout
        part.stdout.readline()
        measure._watch(part.pid, ended, memory)
        part.communicate(b"\n")
    assert memory["plugin"] > 1
    assert memory["program"] == 0
