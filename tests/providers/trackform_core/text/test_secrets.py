"""A secret is hidden in every spelling, before anything is cut."""

import base64
import html
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform_core.dynamic import Failed, Fit, say
from trackform_core.errors import TrackformError
from trackform_core.http.service_error import LONGEST, ServiceError
from trackform_core.model.postback_token import join_token, split_token
from trackform_core.text import secrets
from trackform_core.text.secrets import redacted, without_keys
from trackform_core.text.shown import escaped, fit_to_show

SECRET = "canary-\"k'e\\y/&ä=1"


def own_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_met", {})
    monkeypatch.setattr(secrets, "_tokens", {})


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    own_of(monkeypatch)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)),
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "percent": lambda text: quote(text, safe=""),
    "percent, slashes kept": quote,
    "percent, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "lower percent": lambda text: quote(text, safe="").lower(),
    "percent of JSON": lambda text: quote(json.dumps(text)),
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "HTML": html.escape,
    "HTML by numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of user and password": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"me:{text}:x".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_hidden(spelling: str) -> None:
    secrets.remember(SECRET)
    written = SPELLINGS[spelling](SECRET)
    said = redacted(f"a {written} b {written}")
    assert secrets.HIDDEN in said
    assert written[4:-5] not in said
    assert said.startswith("a ")


@given(st.text(min_size=8), st.text(max_size=5))
@example('"\\/%+ ä\n\x1b', "")
@example("a" * 8, "aaaa")
@example("%2F%2F%2F", "/")
def test_whatever_a_secret_is_made_of(secret: str, around: str) -> None:
    secrets._met.clear()
    secrets.remember(secret)
    for spelt in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
        assert secret not in redacted(f"{around}|{spelt}|{around}") or secret in f"{around}|{secrets.HIDDEN}|{around}"


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("REDTRACK_API_KEY", "canary-key", "canary-key"),
        ("REDTRACK_API_KEY__ACME", "canary-key", "canary-key"),
        ("PULUMI_CONFIG_PASSPHRASE", "canary phrase", "canary phrase"),
        ("PULUMI_ACCESS_TOKEN", "canary-token", "canary-token"),
        ("https_proxy", "http://user:canary%20pass@proxy.test:1", "canary pass"),
        ("ALL_PROXY", "http://canary-token@proxy.test", "//canary-token@"),
        ("PULUMI_BACKEND_URL", "postgres://me:canary-pass@db.test/x", "canary-pass"),
        ("ALERT_WEBHOOK", "https://hooks.test/services/canary", "services/canary"),
        ("ALERT_WEBHOOK_URL", "https://hooks.test/services/canary", "https://hooks.test/services/canary"),
    ],
)
def test_secrets_of_the_environment(name: str, value: str, hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert "canary" not in redacted(f"said {hidden} and {value}")


@pytest.mark.parametrize("name", ["PULUMI_STACK", "HOME", "TRACKFORM_ALLOW"])
def test_what_is_no_secret_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "canary-value")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "demo")
    assert redacted("stack demo: canary-value") == "stack demo: canary-value"


def test_what_is_too_short_to_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for keep in (secrets.remember, secrets.remember_token, secrets.remember_tokens):
        keep("secret7")
        assert redacted("secret7 secret78") == "secret7 secret78"
        keep("secret78")
        assert redacted("secret7 secret78") == "secret7 ***"
        own_of(monkeypatch)
    monkeypatch.setenv("MY_TOKEN", " secret7 ")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret7@p.test")
    assert redacted("secret7 secret78") == "secret7 secret78"
    monkeypatch.setenv("MY_TOKEN", " secret78 ")
    assert redacted("secret7 secret78") == "secret7 ***"
    monkeypatch.setenv("MY_TOKEN", "")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret78@p.test")
    assert redacted("secret7 secret78") == "secret7 ***"
    secrets.remember(None)
    secrets.remember_token(None)
    secrets.remember_tokens({"cert": ["secret90"], "key": {"pem": "secret89"}})
    assert redacted("secret89 secret90") == "*** ***"


def test_one_secret_may_be_hidden_whatever_its_length() -> None:
    assert secrets.without("ab", "ab a b %61%62 ab") == "*** a b *** ***"
    assert secrets.without("", "ab") == "ab"


def test_protection_tokens() -> None:
    url, token = split_token("https://x.test/postback?a=1&ptoken=canary%2Dtoken&b=2")
    assert (url, token) == ("https://x.test/postback?a=1&b=2", "canary-token")
    assert redacted("the token canary-token is wrong") == "the token *** is wrong"
    assert redacted("?a=1&ptoken=abc&b=2 ptoken%3Dx api_key=y") == "?a=1&ptoken=***&b=2 ptoken%3D*** api_key=***"
    # What a person is to enter is whole.
    assert without_keys(join_token(url, token)) == "https://x.test/postback?a=1&b=2&ptoken=canary-token"


@pytest.mark.parametrize("before", range(LONGEST // 2 - 30, LONGEST // 2 + 5, 5))
def test_what_is_cut_is_cut_after_it_is_hidden(before: int) -> None:
    secrets.remember(SECRET)
    said = ServiceError("RedTrack", "failed", "x" * before + SECRET + "y" * LONGEST + SECRET + "z" * before).message
    assert "canary" not in said
    assert len(said) < LONGEST + 50


def test_a_body_of_many_megabytes_is_said_in_short() -> None:
    secrets.remember(SECRET)
    said = ServiceError("RedTrack", "failed", f"no\r\n[2J{SECRET * 1_000_000}. Do that").message
    assert len(said) < LONGEST + 50
    assert "\n" not in said
    assert said.endswith("Do that")


STEERING = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\r",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\u2028",
    "\x00",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.parametrize("characters", STEERING)
def test_nothing_steers_the_terminal_that_shows_it(characters: str) -> None:
    for said in (str(TrackformError(f"a{characters}b")), str(ServiceError("X", "failed", f"a{characters}b"))):
        assert characters not in said
    shown = escaped(f"a{characters}b")
    assert json.loads(f'"{shown}"') == f"a{characters}b"
    assert escaped(shown) == shown


def test_what_people_write_is_shown_as_it_is() -> None:
    families = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} \u2764\ufe0f\N{ZERO WIDTH JOINER}\N{FIRE}"
    text = f"\ufeffÄpfel\t“quoted” 日本 العربية 👍 {families}\r\nnext\n"
    assert fit_to_show(text) == text


def test_whatever_fails_in_the_plugin(caplog: pytest.LogCaptureFixture) -> None:
    secrets.remember(SECRET)
    secrets.remember_token("canary-token")

    def fails() -> None:
        raise KeyError(f"{SECRET}\x1b[2J and canary-token")

    with pytest.raises(Failed) as caught:
        say("offer/x", fails)
    assert "canary" not in str(caught.value) + caplog.text
    assert "\x1b" not in str(caught.value)
    record = logging.LogRecord("trackform", logging.WARNING, "", 0, "%s said", (SECRET,), None)
    assert Fit("%(message)s").format(record) == "*** said"


def test_a_fault_of_ours_on_the_command_line(tmp_path: Path) -> None:
    program = (
        "import click, sys; from trackform.cli import main\n"
        "@main.command()\ndef broken(): raise ValueError(sys.argv[2])\n"
        "type(main).get_command = lambda *_: broken\nmain(['broken'])"
    )
    environment = {**os.environ, "REDTRACK_API_KEY": "canary-red-track"}
    done = subprocess.run(
        [sys.executable, "-c", program, "broken", "canary-red-track \x1b[2J"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "ValueError: *** \\u001b[2J" in done.stderr
