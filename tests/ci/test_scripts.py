"""The scripts that workflows run, as they run them, against a stand-in for GitHub."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.ci.stand_in import TOKEN, Platform
from tests.engine import warm

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "tools" / "ci"
HEAD = "1111111111111111111111111111111111111111"
OTHER = "2222222222222222222222222222222222222222"
MERGED = "3333333333333333333333333333333333333333"


def run(
    script: str, *arguments: str, env: dict[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    program = [warm.environment() / "bin" / "python"] if script.endswith(".py") else ["bash"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "TRACKFORM_"))}
    done = subprocess.run(
        [*program, SCRIPTS / script, *arguments],
        env={**kept, **(env or {})}, cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done


def leave(folder: Path, stack: str, status: int, text: str = "", digest: str = "0123456789abcdef0123") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{stack}.status").write_text(f"{status}\n", encoding="utf-8")
    if text:
        (folder / f"{stack}.md").write_text(text, encoding="utf-8")
        (folder / f"{stack}.json").write_text(json.dumps({"digest": digest}), encoding="utf-8")
    return folder


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    folder = leave(tmp_path / "reviews", "acme", 2, "**acme: differs, 1 to create**")
    return leave(folder, "beta", 0, "**beta: nothing to do**", digest="b" * 20)


def test_one_comment_that_is_updated(platform: Platform, reviews: Path) -> None:
    platform.comment(7, "looks good", login="ada")
    assert run("comment.py", str(reviews), "7", HEAD, env=platform.environment).returncode == 0
    leave(reviews, "acme", 2, "**acme: differs, 2 to create**")
    assert run("comment.py", str(reviews), "7", OTHER, env=platform.environment).returncode == 0
    assert len(platform.comments[7]) == 2
    body = platform.comments[7][1]["body"]
    assert "2 to create" in body
    assert "1 to create" not in body
    assert "| acme | differs |\n| beta | nothing to do |" in body


def test_an_equal_comment_is_not_written_again(platform: Platform, reviews: Path) -> None:
    for _ in range(2):
        run("comment.py", str(reviews), "7", HEAD, env=platform.environment)
    assert [call for call in platform.calls if not call.startswith("GET")] == ["POST issues/7/comments"]


def test_our_comment_is_found_on_a_later_page(platform: Platform, reviews: Path) -> None:
    for number in range(130):
        platform.comment(7, f"comment {number}", login="ada")
    for head in (HEAD, OTHER):
        run("comment.py", str(reviews), "7", head, env=platform.environment)
    assert len(platform.comments[7]) == 131


def test_what_others_write_is_never_taken_for_ours(platform: Platform, reviews: Path) -> None:
    forged = f"<!-- trackform review {json.dumps({'digests': {'acme': 'f' * 20}, 'head': HEAD})} -->"
    platform.comment(7, forged, login="mallory")
    platform.pulls[MERGED] = [{"number": 7, "merged_at": "2026-01-01", "head": {"sha": HEAD}}]
    refused = run("digests.py", MERGED, env=platform.environment)
    assert refused.returncode == 1
    assert "no review by github-actions[bot]" in refused.stderr
    run("comment.py", str(reviews), "7", HEAD, env=platform.environment)
    assert platform.comments[7][0]["body"] == forged
    found = run("digests.py", MERGED, env=platform.environment).stdout
    assert "ffffffff" not in found


def test_a_comment_fits_however_much_there_is(platform: Platform, tmp_path: Path) -> None:
    for number in range(5):
        leave(tmp_path, f"stack{number}", 2, f"start{number} " + "ü" * 20_000)
    leave(tmp_path, "worst", 1, "the refused one " + "x" * 50_000)
    done = run("comment.py", str(tmp_path), "7", HEAD, "https://ci.test/1", env=platform.environment)
    assert done.returncode == 0, done.stderr
    body = platform.comments[7][0]["body"]
    assert "the refused one" in body
    assert body.count("Too long to be shown here") == 5
    assert "[All of it](https://ci.test/1)" in body


@pytest.mark.parametrize("stacks", [1, 2, 12])
def test_each_review_of_a_large_change_is_shown(platform: Platform, tmp_path: Path, stacks: int) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    for number in range(stacks):
        (folder / f"stack{number:02}.yaml").touch()
        (folder / f"Pulumi.stack{number:02}.yaml").touch()
    share = int(run("share.py", cwd=tmp_path).stdout)
    for number in range(stacks):
        leave(tmp_path / "reviews", f"stack{number:02}", 2, f"start{number:02} ".ljust(share, "x"))
    done = run("comment.py", "reviews", "7", HEAD, "https://ci.test/1", env=platform.environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    body = platform.comments[7][0]["body"]
    assert [number for number in range(stacks) if f"start{number:02}" not in body] == []
    assert len(body) > 50_000


def test_a_stack_that_nobody_looked_at_is_no_silence(platform: Platform, tmp_path: Path) -> None:
    """Its job broke off before there was a review: neither is its drift gone, nor may the merge be applied."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    for name in ("acme", "beta"):
        (folder / f"Pulumi.{name}.yaml").touch()
        (folder / f"{name}.yaml").touch()
    leave(tmp_path / "reviews", "acme", 0, "**acme: nothing to do**")
    for script in (("issue.py", "reviews", HEAD), ("comment.py", "reviews", "7", HEAD)):
        run(*script, env=platform.environment, cwd=tmp_path)
    (issue,) = platform.issues
    assert "beta" in issue["body"]
    assert "It was not looked at" in platform.comments[7][0]["body"]
    platform.pulls[MERGED] = [{"number": 7, "merged_at": "2026-01-01T00:00:00Z", "head": {"sha": HEAD}}]
    done = run("digests.py", MERGED, env=platform.environment)
    assert done.returncode == 1
    assert "merged without a review of beta" in done.stderr


def test_a_preview_that_failed_is_told(platform: Platform, tmp_path: Path) -> None:
    leave(tmp_path, "acme", 1)
    run("comment.py", str(tmp_path), "7", HEAD, env=platform.environment)
    assert "The preview failed: the job's log says why." in platform.comments[7][0]["body"]


def test_a_refused_call_is_an_error_without_the_token(platform: Platform, reviews: Path) -> None:
    platform.refuse = (403, "Resource not accessible by integration")
    done = run("comment.py", str(reviews), "7", HEAD, env=platform.environment)
    assert done.returncode == 1
    assert "GitHub answers 403 to GET issues/7/comments: Resource not accessible by integration" in done.stderr


def test_outside_of_a_job() -> None:
    done = run("digests.py", MERGED)
    assert done.returncode == 1
    assert "GITHUB_REPOSITORY, GITHUB_TOKEN not set" in done.stderr


def digests(platform: Platform, reviews: Path, *, head: str = HEAD, pulls: int = 1) -> Any:
    run("comment.py", str(reviews), "7", HEAD, env=platform.environment)
    pull = {"number": 7, "merged_at": "2026-01-01T00:00:00Z", "head": {"sha": head}}
    platform.pulls[MERGED] = [{"number": 8, "merged_at": None, "head": {"sha": head}}, *[pull] * pulls]
    return run("digests.py", MERGED, env=platform.environment)


def test_a_merge_stands_for_what_was_reviewed(platform: Platform, reviews: Path) -> None:
    done = digests(platform, reviews)
    assert done.returncode == 0, done.stderr
    name, _, data = done.stdout.strip().partition("=")
    assert name == "stacks"
    assert json.loads(data) == [
        {"stack": "acme", "digest": "0123456789abcdef0123"},
        {"stack": "beta", "digest": "b" * 20},
    ]


def test_a_commit_after_the_review_is_not_applied(platform: Platform, reviews: Path) -> None:
    done = digests(platform, reviews, head=OTHER)
    assert done.returncode == 1
    assert "the review in #7 is of 111111111111, but 222222222222 was merged" in done.stderr
    assert "stacks=" not in done.stdout


@pytest.mark.parametrize("pulls", [0, 2])
def test_a_push_that_nobody_reviewed_is_not_applied(platform: Platform, reviews: Path, pulls: int) -> None:
    done = digests(platform, reviews, pulls=pulls)
    assert done.returncode == 1
    assert f"belongs to {pulls} merged pull requests" in done.stderr


def test_a_stack_whose_preview_failed_stops_all(platform: Platform, reviews: Path) -> None:
    leave(reviews, "gamma", 1)
    done = digests(platform, reviews)
    assert done.returncode == 1
    assert "merged without a review of gamma" in done.stderr


@pytest.mark.parametrize("status", [1, 2, 3])
def test_one_issue_opened_updated_and_closed(platform: Platform, tmp_path: Path, status: int) -> None:
    leave(tmp_path, "acme", status, "**acme: one thing**")
    leave(tmp_path, "beta", 4, "**beta: only operator steps**")
    arguments = ("issue.py", str(tmp_path), HEAD)
    run(*arguments, env=platform.environment)
    leave(tmp_path, "acme", status, "**acme: two things**")
    run(*arguments, env=platform.environment)
    (issue,) = platform.issues
    assert "two things" in issue["body"]
    assert "only operator steps" not in issue["body"]
    leave(tmp_path, "acme", 0, "**acme: nothing to do**")
    run(*arguments, env=platform.environment)
    assert issue["state"] == "closed"
    leave(tmp_path, "acme", status, "**acme: again**")
    run(*arguments, env=platform.environment)
    assert [each["state"] for each in platform.issues] == ["closed", "open"]


def test_no_issue_where_nothing_differs(platform: Platform, tmp_path: Path) -> None:
    leave(tmp_path, "acme", 0, "**acme: nothing to do**")
    assert run("issue.py", str(tmp_path), HEAD, env=platform.environment).returncode == 0
    assert platform.issues == []


def test_a_check_that_did_not_run_is_no_silence(platform: Platform, tmp_path: Path) -> None:
    done = run("issue.py", str(tmp_path / "none"), HEAD, env=platform.environment)
    assert done.returncode == 1
    assert "did not run" in done.stderr


def test_live_stacks(tmp_path: Path) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    for name in ("acme", "demo", "beta"):
        (folder / f"Pulumi.{name}.yaml").touch()
    for name in ("acme", "demo", "policy"):
        (folder / f"{name}.yaml").touch()
    assert run("stacks.py", cwd=tmp_path).stdout == 'stacks=["acme"]\n'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose last commit loosens the policy, and a `trackform` that says how it was called."""
    folder = tmp_path / "repository"
    (folder / "stacks").mkdir(parents=True)
    fake = folder / "trackform"
    fake.write_text(
        '#!/bin/sh\nprintf "%s " "$@"\necho\n'
        'echo "policy: $(cat "$TRACKFORM_POLICY" 2>/dev/null)"\nexit ${STATUS:-0}\n',
        encoding="utf-8",
    )
    fake.chmod(0o755)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@a.test", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, "init", "-q"], check=True)
    for text in ("strict", "loose"):
        (folder / "stacks" / "policy.yaml").write_text(text, encoding="utf-8")
        subprocess.run([*git, "add", "stacks"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", text], check=True)
    return folder


def in_repository(repository: Path, script: str, *arguments: str, status: int = 0) -> Any:
    env = {"TRACKFORM": str(repository / "trackform"), "STATUS": str(status)}
    return run(script, *arguments, env=env, cwd=repository)


@pytest.mark.parametrize("status", [0, 1, 2, 3, 4])
def test_a_preview_leaves_its_status_and_never_fails_itself(repository: Path, status: int) -> None:
    done = in_repository(repository, "preview.sh", "acme", "out", "HEAD^1", status=status)
    assert done.returncode == 0
    assert done.stdout.startswith(
        "review acme --base HEAD^1 --longest 63936 --write out/acme.md --write out/acme.json --write out/acme.html"
    )
    assert (repository / "out" / "acme.status").read_text(encoding="utf-8") == f"{status}\n"
    verdict = run("verdict.sh", "out", "acme", cwd=repository)
    assert verdict.returncode == (status == 1)


def test_the_policy_is_the_base_branchs(repository: Path) -> None:
    assert "policy: strict" in in_repository(repository, "preview.sh", "acme", "out", "HEAD^1").stdout
    assert "policy: strict" in in_repository(repository, "apply.sh", "acme", "0" * 20, "HEAD^1").stdout
    assert "policy: \n" in in_repository(repository, "preview.sh", "acme", "out").stdout


def test_a_base_that_is_not_there(repository: Path) -> None:
    for script, arguments in (("preview.sh", ("acme", "out")), ("apply.sh", ("acme", "0" * 20))):
        done = in_repository(repository, script, *arguments, "0" * 40)
        assert done.returncode == 1
        assert f"there is no commit {'0' * 40} here" in done.stderr
        assert "review" not in done.stdout


@pytest.mark.parametrize(("status", "fails"), [(0, False), (1, True), (2, True), (3, True), (4, False)])
def test_what_an_apply_comes_to(repository: Path, status: int, fails: bool) -> None:
    done = in_repository(repository, "apply.sh", "acme", "d" * 20, status=status)
    assert done.stdout.startswith(f"review acme --apply {'d' * 20}")
    assert (done.returncode != 0) is fails


def test_offline_checks_need_nothing_secret() -> None:
    bare = dict.fromkeys(("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "PULUMI_CONFIG_PASSPHRASE"), "")
    done = run("offline.sh", env={**bare, "TRACKFORM": str(warm.environment() / "bin" / "trackform")})
    assert done.returncode == 0, done.stderr
    assert "demo offer keto-guide: https://" in done.stdout
