"""Stand-ins, over real HTTP, for what the workflows call: of GitHub's REST API, the few calls that they make."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
REPOSITORY = "acme/tracking"
TOKEN = "canary-token-of-the-job"
BOT = "github-actions[bot]"


@dataclass
class Platform:
    """What the stand-in holds. ``comments`` by the number of the issue or pull request."""

    url: str = ""
    comments: dict[int, list[Row]] = field(default_factory=dict)
    issues: list[Row] = field(default_factory=list)
    pulls: dict[str, list[Row]] = field(default_factory=dict)
    """Commit -> its pull requests."""
    calls: list[str] = field(default_factory=list)
    refuse: tuple[int, str] | None = None
    _ids: int = 100

    @property
    def environment(self) -> dict[str, str]:
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}

    def comment(self, number: int, body: str, login: str = BOT) -> Row:
        self._ids += 1
        row = {"id": self._ids, "body": body, "user": {"login": login}}
        self.comments.setdefault(number, []).append(row)
        return row

    def answer(self, method: str, path: str, query: dict[str, str], body: Row) -> tuple[int, Any]:  # noqa: PLR0911 -- one a call
        if self.refuse:
            return self.refuse[0], {"message": self.refuse[1]}
        rest = path.removeprefix(f"/repos/{REPOSITORY}/")
        if found := re.fullmatch(r"issues/(\d+)/comments", rest):
            number = int(found[1])
            if method == "POST":
                return self._limited(body) or (201, self.comment(number, body["body"]))
            return 200, _page(self.comments.get(number, []), query)
        if found := re.fullmatch(r"issues/comments/(\d+)", rest):
            (row,) = (row for rows in self.comments.values() for row in rows if row["id"] == int(found[1]))
            row.update(body)
            return self._limited(body) or (200, row)
        if found := re.fullmatch(r"commits/(\w+)/pulls", rest):
            return 200, _page(self.pulls.get(found[1], []), query)
        if rest == "issues" and method == "POST":
            issue = {"number": len(self.issues) + 1, "state": "open", "user": {"login": BOT}, **body}
            self.issues.append(issue)
            return self._limited(body) or (201, issue)
        if rest == "issues":
            return 200, _page([row for row in self.issues if row["state"] == query["state"]], query)
        if found := re.fullmatch(r"issues/(\d+)", rest):
            self.issues[int(found[1]) - 1].update(body)
            return self._limited(body) or (200, self.issues[int(found[1]) - 1])
        return 404, {"message": "Not Found"}

    def _limited(self, body: Row) -> tuple[int, Row] | None:
        return (422, {"message": "body is too long"}) if len(body.get("body", "")) > 65_536 else None


def _page(rows: list[Row], query: dict[str, str]) -> list[Row]:
    size, page = int(query["per_page"]), int(query["page"])
    return rows[(page - 1) * size : page * size]


Answer = Callable[[BaseHTTPRequestHandler, bytes], tuple[int, bytes]]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """The address of a server that answers each request, of which it is told the body, with a status and a body."""

    class Handler(BaseHTTPRequestHandler):
        def handle_call(self) -> None:
            status, text = answer(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = handle_call  # noqa: N815 -- the base class calls them so

        def log_message(self, *_args: Any) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def standing_in() -> Iterator[Platform]:
    platform = Platform()

    def answer(request: BaseHTTPRequestHandler, text: bytes) -> tuple[int, bytes]:
        where = urlsplit(request.path)
        platform.calls.append(f"{request.command} {where.path.removeprefix(f'/repos/{REPOSITORY}/')}")
        query = {name: values[0] for name, values in parse_qs(where.query).items()}
        known = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        body = json.loads(text) if text else {}
        status, said = platform.answer(request.command, where.path, query, body) if known else (401, {})
        return status, json.dumps(said).encode()

    with answering(answer) as platform.url:
        yield platform
