"""Keeps exchanges with the live services, without what anybody could not share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from trackform.documents.report_file import ReportFile, has_keys
from trackform.flow.live_settings import SETTINGS
from trackform.recording.masking import Masking, strings_in
from trackform.recording.model import FORMAT, NOBODY, VERSION, Recording, mistakes
from trackform_core.errors import TrackformError
from trackform_core.http.exchange import Exchange
from trackform_core.text import files

NO_RECORDING = "is no recording: `trackform probe --record FILE` makes one"


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
        return Recording.model_validate(
            {"answers": kept, "exchanges": [_kept(masking, *each) for each in self.heard], FORMAT: VERSION}
        )


def recording_file(path: Path) -> ReportFile:
    """The file that a recording goes to: no file of anybody else's is replaced."""
    return ReportFile(path, "trackform probe --record", has_keys(frozenset({FORMAT, "exchanges"})))


def read_recording(path: Path) -> Recording:
    """A recording from its file.

    Raises:
        TrackformError: it is none; with the places that are not as they have to be.
    """
    try:
        document = files.read_json(path, repeats=False)
        if isinstance(document, dict) and document.get(FORMAT, VERSION) != VERSION:
            raise TrackformError(f"{path} is no recording that this version reads: {FORMAT} is not {VERSION}")
        return Recording.model_validate(document)
    except FileNotFoundError:
        raise TrackformError(f"{path} is not there") from None
    except files.UnreadableError as error:
        said = [error.located(path)]
    except ValidationError as error:
        said = mistakes(error)
    raise TrackformError("\n  ".join([f"{path} {NO_RECORDING}", *said]))


def _kept(masking: Masking, exchange: Exchange, key: str) -> dict[str, Any]:
    is_form = exchange.service != "redtrack" and isinstance(exchange.sent, dict)
    return vars(exchange) | {
        "path": masking.path(exchange.path),
        "query": masking.asked(exchange.query),
        "sent": masking.asked(exchange.sent) if is_form else masking.value(exchange.sent),
        "headers": masking.headers(exchange.headers),
        "answer": masking.value(exchange.answer),
        "key": key,
    }
