"""What verbs say where something of theirs is not as it should be."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.trackform.review.conftest import reviewed
from tests.trackform.verify.conftest import Live
from trackform.commands import doctor, operator, operator_evidence
from trackform.operator.evidence import ArrivalCount, Evidence
from trackform.preview.plan import Plan
from trackform.project.live import settings_in_files
from trackform.review import plan as review_plan
from trackform.review.apply import Reviewed
from trackform.review.model import Row
from trackform.verify.live import lines_of
from trackform.verify.log import Judged
from trackform_core.errors import TrackformError
from trackform_redtrack.client import RedTrack

ROWS = tuple(reviewed("dangerous").rows)


def other(rows: tuple[Row, ...]) -> str:
    now = reviewed("dangerous")
    digest = reviewed("drift").digest
    return review_plan._other_plan(now, digest, Reviewed(digest, rows))


def test_what_was_reviewed_and_is_planned_otherwise_now() -> None:
    now = reviewed("dangerous")
    said = other((*ROWS[1:], Row(about="offers/z", change="delete", field="", old="a", new="b")))
    assert said.splitlines() == [
        f"Nothing was applied: the plan is {now.digest}, and {reviewed('drift').digest} was reviewed.",
        "Reviewed, and not planned any more:", "  delete offers/z: a -> b", "Planned, and not reviewed:",
        f"  {ROWS[0]}", "Review it again: trackform review demo",
    ]  # fmt: skip
    assert "  nothing" in other(ROWS).splitlines()


def test_a_review_of_something_else_is_named() -> None:
    now, digest = reviewed("dangerous"), reviewed("drift").digest
    said = review_plan._other_plan(now, digest, Reviewed("0" * 20, ()))
    assert f"The review that was given is {'0' * 20}, which is neither." in said
    assert "What would be applied now:" in said
    assert "which is neither" not in review_plan._other_plan(now, digest, None)


def test_a_policy_or_a_ledger_that_is_broken_ends_a_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRACKFORM_POLICY", raising=False)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/policy.yaml").write_text("zzz: 1\n")
    with pytest.raises(TrackformError, match=r"stacks/policy\.yaml:1: zzz"):
        review_plan.Look().files("demo")
    (tmp_path / "stacks/demo.yaml").write_text("traffic_channels: {fb: {}}\n")
    (tmp_path / "stacks/demo.ledger.yaml").write_text("a: [\n")
    with pytest.raises(TrackformError, match=r"demo\.ledger\.yaml"):
        review_plan.Look().operator("demo", Plan("demo"))


def test_without_git_nobody_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert operator._git("user.name") == ""


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.yaml"
    assert settings_in_files("demo", tmp_path) == {}
    for text, said in (("a: [", ":1: this is no YAML"), ("[]", ": it is no map of names and values")):
        path.write_text(text)
        with pytest.raises(TrackformError, match=rf"Pulumi\.yaml{said}; correct it by hand"):
            settings_in_files("demo", tmp_path)


def test_the_doctor_examines_without_a_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._cli() is None


def test_what_the_log_does_not_tell_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    operator_evidence._print("s", Evidence([ArrivalCount("sales", "")], [], ["upsell", "refund"], None))
    said = capsys.readouterr().out
    assert "Clicks of the offers: RedTrack does not tell, so a silent connection cannot be found." in said
    assert "Declared types that nothing brought in 30 days: upsell, refund." in said
    assert "No findings." in said
    operator_evidence._print("s", Evidence([], [], [], {"keto": 0}))
    assert "does not tell" not in capsys.readouterr().out


def test_each_column_of_the_evidence_holds_what_its_heading_says(capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 11, 10, 23, 59, tzinfo=UTC)
    seen = [
        ArrivalCount("sales", "upsell", "default", at, 4, 5, 6),
        ArrivalCount("", "", "", at, 1, 2, 3),
        ArrivalCount("quiet", ""),
    ]
    operator_evidence._print("demo", Evidence(seen, [], [], {}))
    title, _, head, _, *rows = capsys.readouterr().out.splitlines()[:7]
    assert title.strip() == "demo: RedTrack's conversion log"
    headings = ("connection", "type sent", "counted as", "last seen (UTC)", "7 days", "30 days", "tests")
    starts = [head.index(heading) for heading in headings]
    cells = [
        [row[start:end].strip() for start, end in zip([0, *starts[1:]], [*starts[1:], None], strict=True)]
        for row in (row.ljust(200) for row in rows)
    ]
    assert cells[0][:4] == ["sales", "upsell", "default", "2026-11-10 23:59"]
    assert cells[1][:4] == ["(no marker)", "(not told)", "", "2026-11-10 23:59"]
    assert cells[2][:4] == ["quiet", "", "", "never"]
    assert [row.split()[-3:] for row in rows[:2]] == [["4", "5", "6"], ["1", "2", "3"]]


def test_what_a_live_log_shows() -> None:
    assert list(lines_of(Judged(["a"], ["b"], ["c"], {"x": "1", "y": "2"}), {"y": "2"}))[:4] == [
        "  as declared: a", "  differs: b",
        "  silent: c: no order event of its kind in these days, or it does not fire",
        "  seen: stacks/policy.yaml may say live: {x: 1}, and the proof takes it as given",
    ]  # fmt: skip


def test_a_campaign_without_a_link(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = RedTrack.pages

    def without_links(self: RedTrack, path: str, **options: Any) -> Any:
        for rows, total in pages(self, path, **options):
            yield [{name: value for name, value in row.items() if name != "trackback_url"} for row in rows], total

    monkeypatch.setattr(RedTrack, "pages", without_links)
    done = live.verify("--clicks", "check")
    assert done.exit_code == 2
    assert "RedTrack shows no tracking link of 'check'" in done.output
