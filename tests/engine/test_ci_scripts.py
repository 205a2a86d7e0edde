"""The workflows' scripts with the real CLI: a preview, its comment, the merge that applies it, and drift at night."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.stand_in import Platform, standing_in
from tests.engine import warm
from tests.engine.project import LONGEST_S, REPOSITORY, Project

SCRIPTS = REPOSITORY / "tools" / "ci"
HEAD = "1" * 40
MERGED = "3" * 40

pytestmark = pytest.mark.engine


class Runner:
    """A job: the scripts run in the project's folder, with its keys and a stand-in for GitHub."""

    def __init__(self, project: Project, platform: Platform) -> None:
        self.project = project
        self.env = {
            **project.environment,
            **platform.environment,
            "TRACKFORM": str(warm.environment() / "bin/trackform"),
        }

    def run(self, script: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable if script.endswith(".py") else "bash", SCRIPTS / script, *arguments],
            env=self.env, cwd=self.project.folder, capture_output=True, text=True, timeout=LONGEST_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.project.sandbox.keys.redtrack not in done.stdout + done.stderr
        return done.stdout


def test_from_a_pull_request_to_the_night(project: Project, tmp_path: Path) -> None:
    folder = str(tmp_path / "reviews")
    with standing_in() as platform:
        job = Runner(project, platform)
        job.run("preview.sh", "demo", folder)
        assert (tmp_path / "reviews" / "demo.status").read_text(encoding="utf-8") == "2\n"
        job.run("verdict.sh", folder, "demo")
        job.run("comment.py", folder, "7", HEAD)
        platform.pulls[MERGED] = [{"number": 7, "merged_at": "2026-01-01T00:00:00Z", "head": {"sha": HEAD}}]
        (stack,) = json.loads(job.run("digests.py", MERGED).partition("=")[2])
        assert project.sandbox.writes() == []
        job.run("apply.sh", stack["stack"], stack["digest"])
        assert project.sandbox.row("campaign")["title"] == "fb-keto-de"
        project.sandbox.edit("offer", project.sandbox.row("offer")["id"], country_codes=["CH"])
        job.run("preview.sh", "demo", folder)
        job.run("issue.py", folder, HEAD)
    (issue,) = platform.issues
    assert "offers/keto-guide" in issue["body"]
    assert "countries" in issue["body"]
