"""Mistakes of an account file: what the message tells to write is written, and the mistake is gone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.trackform.export.living import composed
from trackform.documents.problems import Problem, Problems

BASE = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: EUR}
offer_sources: {shop: {clickid: '{cid}', sum: '{amount}'}}
products: {keto: {id: 411530}}
offers: {keto: {}}
traffic_channels: {ads: {}}
"""
Apply = Callable[[dict[str, Any], list[str], re.Match[str]], None]


def problems(text: str) -> list[Problem]:
    try:
        composed(own=text)
    except Problems as mistakes:
        return list(mistakes.problems)
    return []


def holder_of(data: Any, path: list[str]) -> Any:
    for step in path[:-1]:
        data = data[step]
    return data


def meant(data: dict[str, Any], path: list[str], said: re.Match[str]) -> None:
    """A key or a value that is called otherwise."""
    *way, last = path
    holder = holder_of(data, [*way, last])
    if isinstance(holder[last], str) and said["what"] != "unknown key":
        holder[last] = said["word"]
    else:
        holder[said["word"]] = holder.pop(last)


def written(data: dict[str, Any], path: list[str], said: re.Match[str]) -> None:
    holder_of(data, path)[path[-1]] = yaml.safe_load(said["value"].replace("<name>", "ptoken"))


def line_in_it(data: dict[str, Any], path: list[str], said: re.Match[str]) -> None:
    """A line that the entry needs; of several that could be meant, the first."""
    entry = holder_of(data, [*path, ""])
    entry[said["key"]] = said["names"].split(" | ")[0].replace("<name>", "ads")


def section(data: dict[str, Any], _path: list[str], said: re.Match[str]) -> None:
    data[said["section"]] = yaml.safe_load(BASE)[said["section"]]


WAYS: list[tuple[str, Apply]] = [
    (r'(?P<what>unknown key|.*); did you mean "(?P<word>[^"]+)"\?', meant),
    (r'.*; write (?P<value>\{secret: <name>\}|\[.*\]|"[^"]*"|\{\})(, and set it .*| for an .*)?', written),
    (r".*; (?P<key>[a-z_]+): (?P<names>[^;{]+)", line_in_it),
    (r".*; add a (section )?(?P<section>[a-z_0-9]+)( section)?(, or .*)?", section),
]


@pytest.mark.parametrize(
    "text",
    [
        "offers: {a: {url: 'https://x.test', contries: [DE]}}",
        "offers: {a: {url: 'https://x.test', status: activ}}",
        "offers: {a: {url: 'https://x.test', countries: DE}}",
        "offers: {a: {url: 'https://x.test', title: 7}}", "offers: {a: {url: 'https://x.test', title: true}}",
        "ignore: offers",
        "postbacks: {s: {events: [payment], type: ordertype}}\n" + BASE,
        "offer_sources: {a: {postback_token: canary}}\ntraffic_channels: {fb: {}}",
        "campaigns: {x: {funnel: embedded}}\n" + BASE,
        "postbacks: {s: {events: [payment]}}\n" + BASE,
        "postbacks: {s: {events: [payment], type: order_type}}\n" + BASE.replace("digistore24:", "#"),
        BASE.replace("{affiliate: acme, currency: EUR}", "{afiliate: acme, currency: EUR}"),
        BASE + "campaigns: {x: {channel: adds, funnel: embedded}}",
    ],
)  # fmt: skip
def test_what_is_to_be_written_is_right(text: str) -> None:
    first = problems(text)
    assert first
    while found := problems(text):
        # What follows from another mistake, such as a key that is missing under its right name, goes with it.
        said = next(f"{problem.message}; {problem.suggestion}" for problem in found if problem.suggestion)
        where = next(problem.where for problem in found if problem.suggestion)
        text = typed(text, where.split(".") if where else [], said)
        assert found[0] not in problems(text)


def typed(text: str, path: list[str], said: str) -> str:
    """The file with what the message says."""
    data = yaml.safe_load(text)
    for pattern, apply in WAYS:
        match = re.fullmatch(pattern, said, re.DOTALL)
        if match:
            apply(data, path, match)
            return yaml.safe_dump(data, sort_keys=False)
    pytest.fail(f"nothing that could be typed: {said}")
