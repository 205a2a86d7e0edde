"""The few calls of GitHub's REST API that the workflows make. Standard library only: these jobs install nothing."""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

Row = dict[str, Any]
PER_PAGE = 100
TIMEOUT_S = 30
WRITTEN_BY = "github-actions[bot]"
"""Who a workflow's own token writes as. What others write is never taken for ours: anybody may comment."""


class GitHubError(Exception):
    """GitHub said no, or nothing. Holds no token."""


class GitHub:
    """One repository, with the token of the job."""

    def __init__(self, url: str, repository: str, token: str, login: str = WRITTEN_BY) -> None:
        self._url = url.rstrip("/")
        self._repository = repository
        self._token = token
        self.login = login

    @classmethod
    def here(cls) -> "GitHub":
        """From what GitHub Actions sets in every job, and ``GITHUB_TOKEN``, which a job has to ask for."""
        missing = [name for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN") if not os.environ.get(name)]
        if missing:
            raise GitHubError(f"{', '.join(missing)} not set: this script runs in a job of GitHub Actions")
        url = os.environ.get("GITHUB_API_URL", "https://api.github.com")
        return cls(url, os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_TOKEN"])

    def call(self, method: str, path: str, body: Row | None = None, **query: Any) -> Any:
        """One call below the repository.

        Raises:
            GitHubError: no answer, or one that is no success.
        """
        where = f"{self._url}/repos/{self._repository}/{path}"
        request = urllib.request.Request(  # noqa: S310 -- the address is GitHub's own variable
            f"{where}?{urllib.parse.urlencode(query)}" if query else where,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/vnd.github+json",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "trackform",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise GitHubError(f"GitHub answers {error.code} to {method} {path}: {_said(error)}") from None
        except OSError as error:
            raise GitHubError(f"GitHub does not answer {method} {path}: {error}") from None
        return json.loads(text) if text else None

    def every(self, path: str, **query: Any) -> Iterator[Row]:
        """All rows of a listing, page by page."""
        page = 1
        while True:
            rows = self.call("GET", path, **query, per_page=PER_PAGE, page=page)
            yield from rows
            if len(rows) < PER_PAGE:
                return
            page += 1

    def ours(self, rows: Iterator[Row], marker: str) -> Row | None:
        """The first row that the workflows wrote with this marker."""
        for row in rows:
            if (row.get("user") or {}).get("login") == self.login and marker in str(row.get("body") or ""):
                return row
        return None


def _said(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read()).get("message", ""))
    except (ValueError, AttributeError):
        return "no reason given"


def fail(error: Exception) -> int:
    """Tell it where GitHub shows errors; the exit status."""
    print(f"::error::{error}")
    print(str(error), file=sys.stderr)
    return 1
