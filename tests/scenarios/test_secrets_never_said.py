"""No key, passphrase or protection token is ever said: by no verb, whatever fails, on no log level, into no file."""

import base64
import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import httpx
import pytest
from click.testing import CliRunner

from trackform.cli import main
from trackform_core.http import api as http
from trackform_core.http.attempt import here
from trackform_core.session import session as sessions
from trackform_core.text import secrets

ROOT = Path(__file__).parents[2]
REDTRACK, DIGISTORE24, BRIDGE = "canary-red/track=key&1", "4711-canary-digistore24-key", "canary+bridge+key"
PASSPHRASE, PROXY, WEBHOOK, PTOKEN = 'canary päss"phrase', "canary-proxy-pass", "canary-webhook-path", "canary-ptoken"
CANARIES = {
    "REDTRACK_API_KEY": REDTRACK,
    "DIGISTORE24_API_KEY": DIGISTORE24,
    "TRACKFORM_BRIDGE_KEY": BRIDGE,
    "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
    "NO_SUCH_PROXY": f"http://user:{PROXY}@proxy.test:3128",
    "TRACKFORM_ALERT_WEBHOOK": f"https://hooks.test/{WEBHOOK}",
}
SECRETS = [REDTRACK, DIGISTORE24, BRIDGE, PASSPHRASE, PROXY, WEBHOOK, PTOKEN]
DAYS = ("--days", "1")
SANDBOX = ("--redtrack-key", REDTRACK, "--digistore24-key", DIGISTORE24)

ARGUMENTS: dict[str, list[tuple[str, ...]]] = {
    "accept": [("--stack", "demo", "--dry-run"), ("--stack", "demo", "--preview", "broken.json")],
    "alert": [("hello",), (" ".join(SECRETS), "--details", "broken.json")],
    "completion": [("bash",)],
    "docs": [(), ("errors",)],
    "doctor": [("demo", "--dns"), ("demo", "--json"), ("demo", "--fetch-specs")],
    "export": [("demo",), ("demo", "--out", "stacks/new.yaml"), ("demo", "--unmanaged", "--json")],
    "init": [("demo", "--from-account"), ("other", "--github", "--owner", "@acme/ops")],
    "links": [("demo",), ("demo", "--json")],
    "operator": [
        ("demo", "--list"),
        ("demo", "--live", "--list"),
        ("demo", "--evidence"),
        ("demo", "--html", "o.html"),
    ],
    "probe": [("demo", "--record", "rec.json"), ("demo", "--save", "--json"), ("demo", "--write", "--yes")],
    "reconcile": [("demo", *DAYS), ("demo", *DAYS, "--csv", "r.csv"), ("demo", *DAYS, "--json")],
    "render": [("demo",), ("demo", "--json")],
    "review": [("demo",), ("demo", "--write", "r.html", "--write", "r.md"), ("demo", "--preview", "broken.json")],
    "sandbox check": [("broken.json",)],
    "sandbox enter": [("demo",)],
    "sandbox edit": [("campaign", "fb", "status=paused", *SANDBOX)],
    "sandbox play": [("fb", "sale", *SANDBOX)],
    "schema": [(), ("--wire",)],
    "status": [("demo",), ("demo", "--csv", "s.csv"), ("demo", "--json")],
    "setup": [()],
    "upgrade": [(), ("--dry-run",)],
    "validate": [("demo",), ("demo", "--json")],
    "verify": [("demo", *DAYS), ("demo", "--json"), ("demo", "--sandbox", "http://127.0.0.1:8650")],
}
ASK_NOBODY = {
    "accept", "alert", "completion", "docs", "init", "links", "render", "review", "sandbox check", "schema", "setup",
    "status", "upgrade", "validate",
}  # fmt: skip
"""As they are called here, no service is asked, so that it matters to none of them how one fails."""
ELSEWHERE = {
    "demo": "runs the other verbs, on a sandbox of its own with keys that are no secret",
    "sandbox serve": "asks nobody: it answers",
}


def every_verb(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from every_verb(command, (*path, name))
    else:
        yield " ".join(path)


VERBS = list(every_verb(main))


def echo(request: httpx.Request) -> str:
    """All that a service was sent, and what else it may know, in every spelling that an answer may have."""
    sent = " ".join([str(request.url), *(f"{name}: {value}" for name, value in request.headers.items())])
    whole = [sent, *SECRETS, f"https://x.test/postback?ptoken={PTOKEN}"]
    spelt = [json.dumps(whole), quote(" ".join(whole)), quote(quote(" ".join(whole), safe=""), safe=""), repr(whole)]
    return " ".join([*whole, *spelt, *(base64.b64encode(f"user:{each}".encode()).decode() for each in SECRETS)])


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"refused: {echo(request)}", request=request)


def late(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout(f"timed out: {echo(request)}", request=request)


def behind_a_proxy(request: httpx.Request) -> httpx.Response:
    raise httpx.ProxyError(f"407 of {CANARIES['NO_SUCH_PROXY']}: {echo(request)}", request=request)


def answer(status: int, body: Callable[[str], Any], **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    def answered(request: httpx.Request) -> httpx.Response:
        said = body(echo(request))
        if isinstance(said, str):
            return httpx.Response(status, text=said, headers={"content-type": "text/html", **headers})
        return httpx.Response(status, json=said, headers=headers)

    return answered


def elsewhere(request: httpx.Request) -> httpx.Response:
    return httpx.Response(302, headers={"location": f"https://evil.test/?{quote(echo(request))}"})


FAILURES: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "refused": refused,
    "late": late,
    "proxy": behind_a_proxy,
    "redirect": elsewhere,
    "page": answer(200, lambda said: f"<html>{said}</html>"),
    "no JSON": answer(200, lambda said: "{" + said, **{"content-type": "application/json"}),
    "text": answer(200, lambda said: [said]),
    "a map": answer(200, lambda said: {"said": said}),
    "null": answer(200, lambda _: None),
    "error in 200": answer(200, lambda said: {"error": said, "result": "error", "message": said, "code": said}),
    "cut": answer(400, lambda said: {"error": "x" * 1_990 + said, "result": "error", "message": "x" * 1_990 + said}),
    **{
        str(status): answer(status, lambda said: {"error": said, "result": "error", "message": said})
        for status in (400, 401, 403, 404, 429, 500)
    },
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Path]:
    for name in ("stacks", "templates"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "stacks").unlink()
    (tmp_path / "stacks" / "shared").mkdir(parents=True)
    for name in ("demo.yaml", "policy.yaml", "shared/digistore24.yaml", "Pulumi.demo.yaml"):
        (tmp_path / "stacks" / name).write_text((ROOT / "stacks" / name).read_text())
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    (tmp_path / "broken.json").write_text(json.dumps({"steps": [{"op": " ".join(SECRETS)}]}))
    monkeypatch.chdir(tmp_path)
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    caplog.set_level(logging.DEBUG)
    met, tokens = dict(secrets._met), dict(secrets._tokens)
    secrets.remember_token(PTOKEN)
    sessions.forget_everything()

    def failed(*_: Any, **options: Any) -> subprocess.CompletedProcess[Any]:
        said = f"error: {' '.join(SECRETS)} {json.dumps(SECRETS)}"
        as_text = options.get("text") or options.get("encoding")
        return subprocess.CompletedProcess([], 255, "" if as_text else b"", said if as_text else said.encode())

    monkeypatch.setattr(subprocess, "run", failed)
    yield tmp_path
    sessions.forget_everything()
    for kept, before in ((secrets._met, met), (secrets._tokens, tokens)):
        kept.clear()
        kept.update(before)


def spellings() -> set[str]:
    """Each secret as it may be met in a text, and half of it: what is cut is cut after it is hidden."""
    spelt = set()
    for secret in SECRETS:
        half = secret[: len(secret) // 2 + 2]
        spelt |= {secret, half, quote(half, safe=""), json.dumps(half)[1:-1]}
        spelt.add(base64.b64encode(f"user:{secret}".encode()).decode()[8:-4])
    return spelt | {"canary"}


def test_every_verb_is_tried() -> None:
    assert sorted({*ARGUMENTS, *ELSEWHERE}) == VERBS


@pytest.mark.parametrize(
    ("verb", "failure"), [(v, f) for v in ARGUMENTS for f in (["refused"] if v in ASK_NOBODY else FAILURES)]
)
def test_no_verb_says_a_secret(
    verb: str, failure: str, project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = list[httpx.URL]()

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return FAILURES[failure](request)

    mock = httpx.MockTransport(answered)
    monkeypatch.setattr(http, "NETWORK", http.Network(lambda _: mock, base_wait=0, sleep=lambda _: None, watch=here))
    client = httpx.Client
    monkeypatch.setattr(httpx, "Client", lambda **options: client(**({"transport": mock} | options)))
    written = {path.name for path in project.rglob("*")}
    for arguments in ARGUMENTS[verb]:
        done = CliRunner().invoke(main, [*verb.split(), *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        fresh = [path for path in project.rglob("*") if path.is_file() and path.name not in written]
        said = "\n".join([done.output, done.stderr, caplog.text, *(path.read_text() for path in fresh)])
        assert not [said[max(0, said.index(each) - 80) : said.index(each) + 80] for each in spellings() if each in said]
    assert bool(asked) is (verb not in ASK_NOBODY)
