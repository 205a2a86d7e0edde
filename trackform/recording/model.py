"""What a recording is: the one model by which its file is written and read."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
)
from pydantic_core import ErrorDetails

from trackform.flow.live_settings import SETTINGS
from trackform.recording.allowed import FUNCTIONS, HEADERS, PATHS
from trackform.sandbox.switches import Switches
from trackform_core.http.exchange import Exchange

VERSION = 1
FORMAT = "trackform_recording"
NOBODY = "nobody"
MORE = "$more"
"""Key of an entry that stands for as many rows more."""
MOST_ROWS = 25
"""Rows of a list that are kept: more of them have no other shape."""
OURS = ConfigDict(extra="forbid", frozen=True)

Said = Annotated[str, Field(max_length=4_000)]


def _kept_ones(names: Mapping[str, Any]) -> Mapping[str, Any]:
    if strangers := sorted(names.keys() - HEADERS):
        raise ValueError(f"a recording keeps no header {strangers[0][:60]}")
    return names


def _answerable(answers: Mapping[str, str]) -> Mapping[str, str]:
    """Answers that their settings, and the sandbox's switches of the same names, can have."""
    for name, value in answers.items():
        setting = SETTINGS.get(name)
        if setting is None:
            raise ValueError(f"{name[:60]}: there is no such setting")
        if not setting.takes(value) or not _is_switchable(name, value):
            raise ValueError(f"{name}: no switch can be what it says of {name}, {value[:60]!r}")
    return answers


def _is_switchable(name: str, value: str) -> bool:
    try:
        Switches.model_validate({name: value} if name in Switches.model_fields else {})
    except ValidationError:
        return False
    return True


def _with_counts(body: Any) -> Any:
    """A body in which whatever stands for further rows says how many, behind the rows."""
    level: list[Any] = [[body]]
    while level:
        within = [(each, at, part) for each in level for at, part in enumerate(_parts(each))]
        for each, at, part in within:
            if isinstance(part, dict) and MORE in part and not _counts(each, at, part):
                raise ValueError(f"{MORE} has to be alone in the last entry of a list, and to say a number of rows")
        level = [part for _, _, part in within]
    return body


def _parts(body: Any) -> list[Any]:
    return list(body.values()) if isinstance(body, dict) else body if isinstance(body, list) else []


def _counts(rows: Any, at: int, entry: Mapping[str, Any]) -> bool:
    is_number = isinstance(entry[MORE], int) and not isinstance(entry[MORE], bool) and entry[MORE] > 0
    return isinstance(rows, list) and at == len(rows) - 1 and at > 0 and len(entry) == 1 and is_number


@dataclass(frozen=True)
class KeptExchange(Exchange):
    """One exchange of a recording, its values replaced.

    Attributes:
        key: `own`, or `nobody` where a key was sent that no account has.
    """

    __pydantic_config__: ClassVar[ConfigDict] = OURS

    service: Literal["redtrack", "digistore24"]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Annotated[str, Field(pattern=r"^[a-zA-Z0-9]+(/[a-zA-Z0-9_-]+){0,5}$", max_length=300)]
    query: Mapping[Said, Said]
    sent: Annotated[dict[str, Any] | None, AfterValidator(_with_counts)]
    status: Annotated[StrictInt, Field(ge=100, le=599)]
    headers: Annotated[Mapping[str, Said], AfterValidator(_kept_ones)]
    answer: Annotated[Any, AfterValidator(_with_counts)]
    is_empty: StrictBool
    key: Literal["own", "nobody"] = "own"


def _possible(exchange: KeptExchange) -> KeptExchange:
    """One whose parts go together."""
    asked = exchange.path if exchange.service == "digistore24" else exchange.path.partition("/")[0]
    if asked not in (FUNCTIONS if exchange.service == "digistore24" else PATHS):
        raise ValueError(f"path: no probe asks {exchange.service} for {asked[:60]!r}")
    if exchange.sent is not None and exchange.method == "GET":
        raise ValueError("sent: a GET has no body")
    if exchange.is_empty and exchange.answer is not None:
        raise ValueError("answer: there is one, although is_empty says that there is none")
    return exchange


def _some(exchanges: Any) -> Any:
    """Any: a recording of nothing would differ from nothing."""
    if exchanges == []:
        raise ValueError("there is none")
    return exchanges


class Recording(BaseModel):
    """What one run saw: its exchanges, and what it made of them."""

    model_config = OURS

    trackform_recording: Literal[1]
    answers: Annotated[Mapping[str, str], AfterValidator(_answerable)] = Field(default_factory=dict)
    exchanges: Annotated[list[Annotated[KeptExchange, AfterValidator(_possible)]], BeforeValidator(_some)]

    def text(self) -> str:
        return json.dumps(self.model_dump(mode="json"), indent=1) + "\n"


HAS_TO_BE = {
    "model_type": "a map", "dict_type": "a map", "dataclass_type": "a map", "list_type": "a list",
    "string_type": "a text", "bool_type": "true or false", "int_type": "a whole number",
    "string_pattern_mismatch": "words of letters, digits, - and _, with a / between them",
}  # fmt: skip
"""What pydantic calls a fault -> what ought to stand there."""
SHOULD = re.compile(r"^\w+ should ")
"""How pydantic begins."""
MOST_TOLD = 10
"""Mistakes that are told at once: what is no recording may hold thousands."""


def mistakes(error: ValidationError) -> list[str]:
    """Each place of a file that is no recording, and what is wrong there; of very many the first ones."""
    items = error.errors(include_url=False)
    said = [_said(item) for item in items[:MOST_TOLD]]
    return [*said, f"and {len(items) - MOST_TOLD} more"] if len(items) > MOST_TOLD else said


def _said(item: ErrorDetails) -> str:
    steps, given = item["loc"], item["input"]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:60]}" for step in steps).lstrip(".")
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "missing":
        return f"{place}: is missing"
    if item["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return f"{place}: a recording has no such field"
    if item["type"] != "value_error":
        wanted = HAS_TO_BE.get(item["type"])
        said = f"has to be {wanted}" if wanted else f"has to {SHOULD.sub('', message)}"
        shown = f" (it is {given!r:.60})" if isinstance(given, str | int | float) else ""
        return f"{place}: {said}{shown}"
    # What is wrong with parts that do not go together begins with the part.
    return f"{place}.{message}" if steps[-1] == "answers" or isinstance(steps[-1], int) else f"{place}: {message}"
