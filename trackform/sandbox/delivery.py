"""Delivers postbacks and clicks to the sandbox's tracking domains, by their URLs."""

import io
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask

from trackform.sandbox.accounts import REDTRACK, dedicated_domain, known_accounts
from trackform.sandbox.faults import CutError
from trackform.sandbox.front import run
from trackform.sandbox.store import Store

NOT_FOUND = (0, "host not found")


def tracking_hosts(store: Store) -> set[str]:
    """Every host that leads to RedTrack: custom tracking domains and the accounts' dedicated ones."""
    custom = {str(row["url"]).lower() for _, row in store.everywhere("domain")}
    return custom | {dedicated_domain(row["account"]) for row in known_accounts(store, REDTRACK)}


def visit(path: str, query: str) -> dict[str, Any]:
    """A GET as WSGI has it. Flask's test client makes the same, and takes longer for it than the sandbox to answer."""
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.encode().decode("latin-1"), "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip


def courier(app: Flask, store: Store) -> Callable[[str], tuple[int, str]]:
    """A ``deliver`` over the application itself, so that no name has to resolve."""

    def deliver(url: str) -> tuple[int, str]:
        target = urlsplit(url)
        if (target.hostname or "").lower() not in tracking_hosts(store):
            return NOT_FOUND
        try:
            line, headers, body = run(app, visit(f"/t{target.path}", target.query))
        except CutError as error:
            return (0, str(error))
        status, location = int(line.split()[0]), dict(headers).get("Location")
        return (status, location if status == HTTPStatus.FOUND and location else body.decode("utf-8", "replace"))

    return deliver
