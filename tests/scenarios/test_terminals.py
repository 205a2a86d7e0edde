"""Every verb on terminals that are narrow, know few letters, have no colours, or are white."""

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.terminal import Stream, seen, too_long
from tests.trackform.export.conftest import house
from tests.trackform.status.conftest import Stage, stage
from trackform.cli import VERBS
from trackform.commands.sandbox import sandbox

__all__ = ["house", "stage"]

ROOT = Path(__file__).parents[2]
SANDBOX = "http://127.0.0.1"
LINES = (
    "accept --stack demo --preview drift.json --dry-run",
    "alert nothing",
    "doctor demo",
    "export demo --unmanaged",
    "init beta --affiliate acme --currency USD --domain track.acme.test --product 411530 --notify ops@acme.test",
    "links demo",
    "operator demo --list",
    "operator demo --evidence",
    "operator demo",
    "probe demo",
    "reconcile demo",
    "review demo --preview dangerous.json",
    "review demo --preview first.json",
    "sandbox edit offer keto-guide url=https://example.com/oops --url http://127.0.0.1",
    "sandbox enter demo",
    "sandbox play fb sale:411530 refund:411530 --url http://127.0.0.1",
    "status demo",
    "upgrade",
    "validate demo",
    "validate broken",
    "validate demo --matrix",
    "verify demo",
    "verify demo --sandbox http://127.0.0.1",
)
FOR_MACHINES = (
    "completion bash", "docs rules", "export demo", "render demo", "schema", "validate demo --json",
    "review demo --preview dangerous.json --markdown", "validate demo --matrix --format markdown",
    "status demo --csv -",
)  # fmt: skip
CALLED_ELSEWHERE = {"demo", "setup"}
"""They start other programs; their help is read here as well."""
TERMINALS: tuple[tuple[int, str, dict[str, str]], ...] = (
    (40, "utf-8", {}), (80, "latin-1", {}), (40, "ascii", {"NO_COLOR": "1"}),
)  # fmt: skip
READABLE = {"", "0", "1", "2", "31", "32", "35"}
BROKEN = """extends: [shared/digistore24.yaml]
account: {currency: US$}
domains: {main: 'https://track.acme.test'}
digistore24: {affiliate: acme, currency: USD, notify: 'a, b'}
offers: {keto-guide: {countries: [AUT], contries: [DE]}}
"""


@pytest.fixture
def project(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    for name in ("drift.json", "dangerous.json", "first.json"):
        shutil.copy(ROOT / "tests" / "data" / "previews" / name, name)
    client = httpx.Client

    def opened(**options: object) -> httpx.Client:
        return client(**({"transport": httpx.WSGITransport(app=stage.living.house.app)} | options))  # type: ignore[arg-type]

    monkeypatch.setattr(httpx, "Client", opened)
    return stage


def test_every_verb_is_looked_at() -> None:
    called = {line.split()[0] for line in (*LINES, *FOR_MACHINES)}
    assert called | CALLED_ELSEWHERE == VERBS.keys()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("line", LINES, ids=lambda line: line.partition(" --affiliate")[0])
def test_any_terminal_can_be_read(line: str) -> None:
    """No word is broken, no colour is invisible on black or on white, and no letter ends the run."""
    if "broken" in line:
        Path("stacks/broken.yaml").write_text(BROKEN, encoding="utf-8")
    is_diff = line.startswith("accept")
    for width, encoding, environment in TERMINALS[2 * ("--sandbox" in line) :]:
        screen = seen(*line.split(), width=width, encoding=encoding, progress=True, environment=environment)
        assert screen.status in range(5)
        assert screen.said or screen.told
        assert [each for each in too_long(screen, width) if not (is_diff and each[0] in "-+ ")] == []
        assert screen.codes <= (READABLE if not environment else set())


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("verb", [*sorted(VERBS), *(f"sandbox {name}" for name in sandbox.commands)])
def test_help_fits(verb: str, width: int) -> None:
    screen = seen(*verb.split(), "--help", width=width)
    assert screen.status == 0
    assert [line for line in screen.lines if len(line) > width] == []


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("line", FOR_MACHINES)
def test_what_machines_read_is_the_same_on_any_terminal(line: str) -> None:
    assert seen(*line.split(), width=40).said == seen(*line.split(), terminal=False).said


ASKING = (
    "doctor demo", "export demo", "operator demo --live --list", "operator demo --evidence", "probe demo",
    "reconcile demo", "sandbox play fb sale:411530 --url http://127.0.0.1", "status demo", "verify demo",
    "verify demo --sandbox http://127.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("line", ASKING)
def test_a_terminal_shows_what_is_under_way_before_a_service_answers(
    line: str, project: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the answer takes: what the terminal shows is looked at where the sandbox is asked."""
    app, shown = project.living.house.app.wsgi_app, list[str]()

    def slow(environ: Any, start: Any) -> Any:
        shown.append(terminal.text)
        return app(environ, start)

    terminal = Stream(terminal=True)
    monkeypatch.setattr(project.living.house.app, "wsgi_app", slow)
    seen(*line.split(), error=terminal)
    assert shown
    assert "\x1b[?25l" in shown[0], "something is under way"
    assert "\x1b" not in seen(*line.split()).told
