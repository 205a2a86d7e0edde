"""Answers of GitHub that say little, and marks that are none of ours."""

import json
import socket

import pytest

from tests.ci.stand_in import REPOSITORY, TOKEN, Platform, answering
from tests.ci.test_scripts import HEAD, MERGED, run

MARK = "<!-- trackform review"


def environment(url: str) -> dict[str, str]:
    return {"GITHUB_API_URL": url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}


def test_where_nobody_answers_it_says_so() -> None:
    with socket.socket() as taken:  # bound and not listening: whoever connects is refused
        taken.bind(("127.0.0.1", 0))
        done = run("digests.py", MERGED, env=environment(f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert done.returncode == 1
    assert f"::error::GitHub does not answer GET commits/{MERGED}/pulls: " in done.stdout


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"no"'])
def test_a_refusal_without_a_reason_is_told_as_such(body: bytes) -> None:
    with answering(lambda _request, _body: (502, body)) as url:
        done = run("digests.py", MERGED, env=environment(url))
    assert done.returncode == 1
    assert "GitHub answers 502 to GET" in done.stdout
    assert done.stdout.rstrip().endswith("no reason given")


@pytest.mark.parametrize(
    "mark",
    [
        f"{MARK} -->",
        f"{MARK} {{not json}} -->",
        f"{MARK} {json.dumps([HEAD])} -->",
        f"{MARK} {json.dumps({'digests': {'acme': 'a' * 20}, 'head': HEAD})}",
        f"text before {MARK} {json.dumps({'digests': {'acme': 'a' * 20}, 'head': HEAD})} -->",
    ],
)
def test_a_comment_whose_mark_cannot_be_read_has_no_digests(platform: Platform, mark: str) -> None:
    platform.comment(7, f"{mark}\n## trackform")
    platform.pulls[MERGED] = [{"number": 7, "merged_at": "2026-01-01", "head": {"sha": HEAD}}]
    done = run("digests.py", MERGED, env=platform.environment)
    assert "a" * 20 not in done.stdout
    assert done.returncode == 1
