"""Delivers postbacks and clicks to the sandbox's tracking domains, by their URLs."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask

from trackform.sandbox.accounts import REDTRACK, dedicated_domain, known_accounts
from trackform.sandbox.faults import CutError
from trackform.sandbox.store import Store

NOT_FOUND = (0, "host not found")


def tracking_hosts(store: Store) -> set[str]:
    """Every host that leads to RedTrack: custom tracking domains and the accounts' dedicated ones."""
    custom = {str(row["url"]).lower() for _, row in store.everywhere("domain")}
    return custom | {dedicated_domain(row["account"]) for row in known_accounts(store, REDTRACK)}


def courier(app: Flask, store: Store) -> Callable[[str], tuple[int, str]]:
    """A ``deliver`` over the application itself, so that no name has to resolve."""

    def deliver(url: str) -> tuple[int, str]:
        target = urlsplit(url)
        if (target.hostname or "").lower() not in tracking_hosts(store):
            return NOT_FOUND
        try:
            answer = app.test_client().get(f"/t{target.path}", query_string=target.query)
        except CutError as error:
            return (0, str(error))
        location = answer.headers.get("Location")
        return (answer.status_code, location if answer.status_code == HTTPStatus.FOUND and location else answer.text)

    return deliver
