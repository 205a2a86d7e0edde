"""Keeps exchanges with the live services, without what anybody could not share."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from trackform.documents.report_file import ReportFile, has_keys
from trackform.flow.live_settings import SETTINGS
from trackform.recording.masking import Masking, strings_in
from trackform_core.errors import TrackformError
from trackform_core.http.exchange import Exchange
from trackform_core.text import files

VERSION = 1
FORMAT = "trackform_recording"
NOBODY = "nobody"


@dataclass(frozen=True)
class KeptExchange:
    """One exchange of a recording.

    Attributes:
        key: `own`, or `nobody` where a key was sent that no account has.
        answer: the body, its values replaced; ``None`` also for what was no JSON.
        is_empty: whether the answer had no body.
    """

    service: str
    method: str
    path: str
    query: Mapping[str, Any]
    sent: Any
    status: int
    headers: Mapping[str, str]
    answer: Any
    is_empty: bool
    key: str = "own"


@dataclass(frozen=True)
class Recording:
    """What one run saw: its exchanges, and what it made of them."""

    exchanges: tuple[KeptExchange, ...]
    answers: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        document = {
            FORMAT: VERSION,
            "answers": dict(self.answers),
            "exchanges": [vars(exchange) for exchange in self.exchanges],
        }
        return json.dumps(document, indent=1) + "\n"


@dataclass
class Recorder:
    """Hears exchanges, and makes a recording of them."""

    heard: list[tuple[Exchange, str]] = field(default_factory=list)

    def hear(self, exchange: Exchange) -> None:
        self.heard.append((exchange, "own"))

    def hear_of_nobody(self, exchange: Exchange) -> None:
        self.heard.append((exchange, NOBODY))

    def recording(self, answers: Mapping[str, str]) -> Recording:
        """All that was heard, masked alike; of the answers those whose values the services publish."""
        seen = [[each.answer, dict(each.query), each.sent] for each, _ in self.heard]
        masking = Masking(strings_in(seen))
        kept = {name: value for name, value in answers.items() if SETTINGS[name].values or value.isdecimal()}
        return Recording(tuple(_kept(masking, each, key) for each, key in self.heard), kept)


def recording_file(path: Path) -> ReportFile:
    """The file that a recording goes to: no file of anybody else's is replaced."""
    return ReportFile(path, "trackform probe --record", has_keys(frozenset({FORMAT, "exchanges"})))


def read_recording(path: Path) -> Recording:
    """A recording from its file.

    Raises:
        TrackformError: it is none.
    """
    try:
        document = files.read_json(path)
        if document.get(FORMAT) != VERSION:
            raise TrackformError(f"{path} is no recording that this version reads: {FORMAT} is not {VERSION}")
        exchanges = TypeAdapter(tuple[KeptExchange, ...]).validate_python(document["exchanges"])
        answers = TypeAdapter(dict[str, str]).validate_python(document.get("answers") or {})
        return Recording(exchanges, answers)
    except FileNotFoundError:
        raise TrackformError(f"{path} is not there") from None
    except files.UnreadableError as error:
        raise TrackformError(
            f"{path} is no recording: `trackform probe --record FILE` makes one. {error.located(path)}"
        ) from None
    except (ValueError, AttributeError, KeyError, TypeError):
        raise TrackformError(f"{path} is no recording: `trackform probe --record FILE` makes one") from None


def _kept(masking: Masking, exchange: Exchange, key: str) -> KeptExchange:
    sent = masking.asked(exchange.sent) if exchange.service != "redtrack" and isinstance(exchange.sent, dict) else (
        masking.value(exchange.sent)
    )  # fmt: skip
    return KeptExchange(
        exchange.service, exchange.method, masking.path(exchange.path), masking.asked(exchange.query), sent,
        exchange.status, masking.headers(exchange.headers), masking.value(exchange.answer), not exchange.length, key,
    )  # fmt: skip
