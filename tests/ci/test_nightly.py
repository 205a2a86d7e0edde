"""What the night finds, and whom it tells: nothing when all is well."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.ci.stand_in import Platform, answering
from tests.ci.test_scripts import HEAD, run
from tests.engine import warm

STUB = """\
#!/usr/bin/env bash
# Each verb answers with the status and the text that the test left for it.
echo "$@" >> calls
if [ "$1" = alert ]; then exec "$REAL" "$@"; fi
[ "$1" = review ] && while [ $# -gt 0 ]; do [ "$1" = --write ] && case $2 in
  *.md) echo "the review" > "$2" ;;
  *.json) echo '{"digest": "0123456789abcdef0123"}' > "$2" ;;
esac; verb=${verb:-$1}; shift; done
verb=${verb:-$1}
echo "what $verb found"
exit "$(cat "$verb.exit" 2> /dev/null || echo 0)"
"""


@dataclass
class Night:
    """A project whose checks end as a test wants, and the chat that is told."""

    folder: Path
    posted: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def ends(self, **statuses: int) -> None:
        for verb, status in statuses.items():
            (self.folder / f"{verb}.exit").write_text(f"{status}\n", encoding="utf-8")

    def look(self) -> tuple[int, str]:
        done = run("nightly.sh", "acme", "reviews", "https://ci.test/1", env=self.environment, cwd=self.folder)
        assert "hooks/canary" not in done.stdout + done.stderr
        return done.returncode, done.stderr

    @property
    def left(self) -> set[str]:
        """The files that say something."""
        return {path.name for path in (self.folder / "reviews").iterdir() if path.stat().st_size}


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    found = Night(tmp_path)

    def chat(_request: BaseHTTPRequestHandler, text: bytes) -> tuple[int, bytes]:
        found.posted.append(json.loads(text)["text"])
        return 200, b"ok"

    stub = tmp_path / "trackform"
    stub.write_text(STUB, encoding="utf-8")
    stub.chmod(0o755)
    stacks = tmp_path / "stacks"
    stacks.mkdir()
    (stacks / "policy.yaml").write_text("alerts: {webhook: TRACKFORM_ALERT_WEBHOOK}\n", encoding="utf-8")
    (stacks / "acme.yaml").touch()
    (stacks / "Pulumi.acme.yaml").touch()
    with answering(chat) as url:
        found.environment = {
            "TRACKFORM": str(stub),
            "REAL": str(warm.environment() / "bin" / "trackform"),
            "TRACKFORM_ALERT_WEBHOOK": f"{url}/hooks/canary",
        }
        yield found


@pytest.mark.parametrize("review", [0, 4])
def test_nothing_is_said_when_all_is_well(night: Night, review: int) -> None:
    """Steps that are open for a person are no news at night."""
    night.ends(review=review)
    assert night.look() == (0, "")
    assert night.posted == []
    assert night.left == {"acme.md", "acme.json", "acme.status"}


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ({"review": 2}, "acme: differs from its file"),
        ({"review": 3}, "acme: changed outside (drift)"),
        ({"review": 1}, "acme: could not be reviewed"),
        ({"verify": 2}, "acme: verify found something"),
        ({"verify": 1}, "acme: verify failed"),
        ({"reconcile": 2}, "acme: reconcile found something"),
        ({"review": 3, "verify": 1, "reconcile": 2},
         "acme: changed outside (drift), verify failed, reconcile found something"),
    ],
    ids=["differs", "drift", "refused", "silent", "no log", "money", "all"],
)  # fmt: skip
def test_one_message_says_what_was_found(night: Night, statuses: dict[str, int], said: str) -> None:
    night.ends(**statuses)
    assert night.look()[0] == 0
    (message,) = night.posted
    first, link, *details = message.splitlines()
    assert (first, link) == (said, "<https://ci.test/1>")
    for check in ("verify", "reconcile"):
        assert (f"what {check} found" in details) is (check in statuses)
        assert (f"acme.{check}.txt" in night.left) is (check in statuses)


def test_the_issue_says_what_the_checks_found_and_is_closed_after_a_sound_night(
    night: Night, platform: Platform
) -> None:
    night.ends(reconcile=2)
    for expected in ("open", "closed"):
        night.look()
        done = run("issue.py", "reviews", HEAD, env=platform.environment, cwd=night.folder)
        assert done.returncode == 0, done.stderr
        (issue,) = platform.issues
        assert issue["state"] == expected
        night.ends(reconcile=0)
    assert "| acme | nothing to do, reconcile has findings |" in issue["body"]
    assert "#### reconcile\n\n```\nwhat reconcile found\n```" in issue["body"]


def test_a_chat_that_does_not_take_it_fails_the_job(night: Night) -> None:
    night.ends(review=3)
    night.environment["TRACKFORM_ALERT_WEBHOOK"] = ""
    status, said = night.look()
    assert status == 1
    assert "TRACKFORM_ALERT_WEBHOOK is not set" in said


def test_without_a_webhook_the_issue_alone_tells(night: Night) -> None:
    night.ends(review=3)
    (night.folder / "stacks" / "policy.yaml").write_text("{}\n", encoding="utf-8")
    assert night.look()[0] == 0
    assert night.posted == []


@pytest.mark.parametrize(("status", "said"), [(2, "is not what was reviewed"), (1, "was not applied, or not wholly")])
def test_an_apply_that_failed_is_told(night: Night, status: int, said: str) -> None:
    night.ends(review=status)
    done = run("apply.sh", "acme", "0" * 20, "", "https://ci.test/2", env=night.environment, cwd=night.folder)
    assert done.returncode == 1
    (message,) = night.posted
    assert message.startswith("acme: ")
    assert said in message
    assert message.endswith("<https://ci.test/2>")


@pytest.mark.parametrize("status", [0, 4])
def test_an_apply_that_worked_is_not(night: Night, status: int) -> None:
    night.ends(review=status)
    assert run("apply.sh", "acme", "0" * 20, env=night.environment, cwd=night.folder).returncode == 0
    assert night.posted == []


@pytest.mark.parametrize("exported", [0, 1])
def test_what_the_account_was_before_is_written_down_first(night: Night, exported: int) -> None:
    """An export that fails is told, and keeps nobody from applying what was reviewed."""
    night.ends(export=exported)
    told = run("apply.sh", "acme", "0" * 20, "", "", "before", env=night.environment, cwd=night.folder)
    assert told.returncode == 0
    assert (night.folder / "before").is_dir()
    assert ("::warning::stack acme: what the account was before could not" in told.stdout) is bool(exported)
    calls = (night.folder / "calls").read_text(encoding="utf-8").splitlines()
    assert calls == ["export acme --out before/acme.yaml", f"review acme --apply {'0' * 20}"]
