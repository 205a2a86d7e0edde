"""Alerts: where they go, what they say, and what is said where they do not arrive."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from trackform.alerts import LONGEST, message
from trackform.cli import main
from trackform.documents.problems import Problems
from trackform.documents.project_folder import GO_THERE
from trackform.policy import read_policy
from trackform_core.http import api as http

VARIABLE = "ACME_WEBHOOK_URL"
ADDRESS = "https://hooks.chat.test/services/T0/canary-path"
Answer = Callable[[httpx.Request], httpx.Response]


class Chat:
    """A chat whose webhook takes messages, or answers otherwise."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, object]] = []
        self.answer: Answer = lambda _: httpx.Response(200, text="ok")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.posted.append((str(request.url), json.loads(request.read())))
        return self.answer(request)


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chat:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "policy.yaml").write_text(f"alerts: {{webhook: {VARIABLE}}}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, ADDRESS)
    found = Chat()
    monkeypatch.setattr(http, "NETWORK", http.Network(lambda _: httpx.MockTransport(found)))
    return found


def alert(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["alert", *arguments])
    assert "canary" not in done.output
    return done.exit_code, done.output


def test_one_message_in_slacks_format(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "found.txt").write_text("offer keto: +1 <b>\n", encoding="utf-8")
    done = alert(
        "acme: changed outside", "--details", "found.txt", "--details", "missing.txt", "--link", "https://ci.test/1?a=1&b=2"
    )  # fmt: skip
    assert done == (0, "alert: sent\n")
    text = "acme: changed outside\n<https://ci.test/1?a=1&amp;b=2>\n```\noffer keto: +1 &lt;b&gt;\n```"
    assert chat.posted == [(ADDRESS, {"text": text})]


def test_without_a_webhook_nothing_is_sent_and_it_says_so(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "stacks" / "policy.yaml").write_text("alerts: {}\n", encoding="utf-8")
    said = "alert: nothing sent: `alerts` in stacks/policy.yaml names no webhook"
    assert alert("hello") == (0, f"{said}; {GO_THERE}\n")
    (tmp_path / "Pulumi.yaml").touch()
    assert alert("hello") == (0, f"{said}\n")
    assert chat.posted == []


@pytest.mark.parametrize(
    "address",
    ["", "  ", "hooks.chat.test/canary", "http://hooks.chat.test/canary", "ftp://x.test/canary", "https://",
     "https://user@", "canary", "http://127.0.0.1.evil.test/canary"],
)  # fmt: skip
def test_what_is_no_address_is_asked_for_nothing(chat: Chat, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(VARIABLE, address)
    status, said = alert("hello")
    assert status == 1
    assert VARIABLE in said
    assert said.rstrip().endswith("no alert was sent")
    assert chat.posted == []


def test_a_chat_on_this_machine_needs_no_https(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:8065/hooks/canary")
    assert alert("hello")[0] == 0
    assert len(chat.posted) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda _: httpx.Response(404, text="no_service"), "answers HTTP 404 (no_service): the alert was not taken"),
        (lambda request: httpx.Response(403, text=f"no: {request.url}"), "answers HTTP 403: the alert was not taken"),
        (lambda _: httpx.Response(302, headers={"location": "https://evil.test"}), "answers HTTP 302: the alert was"),
        (lambda _: httpx.Response(500, text="<html>canary"), "answers HTTP 500: the alert was not taken"),
    ],
    ids=["gone", "echo", "redirect", "page"],
)
def test_a_no_is_told_without_the_address(chat: Chat, answer: Answer, said: str) -> None:
    chat.answer = answer
    status, output = alert("hello")
    assert status == 1
    assert f"the webhook of {VARIABLE} {said}" in output
    assert len(chat.posted) == 1


def test_no_answer_is_told_and_nothing_is_sent_twice(chat: Chat) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(f"no answer from {request.url}", request=request)

    chat.answer = lost
    status, output = alert("hello")
    assert status == 1
    assert f"the webhook of {VARIABLE} does not answer (ReadTimeout)" in output
    assert len(chat.posted) == 1


def test_nobody_is_called_by_what_a_check_printed() -> None:
    """A campaign's title may hold anything: `<!channel>` would wake everybody."""
    assert message("a", ["<!channel> & ```x```"]) == "a\n```\n&lt;!channel&gt; &amp; '''x'''\n```"


def test_secrets_and_escapes_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDTRACK_API_KEY", "canary-redtrack-key")
    said = message("key canary-redtrack-key", ["\x1b[31m canary-redtrack-key"])
    assert said == "key ***\n```\n\\u001b[31m ***\n```"


@pytest.mark.parametrize(("length", "cut"), [(LONGEST - 1, False), (LONGEST, False), (LONGEST + 1, True)])
def test_a_message_is_no_longer_than_a_chat_shows(length: int, cut: bool) -> None:
    said = message("a", ["x" * length])
    assert said.count("x") == min(length, LONGEST)
    assert said.endswith("…\n```") is cut


def test_all_details_share_the_length() -> None:
    said = message("a", ["x" * (LONGEST - 1), "yy", "z"])
    assert [said.count(letter) for letter in "xyz"] == [LONGEST - 1, 1, 0]


def test_details_that_say_nothing_are_left_out() -> None:
    assert message("a", ["", " \n"]) == "a"


@pytest.mark.parametrize("name", ["TRACKFORM_ALERT_WEBHOOK", "ACME_WEBHOOK_URL", "WEBHOOK", "WEBHOOK_URL"])
def test_the_policy_names_the_variable(tmp_path: Path, name: str) -> None:
    (tmp_path / "policy.yaml").write_text(f"alerts: {{webhook: {name}}}\n", encoding="utf-8")
    assert read_policy(tmp_path, []).webhook == name


@pytest.mark.parametrize(
    "value",
    ["https://hooks.chat.test/canary", "REDTRACK_API_KEY", "acme_webhook", "MYWEBHOOK", "3", "[A_WEBHOOK]", '""'],
)  # fmt: skip
def test_an_address_in_the_policy_is_refused_and_not_repeated(tmp_path: Path, value: str) -> None:
    """Only a name of this form is kept out of every message by whatever process reads it."""
    (tmp_path / "policy.yaml").write_text(f"# ours\nalerts: {{webhook: {value}}}\n", encoding="utf-8")
    with pytest.raises(Problems) as told:
        read_policy(tmp_path, [])
    (problem,) = told.value.problems
    assert "policy.yaml:2: alerts.webhook: must name the environment variable" in str(problem)
    assert "canary" not in str(problem)


def test_an_unknown_word_below_alerts_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("alerts: {webhok: A_WEBHOOK}\n", encoding="utf-8")
    with pytest.raises(Problems, match="unknown key"):
        read_policy(tmp_path, [])
